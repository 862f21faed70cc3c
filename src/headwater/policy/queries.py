"""Articles with what the records say of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from headwater.core import clock
from headwater.core.indicators import INDICATORS, Figure, Indicator, Only
from headwater.policy.models import Article, Evidence, IndicatorValue, PolicyDocument
from headwater.registry.queries import region_code


@dataclass(frozen=True)
class Reading:
    """A reading is a figure that speaks for an article: its latest value, its target, and `trend` as (day, value), oldest first."""

    evidence: Evidence
    value: float | None
    trend: Sequence[tuple[str, float]] = ()

    @property
    def indicator(self) -> Indicator:
        return INDICATORS[self.evidence.indicator]

    @property
    def due(self) -> date | None:
        """Return the day on which the target is due; None where it always holds."""
        return date(self.evidence.by, 12, 31) if self.evidence.by else None

    @property
    def has_target(self) -> bool:
        return self.evidence.at_least is not None or self.evidence.at_most is not None

    @property
    def is_reached(self) -> bool | None:
        """Say whether the value meets the region's target; None without a target or a value."""
        if not self.has_target or self.value is None:
            return None
        low, high = self.evidence.at_least, self.evidence.at_most
        return (low is None or self.value >= low) and (high is None or self.value <= high)

    @property
    def missed(self) -> bool:
        """Say whether the target is due and not reached."""
        return self.is_reached is False and (self.due is None or self.due < clock.today())


class Figures(dict[str, float | None]):
    """Figures holds stored values by the code of the evidence for which they were read, `evidence`.

    `at` is the moment whose records the oldest value counts; None when no value was computed.
    """

    at: datetime | None = None
    evidence: Sequence[Evidence] = ()


def articles_here() -> QuerySet[Article]:
    """Select the articles of the region that this house serves."""
    return Article.objects.filter(region=region_code())


def document_here() -> PolicyDocument | None:
    return PolicyDocument.objects.filter(region=region_code()).first()


def evidence_here() -> list[Evidence]:
    """List the region's evidence whose indicator this version of Headwater has, by article (one query)."""
    rows = Evidence.objects.filter(article__in=articles_here()).select_related("article")
    return [e for e in rows if e.indicator in INDICATORS]


def figures_here(evidence: Sequence[Evidence] | None = None) -> dict[str, Evidence]:
    """Map each figure's code to the first piece of evidence that names it."""
    by_code: dict[str, Evidence] = {}
    for e in evidence_here() if evidence is None else evidence:
        by_code.setdefault(e.code, e)
    return by_code


def figure_of(evidence: Evidence, on: date, only: Only | None = None) -> Figure:
    """Compute the figure of a piece of evidence as of a date; `only` narrows it where the evidence does not."""
    return INDICATORS[evidence.indicator].figure(on, {**(only or {}), **evidence.only})


def latest_values() -> Figures:
    """Return the newest stored value of every figure (two queries). Pages show their moment, `at`, beside them."""
    evidence = evidence_here()
    codes = {e.code for e in evidence}
    rows = list(IndicatorValue.objects.filter(code__in=codes).order_by("code", "-on").distinct("code"))
    figures = Figures({r.code: r.value for r in rows})
    figures.evidence = evidence
    figures.at = min((r.computed_at for r in rows if r.computed_at), default=None)
    return figures


@contextmanager
def one_moment() -> Iterator[None]:
    """Read several queries from the records of one moment, unless a surrounding transaction has begun."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def readings(evidence: Sequence[Evidence]) -> list[Reading]:
    """Return pieces of evidence with their latest values and trends. A figure whose day is over is computed as of that day."""
    trend: dict[str, list[tuple[str, float]]] = defaultdict(list)
    latest: dict[str, float | None] = {}
    for code, on, value in (
        IndicatorValue.objects.filter(code__in=[e.code for e in evidence]).order_by("on").values_list("code", "on", "value")
    ):
        latest[code] = value
        if value is not None:
            trend[code].append((on.isoformat(), value))
    rows = [Reading(e, latest.get(e.code), trend[e.code]) for e in evidence]
    return [
        Reading(r.evidence, figure_of(r.evidence, r.due).value, r.trend) if r.due and r.due < clock.today() else r for r in rows
    ]


def articles_with_evidence(values: Figures) -> dict[int, int]:
    """Count the figures of each article that have a value."""
    counts = dict.fromkeys(articles_here().values_list("number", flat=True), 0)
    for e in values.evidence:
        counts[e.article.number] += values.get(e.code) is not None
    return counts
