"""The lines of navigation, declared by the apps: public pages for everybody, modules of the workbench for who may do their action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core.permission import SIGNED_IN
from headwater.core.register import Register


@dataclass(frozen=True)
class Module:
    """A line of the navigation: to the page `route`, for who may do `action`. Lines stand in the order of `place`."""

    label: str | Promise
    action: str
    route: str
    place: int


NAVIGATION: Register[Module] = Register("module of the workbench")


@dataclass(frozen=True)
class PublicPage:
    """A line of the head of every page: to the page `route`, for everybody."""

    label: str | Promise
    route: str
    place: int


PUBLIC_PAGES: Register[PublicPage] = Register("public page")


def public_pages(path: str) -> list[dict[str, Any]]:
    """Return the lines of the head; the one that `path` lies in is active."""
    lines = [(page.label, reverse(page.route)) for page in sorted(PUBLIC_PAGES.values(), key=lambda page: page.place)]
    return [{"label": label, "url": url, "active": path.startswith(url)} for label, url in lines]


def modules_for(user: Any, path: str) -> list[dict[str, Any]]:
    """Return the modules of an account, a page once; the one that `path` lies in is active, of several the innermost."""
    modules: dict[str, dict[str, Any]] = {}
    for code, module in sorted(NAVIGATION.items(), key=lambda item: item[1].place):
        url = reverse(module.route)
        if url not in modules and user.has_perm(module.action):
            modules[url] = {"code": code, "label": module.label, "url": url}
    inside = max((url for url in modules if path.startswith(url)), key=len, default="")
    return [entry | {"active": url == inside} for url, entry in modules.items()]


for _code, _module in {
    "desk": Module(_("我的待办"), SIGNED_IN, "desk", 0),
    "exports": Module(_("导出文件"), SIGNED_IN, "exports", 700),
    "tokens": Module(_("接口与令牌"), SIGNED_IN, "tokens", 710),
    "sessions": Module(_("登录与密码"), SIGNED_IN, "sessions", 720),
    "accounts": Module(_("账号"), "core.account.manage", "accounts", 800),
    "roles": Module(_("授权"), "core.role.grant", "roles", 810),
    "grants": Module(_("授权核准"), "core.role.approve", "grants", 820),
    "jobs": Module(_("后台任务"), "core.job.view", "jobs", 840),
    "outbox": Module(_("邮件"), "core.outbox.view", "outbox", 850),
    "audit": Module(_("审计"), "core.audit.view", "audit", 860),
    "health": Module(_("运行状态"), "core.health.view", "health", 870),
}.items():
    NAVIGATION.add(_code, _module)
