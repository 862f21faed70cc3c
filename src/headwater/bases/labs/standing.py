"""What a base that runs lacks of what running asks: the guards of its kind's verb that led to it, looked at again every day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.core import clock
from headwater.registers.declared import Weighing, guards_of
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import AT_WORK, LIVE, PLANNED, Kind
from headwater.registers.subjects import register_of

NOT_LASTING = frozenset({"requested", "form_complete"})
"""Guards that are about the step alone, not about what holds afterwards."""


def lasting_guards(kind: Kind) -> tuple[str, ...]:
    """Return the guards that what runs keeps on meeting: those of the verbs that lead from planned to live."""
    groups = {s.code: s.group for s in kind.states}
    names = [
        name
        for verb in kind.verbs
        if groups[verb.target] == LIVE and any(groups[s] == PLANNED for s in verb.source)
        for name in verb.guards
    ]
    return tuple(n for n in dict.fromkeys(names) if n not in NOT_LASTING)


def lacking(entries: Sequence[Any]) -> dict[int, list[str]]:
    """Return what each base at work lacks, by its key: a fixed number of queries for each kind."""
    found: dict[int, list[str]] = {}
    by_version: dict[int, list[Any]] = {}
    for entry in entries:
        if entry.group in AT_WORK:
            by_version.setdefault(entry.version_id, []).append(entry)
    for rows in by_version.values():
        kind, guards = kind_of(rows[0]), guards_of(register_of(rows[0]))
        for name in lasting_guards(kind):
            for pk, reason in guards[name].find(rows, Weighing(kind=kind, on=clock.today())).items():
                found.setdefault(pk, []).append(reason.text)
    return found
