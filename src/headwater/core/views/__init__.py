"""The workbench's own pages: duties, notifications, files, jobs, and the three administrators kept apart."""

from __future__ import annotations

import platform
import shutil
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import blobs, clock, jobs
from headwater.core.duties import duties_of
from headwater.core.files import may_download
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Account, Event, EventSeal, Job, OutboxMail, RoleGrant, StoredFile
from headwater.core.own import own_events
from headwater.core.permission import SIGNED_IN, page
from headwater.core.roles import ROLES, Scope
from headwater.core.services import create_accounts, end_grant, grant_roles, read_notifications, set_active
from headwater.core.web import NameField, attempt, download, key_in
from headwater.core.workflow import WORKFLOWS


@page(SIGNED_IN)
def desk(request: HttpRequest) -> HttpResponse:
    return render(request, "core/desk.html", {"duties": duties_of(request.user), "notes": request.user.notifications.all()[:8]})


@page("core.notification.read")
def notifications(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        read_notifications(account=request.user)
        return redirect("notifications")
    return render(request, "core/notifications.html", {"notes": request.user.notifications.all()[:200]})


@page(SIGNED_IN)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A private file as a download. Absent and forbidden look the same."""
    row = get_object_or_404(StoredFile, pk=pk)
    if not may_download(request.user, row):
        raise Http404
    return download(blobs.read(row.sha256), row.name, row.content_type)


@page("core.job.view")
def job_list(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        jobs.jobs_for(request.user).select_related("asked_by"),
        name="jobs",
        order="-id",
        columns=[
            Column(_("任务"), lambda j: jobs.KINDS[j.kind][0] if j.kind in jobs.KINDS else j.kind),
            Column(_("状态"), lambda j: Job.State(j.state), kind="state"),
            Column(_("进度"), lambda j: f"{j.percent}%", kind="number"),
            Column(_("说明"), lambda j: j.message),
            Column(_("提出人"), lambda j: j.asked_by or ""),
            Column(_("提出时间"), lambda j: f"{timezone.localtime(j.asked_at):%Y-%m-%d %H:%M:%S}"),
        ],
        empty_title=_("没有后台任务"),
        empty_hint=_("形式审查、专家指派等耗时的工作会出现在这里。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("后台任务")})


@page(SIGNED_IN)
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress of a job, for whoever asked for it; the page asks again while it runs."""
    row = get_object_or_404(jobs.jobs_for(request.user), pk=pk)
    label = jobs.KINDS[row.kind][0] if row.kind in jobs.KINDS else row.kind
    found = [(jobs.RESULTS[k], v) for k, v in (row.result or {}).items() if k in jobs.RESULTS]
    return render(request, "core/job.html", {"job": row, "label": label, "found": found})


class AccountForm(forms.Form):
    username = forms.RegexField(label=gettext_lazy("用户名"), regex=r"^[\w.@+-]{3,60}$")
    name_zh = NameField(label=gettext_lazy("姓名"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("电子邮箱"))


@page("core.account.manage")
def accounts(request: HttpRequest) -> HttpResponse:
    form = AccountForm(request.POST if request.POST.get("create") else None)
    if request.method == "POST" and request.POST.get("toggle"):
        row = get_object_or_404(Account, pk=key_in(request.POST, "toggle"))
        attempt(request, lambda: set_active(account=row, active=not row.is_active, actor=request.actor), success=_("已更改。"))
        return redirect(request.get_full_path())
    if request.method == "POST" and form.is_valid():
        if Account.objects.filter(username__iexact=form.cleaned_data["username"]).exists():
            form.add_error("username", _("用户名已被使用"))
        else:
            account = Account(**form.cleaned_data)
            account.set_unusable_password()
            if attempt(
                request,
                lambda: create_accounts(accounts=[account], actor=request.actor),
                form=form,
                success=_("账号已建立；本人通过“忘记密码”设置密码。"),
            ):
                return redirect("accounts")
    listing = Listing(
        request,
        Account.objects.all(),
        name="accounts",
        order="username",
        search=("username", "name_zh", "email"),
        columns=[
            Column(_("用户名"), lambda a: a.username, sort="username", url=lambda a: f"/admin/accounts/?q={a.username}"),
            Column(_("姓名"), lambda a: a.name_zh),
            Column(_("电子邮箱"), lambda a: a.email),
            Column(_("启用"), lambda a: _("是") if a.is_active else _("否")),
            Column(_("最近登录"), lambda a: a.last_login, kind="date"),
        ],
        empty_title=_("没有账号"),
    )
    return listing.export() or render(
        request, "core/accounts.html", {"list": listing, "form": form}, status=422 if form.errors else 200
    )


class GrantForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("用户名"), max_length=150)
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=[(r.code, r.label) for r in ROLES.values()])
    scope = forms.ChoiceField(label=gettext_lazy("范围"), choices=Scope.choices)
    scope_code = forms.CharField(
        label=gettext_lazy("范围代码"), required=False, help_text=gettext_lazy("单位或部门的代码、批次编号；范围为“全部”时留空。")
    )


SCOPES: dict[str, Any] = {}
"""Filled by apps: scope name to a function that finds a record by its code."""


@page("core.role.grant")
def roles(request: HttpRequest) -> HttpResponse:
    form = GrantForm(request.POST if request.POST.get("grant") else None)
    if request.method == "POST" and request.POST.get("end"):
        row = get_object_or_404(RoleGrant, pk=key_in(request.POST, "end"))
        attempt(request, lambda: end_grant(grant=row, actor=request.actor), success=_("授权已收回。"))
        return redirect("roles")
    if request.method == "POST" and form.is_valid() and _grant(request, form):
        return redirect("roles")
    rows = RoleGrant.objects.in_force(clock.now()).select_related("account")
    listing = Listing(
        request,
        rows,
        name="roles",
        order="-id",
        search=("account__username", "account__name_zh", "scope_label"),
        selectable=False,
        columns=[
            Column(_("用户"), lambda g: g.account.name_zh, kind="title"),
            Column(_("用户名"), lambda g: g.account.username),
            Column(_("角色"), lambda g: ROLES[g.role].label),
            Column(_("范围"), lambda g: g.scope_label or Scope(g.scope).label),
            Column(_("起"), lambda g: g.since, kind="date"),
        ],
        filters=[Filter("role", _("角色"), [(r.code, r.label) for r in ROLES.values()], "role")],
        empty_title=_("没有授权"),
    )
    return listing.export() or render(
        request,
        "core/roles.html",
        {"list": listing, "form": form, "recent": rows.order_by("-id")[:5]},
        status=422 if form.errors else 200,
    )


def _grant(request: HttpRequest, form: GrantForm) -> bool:
    data = form.cleaned_data
    account = Account.objects.filter(username__iexact=data["username"]).first()
    if account is None:
        form.add_error("username", _("没有这个用户"))
        return False
    record = None
    if data["scope"] != Scope.ALL:
        record = SCOPES[data["scope"]](data["scope_code"]) if data["scope"] in SCOPES else None
        if record is None:
            form.add_error("scope_code", _("没有找到该代码"))
            return False
    grant = RoleGrant(
        account=account,
        role=data["role"],
        scope=data["scope"],
        scope_id=record.pk if record else None,
        scope_label=str(record) if record else "",
        granted_by=request.user,
    )
    return attempt(request, lambda: grant_roles(grants=[grant], actor=request.actor), form=form, success=_("已授权。"))


@page("core.audit.view")
def audit(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        Event.objects.exclude(own_events(request.user)),
        name="audit",
        order="-id",
        search=("command", "actor_label", "request_id", "subject_type", "after"),
        columns=[
            Column("#", lambda e: e.pk, kind="number"),
            Column(_("时间"), lambda e: f"{timezone.localtime(e.at):%Y-%m-%d %H:%M:%S}"),
            Column(_("操作人"), lambda e: e.actor_label),
            Column(_("命令"), lambda e: e.command),
            Column(_("对象"), lambda e: f"{e.subject_type}#{e.subject_id}" if e.subject_id else e.subject_type),
            Column(_("前"), lambda e: _short(e.before)),
            Column(_("后"), lambda e: _short(e.after)),
            Column(_("来源"), lambda e: e.source),
        ],
        empty_title=_("没有事件"),
    )
    return listing.export() or render(
        request,
        "core/list.html",
        {"list": listing, "title": _("审计"), "hint": _("事件只增不改，分批封入哈希链；headwater verify 可重新验算。")},
    )


def _short(value: Any) -> str:
    text = "" if value is None else "; ".join(f"{k}={v}" for k, v in value.items())
    return text if len(text) <= 120 else text[:117] + "…"


@page("core.outbox.view")
def outbox(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        OutboxMail.objects.all(),
        name="outbox",
        order="-id",
        search=("to", "subject"),
        columns=[
            Column(_("收件人"), lambda m: m.to),
            Column(_("主题"), lambda m: m.subject, kind="title"),
            Column(_("写入"), lambda m: m.created_at, kind="date"),
            Column(_("发出"), lambda m: m.sent_at, kind="date"),
            Column(_("错误"), lambda m: m.error),
        ],
        empty_title=_("没有邮件"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("邮件")})


@page("core.health.view")
def health(request: HttpRequest) -> HttpResponse:
    from headwater.core.invariants import INVARIANTS, check

    breaches = check() if request.method == "POST" else None
    if breaches is not None and not breaches:
        messages.success(request, _("全部不变式成立。"))
    free = shutil.disk_usage(settings.CONFIG.home).free
    unsealed = Event.objects.count() - EventSeal.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    facts = [
        (_("PostgreSQL"), version),
        (_("数据库大小"), f"{size / 1e6:,.0f} MB"),
        (_("剩余磁盘"), f"{free / 1e9:,.1f} GB"),
        (_("未封签事件"), unsealed),
        (_("等待的任务"), Job.objects.filter(state=Job.State.WAITING).count()),
        (_("待发邮件"), OutboxMail.objects.filter(sent_at__isnull=True).count()),
        ("Python", platform.python_version()),
        (_("状态机"), len(WORKFLOWS)),
    ]
    return render(request, "core/health.html", {"facts": facts, "invariants": INVARIANTS.values(), "breaches": breaches})
