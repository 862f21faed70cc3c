"""Which requests somebody may propose about a record, and why one cannot be proposed now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.requests.declared import RequestsOf, requests_of
from headwater.casework.requests.kinds import RequestKind
from headwater.casework.requests.models import Request
from headwater.casework.subjects import holds
from headwater.core.errors import Reason
from headwater.core.roles import ROLES


@dataclass(frozen=True)
class Offer:
    """A kind that somebody may propose, with what is against it now."""

    kind: RequestKind
    reasons: tuple[Reason, ...]

    @property
    def asked(self) -> list[str]:
        """What the roles are called that its chain asks, in order."""
        return roles_asked(self.kind)


def roles_asked(kind: RequestKind) -> list[str]:
    """Return what the roles are called that a chain asks, in order."""
    return [str(ROLES[link.role].label) for link in kind.chain]


def kinds_for(record: Any) -> Mapping[str, RequestKind]:
    """Return the kinds that are declared for a record, whoever asks and whatever its state."""
    declared = requests_of(record)
    return declared.kinds(record) if declared else {}


def may_propose(account: Any, record: Any, kind: RequestKind) -> bool:
    """Return whether `account` holds a role for the record, or is a party of it, that may propose this kind."""
    declared = requests_of(record)
    return declared is not None and any(_stands_for(account, record, name, declared) for name in kind.by)


def _stands_for(account: Any, record: Any, name: str, declared: RequestsOf) -> bool:
    if name in declared.parties:
        return declared.parties[name].holds(account, record)
    return holds(account, name, record)


def offers_to(account: Any, record: Any) -> list[Offer]:
    """Return the kinds that `account` may propose about a record, with what is against each now (1 query beside those of the app)."""
    kinds = [k for k in kinds_for(record).values() if may_propose(account, record, k)]
    taken = open_kinds(record) if kinds else set()
    return [Offer(k, tuple(against_beginning(record, k, taken))) for k in kinds]


def open_kinds(record: Any) -> set[str]:
    """Return the kinds of which a request about a record is open."""
    rows = Request.objects.filter(subject_kind=record._meta.label_lower, subject_id=record.pk, state=Request.State.OPEN)
    return set(rows.values_list("kind", flat=True))


def against_beginning(record: Any, kind: RequestKind, taken: set[str]) -> Iterator[Reason]:
    """Yield why a kind cannot be proposed now, before anything is written: the state of the record, another request."""
    declared = requests_of(record)
    if declared and kind.states and declared.state(record) not in kind.states:
        yield Reason(_("当前状态下不能提出这项申请"), code="state")
    if kind.alone and kind.code in taken:
        yield Reason(_("同类申请正在审批中，办结后才能再次提出"), code="alone")
