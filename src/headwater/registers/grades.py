"""Grades of entries: whatever app grades them says so here, and whatever asks for the last grade reads it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.core.register import Register


@dataclass(frozen=True)
class Graded:
    """A grade that was given: its code, what it is called, the day from which it holds, and the period or round that it is about."""

    code: str
    label: Bilingual
    on: date
    period: str


GRADES: Register[Callable[[Sequence[Any]], Mapping[int, Sequence[Graded]]]] = Register("source of grades")
"""Sources: given entries of one table they return the grades of each, by key, in a fixed number of queries. Only grades that stand are told:
one that waits for its notice, or was taken back, is none.
"""


def grades_of(entries: Sequence[Any]) -> dict[int, list[Graded]]:
    """Return the grades of some entries in the order of time (one query for each source)."""
    found: dict[int, list[Graded]] = {}
    if entries:
        for source in GRADES.values():
            for key, grades in source(entries).items():
                found.setdefault(key, []).extend(grades)
    return {key: sorted(grades, key=lambda g: (g.on, g.period)) for key, grades in found.items()}


def last_grade(entry: Any) -> Graded | None:
    """Return the newest grade of an entry; None where it was never graded."""
    grades = grades_of([entry]).get(entry.pk)
    return grades[-1] if grades else None
