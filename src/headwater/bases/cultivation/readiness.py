"""When a base reaches a bar: pure functions over what it has, what it planned, and what it had in earlier years. No clock, no database.

An indicator is fulfilled by the part of the bar that is reached, at most the whole; where less is better, by the bar divided by the value.
What is not known counts as nothing. Readiness is the mean over the indicators, rounded down, so that it is 100 only when all are met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from headwater.core.numbers import DOWN, to_places

ONE = Decimal(1)
TENTH = Decimal("0.1")
HORIZON = 50
"""Years ahead beyond which a pace says nothing."""
Values = Mapping[int, Decimal]
"""Values by year."""
Table = Mapping[str, Values]
"""Values by the code of an indicator and the year."""


@dataclass(frozen=True)
class Bar:
    """What an indicator must reach: at least, or where less is better (`lower`) at most."""

    code: str
    bar: Decimal
    lower: bool = False

    def meets(self, value: Decimal | None) -> bool:
        if value is None:
            return False
        return value <= self.bar if self.lower else value >= self.bar

    def fulfilled(self, value: Decimal | None) -> Decimal:
        """Return the part of the bar that a value reaches, 0 to 1."""
        if self.meets(value):
            return ONE
        if value is None or value <= 0:
            return Decimal(0)
        return self.bar / value if self.lower else value / self.bar

    def better(self, one: Decimal | None, other: Decimal | None) -> Decimal | None:
        if one is None or other is None:
            return other if one is None else one
        return min(one, other) if self.lower else max(one, other)


@dataclass(frozen=True)
class Missing:
    """An indicator below its bar: what there is, and how much lacks."""

    code: str
    now: Decimal | None
    bar: Decimal
    lacking: Decimal


@dataclass(frozen=True)
class Readiness:
    percent: Decimal
    missing: tuple[Missing, ...]

    @property
    def is_ready(self) -> bool:
        return not self.missing


def readiness(bars: Sequence[Bar], now: Mapping[str, Decimal | None]) -> Readiness:
    """Return how much of the bars is reached, in per cent, and what is missing. Without bars nothing can be said: 0, and not ready by it."""
    if not bars:
        return Readiness(Decimal(0), ())
    parts = [b.fulfilled(now.get(b.code)) for b in bars]
    percent = to_places(sum(parts, Decimal(0)) / len(parts) * 100, 1, DOWN)
    missing = [Missing(b.code, v, b.bar, abs(b.bar - (v or 0))) for b in bars if not b.meets(v := now.get(b.code))]
    return Readiness(percent, tuple(missing))


def latest(values: Values, year: int) -> Decimal | None:
    """Return the value of the last year that is not later than `year`."""
    years = [y for y in values if y <= year]
    return values[max(years)] if years else None


def year_as_planned(bars: Sequence[Bar], now: Table, plans: Table, since: int) -> int | None:
    """Return the first year, from `since` on, by whose end every bar is met if the plan is kept; None where the plan never meets them.

    What is planned for a year holds until a later year is planned otherwise, and what is reached by now is kept.
    """
    if not bars:
        return None
    years = sorted({since, *(y for values in plans.values() for y in values if y > since)})
    for year in years:
        if all(b.meets(b.better(latest(now.get(b.code, {}), since), latest(plans.get(b.code, {}), year))) for b in bars):
            return year
    return None


def year_at_pace(bars: Sequence[Bar], history: Table, since: int) -> int | None:
    """Return the year by whose end every bar is met if each indicator goes on as it did: by the mean change a year between its first and its
    last known year. None where one stands still, moves away, is known of one year only, or needs more than `HORIZON` years.
    """
    years = [_pace_of(b, history.get(b.code, {}), since) for b in bars]
    if not years or any(y is None for y in years):
        return None
    found = max(y for y in years if y is not None)
    return found if found - since <= HORIZON else None


def _pace_of(bar: Bar, values: Values, since: int) -> int | None:
    known = {y: v for y, v in values.items() if y <= since}
    if not known:
        return None
    first, last = min(known), max(known)
    if bar.meets(known[last]):
        return since
    if first == last:
        return None
    change = (known[last] - known[first]) / (last - first)
    step = -change if bar.lower else change
    if step <= 0:
        return None
    years = (abs(bar.bar - known[last]) / step).to_integral_value(ROUND_CEILING)
    return max(since, last + int(years)) if years <= 10 * HORIZON else None


@dataclass(frozen=True)
class Step:
    """A year of the pipeline: how many are there by its end as planned, and at the pace so far; those that are there already included."""

    year: int
    as_planned: int
    at_pace: int


def pipeline(there: int, planned: Iterable[int | None], at_pace: Iterable[int | None], since: int, until: int) -> list[Step]:
    """Return year by year how many bases will have reached the bar, those that are `there` already included."""
    plan, pace = [y for y in planned if y is not None], [y for y in at_pace if y is not None]
    return [
        Step(year, there + sum(y <= year for y in plan), there + sum(y <= year for y in pace)) for year in range(since, until + 1)
    ]
