"""Pages of one request: choosing its kind, the request with its course, submitting and taking it back, files and comments."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.requests.contents import record_of
from headwater.casework.requests.forms import CommentForm, FileForm, ReasonForm
from headwater.casework.requests.models import Request
from headwater.casework.requests.offers import Offer, offers_to, roles_asked
from headwater.casework.requests.services.proposing import against_now, propose, submit, withdraw
from headwater.casework.requests.services.talking import MOST_FILES, attach, comment, detach
from headwater.casework.requests.showing import effects_in_words, page_context
from headwater.casework.requests.versions import kind_of
from headwater.casework.requests.views.doors import first_page, found, record_at, tabs_of
from headwater.casework.requests.writing import RequestWriting
from headwater.casework.subjects import SUBJECTS
from headwater.core.acts import Act
from headwater.core.approvals import waiting_for
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.models import ApprovalAnswer, StoredFile
from headwater.core.permission import page
from headwater.core.uploads import check_files
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in
from headwater.forms.answers.showing import sections

FEW = 5
"""So many files are checked while somebody waits."""


@page("requests.list")
def new(http: HttpRequest, kind: str, key: int) -> HttpResponse:
    """Show the kinds that the reader may propose about a record, each with what it is for and what is against it now."""
    record = record_at(http, kind, key)
    subject = SUBJECTS[kind]
    offers = offers_to(http.user, record)
    if http.method == "POST":
        try:
            row = propose(subject=record, kind=http.POST.get("kind", ""), actor=http.actor)  # type: ignore[attr-defined]
        except Refused as refused:
            messages.error(http, str(refused))
        else:
            return redirect(first_page(row))
    context = {
        "offers": sorted(offers, key=_possible_first),
        "record_name": subject.name(record),
        "back": subject.url(record),
        "all_url": reverse("requests_about", args=[kind, key]),
    }
    return render(http, "requests/new.html", context, status=422 if http.method == "POST" else 200)


def _possible_first(offer: Offer) -> bool:
    return bool(offer.reasons)


@page("requests.view")
def request(http: HttpRequest, pk: int) -> HttpResponse:
    """Show a request: what it asks, its course, its chain, and what the reader may do; take a comment."""
    row = found(http, pk, "requests.view")
    form = CommentForm(http.POST or None, http.FILES or None)
    if http.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        sent = [(file.name, file.read())] if file else []
        if attempt(
            http,
            lambda: comment(request=row, text=form.cleaned_data["text"], files=sent, actor=http.actor),  # type: ignore[attr-defined]
            form=form,
            success=_("已留言。"),
        ):
            return redirect("request", pk=pk)
    record, mine = record_of(row), http.user.has_perm("requests.write", row)
    writing = RequestWriting(row) if mine and row.is_writable else None
    context = {
        **page_context(row, record),
        "mine": mine,
        "writes": first_page(row) if writing else "",
        "written": sections(writing.answers) if writing and not row.submitted_at else [],
        "effects": effects_in_words(row, record) if row.is_live and row.submitted_at else [],
        "form": form,
        "approve_url": _approval(row, http.user),
        "returned": _returned(row),
    }
    return render(http, "requests/request.html", context, status=422 if form.errors else 200)


def _approval(row: Request, user: Any) -> str:
    """Return where the reader answers the case of a request that waits for them."""
    waits = waiting_for(user).filter(subject_kind=row._meta.label_lower, subject_id=row.pk).first()
    return reverse("approval", args=[waits.pk]) if waits else ""


def _returned(row: Request) -> str:
    """Return why a request was sent back."""
    if row.state != Request.State.SENT_BACK:
        return ""
    answers = ApprovalAnswer.objects.filter(case__subject_kind="requests.request", case__subject_id=row.pk, verdict="send_back")
    return answers.order_by("-pk").values_list("note", flat=True).first() or ""


@page("requests.list")
def submission(http: HttpRequest, pk: int) -> HttpResponse:
    """Show what a request says and does, ask for the reason, and submit it."""
    row = found(http, pk, "requests.write")
    if not row.is_writable:
        return redirect("request", pk=pk)
    _check_files(row)
    writing = RequestWriting(row)
    form = ReasonForm(given(http), initial={"reason": row.reason})
    revision = http.POST.get("revision", "")

    def work() -> None:
        seen = int(revision) if revision.isdecimal() and len(revision) <= 9 else -1
        submit(request=row, reason=form.cleaned_data["reason"], revision=seen, actor=http.actor)  # type: ignore[attr-defined]

    return confirm_act(
        http,
        _act_of_submission(writing, http.user, form),
        work,
        _("已提交。"),
        then=writing.url,
        template="requests/submit.html",
        about=str(row.about),
        writes=first_page(row),
    )


def _act_of_submission(writing: RequestWriting, user: Any, form: ReasonForm) -> Act:
    row, kind = writing.row, kind_of(writing.row)
    asked = roles_asked(kind)
    then = _("依次由 %s 审批") % "、".join(asked) if asked else _("不需要审批，提交后即生效")
    return Act(
        title=_("提交：%s") % kind.name,
        verb=_("提交"),
        back=writing.url,
        columns=(_("栏目"), _("内容")),
        rows=[[f.label, f.plain_text or "—"] for _section, fields in sections(writing.answers) for f in fields],
        changes=[_("内容提交后不能修改；退回后可以修改"), then, *effects_in_words(row, writing.about, writing.answers)],
        told=[_("第一步“%s”中可以办理的人员") % asked[0]] if asked else [],
        undo=_("办结之前可以撤回。"),
        blocked=[r.text for r in against_now(row, writing.about, writing.answers, user)],
        hidden={"revision": writing.revision},
        form=form,
    )


def _check_files(row: Request) -> None:
    """Look into the files that still wait, if they are few, so that a submission is judged by the result."""
    waiting = StoredFile.objects.filter(owner_type="requests.request", owner_id=row.pk, state=StoredFile.State.CHECKING)
    if 0 < waiting.count() <= FEW:
        check_files(actor=system("web:submit"), owner=row)


@page("requests.list")
def withdrawal(http: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back, after its page has said what that means."""
    row = found(http, pk, "requests.write")
    live = row.is_writable or row.state == Request.State.OPEN
    if not live:
        messages.error(http, _("这项申请已经办结，不能撤回"))
        return redirect("request", pk=pk)
    act = Act(
        title=_("撤回：%s") % row,
        verb=_("撤回"),
        back=reverse("request", args=[pk]),
        changes=[_("申请结束，不再审批；需要时另行提出")],
        undo=_("撤回后不能恢复。"),
    )
    return confirm_act(http, act, lambda: withdraw(request=row, actor=http.actor), _("已撤回。"), about=str(row.about))  # type: ignore[attr-defined]


@page("requests.list")
def files(http: HttpRequest, pk: int) -> HttpResponse:
    """The files that the form asks for, while the request is written."""
    row = found(http, pk, "requests.write")
    if not row.is_writable:
        return redirect("request", pk=pk)
    kinds = [(a.kind, named(a, "label")) for a in kind_of(row).form.attachments]
    asked = http.GET.get("kind", "")
    form = FileForm(http.POST or None, http.FILES or None, kinds=kinds, initial={"kind": asked})
    if http.method == "POST" and "remove" in http.POST:
        entry = get_object_or_404(row.files.select_related("request", "file"), pk=key_in(http.POST, "remove"))
        attempt(http, lambda: detach(file=entry, actor=http.actor), success=_("已删除。"))  # type: ignore[attr-defined]
        return redirect("request_files", pk=pk)
    if http.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        if attempt(
            http,
            lambda: attach(request=row, kind=form.cleaned_data["kind"], file=(sent.name, sent.read()), actor=http.actor),  # type: ignore[attr-defined]
            form=form,
            success=_("已上传，系统正在检查。"),
        ):
            return redirect("request_files", pk=pk)
    writing = RequestWriting(row)
    context = {
        "request_row": row,
        "writing": writing,
        "tabs": tabs_of(writing),
        "rows": row.files.filter(comment=None).select_related("file").order_by("pk"),
        "labels": dict(kinds),
        "form": form,
        "most": MOST_FILES,
    }
    return render(http, "requests/files.html", context, status=422 if form.errors else 200)
