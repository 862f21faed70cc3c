"""What the acts of administrators on the accounts of others do, as they are read before."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.core.acts import Act, ReasonForm
from headwater.core.i18n import named
from headwater.core.models import Account, AddressChange, FactorReset, GrantProposal, RoleGrant


def granting(row: GrantProposal) -> Act:
    return Act(
        title=_("核对后授予角色"),
        verb=_("核准授予"),
        back="/admin/grants/",
        columns=[_("用户名"), _("姓名"), _("角色与范围"), _("提议人"), _("提议时间")],
        rows=[[row.account.username, row.account, row, row.proposed_by or "—", _at(row.proposed_at)]],
        changes=[_("该用户立即取得上列角色，可以查看和办理其范围内的事项")],
        told=[_("本人和全体安全、系统管理员")],
        undo=_("任一安全管理员可以在“授权”页随时收回，须写明理由；已办理的事项不因此撤销。"),
        hidden={"approve": row.pk},
    )


def ending(row: RoleGrant, data: Any) -> Act:
    return Act(
        title=_("核对后收回授权"),
        verb=_("收回"),
        back="/admin/roles/",
        columns=[_("用户名"), _("姓名"), _("角色与范围"), _("起")],
        rows=[[row.account.username, row.account, row, _at(row.since)]],
        changes=[_("该用户立即不能再以这一角色查看和办理；已办理的事项不变")],
        told=[_("决定和管理的角色：本人和全体安全、系统管理员，附理由；其他角色不另行通知")],
        undo=_("可以重新授予；决定和管理的角色须两人。"),
        hidden={"end": row.pk},
        form=ReasonForm(data),
    )


def switching(row: Account, back: str) -> Act:
    """The account that is closed, or opened again."""
    closes = row.is_active
    return Act(
        title=_("核对后停用账号") if closes else _("核对后启用账号"),
        verb=_("停用") if closes else _("启用"),
        back=back,
        columns=[_("用户名"), _("姓名"), _("电子邮箱"), _("角色")],
        rows=[[row.username, named(row), row.email or "—", "、".join(str(g) for g in row.grants) or "—"]],
        changes=[_("不能再登录，待办无人办理；角色和已办理的事项不变") if closes else _("可以重新登录，原有的角色随之生效")],
        undo=_("可以随时重新启用。") if closes else _("可以随时停用。"),
        hidden={"toggle": row.pk},
    )


def _reset_row(row: FactorReset) -> dict[str, Any]:
    """Return what every act on a proposed reset shows of it."""
    return {
        "back": "/admin/accounts/factors/",
        "columns": [_("用户名"), _("姓名"), _("理由"), _("提议人")],
        "rows": [[row.account.username, row.account, row.reason, row.asked_by or "—"]],
    }


def resetting(row: FactorReset) -> Act:
    return Act(
        title=_("核对后重置第二因素"),
        verb=_("核准重置"),
        **_reset_row(row),
        changes=[_("验证器和恢复码作废，该账号的登录和访问令牌立即结束；本人下次登录时重新设置")],
        told=[_("本人和全体安全、系统管理员，附理由")],
        undo=_("不能恢复原来的验证器和恢复码。"),
        hidden={"approve": row.pk},
    )


def dropping_reset(row: FactorReset) -> Act:
    return Act(
        title=_("核对后作废重置"),
        verb=_("作废"),
        **_reset_row(row),
        changes=[_("第二因素不变，本人仍不能登录的须重新提议")],
        undo=_("可以重新提议重置。"),
        hidden={"drop": row.pk},
    )


def dropping_address(row: AddressChange) -> Act:
    return Act(
        title=_("核对后作废邮箱变更"),
        verb=_("作废"),
        back="/admin/accounts/changes/",
        columns=[_("用户名"), _("姓名"), _("原邮箱"), _("新邮箱"), _("理由")],
        rows=[[row.account.username, row.account, row.old or "—", row.new or "—", row.reason]],
        changes=[_("邮箱不变，发到新邮箱的确认链接失效")],
        undo=_("可以重新更正邮箱。"),
        hidden={"drop": row.pk},
    )


def _at(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
