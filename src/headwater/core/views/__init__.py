"""The workbench's own pages: duties, notifications, files, jobs, and the three administrators kept apart."""

from __future__ import annotations

import platform
import shutil
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.core import blobs, jobs
from headwater.core.duties import duties_of
from headwater.core.files import may_download
from headwater.core.listing import Column, Listing
from headwater.core.models import Event, EventSeal, Job, OutboxMail, StoredFile
from headwater.core.own import own_events
from headwater.core.permission import SIGNED_IN, page
from headwater.core.services import read_notifications
from headwater.core.web import download
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
    """Answer with a private file as a download. Absent and forbidden look the same."""
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
            Column(_("任务"), lambda j: jobs.KINDS[j.kind].label if j.kind in jobs.KINDS else j.kind),
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
    """Show the progress of a job to whoever asked for it; the page asks again while it runs."""
    row = get_object_or_404(jobs.jobs_for(request.user), pk=pk)
    label = jobs.KINDS[row.kind].label if row.kind in jobs.KINDS else row.kind
    results = [(jobs.RESULTS[k], v) for k, v in (row.result or {}).items() if k in jobs.RESULTS]
    return render(request, "core/job.html", {"job": row, "label": label, "results": results})


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
        {"list": listing, "title": _("审计"), "hint": _("事件只增不改，分批封入哈希链，可由系统管理员重新核验。")},
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
            Column(_("写入时间"), lambda m: m.created_at, kind="date"),
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
    unsealed_events = Event.objects.count() - EventSeal.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    facts = [
        (_("PostgreSQL"), version),
        (_("数据库大小"), f"{size / 1e6:,.0f} MB"),
        (_("剩余磁盘"), f"{free / 1e9:,.1f} GB"),
        (_("未封签事件"), unsealed_events),
        (_("等待的任务"), Job.objects.filter(state=Job.State.WAITING).count()),
        (_("待发邮件"), OutboxMail.objects.filter(sent_at__isnull=True).count()),
        ("Python", platform.python_version()),
        (_("状态机"), len(WORKFLOWS)),
    ]
    return render(request, "core/health.html", {"facts": facts, "invariants": INVARIANTS.values(), "breaches": breaches})
