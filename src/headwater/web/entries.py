"""One account per role for the demo's one-click log-in: chosen from the records, so that each has something to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from headwater.calls.models import Application
from headwater.calls.states import State
from headwater.core.i18n import named
from headwater.core.models import Account, RoleGrant
from headwater.core.roles import Scope
from headwater.review.models import Assignment, PanelMember


@dataclass(frozen=True)
class Entry:
    username: str
    name: str
    role: str
    hint: str


def entries() -> list[Entry]:
    """List the entries in the order of a funding year."""
    rows: list[tuple[Account | None, str, str]] = [
        (_first(Account.objects.filter(person__led_applications__state=State.DRAFT)), _("申请人"), _("正在填写申请书")),
        (_first(Account.objects.filter(person__awards__isnull=False)), _("项目负责人"), _("有项目")),
        (_host(), _("依托单位管理员"), _("待审核的申请")),
        (_first(Account.objects.filter(role_grants__role="recommender").order_by("username")), _("归口管理部门"), _("推荐")),
        (_of_role("programme_officer"), _("项目主管（甲）"), _("形式审查、指派、决定")),
        (_of_role("programme_officer", 1), _("项目主管（乙）"), _("核准发布、会议评审、签署")),
        (
            _first(Account.objects.filter(person__expert__assignments__state=Assignment.State.ACCEPTED)),
            _("评审专家"),
            _("待提交的评审"),
        ),
        (
            _first(Account.objects.filter(person__expert__in=PanelMember.objects.filter(is_chair=True).values("expert"))),
            _("会评组长"),
            _("会评组"),
        ),
        (_of_role("committee"), _("基金委员会"), _("核准决定")),
        (_of_role("leadership"), _("分管领导"), _("条款、指标、时限")),
        (_of_role("finance_officer"), _("财务主管"), _("查看任务书")),
        (_of_role("integrity_officer"), _("科研诚信主管"), _("查看人员")),
        (_of_role("system_admin"), _("系统管理员"), _("账号、地区、任务")),
        (_of_role("security_admin"), _("安全管理员"), _("授权")),
        (_of_role("audit_admin"), _("审计管理员"), _("审计、运行状态")),
    ]
    return [Entry(a.username, named(a), str(role), str(hint)) for a, role, hint in rows if a]


def _first(rows: QuerySet[Account]) -> Account | None:
    return rows.order_by("pk").first()


def _of_role(role: str, n: int = 0) -> Account | None:
    """Return the n-th account that holds a role everywhere."""
    return Account.objects.filter(role_grants__role=role, role_grants__scope=Scope.ALL).order_by("pk")[n : n + 1].first()


def _host() -> Account | None:
    """Return the manager of a host with something to endorse, or else of any host."""
    managers = RoleGrant.objects.filter(role="host_manager")
    busy = managers.filter(scope_id__in=Application.objects.filter(state=State.HOST_REVIEW).values("host"))
    return _first(Account.objects.filter(pk__in=(busy if busy.exists() else managers).values("account")))
