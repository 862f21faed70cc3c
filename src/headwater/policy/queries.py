"""Articles with what the records say of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from headwater.policy.models import Article, IndicatorValue
from headwater.policy.registry import INDICATORS, Indicator, for_article


@dataclass(frozen=True)
class Reading:
    """An indicator and its latest value; `trend` holds (day, value), oldest first."""

    indicator: Indicator
    value: float | None
    trend: list[tuple[str, float]]

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target or a value."""
        if self.indicator.target is None or self.value is None:
            return None
        if self.indicator.target_note == "≤":
            return self.value <= self.indicator.target
        if self.indicator.target_note == "=":
            return self.value == self.indicator.target
        return self.value >= self.indicator.target


class Figures(dict[str, float | None]):
    """Kept values by indicator. `at` is the moment whose records the oldest of them counts; None when nothing was computed."""

    at: datetime | None = None


def latest_values() -> Figures:
    """The newest kept value of every indicator (one query). What shows them says `at`."""
    rows = list(IndicatorValue.objects.filter(code__in=INDICATORS).order_by("code", "-on").distinct("code"))
    found = Figures({r.code: r.value for r in rows})
    found.at = min((r.computed_at for r in rows if r.computed_at), default=None)
    return found


@contextmanager
def one_moment() -> Iterator[None]:
    """Read several queries from the records of one moment, unless a transaction that has begun decides on that."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def readings(number: int) -> list[Reading]:
    """Indicators of an article with their latest values and trends (two queries)."""
    found = for_article(number)
    values = latest_values()
    trend: dict[str, list[tuple[str, float]]] = {}
    rows = IndicatorValue.objects.filter(code__in=[i.code for i in found], value__isnull=False).order_by("on")
    for code, on, value in rows.values_list("code", "on", "value"):
        trend.setdefault(code, []).append((on.isoformat(), value or 0.0))
    return [Reading(i, values.get(i.code), trend.get(i.code, [])) for i in found]


def articles_with_evidence() -> dict[int, int]:
    """How many indicators of each article have a value."""
    values = latest_values()
    return {
        number: sum(1 for i in for_article(number) if values.get(i.code) is not None)
        for number in Article.objects.values_list("number", flat=True)
    }
