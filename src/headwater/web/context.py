"""What every page shows: navigation by role, counts, the demo banner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

MODULES: tuple[tuple[str, Any, str, str], ...] = (
    ("desk", _("我的待办"), "signed_in", "/desk/"),
    ("applications", _("我的申请"), "calls.apply", "/applications/"),
    ("projects", _("我的项目"), "calls.apply", "/my/projects/"),
    ("endorse", _("申报审核"), "calls.endorse", "/host/endorse/"),
    ("partner", _("合作单位签署"), "calls.partner.sign", "/host/partner/"),
    ("host_projects", _("单位项目"), "awards.sign.host", "/host/agreements/"),
    ("host_letters", _("通知书"), "awards.sign.host", "/host/letters/"),
    ("host_people", _("单位人员"), "awards.sign.host", "/people/"),
    ("recommend", _("归口推荐"), "calls.recommend", "/recommend/"),
    ("board", _("批次管理"), "calls.board", "/office/"),
    ("people", _("人员"), "registry.people.list", "/people/"),
    ("experts", _("专家库"), "review.expert.list", "/office/experts/"),
    ("imports", _("导入"), "registry.import", "/imports/"),
    ("review", _("评审"), "review.desk", "/review/"),
    ("panels", _("会评"), "review.desk", "/panels/"),
    ("expertise", _("专家信息"), "review.desk", "/review/profile/"),
    ("lead", _("政策督查"), "policy.lead", "/lead/"),
    ("exports", _("导出文件"), "signed_in", "/exports/"),
    ("tokens", _("接口与令牌"), "signed_in", "/tokens/"),
    ("sessions", _("登录与密码"), "signed_in", "/sessions/"),
    ("accounts", _("账号"), "core.account.manage", "/admin/accounts/"),
    ("roles", _("授权"), "core.role.grant", "/admin/roles/"),
    ("grants", _("授权核准"), "core.role.approve", "/admin/grants/"),
    ("region", _("地区与项目类型"), "core.region.manage", "/admin/region/"),
    ("jobs", _("后台任务"), "core.job.view", "/jobs/"),
    ("outbox", _("邮件"), "core.outbox.view", "/admin/outbox/"),
    ("audit", _("审计"), "core.audit.view", "/admin/audit/"),
    ("health", _("运行状态"), "core.health.view", "/admin/health/"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"demo": settings.DEMO, "theme": request.COOKIES.get("theme", "auto")}
    if settings.DEMO and request.path in {"/", "/accounts/login/"}:
        from headwater.web.entries import entries

        context["demo_entries"] = entries()
    if user is not None and user.is_authenticated:
        seen: set[str] = set()
        modules = []
        for code, label, action, url in MODULES:
            if user.has_perm(action) and url not in seen:
                modules.append({"code": code, "label": label, "url": url, "active": request.path.startswith(url)})
                seen.add(url)
        longest = max((len(m["url"]) for m in modules if m["active"]), default=0)
        for module in modules:
            module["active"] = module["active"] and len(module["url"]) == longest
        context |= {"modules": modules, "unread": user.notifications.filter(read_at__isnull=True).count(), "grants": user.grants}
    return context
