"""What an author's own acts mean for others, as they are read before."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.forms import WithdrawForm
from headwater.calls.models import Application
from headwater.calls.states import ENDORSED, IN_THE_HOUSE
from headwater.calls.words import state_outside
from headwater.core.acts import Act
from headwater.core.i18n import named


def withdrawing(row: Application, back: str, data: Any) -> Act:
    """The withdrawal of an application: what it frees, who has it and is told, and whether it may come back."""
    closes = f"{timezone.localtime(row.call.closes_at):%Y-%m-%d %H:%M}"
    told = [_("依托单位：%s") % named(row.host)] if row.submitted_at else []
    told += [_("归口管理部门")] if row.state in ENDORSED and not row.host.direct else []
    told += [_("本批次的项目主管")] if row.state in IN_THE_HOUSE else []
    again = _("%s 前可以重新编辑、重新提交。") % closes if row.call.is_open else _("申报已截止，撤回后不能再提交。")
    return Act(
        title=_("撤回申请"),
        verb=_("撤回"),
        back=back,
        columns=[_("编号"), _("名称"), _("状态")],
        rows=[[row.number or "—", named(row, "title") or _("未命名"), state_outside(row)]],
        changes=[
            _("撤回后不再占用限额和限项"),
            *([_("单位审核和归口推荐作废，再提交时重新办理")] if row.state in ENDORSED else []),
        ],
        told=told,
        undo=again,
        form=WithdrawForm(data) if row.state in ENDORSED else None,
    )
