"""What expressions read of the entries of registers that applications name, for many applications at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.calls.models import Application
from headwater.forms.expressions import Value
from headwater.registers.declared import tables
from headwater.registers.grades import grades_of
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import HOLDER_ROLES
from headwater.registers.subjects import register_of

NOTHING: Mapping[str, Value] = dict.fromkeys(
    (
        "register.code",
        "register.kind",
        "register.group",
        "register.grade",
        "register.field",
        "register.held",
        "register.in_direction",
    )
)
UNGRADED = ""
"""The grade of an entry that was never graded: it is none of those that a condition names."""
HOLDS = HOLDER_ROLES[:2]
"""Who works in an entry: it leads, or is a partner; who only built it does not."""


def named_entries(rows: Sequence[Application], question: str) -> dict[int, Any]:
    """Return the entry that each application names, by application (1 query for each table of entries)."""
    numbers = {a.pk: value["number"] for a in rows if isinstance(value := (a.answers or {}).get(question), dict)}
    found: dict[str, Any] = {}
    for model in tables().values() if numbers else ():
        entries = model._default_manager.filter(number__in=set(numbers.values()))
        found |= {e.number: e for e in entries.select_related("field", "discipline", "version")}
    return {pk: found[number] for pk, number in numbers.items() if number in found}


def entry_values_of(rows: Sequence[Application], question: str) -> dict[int, Mapping[str, Value]]:
    """Return what is on record of the entries that applications name, by application: nothing of one that is not there (a fixed number of
    queries for each table of entries).
    """
    named = named_entries(rows, question)
    entries = {e.pk: e for e in named.values()}
    grades, held = grades_of(list(entries.values())), _held(list(entries.values()))
    values: dict[int, Mapping[str, Value]] = {}
    for a in rows:
        entry = named.get(a.pk)
        if entry is None:
            values[a.pk] = NOTHING
            continue
        last = grades.get(entry.pk, [])
        values[a.pk] = {
            "register.code": kind_of(entry).register,
            "register.kind": entry.kind,
            "register.group": entry.group,
            "register.grade": last[-1].code if last else UNGRADED,
            "register.field": entry.field.code if entry.field_id else None,
            "register.held": (entry.pk, a.host_id) in held,
            "register.in_direction": in_direction(a, entry),
        }
    return values


def in_direction(application: Application, entry: Any) -> bool | None:
    """Tell whether work lies in the direction of an entry: its priority field, or its discipline or a part of it; None where the record of the
    entry says neither.
    """
    if not entry.field_id and not entry.discipline_id:
        return None
    same_field = bool(entry.field_id and application.priority_field == entry.field.code)
    discipline = application.discipline
    return same_field or bool(entry.discipline_id and discipline and discipline.code.startswith(entry.discipline.code))


def _held(entries: Sequence[Any]) -> set[tuple[int, int]]:
    """Return which institutions work in which of some entries of one table: (entry, institution)."""
    if not entries:
        return set()
    holders = register_of(entries[0]).holders._default_manager.filter(
        entry__in=[e.pk for e in entries], until__isnull=True, role__in=HOLDS, organisation__isnull=False
    )
    return set(holders.values_list("entry", "organisation"))
