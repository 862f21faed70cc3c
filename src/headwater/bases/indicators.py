"""Indicators of bases: how many are at work, who works there, which committees met, which reports came in time, which calls went out.

Each is as of a day: what began later, or ended earlier, does not count. What a demo made up does not count beside what is real; a house
that has nothing real of a kind shows what is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headwater.bases.labs.committees import committee_kinds, met
from headwater.bases.models import Base, BasePerson, OpenCall
from headwater.bases.people.models import there_on
from headwater.casework.reports.models import Report
from headwater.casework.reports.obligations import obligations
from headwater.core.indicators import Figure, Only, Records, breakdown, indicator, share, through
from headwater.registers.kinds import kind_of, kinds_here
from headwater.registers.shapes import AT_WORK

BY = ("base_kind",)
HEADING = (_("编号"), _("名称"), _("依托单位"), _("起"), _("止"))
LABORATORIES = "laboratories"


def _kinds() -> list[tuple[str, str]]:
    return [(k.code, str(k.label)) for k in kinds_here().values() if k.register in {LABORATORIES}]


breakdown("base_kind", lambda: _("实验室种类"), _kinds)


def at_work(on: date, only: Only | None = None) -> QuerySet[Base]:
    """Select the laboratories that were at work on a day: begun by then and not over. One whose first day is unknown counts from the day on
    which the house knew of it.
    """
    began = Q(since__lte=on) | Q(since__isnull=True, opened_on__lte=on)
    rows = Base.objects.filter(began & (Q(until__isnull=True, group__in=AT_WORK) | Q(until__gt=on)))
    codes = (only or {}).get("base_kind") or [code for code, _label in _kinds()]
    rows = rows.filter(kind__in=codes)
    return rows.filter(invented=False) if rows.filter(invented=False).exists() else rows


def records_of(rows: QuerySet[Any]) -> Records:
    columns = ("number", "name_zh", "host__name_zh", "since", "until")
    return Records(HEADING, lambda: list(rows.order_by("number").values_list(*columns)), link="/registers/laboratories/")


@indicator("bases.laboratories", unit="count", breakdowns=BY)
def laboratories(on: date, only: Only) -> Figure:
    """Count the laboratories at work."""
    rows = at_work(on, only)
    return Figure(rows.count() or None, records_of(rows))


@indicator("bases.fixed_staff", unit="people", breakdowns=BY)
def fixed_staff(on: date, only: Only) -> Figure:
    """Count the fixed staff of the laboratories at work on the day; nobody counts twice."""
    rows = BasePerson.objects.filter(there_on(on), entry__in=at_work(on, only), kind=BasePerson.Kind.FIXED)
    lines = rows.order_by("entry__number", "pk").values_list("entry__number", "entry__name_zh", "role", "since")
    heading = (_("编号"), _("名称"), _("岗位"), _("到岗日期"))
    return Figure(rows.count() or None, Records(heading, lambda: list(lines), link="/registers/laboratories/"))


def yes_no(value: bool) -> str:
    return gettext("是") if value else gettext("否")


def _asked_of(bases: Sequence[Base]) -> list[Base]:
    """Return the bases whose kind names a committee: the others need none."""
    return [b for b in bases if committee_kinds(kind_of(b))]


@indicator("bases.committees_met", unit="percent", breakdowns=BY)
def committees_met(on: date, only: Only) -> Figure:
    """Compute the share of laboratories whose committee met with a quorum in the year up to the day."""
    bases = _asked_of(list(at_work(on, only)))
    held = met(bases, date(on.year, 1, 1), on)
    heading = (_("编号"), _("名称"), _("本年开过会"))
    records = Records(heading, lambda: [(b.number, b.name_zh, yes_no(b.pk in held)) for b in bases])
    return Figure(share(len(held), len(bases)), records)


@indicator("bases.reports_in_time", unit="percent", breakdowns=BY)
def reports_in_time(on: date, only: Only) -> Figure:
    """Compute the share of reports that were submitted by their last day, of those whose last day lies in the year up to the day; one that
    nobody began was not.
    """
    year, bases = date(on.year, 1, 1), list(at_work(on, only).values_list("pk", flat=True))
    due = Report.objects.filter(subject_kind="bases.base", due_on__range=(year, on), subject_id__in=bases)
    table = [
        (pk, period, day, at is not None and at < through(day))
        for pk, period, day, at in due.order_by("due_on", "pk").values_list("subject_id", "period", "due_on", "submitted_at")
    ]
    for owed in obligations(on, subject="bases.base", keys=bases):
        if not owed.report and year <= owed.due_on <= on:
            table.append((owed.subject_id, owed.period.code(owed.kind.every), owed.due_on, False))
    names = dict(Base.objects.filter(pk__in={row[0] for row in table}).values_list("pk", "number"))
    heading = (_("编号"), _("报告期"), _("报送期限"), _("按期"))
    records = Records(heading, lambda: [(names[pk], period, day, yes_no(ok)) for pk, period, day, ok in table])
    return Figure(share(sum(row[3] for row in table), len(table)), records)


@indicator("bases.open_calls", unit="count", breakdowns=BY)
def open_calls(on: date, only: Only) -> Figure:
    """Count the calls for open projects that laboratories issued in the year up to the day."""
    rows = OpenCall.objects.filter(entry__in=at_work(on, only), opens_on__range=(date(on.year, 1, 1), on))
    lines = rows.order_by("-opens_on", "pk").values_list("entry__number", "title", "opens_on", "closes_on")
    heading = (_("编号"), _("指南"), _("开始日期"), _("截止日期"))
    return Figure(rows.count() or None, Records(heading, lambda: list(lines), link="/registers/laboratories/"))
