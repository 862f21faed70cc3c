"""Figures of tenants: how many are there, how many graduated, how concentrated they are, how many raised money or hold rights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from headwater.bases.incubation import rules
from headwater.bases.incubation.models import Tenant
from headwater.bases.incubation.tables import TENANTS
from headwater.bases.models import Base
from headwater.bases.standards.figures import FIGURES, NONE, PERCENT, PIECES, FigureOf, Values, share
from headwater.core.i18n import Bilingual
from headwater.core.numbers import to_places

AREA = "area"
"""The question of the form of a kind that gives its floor space in m²."""


def present(keys: Sequence[int], on: date) -> QuerySet[Tenant]:
    """Select who is in some bases on a day."""
    here = Q(left_on__isnull=True) | Q(left_on__gt=on)
    return Tenant.objects.filter(here, base__in=keys, entered_on__lte=on)


def _counted(rows: QuerySet[Tenant], keys: Sequence[int]) -> dict[int, Decimal]:
    counts = dict(rows.order_by().values_list("base").annotate(n=Count("pk")))
    return {key: Decimal(counts.get(key, 0)) for key in keys}


def tenants_now(keys: Sequence[int], on: date) -> Values:
    return _counted(present(keys, on), keys)


def firms_now(keys: Sequence[int], on: date) -> Values:
    return _counted(present(keys, on).filter(kind=Tenant.Kind.FIRM), keys)


def graduates(keys: Sequence[int], on: date) -> Values:
    return _counted(Tenant.objects.filter(base__in=keys, left_as=Tenant.Left.GRADUATED, left_on__lte=on), keys)


def entered_in_year(keys: Sequence[int], on: date) -> Values:
    return _counted(Tenant.objects.filter(base__in=keys, entered_on__range=(date(on.year, 1, 1), on)), keys)


def left_in_year(keys: Sequence[int], on: date) -> Values:
    return _counted(Tenant.objects.filter(base__in=keys, left_on__range=(date(on.year, 1, 1), on)), keys)


def financed(keys: Sequence[int], on: date) -> Values:
    """Count who has raised money."""
    return _counted(present(keys, on).filter(financed_fen__gt=0), keys)


def _share_of(condition: Q) -> Callable[[Sequence[int], date], Values]:
    def read(keys: Sequence[int], on: date) -> Values:
        rows = present(keys, on).order_by().values_list("base").annotate(n=Count("pk"), part=Count("pk", filter=condition))
        return {base: share(part, n) for base, n, part in rows if n}

    return read


def main_industry(keys: Sequence[int], on: date) -> dict[int, rules.Concentration]:
    """Return the largest industry of the tenants of some bases (1 query)."""
    found: dict[int, list[str]] = {}
    for base, industry in present(keys, on).values_list("base", "industry"):
        found.setdefault(base, []).append(industry)
    sums = {base: rules.concentration(industries) for base, industries in found.items()}
    return {base: one for base, one in sums.items() if one is not None}


def main_share(keys: Sequence[int], on: date) -> Values:
    return {base: one.share for base, one in main_industry(keys, on).items()}


def per_area(keys: Sequence[int], on: date) -> Values:
    """Return the tenants for each 1,000 m² of the floor space that the record gives."""
    counts, found = tenants_now(keys, on), dict[int, Decimal]()
    for key, answers in Base.objects.filter(pk__in=keys).values_list("pk", "answers"):
        area = answers.get(AREA)
        if isinstance(area, (int, float)) and area > 0:
            found[key] = to_places(counts[key] * 1000 / Decimal(str(area)), 1)
    return found


def _add(code: str, zh: str, en: str, unit: Bilingual, read: Callable[[Sequence[int], date], Values]) -> None:
    FIGURES.add(f"{TENANTS}.{code}", FigureOf(Bilingual(zh, en), unit, TENANTS, read))


_add("now", "在孵企业和团队", "Tenants now", PIECES, tenants_now)
_add("firms", "其中企业", "Firms among them", PIECES, firms_now)
_add("entered", "本年入驻", "Came this year", PIECES, entered_in_year)
_add("left", "本年离开", "Left this year", PIECES, left_in_year)
_add("graduates", "累计毕业", "Graduates so far", PIECES, graduates)
_add("financed", "获得融资的在孵企业", "Tenants that raised money", PIECES, financed)
_add("financed_share", "获得融资的比例", "Share that raised money", PERCENT, _share_of(Q(financed_fen__gt=0)))
_add("ip_applied_share", "申请知识产权的比例", "Share that applied for IP", PERCENT, _share_of(Q(ip_applied__gt=0)))
_add("ip_valid_share", "拥有有效知识产权的比例", "Share that holds valid IP", PERCENT, _share_of(Q(ip_valid__gt=0)))
_add("main_share", "最大领域占比", "Share of the largest field", PERCENT, main_share)
_add("per_area", "每千平方米在孵企业", "Tenants for each 1,000 m²", NONE, per_area)
