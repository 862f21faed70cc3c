"""The table of postdocs of a station, its figures and its tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.parts import TableKind
from headwater.bases.postdocs.models import Postdoc
from headwater.bases.standards.figures import FIGURES, PERCENT, FigureOf, Values, share
from headwater.bases.standards.shown import figures_of
from headwater.bases.tables.declared import TABLES, TableOf, Writing
from headwater.bases.tables.forms import DayField, LineForm, WordField
from headwater.bases.tables.lists import part_of
from headwater.bases.tables.parts import has_tables
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual
from headwater.core.listing import Column
from headwater.core.web import NameField, WanField, WholeField
from headwater.registers.declared import TABS, Tab
from headwater.registers.shapes import Kind

POSTDOCS = "postdocs"
MOST_MONTHS, MOST_AGE, MOST_SINCE_DOCTOR = "postdoc_months_max", "postdoc_age_max", "postdoc_years_since_doctor_max"
"""Dated parameters: the months of a stay, the age at entry, the years since the doctorate."""
PEOPLE = Bilingual("人", "people")


class PostdocForm(LineForm):
    name = NameField(label=gettext_lazy("姓名"), max_length=80)
    kind = WordField(dict(Postdoc.Kind.choices), label=gettext_lazy("类型"))
    born_year = WholeField(label=gettext_lazy("出生年份"), required=False, min_value=1930, max_value=2100)
    doctor_on = DayField(label=gettext_lazy("获博士学位日期"), required=False)
    entered_on = DayField(label=gettext_lazy("进站日期"))
    planned_exit = DayField(label=gettext_lazy("计划出站日期"))
    supervisor = NameField(label=gettext_lazy("合作导师"), max_length=80)
    joint_station = forms.CharField(label=gettext_lazy("联合培养的流动站"), max_length=160, required=False)
    project = forms.CharField(label=gettext_lazy("研究项目"), max_length=200, required=False)
    subsidy_fen = WanField(label=gettext_lazy("资助（万元）"), required=False)
    left_on = DayField(label=gettext_lazy("实际离站日期"), required=False)
    left_as = WordField(dict(Postdoc.Exit.choices), label=gettext_lazy("离站方式"), required=False)
    stays = WordField({"1": gettext_lazy("是"), "0": gettext_lazy("否")}, label=gettext_lazy("离站后留在本地区"), required=False)

    def __init__(self, *args: Any, initial: Any = None, **kwargs: Any) -> None:
        if initial and initial.get("stays") is not None:
            initial = {**initial, "stays": "1" if initial["stays"] else "0"}
        super().__init__(*args, initial=initial, **kwargs)

    def clean_subsidy_fen(self) -> int:
        return self.cleaned_data["subsidy_fen"] or 0

    def clean_stays(self) -> bool | None:
        return {"1": True, "0": False}.get(self.cleaned_data["stays"])


def against(postdoc: Any, writing: Writing) -> Sequence[Reason]:
    """Return what stands against a postdoc: the order of dates, how long a stay may be, age and doctorate at entry."""
    p, reasons = postdoc, []
    if p.planned_exit <= p.entered_on:
        reasons.append(Reason(_("计划出站日期应在进站日期之后"), field="planned_exit"))
    months = writing.parameter(MOST_MONTHS)
    if months is not None and p.planned_exit > clock.add_months(p.entered_on, int(months)):
        reasons.append(Reason(_("在站时间最长 %d 个月") % int(months), field="planned_exit"))
    if p.left_on and not p.entered_on <= p.left_on <= clock.today():
        reasons.append(Reason(_("离站日期应在进站日期之后、不晚于今天"), field="left_on"))
    if bool(p.left_on) != bool(p.left_as):
        reasons.append(Reason(_("离站日期和离站方式要么都填，要么都不填"), field="left_as" if p.left_on else "left_on"))
    if p.stays is not None and not p.left_on:
        reasons.append(Reason(_("离站之后才填写是否留在本地区"), field="stays"))
    age, years = writing.parameter(MOST_AGE), writing.parameter(MOST_SINCE_DOCTOR)
    if p.born_year and age is not None and p.entered_on.year - p.born_year > int(age):
        reasons.append(Reason(_("进站时年龄一般不超过 %d 周岁；经批准放宽的，请先由主管调整参数") % int(age), field="born_year"))
    if p.doctor_on and years is not None and p.entered_on > clock.add_months(p.doctor_on, 12 * int(years)):
        reasons.append(Reason(_("获博士学位一般不超过 %d 年") % int(years), field="doctor_on"))
    if p.doctor_on and p.doctor_on > p.entered_on:
        reasons.append(Reason(_("获博士学位应在进站之前"), field="doctor_on"))
    return reasons


def columns(_kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("姓名"), lambda p: p.name, sort="name", kind="title"),
        Column(_("类型"), lambda p: p.get_kind_display(), phone=False),
        Column(_("合作导师"), lambda p: p.supervisor, phone=False),
        Column(_("进站日期"), lambda p: p.entered_on, sort="entered_on", kind="date"),
        Column(_("计划出站日期"), lambda p: p.planned_exit, sort="planned_exit", kind="date"),
        Column(_("实际离站日期"), lambda p: p.left_on, kind="date", phone=False),
        Column(_("离站方式"), lambda p: p.get_left_as_display(), phone=False),
        Column(_("离站后留在本地区"), lambda p: "" if p.stays is None else _("是") if p.stays else _("否"), phone=False),
        Column(_("联合培养的流动站"), lambda p: p.joint_station, screen=False),
        Column(_("研究项目"), lambda p: p.project, screen=False),
        Column(_("资助（万元）"), lambda p: p.subsidy_fen, kind="money", screen=False),
        Column(_("备注"), lambda p: p.note, screen=False),
    )


TABLES.add(
    POSTDOCS,
    TableOf(
        code=POSTDOCS,
        name=Bilingual("在站和出站的博士后", "Postdocs"),
        noun=Bilingual("博士后", "postdoc"),
        model=Postdoc,
        form=PostdocForm,
        columns=columns,
        order="-entered_on",
        search=("name", "supervisor"),
        once=("name", "entered_on"),
        against=against,
        hint=Bilingual("登记进站、出站和去向。", "Record entry, exit and where they went."),
    ),
)


def present(keys: Sequence[int], on: date) -> Values:
    here = Q(left_on__isnull=True) | Q(left_on__gt=on)
    rows = Postdoc.objects.filter(here, base__in=keys, entered_on__lte=on).order_by().values_list("base")
    counts = dict(rows.annotate(n=Count("pk")))
    return {key: Decimal(counts.get(key, 0)) for key in keys}


def overdue(keys: Sequence[int], on: date) -> Values:
    rows = Postdoc.objects.filter(base__in=keys, left_on__isnull=True, planned_exit__lt=on).order_by().values_list("base")
    counts = dict(rows.annotate(n=Count("pk")))
    return {key: Decimal(counts.get(key, 0)) for key in keys}


def finished(keys: Sequence[int], on: date) -> Values:
    rows = Postdoc.objects.filter(base__in=keys, left_as=Postdoc.Exit.FINISHED, left_on__lte=on).order_by().values_list("base")
    counts = dict(rows.annotate(n=Count("pk")))
    return {key: Decimal(counts.get(key, 0)) for key in keys}


def stay_share(keys: Sequence[int], on: date) -> Values:
    """Return who stayed of those who left and of whom it is known."""
    rows = Postdoc.objects.filter(base__in=keys, left_on__lte=on, stays__isnull=False).order_by().values_list("base")
    counts = rows.annotate(n=Count("pk"), part=Count("pk", filter=Q(stays=True)))
    return {base: share(part, n) for base, n, part in counts}


for _code, _zh, _en, _unit, _read in (
    ("now", "在站博士后", "Postdocs now", PEOPLE, present),
    ("overdue", "超过计划出站日期", "Beyond the planned exit", PEOPLE, overdue),
    ("finished", "累计出站", "Finished so far", PEOPLE, finished),
    ("stay_share", "离站后留在本地区的比例", "Share of those who left and stayed in the region", PERCENT, stay_share),
):
    FIGURES.add(f"{POSTDOCS}.{_code}", FigureOf(Bilingual(_zh, _en), _unit, POSTDOCS, _read))


def tab(request: HttpRequest, entry: Any, _kind: Kind) -> tuple[str, Mapping[str, Any]]:
    words = {"part": part_of(request, entry, POSTDOCS), "figures": figures_of(entry, clock.today(), POSTDOCS)}
    return "bases/standards/part_and_figures.html", words


TABS.add(POSTDOCS, Tab(gettext_lazy("博士后"), 15, lambda kind: has_tables(kind, POSTDOCS), tab))
