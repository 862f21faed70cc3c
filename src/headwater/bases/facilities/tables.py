"""The tables of a facility: money by source and year, machine time by user and year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.facilities import rules
from headwater.bases.facilities.models import FundingLine, MachineTime
from headwater.bases.parts import TableKind
from headwater.bases.tables.declared import TABLES, TableOf, Writing
from headwater.bases.tables.forms import LineForm, WordField
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual, both
from headwater.core.listing import Column
from headwater.core.web import WanField, WholeField
from headwater.registers.forms import OrganisationField

FUNDING, TIME = "funding", "machine_time"
HOURS = rules.MOST_HOURS


class FundingForm(LineForm):
    coded: ClassVar[tuple[str, ...]] = ("source",)
    source = WordField(label=gettext_lazy("来源"))
    payer = forms.CharField(
        label=gettext_lazy("出资方"), max_length=120, required=False, help_text=gettext_lazy("同一来源有几个出资方的，分行填写")
    )
    organisation = OrganisationField(label=gettext_lazy("出资单位"), required=False, help_text=gettext_lazy("系统中有登记的单位"))
    year = WholeField(label=gettext_lazy("年度"), min_value=1990, max_value=2100)
    planned_fen = WanField(label=gettext_lazy("计划（万元）"))
    paid_fen = WanField(label=gettext_lazy("到位（万元）"), required=False)
    document = forms.CharField(label=gettext_lazy("文件"), max_length=160, required=False)

    def clean_paid_fen(self) -> int:
        return self.cleaned_data["paid_fen"] or 0


class TimeForm(LineForm):
    user = forms.CharField(label=gettext_lazy("用户"), max_length=120)
    organisation = OrganisationField(label=gettext_lazy("用户单位"), required=False)
    standing = WordField(dict(MachineTime.Standing.choices), label=gettext_lazy("用户类别"))
    purpose = forms.CharField(label=gettext_lazy("用途"), max_length=300, required=False)
    year = WholeField(label=gettext_lazy("年度"), min_value=1990, max_value=2100)
    asked = WholeField(label=gettext_lazy("申请机时（小时）"), min_value=1, max_value=HOURS)
    given = WholeField(label=gettext_lazy("批准机时（小时）"), min_value=0, max_value=HOURS)
    used = WholeField(label=gettext_lazy("实际使用（小时）"), required=False, min_value=0, max_value=HOURS)


def against_funding(line: Any, _writing: Writing) -> Sequence[Reason]:
    if not line.planned_fen and not line.paid_fen:
        return [Reason(_("计划和到位至少填一个大于零的数"), field="planned_fen")]
    return []


def against_time(time: Any, _writing: Writing) -> Sequence[Reason]:
    if time.given > time.asked:
        return [Reason(_("批准机时不能多于申请的 %d 小时") % time.asked, field="given")]
    if time.used is not None and not time.given and time.used:
        return [Reason(_("没有批准机时的，不能有实际使用"), field="used")]
    return []


def funding_columns(kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("来源"), lambda f: kind.word("source", f.source), kind="title"),
        Column(_("出资方"), lambda f: f.payer or (both(f.organisation) if f.organisation else "")),
        Column(_("年度"), lambda f: f.year, sort="year"),
        Column(_("计划（万元）"), lambda f: f.planned_fen, kind="money"),
        Column(_("到位（万元）"), lambda f: f.paid_fen, kind="money"),
        Column(_("到位率（%）"), lambda f: rules.executed(f.paid_fen, f.planned_fen), kind="number", phone=False),
        Column(_("文件"), lambda f: f.document, phone=False),
        Column(_("备注"), lambda f: f.note, screen=False),
    )


def time_columns(_kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("用户"), lambda t: t.user, sort="user", kind="title"),
        Column(_("用户单位"), lambda t: both(t.organisation) if t.organisation else "", phone=False),
        Column(_("用户类别"), lambda t: t.get_standing_display(), phone=False),
        Column(_("年度"), lambda t: t.year, sort="year"),
        Column(_("申请机时（小时）"), lambda t: t.asked, kind="number", phone=False),
        Column(_("批准机时（小时）"), lambda t: t.given, kind="number"),
        Column(_("实际使用（小时）"), lambda t: t.used, kind="number"),
        Column(_("用途"), lambda t: t.purpose, screen=False),
        Column(_("备注"), lambda t: t.note, screen=False),
    )


TABLES.add(
    FUNDING,
    TableOf(
        code=FUNDING,
        name=Bilingual("建设资金", "Money to build"),
        noun=Bilingual("资金来源", "source of money"),
        model=FundingLine,
        form=FundingForm,
        columns=funding_columns,
        reads=("organisation",),
        order="year",
        search=("payer", "document"),
        coded=("source",),
        once=("source", "payer", "year"),
        blank=("payer",),
        against=against_funding,
        hint=Bilingual("按来源和年度登记计划和到位。", "Record what each source plans and pays in each year."),
    ),
)
TABLES.add(
    TIME,
    TableOf(
        code=TIME,
        name=Bilingual("机时", "Machine time"),
        noun=Bilingual("机时", "machine time"),
        model=MachineTime,
        form=TimeForm,
        columns=time_columns,
        reads=("organisation",),
        order="-year",
        search=("user", "purpose"),
        against=against_time,
        keeps=lambda t: _("这是一项已同意的申请，不能删除；不再使用的，把批准机时改为 0") if t.request else "",
        hint=Bilingual(
            "科研人员申请、主任同意后出现在这里。", "Appears here when a researcher has asked and the director has agreed."
        ),
    ),
)
