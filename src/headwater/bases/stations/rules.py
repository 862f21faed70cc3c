"""How many observations a programme should give in a period, and how complete it is. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from headwater.core.numbers import to_places

HALF_HOUR, HOUR, DAY, WEEK, TEN_DAYS, MONTH, QUARTER, YEAR = EVERY = (
    *("half_hour", "hour", "day", "week", "ten_days", "month", "quarter", "year"),
)
A_DAY = {HALF_HOUR: Decimal(48), HOUR: Decimal(24), DAY: Decimal(1), WEEK: Decimal(1) / 7}
A_MONTH = {TEN_DAYS: Decimal(3), MONTH: Decimal(1), QUARTER: Decimal(1) / 3, YEAR: Decimal(1) / 12}
MOST_MONTH = 12


@dataclass(frozen=True)
class Rhythm:
    """So many observations `every` so often, from `since` to `until` (both within; None: still)."""

    every: str
    times: int
    since: date
    until: date | None = None


def period_of(year: int, month: int | None) -> tuple[date, date]:
    """Return the first and the last day of a month, or of a whole year."""
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    following = date(year + (month == MOST_MONTH), month % MOST_MONTH + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def expected(rhythm: Rhythm, since: date, until: date) -> int:
    """Return how many observations a programme should give from `since` to `until`, to the next whole one. Days before it began and after it
    ended do not count; a part of a month counts by its days.
    """
    first, last = max(since, rhythm.since), min(until, rhythm.until or until)
    if last < first:
        return 0
    days = A_DAY.get(rhythm.every)
    whole = A_MONTH[rhythm.every] * _months(first, last) if days is None else days * ((last - first).days + 1)
    return int(to_places(whole * rhythm.times, 0))


def _months(first: date, last: date) -> Decimal:
    """Return the months from one day to another, parts of a month by days."""
    total, day = Decimal(0), first
    while day <= last:
        start, end = period_of(day.year, day.month)
        stop = min(end, last)
        total += Decimal((stop - day).days + 1) / Decimal((end - start).days + 1)
        day = end + timedelta(days=1)
    return total


def completeness(counts: Iterable[tuple[int, int]]) -> Decimal | None:
    """Return observed of expected in per cent over some periods, each (observed, expected); None where nothing was expected."""
    pairs = list(counts)
    whole = sum(e for _o, e in pairs)
    if not whole:
        return None
    return to_places(Decimal(sum(o for o, _e in pairs)) * 100 / whole, 2)
