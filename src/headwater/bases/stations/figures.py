"""Figures of stations: plots, land, sensors, programmes, how complete the observations are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from headwater.bases.standards.figures import FIGURES, HECTARES, PERCENT, PIECES, FigureOf, Values, share
from headwater.bases.stations import rules
from headwater.bases.stations.models import ObservationCount, Plot, Programme, Sensor
from headwater.bases.stations.tables import COUNTS, PLOTS, PROGRAMMES, SENSORS
from headwater.core.i18n import Bilingual
from headwater.core.numbers import to_places

FOR_EVER = Decimal(99)
"""Years of the right to land that is one's own."""
DAYS_A_YEAR = Decimal("365.25")


def _counted(rows: QuerySet[Any], keys: Sequence[int]) -> dict[int, Decimal]:
    counts = dict(rows.order_by().values_list("base").annotate(n=Count("pk")))
    return {key: Decimal(counts.get(key, 0)) for key in keys}


def plots(keys: Sequence[int], _on: date) -> Values:
    return _counted(Plot.objects.filter(base__in=keys), keys)


def area(keys: Sequence[int], _on: date) -> Values:
    rows = Plot.objects.filter(base__in=keys).order_by().values_list("base").annotate(n=Sum("area_ha"))
    return {base: total for base, total in rows if total is not None}


def land_years(keys: Sequence[int], on: date) -> Values:
    """Return for how many years the plot whose land can be used for the shortest time can still be used."""
    leased = Min("land_until", filter=~Q(land=Plot.Land.OWN))
    rows = Plot.objects.filter(base__in=keys).order_by().values_list("base").annotate(until=leased)
    return {
        base: FOR_EVER if until is None else max(Decimal(0), to_places(Decimal((until - on).days) / DAYS_A_YEAR, 1))
        for base, until in rows
    }


def _standing(keys: Sequence[int], on: date) -> QuerySet[Sensor]:
    here = Q(removed_on__isnull=True) | Q(removed_on__gt=on)
    return Sensor.objects.filter(here, base__in=keys, installed_on__lte=on)


def sensors(keys: Sequence[int], on: date) -> Values:
    return _counted(_standing(keys, on), keys)


def working_share(keys: Sequence[int], on: date) -> Values:
    works = Count("pk", filter=Q(state=Sensor.State.WORKING))
    rows = _standing(keys, on).order_by().values_list("base").annotate(n=Count("pk"), part=works)
    return {base: share(part, n) for base, n, part in rows if n}


def running(keys: Sequence[int], on: date) -> QuerySet[Programme]:
    """Select the programmes of some stations that run on a day."""
    return Programme.objects.filter(Q(until__isnull=True) | Q(until__gte=on), base__in=keys, since__lte=on)


def programmes(keys: Sequence[int], on: date) -> Values:
    return _counted(running(keys, on), keys)


def counted(keys: Sequence[int], since: date, until: date) -> QuerySet[ObservationCount]:
    """Select the counts of whole years, and of months, within a period."""
    rows = ObservationCount.objects.filter(base__in=keys).annotate(at=F("year") * 12 + F("month") - 1)
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    whole = Q(
        month__isnull=True, year__gte=since.year + (since.month > 1), year__lte=until.year - (until.month < rules.MOST_MONTH)
    )
    return rows.filter(whole | Q(month__isnull=False, at__gte=first, at__lte=last))


def last_year(on: date) -> tuple[date, date]:
    return date(on.year - 1, 1, 1), date(on.year - 1, 12, 31)


def observations(keys: Sequence[int], on: date) -> Values:
    rows = counted(keys, *last_year(on)).order_by().values_list("base").annotate(n=Sum("observed"))
    return {base: Decimal(n) for base, n in rows}


def completeness(keys: Sequence[int], on: date) -> Values:
    """Return observed of expected in the last whole year, over all counts that there are."""
    rows = counted(keys, *last_year(on)).order_by().values_list("base").annotate(o=Sum("observed"), e=Sum("expected"))
    return {base: value for base, o, e in rows if (value := rules.completeness([(o, e)])) is not None}


def achieved(keys: Sequence[int], on: date) -> Values:
    """Count the programmes with observations in the last whole year."""
    rows = counted(keys, *last_year(on)).filter(observed__gt=0).order_by().values_list("base")
    counts = dict(rows.annotate(n=Count("programme", distinct=True)))
    return {key: Decimal(counts.get(key, 0)) for key in keys}


def by_programme(base: int, since: date, until: date) -> dict[int, tuple[int, int]]:
    """Return (observed, expected) by programme of one station in a period (1 query)."""
    rows = counted([base], since, until).order_by().values_list("programme").annotate(o=Sum("observed"), e=Sum("expected"))
    return {programme: (o, e) for programme, o, e in rows}


def _add(code: str, zh: str, en: str, unit: Bilingual, table: str, read: Callable[[Sequence[int], date], Values]) -> None:
    FIGURES.add(code, FigureOf(Bilingual(zh, en), unit, table, read))


_add("plots.count", "样地", "Plots", PIECES, PLOTS, plots)
_add("plots.area", "样地面积", "Area of the plots", HECTARES, PLOTS, area)
_add(
    "plots.land_years",
    "土地可使用年限（最短）",
    "Years of the right to the land (shortest)",
    Bilingual("年", "years"),
    PLOTS,
    land_years,
)
_add("sensors.count", "传感器", "Sensors", PIECES, SENSORS, sensors)
_add("sensors.working", "传感器正常率", "Sensors that work", PERCENT, SENSORS, working_share)
_add("programmes.count", "观测项目", "Programmes of observation", PIECES, PROGRAMMES, programmes)
_add("observations.achieved", "上年有观测的项目", "Programmes with observations last year", PIECES, COUNTS, achieved)
_add(
    "observations.count",
    "上年有效观测数（自报）",
    "Observations last year (self-reported)",
    Bilingual("次", ""),
    COUNTS,
    observations,
)
_add("observations.complete", "上年观测完整率（自报）", "Completeness last year (self-reported)", PERCENT, COUNTS, completeness)
