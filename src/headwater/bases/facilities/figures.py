"""Figures of facilities: money planned and paid, hours given and used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum

from headwater.bases.facilities import rules
from headwater.bases.facilities.models import FundingLine, MachineTime
from headwater.bases.facilities.tables import FUNDING, TIME
from headwater.bases.standards.figures import FIGURES, PERCENT, PIECES, FigureOf, Values
from headwater.core.i18n import Bilingual
from headwater.core.numbers import to_places

WAN, HOURS = Bilingual("万元", "CNY 10,000"), Bilingual("小时", "h")
A_WAN = Decimal(1_000_000)


def _sum(column: str) -> Callable[[Sequence[int], date], Values]:
    def read(keys: Sequence[int], _on: date) -> Values:
        rows = FundingLine.objects.filter(base__in=keys).order_by().values_list("base").annotate(n=Sum(column))
        return {base: to_places(Decimal(n) / A_WAN, 2) for base, n in rows}

    return read


def paid_share(keys: Sequence[int], on: date) -> Values:
    """Return what has come of what was planned up to the year of a day."""
    rows = FundingLine.objects.filter(base__in=keys, year__lte=on.year).order_by().values_list("base")
    sums = rows.annotate(p=Sum("planned_fen"), a=Sum("paid_fen"))
    return {base: value for base, planned, paid in sums if (value := rules.executed(paid, planned)) is not None}


def payers(keys: Sequence[int], _on: date) -> Values:
    rows = FundingLine.objects.filter(base__in=keys).order_by().values_list("base")
    return {base: Decimal(n) for base, n in rows.annotate(n=Count("source", distinct=True))}


def given(keys: Sequence[int], on: date) -> Values:
    rows = MachineTime.objects.filter(base__in=keys, year=on.year).order_by().values_list("base")
    return {base: Decimal(n) for base, n in rows.annotate(n=Sum("given"))}


def users(keys: Sequence[int], on: date) -> Values:
    rows = MachineTime.objects.filter(base__in=keys, year=on.year, given__gt=0).order_by().values_list("base")
    return {base: Decimal(n) for base, n in rows.annotate(n=Count("user", distinct=True))}


def _add(code: str, zh: str, en: str, unit: Bilingual, table: str, read: Callable[[Sequence[int], date], Values]) -> None:
    FIGURES.add(code, FigureOf(Bilingual(zh, en), unit, table, read))


_add("funding.planned", "计划资金", "Money planned", WAN, FUNDING, _sum("planned_fen"))
_add("funding.paid", "到位资金", "Money paid", WAN, FUNDING, _sum("paid_fen"))
_add("funding.share", "到位率（截至本年）", "Paid of planned, up to this year", PERCENT, FUNDING, paid_share)
_add("funding.sources", "资金来源", "Sources of money", PIECES, FUNDING, payers)
_add("machine_time.given", "本年批准机时", "Hours given this year", HOURS, TIME, given)
_add("machine_time.users", "本年用户", "Users this year", PIECES, TIME, users)


@dataclass(frozen=True)
class Paid:
    """Money of one source, or of one year: planned, paid, and paid of planned in per cent."""

    key: str
    planned: int
    paid: int

    @property
    def share(self) -> Decimal | None:
        return rules.executed(self.paid, self.planned)


def by_source(base: int) -> list[Paid]:
    """Return the money of a facility by source, the largest first (1 query)."""
    rows = FundingLine.objects.filter(base=base).order_by().values_list("source")
    sums = rows.annotate(p=Sum("planned_fen"), a=Sum("paid_fen")).order_by("-p", "source")
    return [Paid(source, planned, paid) for source, planned, paid in sums]


def by_year(base: int) -> list[Paid]:
    rows = FundingLine.objects.filter(base=base).order_by().values_list("year")
    sums = rows.annotate(p=Sum("planned_fen"), a=Sum("paid_fen")).order_by("year")
    return [Paid(str(year), planned, paid) for year, planned, paid in sums]
