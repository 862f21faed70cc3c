"""The demo's one-click log-in: people whom the demo chose when it was built, so that they stay the same whatever one does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from headwater.core.i18n import named
from headwater.core.models import Account, Event

COMPLETE = "demo.complete"
"""The event with which a demo is whole; its `people` are pairs of a kind of entry and a username."""

OUTSIDE, HOST, OFFICE, REVIEW, READING, TECHNICAL = (
    _("申请与项目"),
    _("单位与归口部门"),
    _("基金办公室"),
    _("评审"),
    _("查看与监督"),
    _("系统管理"),
)
KINDS: dict[str, tuple[str | Promise, str | Promise, str | Promise]] = {
    "applicant": (OUTSIDE, _("申请人"), _("填写并提交申请书")),
    "member": (OUTSIDE, pgettext_lazy("one person", "参与者"), _("确认参与")),
    "refused": (OUTSIDE, _("不予受理的申请人"), _("可申请复审")),
    "objected": (OUTSIDE, _("公示中的申请人"), _("可就异议陈述")),
    "leader": (OUTSIDE, _("项目负责人"), _("签署任务书")),
    "host": (HOST, pgettext_lazy("one person", "依托单位管理员"), _("审核报送、签署任务书")),
    "agency": (HOST, _("归口管理部门"), _("推荐")),
    "programme_officer": (OFFICE, _("项目主管（甲）"), _("形式审查、指派、决定、公示")),
    "programme_officer_2": (OFFICE, _("项目主管（乙）"), _("核准发布、复审、会议评审、签署")),
    "committee": (OFFICE, _("基金委员会"), _("核准决定")),
    "expert": (REVIEW, _("评审专家"), _("答复邀请、提交意见")),
    "chair": (REVIEW, _("会评组长"), _("投票")),
    "panellist": (REVIEW, _("会评组员"), _("投票")),
    "leadership": (READING, _("分管领导"), _("条款、指标、时限")),
    "finance_officer": (READING, _("财务主管"), _("项目与经费")),
    "integrity_officer": (READING, _("科研诚信主管"), _("惩戒、相似文本、异议")),
    "audit_admin": (READING, _("审计管理员"), _("审计、运行状态")),
    "system_admin": (TECHNICAL, _("系统管理员"), _("账号、地区、任务")),
    "security_admin": (TECHNICAL, _("安全管理员"), _("授权、邮箱变更")),
}
"""Kinds of entries in the order of the home page: group, role, what waits."""


@dataclass(frozen=True)
class Entry:
    kind: str
    username: str
    name: str
    group: str
    role: str
    hint: str


def entries() -> list[Entry]:
    """List the entries in the order of their kinds (two queries)."""
    told = Event.objects.filter(command=COMPLETE).order_by("-pk").values_list("after", flat=True).first() or {}
    people = [(kind, username) for kind, username in told.get("people", []) if kind in KINDS]
    accounts = {a.username: a for a in Account.objects.filter(username__in=[username for _kind, username in people])}
    places = list(KINDS)
    rows = sorted((p for p in people if p[1] in accounts), key=lambda p: places.index(p[0]))
    return [Entry(kind, name, named(accounts[name]), *map(str, KINDS[kind])) for kind, name in rows]


def grouped() -> list[tuple[str, list[Entry]]]:
    """List the entries by group."""
    return [(group, list(rows)) for group, rows in groupby(entries(), key=lambda e: e.group)]
