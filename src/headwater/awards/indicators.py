"""Indicators of awards: what is funded, for whom, where and under which agreement.

Grants are counted. Support of talent, challenges and commissions are no grants (`applications.approved` counts them).
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date

from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Agreement, Award
from headwater.calls.indicators import call_records, counted, mean_days, narrowed
from headwater.calls.states import ResearchClass
from headwater.core.i18n import named
from headwater.core.indicators import Figure, Only, Records, indicator, share, through
from headwater.core.money import wan_cell
from headwater.core.parameters import Parameters
from headwater.registry.models import Person, Place
from headwater.registry.places import place_of, places_word
from headwater.registry.queries import region_code

HEADING = (_("编号"), _("名称"), _("负责人"), _("依托单位"), _("金额（万元）"))
BY = ("scheme", "year", "place")
LOOKUPS = {"scheme": "call__scheme__code__in", "year": "call__year__in"}


def grants(on: date, only: Only | None = None) -> QuerySet[Award]:
    """Select the grants that were decided, and not given up, by the end of the day `on`."""
    rows = Award.objects.projects_on(through(on))
    return narrowed(rows, only or {}, LOOKUPS)


def records_of(awards: QuerySet[Award]) -> Records:
    columns = ("number", "title_zh", "leader__name_zh", "host__name_zh", "amount_fen")

    def rows() -> list[tuple[object, ...]]:
        return [(n, t, p, h, wan_cell(a)) for n, t, p, h, a in awards.order_by("number").values_list(*columns)]

    return Records(HEADING, rows, link="/projects/", money=4)


def by_place(awards: QuerySet[Award]) -> list[tuple[Place, int, int]]:
    """Count the awards of each place of the region and add up their money in fen."""
    here = place_of()
    totals = {p.pk: (p, 0, 0) for p in sorted(set(here.values()), key=lambda p: p.code)}
    for pk, n, fen in awards.order_by().values_list("host__place").annotate(n=Count("pk"), m=Sum("amount_fen")):
        if pk in here:
            place, count, money = totals[here[pk].pk]
            totals[place.pk] = (place, count + n, money + fen)
    return list(totals.values())


def left_out(on: date, only: Only) -> str:
    """Tell how many grants were decided and given up, which a figure of grants leaves out; empty where there is none."""
    decided = narrowed(Award.objects.grants().filter(approved_at__lt=through(on)), only, LOOKUPS).count()
    n = decided - grants(on, only).count()
    return gettext("不含已放弃或逾期未签任务书的 %d 项") % n if n else ""


@indicator("awards.count", unit="items", breakdowns=BY)
def count(on: date, only: Only) -> Figure:
    rows = grants(on, only)
    return Figure(rows.count() or None, records_of(rows), left_out(on, only), places=lambda: by_place(rows))


@indicator("awards.money", unit="wan", breakdowns=BY)
def money(on: date, only: Only) -> Figure:
    rows = grants(on, only)
    total = rows.aggregate(t=Sum("amount_fen"))["t"]
    return Figure(wan_cell(total) if total else None, records_of(rows), left_out(on, only), places=lambda: by_place(rows))


@indicator("people.young", unit="percent", breakdowns=BY)
def young_leaders(on: date, only: Only) -> Figure:
    """Count leaders born in or after the call's year less the region's young age. Only years are compared; no age is computed."""
    age = Parameters(region_code(), on).number("young_age")
    rows = grants(on, only).filter(leader__birth_date__isnull=False)
    young = rows.filter(leader__birth_date__year__gte=F("call__year") - age)
    records = call_records(on, _("青年负责人立项数"), lambda: counted(young))
    return Figure(share(young.count(), rows.count()), records, _("青年：%d 岁及以下") % age)


@indicator("people.women", unit="percent", breakdowns=BY)
def women(on: date, only: Only) -> Figure:
    rows = grants(on, only)
    by_women = rows.filter(leader__sex=Person.Sex.FEMALE)
    return Figure(share(by_women.count(), rows.count()), call_records(on, _("女性负责人立项数"), lambda: counted(by_women)))


@indicator("fields.priority", unit="percent", breakdowns=BY)
def priority(on: date, only: Only) -> Figure:
    rows = grants(on, only)
    inside = rows.exclude(application__priority_field__in=["", "none"])
    return Figure(share(inside.count(), rows.count()), records_of(inside))


@indicator("fields.diversity", unit="count")
def diversity(on: date) -> Figure:
    """The effective number of review groups: exp of the entropy of their shares."""
    counts = Counter(grants(on).values_list("application__review_group", flat=True))
    total = sum(counts.values())
    value = math.exp(-sum(n / total * math.log(n / total) for n in counts.values())) if total else None
    return Figure(value, Records((_("评审领域"), _("立项数")), counts.most_common))


@indicator("places.reached", unit="count")
def places_reached(on: date) -> Figure:
    """Count the places of the region that have a grant."""
    rows = by_place(grants(on))
    table = [(named(place), n, wan_cell(fen)) for place, n, fen in rows]
    total = sum(1 for _name, n, _money in table if n)
    records = Records((places_word(), _("立项数"), _("资助金额（万元）")), lambda: table, money=2)
    return Figure(total or None, records, places=lambda: rows)


@indicator("hosts.cr3", unit="percent", breakdowns=BY)
def concentration(on: date, only: Only) -> Figure:
    """Compute the share of the three hosts with the most grants."""
    hosts = grants(on, only).order_by().values_list("host__name_zh").annotate(n=Count("pk")).order_by("-n", "host__name_zh")
    table = list(hosts.values_list("host__name_zh", "n"))
    value = share(sum(n for _host, n in table[:3]), sum(n for _host, n in table))
    return Figure(value, Records((_("依托单位"), _("立项数")), lambda: table))


@indicator("review.classes", unit="percent", breakdowns=BY)
def goal_oriented(on: date, only: Only) -> Figure:
    rows = grants(on, only)
    counts = Counter(rows.values_list("application__research_class", flat=True))
    table = [(kind.label, counts.get(kind.value, 0)) for kind in ResearchClass]
    return Figure(
        share(counts[ResearchClass.GOAL.value], sum(counts.values())), Records((_("研究属性"), _("立项数")), lambda: table)
    )


@indicator("agreements.days", unit="days", breakdowns=("scheme",))
def agreement_days(on: date, only: Only) -> Figure:
    rows = Agreement.objects.filter(signed_at__lt=through(on))
    rows = narrowed(rows, only, {"scheme": "award__call__scheme__code__in"})
    return Figure(mean_days(rows, "award__approved_at", "signed_at"), records_of(Award.objects.filter(agreement__in=rows)))


@indicator("agreements.signed", unit="percent", breakdowns=("scheme",))
def agreements_signed(on: date, only: Only) -> Figure:
    rows = narrowed(Award.objects.filter(approved_at__lt=through(on)), only, LOOKUPS)
    signed = rows.filter(agreement__signed_at__lt=through(on))
    return Figure(share(signed.count(), rows.count()), records_of(signed))
