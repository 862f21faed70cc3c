"""Pages of those whom lines of notices concern: objections without names and the reply to them, letters."""

from __future__ import annotations

from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.casework.notices.forms import ReplyForm
from headwater.casework.notices.models import NoticeLetter, NoticeRow, ObjectionState
from headwater.casework.notices.services.letters import letter_data
from headwater.casework.notices.services.objections import reply_to_objection
from headwater.core.documents import render_pdf
from headwater.core.i18n import chinese
from headwater.core.listing import Column, Listing
from headwater.core.permission import access, may, page
from headwater.core.web import attempt, download, key_in


@page("notices.reply")
def line(request: HttpRequest, row: int) -> HttpResponse:
    """The objections to a line that concerns one, without names; one replies here while there is time."""
    found = get_object_or_404(NoticeRow.objects.select_related("notice__kind"), pk=row)
    if not may(request.user, "notices.reply", found):
        raise PermissionDenied("notices.reply")
    rows = found.objections.select_related("row__notice__kind").order_by("filed_at")
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        objection = get_object_or_404(rows, pk=key_in(request.POST, "objection"))
        work = partial(reply_to_objection, objection=objection, text=form.cleaned_data["text"], actor=request.actor)
        if attempt(request, work, form=form, success=_("陈述已提交。")):
            return redirect("notice_line", row=row)
    shown = [{"row": o, "final": o.state == ObjectionState.DISMISSED or found.settled_at is not None} for o in rows]
    context = {"line": found, "notice": found.notice, "objections": shown, "form": form}
    return render(request, "notices/line.html", context, status=422 if form.errors else 200)


@page("notices.letters")
def letters(request: HttpRequest) -> HttpResponse:
    """The letters on lines of notices that one may read."""
    listing = Listing(
        request,
        NoticeLetter.objects.visible_to(request.user).select_related("row__notice"),
        title=_("通知书"),
        name="notice-letters",
        order="-issued_at",
        search=("number", "row__title_zh", "row__holder_zh"),
        columns=[
            Column(_("文号"), lambda x: x.number, kind="title", url=lambda x: f"/notices/letters/{x.pk}/"),
            Column(_("名称"), lambda x: x.row.title),
            Column(_("单位"), lambda x: x.row.holder, phone=False),
            Column(_("日期"), lambda x: x.issued_at, sort="issued_at", kind="date"),
            Column(_("状态"), lambda x: NoticeRow.State(x.row.state), kind="state"),
        ],
        empty_title=_("还没有公示结果通知书"),
        empty_hint=_("公示期满后，与您或您单位有关的通知书会出现在这里。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("公示结果通知书")})


@page("notices.letters")
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter as PDF, in the reader's language."""
    row = access(request.user, "notices.letters", NoticeLetter.objects.visible_to(request.user).select_related("row"), pk=pk)
    pdf = render_pdf("core/typst/letter.typ", letter_data(row, "zh" if chinese() else "en"))
    return download(pdf, f"{row.number}.pdf", "application/pdf")
