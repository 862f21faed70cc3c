"""The workbench's own pages: duties, notifications, files, jobs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.core import blobs, jobs
from headwater.core.duties import by_urgency, duties_of, in_hand_of
from headwater.core.files import may_download
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Job, RoleGrant, StoredFile
from headwater.core.permission import SIGNED_IN, page
from headwater.core.roles import ROLES
from headwater.core.rows import Rows
from headwater.core.services import read_notifications
from headwater.core.web import download


@page(SIGNED_IN)
def desk(request: HttpRequest) -> HttpResponse:
    """Show what waits for the reader by its urgency, what they have in hand, and the latest notifications."""
    context = {
        "waiting": by_urgency(duties_of(request.user)),
        "in_hand": in_hand_of(request.user),
        "notes": request.user.notifications.all()[:8],
        "held": _held(request.user),
    }
    return render(request, "core/desk.html", context)


def _held(user: Any) -> list[str]:
    """Name the roles that somebody holds; one that is held for several records is named once, with their number."""
    by_role: dict[str, list[RoleGrant]] = {}
    for grant in user.grants:
        by_role.setdefault(grant.role, []).append(grant)
    return [
        str(grants[0]) if len(grants) == 1 else _("%(role)s（%(n)d 项）") % {"role": ROLES[role].label, "n": len(grants)}
        for role, grants in by_role.items()
    ]


@page("core.notification.read")
def notifications(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        read_notifications(account=request.user)
        return redirect("notifications")
    return render(request, "core/notifications.html", {"list": Rows(request, request.user.notifications.all(), files=False)})


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
        title=_("后台任务"),
        order="-id",
        filters=[
            Filter("state", _("状态"), Job.State.choices, "state"),
            Filter("kind", _("任务"), [(code, kind.label) for code, kind in jobs.KINDS.items()], "kind"),
        ],
        columns=[
            Column(_("任务"), jobs.kind_words, kind="title", url=lambda j: reverse("job", args=[j.pk])),
            Column(_("状态"), lambda j: Job.State(j.state), kind="state"),
            Column(_("进度"), lambda j: f"{j.percent}%", kind="number"),
            Column(_("说明"), lambda j: j.message),
            Column(_("提出人"), lambda j: j.asked_by or _("系统")),
            Column(_("提出时间"), lambda j: f"{timezone.localtime(j.asked_at):%Y-%m-%d %H:%M:%S}", kind="moment"),
        ],
        empty_title=_("没有后台任务"),
        empty_hint=_("形式审查、专家指派等耗时的工作会出现在这里。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing})


@page(SIGNED_IN)
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the progress of a job to whoever asked for it; the page asks again while it runs."""
    row = get_object_or_404(jobs.jobs_for(request.user), pk=pk)
    label = jobs.kind_words(row)
    results = [(jobs.RESULTS[k], v) for k, v in (row.result or {}).items() if k in jobs.RESULTS]
    error = (row.result or {}).get("error", "") if request.user.has_perm("core.health.view") else ""
    return render(request, "core/job.html", {"job": row, "label": label, "results": results, "error": error})
