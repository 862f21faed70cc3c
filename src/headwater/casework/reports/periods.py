"""Periods for which reports are owed, and the day on which they are due. Pure: no clock, no database."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from headwater.core.i18n import Bilingual

HALF_YEAR, YEAR, TERM, ONCE = EVERY = ("half_year", "year", "term", "once")
"""Calendar half-years and years; the whole time of a record, after its end; once, from its beginning."""
CALENDAR = frozenset({HALF_YEAR, YEAR})
MONTHS = {HALF_YEAR: 6, YEAR: 12}
MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
DUE = 'expected days after the period (30), a day of the year ("01-31"), or a list of such days'


@dataclass(frozen=True, order=True)
class Period:
    """From `since` to `until`, both within it."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def code(self, every: str) -> str:
        """What a period is called in lists and files: 2026, 2026-1, 2024-03-01."""
        if every == YEAR:
            return str(self.since.year)
        return f"{self.since.year}-{1 if self.since.month == 1 else 2}" if every == HALF_YEAR else self.since.isoformat()

    def words(self, every: str) -> Bilingual:
        year = self.since.year
        if every == YEAR:
            return Bilingual(f"{year} 年", str(year))
        if every == HALF_YEAR:
            first = self.since.month == 1
            return Bilingual(f"{year} 年{'上' if first else '下'}半年", f"{'first' if first else 'second'} half of {year}")
        return Bilingual(f"{self.since} 至 {self.until}", f"{self.since} to {self.until}")


def calendar_period(every: str, day: date) -> Period:
    """Return the calendar period in which a day lies."""
    months = MONTHS[every]
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    return Period(date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1]))


def calendar_periods(every: str, first: date, last: date) -> Iterator[Period]:
    """Yield the calendar periods that end from `first` to `last`, in order."""
    period = calendar_period(every, first)
    while period.until <= last:
        yield period
        period = calendar_period(every, period.until + timedelta(days=1))


def due_day(until: date, value: Any) -> date:
    """Return the day on which a report is due whose period ends on `until`: so many days later, or the next such day of a year.

    Raises:
        ValueError: what the parameter says is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return until + timedelta(days=value)
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(t, str) and MONTH_DAY.fullmatch(t) for t in texts):
        raise ValueError(f"{DUE}, found {value!r}")
    candidates = [_day_of(year, text) for year in (until.year, until.year + 1) for text in texts]
    return min(day for day in candidates if day > until)


def _day_of(year: int, text: str) -> date:
    """The day of a year; where the month is shorter, its last."""
    month, day = (int(part) for part in text.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def is_owed(since: date | None, until: date | None, period: Period, least: int) -> bool:
    """Whether a record that is at work from `since` (None: not yet) to `until` (None: still) owes a report for a calendar period: it
    was at work on the last day, and in the period for `least` days.
    """
    if since is None or since > period.until or (until is not None and until < period.until):
        return False
    return Period(max(since, period.since), period.until).days >= min(least, period.days)
