"""A declared chain, asked about a record: each link with what its role must be held for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.casework.chains import ChainLink
from headwater.casework.subjects import kind_of
from headwater.core import clock
from headwater.core.approvals import Step
from headwater.core.parameters import Parameters
from headwater.core.roles import ROLES, Scope


def steps_of(chain: Sequence[ChainLink], record: Any, *, applies_to: str = "") -> list[Step]:
    """Return the steps in which a declared chain is asked about a record; `applies_to` prefers the days of a scheme or kind.

    Raises:
        LookupError: the region gives no row for the days of a link.
    """
    terms = Parameters(kind_of(record).region(record), clock.today())
    return [_step(n, link, record, terms, applies_to) for n, link in enumerate(chain, 1)]


def _step(n: int, link: ChainLink, record: Any, terms: Parameters, applies_to: str) -> Step:
    scope, key = scope_of(link.role, record)
    length = terms.number(link.days, applies_to) if link.days else 0
    return Step(f"s{n}", link.role, scope, key, least=link.least, due_key=link.days, due_length=length)


def scope_of(role: str, record: Any) -> tuple[str, int | None]:
    """Return for what a role must be held to answer about a record: its institution, its agency, itself, or everything."""
    subject = kind_of(record)
    for scope in ROLES[role].scopes:
        key = subject.scope_of(record, str(scope))
        if key is not None:
            return str(scope), key
    return Scope.ALL, None
