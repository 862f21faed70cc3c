"""The gap table and the support plan as tables beside a base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headwater.bases.cultivation.declared import gaps_of
from headwater.bases.cultivation.models import YEARS
from headwater.bases.models import GapValue, SupportRow
from headwater.bases.parts import Gap, Holds
from headwater.bases.rows.columns import choice, line, money, number, whole
from headwater.bases.rows.declared import ROWS, RowColumn, RowTable
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.registers.kinds import kind_of

TAB = "cultivation"
MOST = 10**11


def gaps_by_code(entry: Any) -> dict[str, Gap]:
    return {g.code: g for g in gaps_of(kind_of(entry))}


def _words(gap: Gap) -> str:
    return f"{gap.label}（{gap.unit}）" if str(gap.unit) else str(gap.label)


def _indicator(row: Any) -> str:
    gap = gaps_by_code(row.entry).get(row.indicator)
    return _words(gap) if gap else row.indicator


INDICATOR = RowColumn(
    "indicator",
    _("指标"),
    lambda entry: forms.ChoiceField(label=_("指标"), choices=[(code, _words(g)) for code, g in gaps_by_code(entry).items()]),
    _indicator,
    "title",
)


def weigh_values(_entry: Any, rows: Sequence[Any], _holds: Holds) -> Iterator[tuple[int, Reason]]:
    for n, row in enumerate(rows):
        if row.now is None and row.plan is None:
            yield n, Reason(gettext("实际值和计划值至少填一项"), field="now")
        if row.now is not None and row.year is not None and row.year > clock.today().year:
            yield n, Reason(gettext("以后的年度只有计划值"), field="now")


ROWS.add(
    "gap",
    RowTable(
        code="gap",
        label=_("指标的实际值与计划值"),
        one=_("指标值"),
        model=GapValue,
        tab=TAB,
        place=10,
        columns=(
            INDICATOR,
            whole("year", _("年度"), *YEARS),
            number("now", _("实际值"), MOST),
            number("plan", _("计划值"), MOST),
            line("note", _("说明"), 300, required=False),
        ),
        key=("indicator", "year"),
        hint=_("每个指标每年一行：年末的实际值，和计划达到的值。应达到的要求由规定统一给出。"),
        order="-year",
        related=("entry",),
        search=("note",),
        weigh=weigh_values,
        broken={"gapvalue_once": ("year", _("这一指标的这一年度已有一行，请修改那一行"))},
    ),
)
ROWS.add(
    "support",
    RowTable(
        code="support",
        label=_("支持计划"),
        one=_("支持事项"),
        model=SupportRow,
        tab=TAB,
        place=20,
        columns=(
            line("title", _("内容"), 200, kind="title"),
            choice("kind", _("类别"), SupportRow.Kind.choices),
            line("source", _("来源"), 120, required=False),
            whole("year", _("年度"), *YEARS),
            money("planned_fen", _("计划（万元）")),
            money("given_fen", _("到位（万元）")),
        ),
        key=("title", "year"),
        hint=_("项目、人才与团队、经费三方面计划给予的支持，和已经到位的部分。"),
        order="-year",
        search=("title", "source"),
    ),
)
