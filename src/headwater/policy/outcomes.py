"""Indicators of the outcomes that are no grants: what released calls have approved, each in its own words."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application, Call
from headwater.calls.states import State
from headwater.policy.indicators import ITEMS, RELEASED_CALLS, add
from headwater.policy.registry import Table


def approved(outcome: str) -> Any:
    """What released calls of an outcome have approved."""
    calls = Call.objects.filter(scheme__definition__scheme__outcome=outcome)
    return Application.objects.filter(RELEASED_CALLS, call__in=calls, state=State.APPROVED)


def count(outcome: str) -> float | None:
    return approved(outcome).count() or None


def table(outcome: str) -> Table:
    rows = approved(outcome).order_by("number").values_list("number", "title_zh", "leader__name_zh", "host__name_zh")
    return Table((_("编号"), _("名称"), _("负责人"), _("依托单位")), list(rows))


OTHERS: tuple[tuple[str, tuple[str, str], tuple[int, ...]], ...] = (
    ("support", ("人才支持入选", "People selected for support"), (9, 10, 11, 12)),
    ("challenge", ("已揭榜任务", "Challenges taken on"), (16, 17)),
    ("commission", ("直接委托任务", "Tasks commissioned"), (16,)),
    ("designation", ("已认定重点实验室", "Laboratories designated"), (7, 8)),
    ("recommendation", ("建议购置的仪器评议", "Instrument purchases recommended"), (18,)),
    ("subsidy", ("开放共享补助", "Subsidies for sharing"), (18,)),
    ("prize", ("已授奖成果", "Achievements that won a prize"), (19,)),
    ("topic", ("已采纳指南需求", "Needs adopted for the guide"), (14, 17)),
)
"""Outcomes that are no grants, each counted in its own words."""
for _outcome, _label, _articles in OTHERS:
    add(
        f"outcomes.{_outcome}",
        _label,
        ITEMS,
        _articles,
        partial(count, _outcome),
        partial(table, _outcome),
    )
