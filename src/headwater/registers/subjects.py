"""Entries as subjects of requests, reports, bodies and notices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from headwater.casework.subjects import SubjectKind
from headwater.core.i18n import Bilingual, both
from headwater.forms.context import Context
from headwater.registers.contexts import EntryContext
from headwater.registers.declared import RegisterOf, registers_of
from headwater.registers.finding import address_of
from headwater.registers.kinds import kind_of


def register_of(entry: Any) -> RegisterOf:
    """Return the register in which an entry stands: that of its kind."""
    code = kind_of(entry).register
    return next(r for r in registers_of(type(entry)) if r.code == code)


def people_of(entry: Any) -> list[int]:
    """Return the persons who have a part in an entry: they lead it, keep its record, or hold it (1 query)."""
    register = register_of(entry)
    keys = {getattr(entry, f"{k.column}_id") for k in register.keepers}
    held = register.holders._default_manager.filter(entry=entry, until__isnull=True, person__isnull=False)
    return sorted((keys | set(held.values_list("person", flat=True))) - {None})


def subject_of(register: RegisterOf, label: Any) -> SubjectKind:
    """Return the declaration of a table of entries as a kind of subject; `register` is any of those that share the table."""
    rows: Any = register.model._default_manager

    def visible(account: Any) -> Any:
        """What casework is about stays inside, also where the entry itself is public."""
        return rows.inside(account)

    def people(entry: Any) -> Iterable[int]:
        return people_of(entry)

    def context(entry: Any, on: date) -> Context:
        return EntryContext(entry, on)

    def name(entry: Any) -> Bilingual:
        return both(entry)

    return SubjectKind(
        kind=register.label_of_model,
        label=label,
        name=name,
        url=lambda entry: address_of(register_of(entry), entry),
        region=lambda entry: entry.version.region,
        paths={"organisation": "host_id", "agency": "host__recommender_id", register.label_of_model: "pk"},
        visible=visible,
        people=people,
        context=context,
    )
