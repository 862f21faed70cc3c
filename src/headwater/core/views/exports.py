"""The archives that one has asked for, and the bar under a list that asks for them."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.exports import KEPT_DAYS, KINDS, may_fetch
from headwater.core.list_files import ask_list
from headwater.core.listing import Column, Listing
from headwater.core.models import Export, Job
from headwater.core.permission import SIGNED_IN, page
from headwater.core.web import attached


@page(SIGNED_IN)
def exports(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        Export.objects.filter(account=request.user).select_related("job"),
        name="exports",
        title=_("导出文件"),
        order="-id",
        columns=[
            Column(_("名称"), lambda e: e.title, kind="title", url=lambda e: f"/exports/{e.pk}/" if e.ready else ""),
            Column(_("内容"), lambda e: KINDS[e.kind].label if e.kind in KINDS else _("已停用的导出"), phone=False),
            Column(_("件数"), lambda e: e.count, kind="number"),
            Column(_("大小"), lambda e: filesizeformat(e.size) if e.size else ""),
            Column(_("申请时间"), lambda e: e.asked_at, kind="date"),
            Column(_("保留至"), lambda e: e.expires_at, kind="date", phone=True),
            Column(_("状态"), state_of, kind="state"),
        ],
        empty_title=_("没有导出文件"),
        empty_hint=_("在申请、通知书等列表下方选择“PDF 压缩包”，完成后在这里下载。"),
    )
    hint = _("只有您本人可以下载；文件保留 %d 天后自动删除。") % KEPT_DAYS
    return listing.export() or render(request, "core/list.html", {"list": listing, "hint": hint})


def state_of(row: Export) -> str | Job.State:
    if row.ready:
        return Job.State.DONE
    if row.expires_at and row.expires_at <= clock.now():
        return _("已过期")
    return Job.State(row.job.state) if row.job else ""


@page(SIGNED_IN, methods=("POST",))
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a long list as a workbook, and lead to the job that makes it."""
    address = request.POST.get("list", "")
    try:
        job = ask_list(address=address, title=request.POST.get("title", "")[:100], actor=request.actor)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("exports")
    return redirect("job", pk=job.pk)


@page(SIGNED_IN)
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with an archive. Not there, not yours, over its days, made under roles that you no longer hold: all look the same."""
    row = get_object_or_404(Export, pk=pk, account=request.user)
    if not may_fetch(request.user, row):
        raise Http404
    try:
        source = default_storage.open(row.path)
    except FileNotFoundError as gone:
        raise Http404 from gone
    return attached(source, f"{row.title}.zip", "application/zip")
