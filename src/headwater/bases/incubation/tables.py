"""The table of tenants: how they are asked for and shown, and what stands against a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.incubation import rules
from headwater.bases.incubation.models import Tenant
from headwater.bases.parts import TableKind
from headwater.bases.tables.declared import TABLES, TableOf, Writing
from headwater.bases.tables.forms import DayField, LineForm, WordField
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual
from headwater.core.listing import Column
from headwater.core.web import WanField, WholeField
from headwater.registry.identifiers import BadIdentifier, check_uscc

TENANTS = "tenants"
FINANCING_BAR, REVENUE_BAR = "graduate_financing_fen", "graduate_revenue_fen"
"""Dated parameters: the money from which a tenant has graduated."""
GROUNDS = {
    rules.RECOGNISED: gettext_lazy("获得资质认定"),
    rules.FINANCED: gettext_lazy("融资达到标准"),
    rules.REVENUE: gettext_lazy("营业收入达到标准"),
    rules.SOLD: gettext_lazy("被并购或上市"),
}


class UsccField(forms.CharField):
    """The code of a firm (统一社会信用代码), in its normal form."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            return check_uscc(text) if text.strip() else ""
        except BadIdentifier as error:
            raise forms.ValidationError(str(error)) from error


class TenantForm(LineForm):
    coded: ClassVar[tuple[str, ...]] = ("industry",)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    kind = WordField(dict(Tenant.Kind.choices), label=gettext_lazy("类型"))
    uscc = UsccField(label=gettext_lazy("统一社会信用代码"), max_length=30, required=False, help_text=gettext_lazy("企业必填"))
    industry = WordField(label=gettext_lazy("领域"), required=False)
    entered_on = DayField(label=gettext_lazy("入驻日期"))
    jobs = WholeField(label=gettext_lazy("就业人数"), required=False, min_value=0, max_value=100_000)
    ip_applied = WholeField(label=gettext_lazy("申请知识产权（件）"), required=False, min_value=0, max_value=100_000)
    ip_valid = WholeField(label=gettext_lazy("有效知识产权（件）"), required=False, min_value=0, max_value=100_000)
    financed_fen = WanField(label=gettext_lazy("累计融资（万元）"), required=False)
    revenue_fen = WanField(label=gettext_lazy("近两年营业收入（万元）"), required=False)
    recognised = WordField(dict(Tenant.Recognised.choices), label=gettext_lazy("资质认定"), required=False)
    sold = WordField(dict(Tenant.Sold.choices), label=gettext_lazy("并购或上市"), required=False)
    left_on = DayField(label=gettext_lazy("离开日期"), required=False)
    left_as = WordField(dict(Tenant.Left.choices), label=gettext_lazy("离开原因"), required=False)
    evidence = forms.CharField(
        label=gettext_lazy("毕业依据"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("证书编号、融资或并购文件、审计报告等；填“毕业”时必填"),
    )

    def clean_financed_fen(self) -> int:
        return self.cleaned_data["financed_fen"] or 0

    def clean_revenue_fen(self) -> int:
        return self.cleaned_data["revenue_fen"] or 0


def facts_of(tenant: Tenant) -> rules.Facts:
    return rules.Facts(tenant.recognised, tenant.financed_fen, tenant.revenue_fen, tenant.sold)


def against(tenant: Any, writing: Writing) -> Sequence[Reason]:
    """Return what stands against a tenant: dates, the code of a firm, a graduation without a ground."""
    reasons = []
    if tenant.kind == Tenant.Kind.FIRM and not tenant.uscc:
        reasons.append(Reason(_("企业须填写统一社会信用代码；尚未注册的，类型选“创业团队”"), field="uscc"))
    if tenant.entered_on > clock.today():
        reasons.append(Reason(_("入驻日期不能晚于今天"), field="entered_on"))
    if tenant.left_on and (tenant.left_on < tenant.entered_on or tenant.left_on > clock.today()):
        reasons.append(Reason(_("离开日期应在入驻日期之后、不晚于今天"), field="left_on"))
    if tenant.left_on and not tenant.left_as:
        reasons.append(Reason(_("请选择离开原因"), field="left_as"))
    if tenant.left_as and not tenant.left_on:
        reasons.append(Reason(_("请填写离开日期"), field="left_on"))
    if tenant.left_as == Tenant.Left.GRADUATED:
        reasons += _against_graduation(tenant, writing)
    return reasons


def bars_of(writing: Writing) -> rules.Bars:
    return rules.Bars(writing.parameter(FINANCING_BAR), writing.parameter(REVENUE_BAR))


def _against_graduation(tenant: Tenant, writing: Writing) -> list[Reason]:
    reasons = []
    if not rules.grounds(facts_of(tenant), bars_of(writing)):
        words = "、".join(str(word) for word in GROUNDS.values())
        reasons.append(Reason(_("毕业须符合其中一项：%s；都不符合的，离开原因选“迁出”或“其他”") % words, field="left_as"))
    if not tenant.evidence:
        reasons.append(Reason(_("请写明毕业依据"), field="evidence"))
    return reasons


def columns(kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("名称"), lambda t: t.name, sort="name", kind="title"),
        Column(_("类型"), lambda t: t.get_kind_display()),
        Column(_("统一社会信用代码"), lambda t: t.uscc, phone=False),
        Column(_("领域"), lambda t: kind.word("industry", t.industry)),
        Column(_("入驻日期"), lambda t: t.entered_on, sort="entered_on", kind="date"),
        Column(_("离开日期"), lambda t: t.left_on, kind="date", phone=False),
        Column(_("离开原因"), lambda t: t.get_left_as_display()),
        Column(_("累计融资（万元）"), lambda t: t.financed_fen, kind="money", phone=False),
        Column(_("近两年营业收入（万元）"), lambda t: t.revenue_fen, kind="money", screen=False),
        Column(_("资质认定"), lambda t: t.get_recognised_display(), screen=False),
        Column(_("就业人数"), lambda t: t.jobs, kind="number", screen=False),
        Column(_("有效知识产权（件）"), lambda t: t.ip_valid, kind="number", screen=False),
        Column(_("毕业依据"), lambda t: t.evidence, screen=False),
        Column(_("备注"), lambda t: t.note, screen=False),
    )


TABLES.add(
    TENANTS,
    TableOf(
        code=TENANTS,
        name=Bilingual("入驻企业和团队", "Tenants"),
        noun=Bilingual("入驻企业或团队", "tenant"),
        model=Tenant,
        form=TenantForm,
        columns=columns,
        order="-entered_on",
        search=("name", "uscc"),
        coded=("industry",),
        once=("uscc",),
        among=Q(left_on__isnull=True),
        counts=lambda tenant: tenant.left_on is None,
        against=against,
        hint=Bilingual("登记入驻和离开，毕业由规则核对。", "Record who comes and who leaves; graduation is checked by rule."),
    ),
)
