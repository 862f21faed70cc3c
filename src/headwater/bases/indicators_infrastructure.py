"""Indicators of bases, infrastructure, stations, incubators, postdocs and commissions, from their records as of a date.

A house counts what is real. A demo has made up bases, as it has everything that other figures count: then those are counted, and the figure
says so. The two are never added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Award
from headwater.bases.commissioning.queries import calls_that_read
from headwater.bases.facilities.models import FundingLine
from headwater.bases.facilities.tables import FUNDING
from headwater.bases.incubation.figures import present
from headwater.bases.incubation.models import Tenant
from headwater.bases.incubation.tables import TENANTS
from headwater.bases.layout.counts import base_kinds
from headwater.bases.models import Base
from headwater.bases.postdocs.models import Postdoc
from headwater.bases.stations.figures import counted
from headwater.bases.tables.parts import tables_of
from headwater.casework.reports.queries import accepted_reports
from headwater.core.indicators import Figure, Only, Records, breakdown, indicator, share, through
from headwater.core.money import wan_cell
from headwater.registers.declared import REGISTERS
from headwater.registers.shapes import AT_WORK, ENDED
from headwater.registry.models import Place, PriorityField
from headwater.registry.places import place_of, places_within

INVENTED = _("只计演示虚构的基地")


def is_demo() -> bool:
    """Tell whether some bases are made up, which only a demo does (1 query)."""
    return Base.objects.filter(invented=True).exists()


def note() -> str:
    return str(INVENTED) if is_demo() else ""


def registers() -> list[tuple[str, str]]:
    return [(code, str(r.label)) for code, r in REGISTERS.items() if r.model is Base]


def kinds() -> list[tuple[str, str]]:
    return [(code, str(kind.label)) for code, kind in base_kinds().items()]


def fields() -> list[tuple[str, str]]:
    return [(f.code, f.name_zh) for f in PriorityField.objects.all()]


def sources() -> list[tuple[str, str]]:
    """Return the sources of money that the kinds of facilities list."""
    found: dict[str, str] = {}
    for kind in base_kinds().values():
        part = tables_of(kind).get(FUNDING)
        found |= {code: str(word) for code, word in part.choices.get("source", {}).items()} if part else {}
    return list(found.items())


breakdown("register", lambda: _("登记册"), registers)
breakdown("kind", lambda: _("种类"), kinds)
breakdown("field", lambda: _("优先领域"), fields)
breakdown("source", lambda: _("资金来源"), sources)
BY = ("register", "kind", "field", "place")


def bases(on: date, only: Only) -> QuerySet[Base]:
    """Select the bases that were at work at the end of a day: they had begun, and had not ended."""
    ended = Q(group=ENDED) & (Q(until__isnull=True) | Q(until__lte=on))
    there = Q(group__in=(*AT_WORK, ENDED), since__isnull=False, since__lte=on) | Q(group__in=AT_WORK, since__isnull=True)
    rows = Base.objects.filter(there, invented=is_demo()).exclude(ended)
    if "register" in only:
        rows = rows.filter(kind__in=[code for code, kind in base_kinds().items() if kind.register in only["register"]])
    if "kind" in only:
        rows = rows.filter(kind__in=only["kind"])
    if "field" in only:
        rows = rows.filter(field__code__in=only["field"])
    if "place" in only:
        rows = rows.filter(place__in=places_within(only["place"]))
    return rows


HEADING = (_("编号"), _("名称"), _("依托单位"), _("所在地"))


def records_of(rows: QuerySet[Base], extra: Callable[[list[int]], dict[int, Any]] | None = None, *more: Any) -> Records:
    """Return the bases behind a figure, with a column of what is counted of each."""

    def read() -> list[tuple[object, ...]]:
        found = list(rows.order_by("number").values_list("pk", "number", "name_zh", "host__name_zh", "place__name_zh"))
        values = extra([pk for pk, *_rest in found]) if extra else {}
        return [(*rest, *([values.get(pk, "")] if extra else [])) for pk, *rest in found]

    return Records((*HEADING, *more), read)


def of_places(rows: QuerySet[Base]) -> list[tuple[Place, int, int]]:
    here, counts = place_of(), dict[int, int]()
    for place, n in rows.order_by().values_list("place").annotate(n=Count("pk")):
        if place in here:
            counts[here[place].pk] = counts.get(here[place].pk, 0) + n
    return [(p, counts.get(p.pk, 0), 0) for p in sorted(set(here.values()), key=lambda p: p.code)]


@indicator("bases.count", unit="count", breakdowns=BY)
def count(on: date, only: Only) -> Figure:
    """Count the bases at work."""
    rows = bases(on, only)
    return Figure(rows.count() or None, records_of(rows), note(), places=lambda: of_places(rows))


@indicator("bases.places", unit="count", breakdowns=BY)
def places_reached(on: date, only: Only) -> Figure:
    """Count the places of the region in which there is a base at work."""
    rows = bases(on, only)
    reached = sum(1 for _p, n, _fen in of_places(rows) if n)
    return Figure(reached or None, records_of(rows), note(), places=lambda: of_places(rows))


@indicator("bases.place_share", unit="percent", breakdowns=BY)
def place_share(on: date, only: Only) -> Figure:
    """Return how many of the bases at work lie in some places of the region."""
    rows, every = bases(on, only), bases(on, {name: codes for name, codes in only.items() if name != "place"})
    return Figure(share(rows.count(), every.filter(place__isnull=False).count()), records_of(rows), note())


@indicator("bases.fields", unit="count", breakdowns=("register", "kind"))
def fields_covered(on: date, only: Only) -> Figure:
    """Count the priority fields that have a base at work."""
    rows = bases(on, only).filter(field__isnull=False)
    return Figure(rows.values("field").distinct().count() or None, records_of(rows), note())


def _funding(on: date, only: Only) -> QuerySet[FundingLine]:
    rows = FundingLine.objects.filter(base__invented=is_demo(), year__lte=on.year)
    return rows.filter(source__in=only["source"]) if "source" in only else rows


def _money_records(rows: QuerySet[FundingLine]) -> Records:
    columns = ("base__number", "base__name_zh", "source", "year", "planned_fen", "paid_fen")
    heading = (_("编号"), _("名称"), _("资金来源"), _("年度"), _("计划（万元）"), _("到位（万元）"))

    def read() -> list[tuple[object, ...]]:
        found = rows.order_by("base__number", "year", "source").values_list(*columns)
        return [(number, name, source, year, wan_cell(p), wan_cell(a)) for number, name, source, year, p, a in found]

    return Records(heading, read, money=5)


@indicator("facilities.paid", unit="wan", breakdowns=("source",))
def money_paid(on: date, only: Only) -> Figure:
    """Add up the money that has come to build infrastructure."""
    rows = _funding(on, only)
    total = rows.aggregate(n=Sum("paid_fen"))["n"]
    return Figure(wan_cell(total) if total else None, _money_records(rows), note())


@indicator("facilities.source_share", unit="percent", breakdowns=("source",))
def source_share(on: date, only: Only) -> Figure:
    """Return which share of the money that has come is of some sources."""
    rows, every = _funding(on, only), _funding(on, {})
    part, whole = (r.aggregate(n=Sum("paid_fen"))["n"] for r in (rows, every))
    return Figure(share(part, whole), _money_records(rows), note())


SUBJECT = "bases.base"


def _reported(on: date, only: Only, *questions: str) -> tuple[QuerySet[Base], dict[int, list[float]]]:
    """Return the bases at work and, of each, the answers of the newest accepted report up to a day that answers all of some questions."""
    rows = bases(on, only)
    found: dict[int, list[float]] = {}
    for report in accepted_reports(SUBJECT, list(rows.values_list("pk", flat=True))):
        numbers = [report.answers.get(q) for q in questions]
        if report.until <= on and all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers):
            found[report.record] = [float(n) for n in numbers if n is not None]
    return rows.filter(pk__in=found), found


@indicator("facilities.external", unit="percent", breakdowns=("register", "kind"))
def external_share(on: date, only: Only) -> Figure:
    """Return the share of users from outside in the hours of users, of the newest accepted report of each base."""
    rows, hours = _reported(on, only, "external", "user")
    part, whole = (sum(h[n] for h in hours.values()) for n in (0, 1))
    return Figure(
        share(part, whole), records_of(rows, lambda _keys: {k: h[0] for k, h in hours.items()}, _("外部用户机时")), note()
    )


@indicator("facilities.availability", unit="percent", breakdowns=("register", "kind"))
def availability(on: date, only: Only) -> Figure:
    """Return (running - fault) of planned hours, of the newest accepted report of each base."""
    rows, hours = _reported(on, only, "running", "fault", "planned")
    done, planned = sum(h[0] - h[1] for h in hours.values()), sum(h[2] for h in hours.values())
    return Figure(
        share(done, planned), records_of(rows, lambda _keys: {k: h[0] for k, h in hours.items()}, _("实际运行机时")), note()
    )


@indicator("stations.complete", unit="percent", breakdowns=("kind", "place"))
def observations_complete(on: date, only: Only) -> Figure:
    """Return observed of expected observations in the last whole year, over all counts of the stations at work."""
    rows = bases(on, only)
    since, until = date(on.year - 1, 1, 1), date(on.year - 1, 12, 31)
    sums = counted(list(rows.values_list("pk", flat=True)), since, until).order_by().values_list("base")
    pairs = {base: (o, e) for base, o, e in sums.annotate(o=Sum("observed"), e=Sum("expected"))}
    value = share(sum(o for o, _e in pairs.values()), sum(e for _o, e in pairs.values()))
    return Figure(
        value,
        records_of(rows.filter(pk__in=pairs), lambda _keys: {k: o for k, (o, _e) in pairs.items()}, _("有效观测数")),
        note(),
    )


def _tenants(keys: Sequence[int], on: date) -> dict[int, Any]:
    return dict(present(keys, on).order_by().values_list("base").annotate(n=Count("pk")))


@indicator("incubators.tenants", unit="count", breakdowns=("kind", "place"))
def tenants(on: date, only: Only) -> Figure:
    """Count who is in makerspaces, incubators and accelerators."""
    rows = _with_table(bases(on, only), TENANTS)
    n = present(list(rows.values_list("pk", flat=True)), on).count()
    return Figure(n or None, records_of(rows, lambda keys: _tenants(keys, on), _("在孵")), note())


def _graduates(keys: Sequence[int], on: date) -> QuerySet[Tenant]:
    return Tenant.objects.filter(base__in=keys, left_as=Tenant.Left.GRADUATED, left_on__lte=on)


@indicator("incubators.graduates", unit="count", breakdowns=("kind", "place"))
def graduates(on: date, only: Only) -> Figure:
    """Count who has graduated so far."""
    rows = _with_table(bases(on, only), TENANTS)

    def by_base(keys: list[int]) -> dict[int, Any]:
        return dict(_graduates(keys, on).order_by().values_list("base").annotate(n=Count("pk")))

    n = _graduates(list(rows.values_list("pk", flat=True)), on).count()
    return Figure(n or None, records_of(rows, by_base, _("毕业")), note())


def _with_table(rows: QuerySet[Base], table: str) -> QuerySet[Base]:
    return rows.filter(kind__in=[code for code, kind in base_kinds().items() if table in tables_of(kind)])


@indicator("postdocs.now", unit="count", breakdowns=("kind", "place"))
def postdocs(on: date, only: Only) -> Figure:
    """Count the postdocs who are at stations."""
    rows = bases(on, only)
    here = Postdoc.objects.filter(Q(left_on__isnull=True) | Q(left_on__gt=on), base__in=rows, entered_on__lte=on)

    def by_base(keys: list[int]) -> dict[int, Any]:
        return dict(here.filter(base__in=keys).order_by().values_list("base").annotate(n=Count("pk")))

    found = rows.filter(pk__in=here.values("base"))
    return Figure(here.count() or None, records_of(found, by_base, _("在站博士后")), note())


@indicator("postdocs.stay", unit="percent", breakdowns=("kind", "place"))
def postdocs_stay(on: date, only: Only) -> Figure:
    """Return who stayed in the region of those who left and of whom it is known."""
    rows = bases(on, only)
    known = Postdoc.objects.filter(base__in=rows, left_on__lte=on, stays__isnull=False)
    found = rows.filter(pk__in=known.values("base"))
    return Figure(share(known.filter(stays=True).count(), known.count()), records_of(found), note())


def _commissions(on: date) -> QuerySet[Award]:
    """Select the awards up to a day of the calls whose scheme reads the register of bases."""
    valid = Award.objects.valid()
    return valid.filter(call__in=calls_that_read(valid), approved_at__lt=through(on))


@indicator("commissions.count", unit="items")
def commissions(on: date) -> Figure:
    """Count the tasks with which bases were commissioned directly."""
    rows = _commissions(on)
    columns = ("number", "title_zh", "leader__name_zh", "host__name_zh", "amount_fen")

    def read() -> list[tuple[object, ...]]:
        return [(n, t, p, h, wan_cell(a)) for n, t, p, h, a in rows.order_by("number").values_list(*columns)]

    heading = (_("编号"), _("名称"), _("负责人"), _("依托单位"), _("金额（万元）"))
    return Figure(rows.count() or None, Records(heading, read, link="/projects/", money=4))


@indicator("commissions.money", unit="wan")
def commissions_money(on: date) -> Figure:
    """Add up the money of the tasks with which bases were commissioned directly."""
    rows = _commissions(on)
    total = rows.aggregate(n=Sum("amount_fen"))["n"]
    return Figure(wan_cell(total) if total else None, commissions(on).records)
