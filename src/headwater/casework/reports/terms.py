"""Dated parameters that kinds of reports read, all of them in one query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from headwater.core.models import Parameter
from headwater.registry.queries import region_code

REMINDERS = "report_reminders"
"""The parameter with the numbers of days before the last one on which writers are reminded: first, second, third."""


@dataclass(frozen=True)
class Terms:
    """Values by key, each with the scheme or kind that it applies to ("" for all), from when and until when it holds."""

    rows: Mapping[str, Sequence[tuple[str, date, date | None, Any]]]

    def get(self, key: str, on: date, of: str = "") -> Any:
        """Return the value in force on a day, that of `of` before the general one; None where there is none."""
        rows = self.rows.get(key, ())
        found = {applies_to: value for applies_to, start, end, value in rows if start <= on and (end is None or on < end)}
        return found.get(of, found.get("")) if of else found.get("")

    def first(self, key: str, of: str = "") -> date | None:
        """Return the first day on which a key has a value."""
        starts = [start for applies_to, start, _end, _value in self.rows.get(key, ()) if applies_to in {"", of}]
        return min(starts, default=None)


def read_terms(keys: Iterable[str]) -> Terms:
    """Read the rows of some keys for the region of this house (1 query)."""
    found: dict[str, list[tuple[str, date, date | None, Any]]] = {}
    rows = Parameter.objects.filter(region=region_code(), key__in=set(keys)).order_by("valid_from")
    for key, *row in rows.values_list("key", "applies_to", "valid_from", "valid_to", "value"):
        found.setdefault(key, []).append((row[0], row[1], row[2], row[3]))
    return Terms(found)


def reminder_days(terms: Terms, on: date) -> list[int]:
    """Return on how many days before the last one writers are reminded, the most first; none where the region says nothing."""
    value = terms.get(REMINDERS, on)
    return sorted({int(n) for n in value.values()}, reverse=True) if isinstance(value, dict) else []
