"""Pages of applicants and members."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.applying.services.acts import withdrawing
from headwater.calls.applying.services.applications import create_draft
from headwater.calls.applying.services.hosting import own_institutions, usual_host
from headwater.calls.applying.services.withdrawing import reopen_application, withdraw_application
from headwater.calls.applying.views.hosting import read_host
from headwater.calls.checking.services.exports import APPLICATIONS
from headwater.calls.checking.services.rechecking import ask_recheck, recheck_until
from headwater.calls.clocks import timeline
from headwater.calls.deciding.services.letters import letter_data
from headwater.calls.documents import PARTS, application_data
from headwater.calls.facts import check_applications
from headwater.calls.forms import HostForm, RecheckForm
from headwater.calls.models import Application, Call, Letter, Objection, Participant
from headwater.calls.pages import application_context, letter_list, mine, released_opinions
from headwater.calls.papers import give_out
from headwater.calls.permissions import reads_letters
from headwater.calls.schemes import scheme_of
from headwater.calls.states import REFUSAL_CODES, State
from headwater.calls.versions import changed_since_confirmed
from headwater.calls.words import state_outside
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.documents import render_pdf
from headwater.core.errors import Refused
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Listing
from headwater.core.permission import access, may, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.views.archives import bar_answer
from headwater.core.web import attempt, download, language_asked
from headwater.registry.models import is_own, own_records


@page("calls.apply")
def applications(request: HttpRequest) -> HttpResponse:
    joined = Q(participants__person__in=own_records(request.user), participants__declined_at__isnull=True)
    rows = mine(request).filter(Q(leader__in=own_records(request.user)) | joined).distinct()
    listing = Listing(
        request,
        rows,
        name="applications",
        title=_("我的申请"),
        order="-id",
        search=("title_zh", "number"),
        columns=[
            Column(_("名称"), lambda a: both(a, "title") or _("未命名"), kind="title", url=lambda a: f"/applications/{a.pk}/"),
            Column(_("编号"), lambda a: a.number),
            Column(_("批次"), lambda a: both(a.call, "title")),
            Column(_("角色"), lambda a: _("申请人") if is_own(request.user, a.leader) else _("参与者")),
            Column(_("状态"), state_outside, kind="state"),
            Column(_("保存时间"), lambda a: a.saved_at, sort="saved_at", kind="date"),
        ],
        selectable=True,
        empty_title=_("您还没有申请书"),
        empty_hint=_("从“申报”中选择正在申报的批次开始填写。"),
    )
    if request.method == "POST":
        return bar_answer(request, listing, kind=APPLICATIONS, title=_("我的申请书"))
    waiting = Participant.objects.filter(
        person__in=own_records(request.user), confirmed_at__isnull=True, declined_at__isnull=True, application__state=State.DRAFT
    ).select_related("application__leader")
    return listing.export() or render(
        request,
        "calls/applying/applications.html",
        {
            "list": listing,
            "waiting": waiting,
            "open": Call.objects.open_at(clock.now()).select_related("scheme"),
            "archive": True,
        },
    )


HOST_RULES = frozenset({"registered_host", "host_is_entity", "employed_by_host", "postdoc"})
"""Rules of the person's place, told before the first word is written, beside those of the person."""


@page("calls.apply")
def apply(request: HttpRequest, code: str) -> HttpResponse:
    call = get_object_or_404(Call.objects.visible_to(request.user).select_related("scheme"), code=code)
    person = request.user.person.survivor
    have = Application.objects.filter(call=call, leader_of_record=person, state=State.DRAFT).first()
    if have:
        return redirect("application_edit", pk=have.pk, section="info")
    own = own_institutions(person)
    host = usual_host(call, person, own)
    form = HostForm(request.POST if "host" in request.POST else None, initial={"host": named(host) if host else ""})
    if form.is_bound:
        host = read_host(form, person)
    if request.method == "POST" and "look" not in request.POST and not form.errors:
        try:
            application = create_draft(call=call, leader=person, host=host, actor=request.actor)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("call", code=code)
        return redirect("application_edit", pk=application.pk, section="info")
    trial = Application(call=call, leader=person, host=host, limit_year=call.year, limit_group=scheme_of(call).limit_group, pk=0)
    results = check_applications([trial], call)[0] if host else []
    personal = [r for r in results if REFUSAL_CODES[r.code][0] != "R2" or r.rule in HOST_RULES]
    context = {"call": call, "results": personal, "person": person, "host_form": form}
    return render(request, "calls/applying/apply.html", context, status=422 if form.errors else 200)


@page("calls.application.list")
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one application as its viewer may see it. A draft opens in the editor for its author."""
    row = access(request.user, "calls.application.view", mine(request), pk=pk)
    if row.state == State.DRAFT and may(request.user, "calls.application.write", row):
        return redirect("application_edit", pk=pk, section="info")
    own = is_own(request.user, row.leader)
    decided = row.state in {State.APPROVED, State.REJECTED}
    return render(
        request,
        "calls/applying/application.html",
        {
            **application_context(row, reader=request.user),
            "own": own,
            "changed": changed_since_confirmed(row) if row.state == State.DRAFT else [],
            "steps": timeline(row, to_host=reads_as_host(request.user, row)),
            "letters": row.letters.all(),
            "opinions": released_opinions(row) if decided and own else [],
            "objected": own and Objection.objects.filter(row__application=row, reply_by__isnull=False).exists(),
            "can_recheck": own and (until := recheck_until(row)) is not None and clock.now() <= until,
            "can_reopen": own and row.state == State.WITHDRAWN and row.call.is_open,
            "can_withdraw": own and (row.state, "withdraw") in APPLICATION.index,
            "full": row.call.full_calls.open_at(clock.now()).first() if row.state == State.INVITED and own else None,
            "award": getattr(row, "award", None) if decided else None,
        },
    )


def reads_as_host(user: Any, row: Application) -> bool:
    """Tell whether this reader may read what an agency wrote to the host: host and agency may, unless it is their own
    application.
    """
    return bool(user.has_perm("calls.endorse", row) or user.has_perm("calls.recommend", row))


@page("calls.application.list")
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every step and every return with its note, also while the application is being mended."""
    row = access(request.user, "calls.application.view", mine(request), pk=pk)
    steps = timeline(row, to_host=reads_as_host(request.user, row))
    return render(request, "calls/applying/history.html", {"application": row, "steps": steps})


@page("calls.application.list")
def letters(request: HttpRequest) -> HttpResponse:
    """List the letters of the applications that one leads or takes part in."""
    people = {
        "application__participants__person__in": own_records(request.user),
        "application__participants__declined_at__isnull": True,
    }
    own = Q(application__leader__in=own_records(request.user)) | Q(**people)
    rows = Letter.objects.visible_to(request.user).filter(pk__in=Letter.objects.filter(own).values("pk"))
    return letter_list(request, rows, _("我的通知书"), _("形式审查和评审结果的通知书会出现在这里。"))


@page("calls.apply")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a withdrawal means and who is told; it asks for a reason once the host has endorsed the application."""
    row = access(request.user, "calls.application.withdraw", mine(request), pk=pk)
    if (row.state, "withdraw") not in APPLICATION.index:
        messages.error(request, _("申请已进入评审或已结束，不能撤回"))
        return redirect("application", pk=pk)
    act = withdrawing(row, f"/applications/{pk}/", given(request))
    reason = request.POST.get("reason", "")
    return confirm_act(
        request, act, lambda: withdraw_application(application=row, actor=request.actor, reason=reason), _("已撤回。")
    )


@page("calls.apply", methods=("POST",))
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "calls.application.submit", mine(request), pk=pk)
    attempt(request, lambda: reopen_application(application=row, actor=request.actor), success=_("可以继续修改了。"))
    return redirect("application", pk=pk)


@page("calls.application.list")
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "calls.application.view", mine(request).prefetch_related(*PARTS), pk=pk)
    letters = reads_letters(row, reader=request.user)
    personal = is_own(request.user, row.leader) or may(request.user, "registry.person.restricted", row.leader)
    data = application_data(row, letters=letters, personal=personal, language=language_asked(request))
    content = render_pdf("calls/typst/application.typ", data)
    return download(content, f"{row.number or _('草稿')}-{row.title_zh[:30] or _('申请书')}.pdf", "application/pdf")


@page("calls.application.list")
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Download a letter, or its English translation; the experts' opinions are added for the applicant alone."""
    row = get_object_or_404(Letter.objects.select_related("application__leader", "application__call__scheme"), pk=pk)
    access(request.user, "calls.letter.view", mine(request), pk=row.application_id)
    own = row.body.get("opinions") and is_own(request.user, row.application.leader)
    opinions = released_opinions(row.application) if own else []
    data = letter_data(row, language=language_asked(request), opinions=opinions)
    return give_out(request, row.number, row.application.call, "letter", data)


@page("calls.apply")
def recheck(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "calls.recheck", mine(request), pk=pk)
    form = RecheckForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            request,
            lambda: ask_recheck(application=row, text=form.cleaned_data["text"], actor=request.actor),
            form=form,
            success=_("复审申请已提交。"),
        )
    ):
        return redirect("application", pk=pk)
    return render(request, "calls/applying/recheck.html", {"application": row, "form": form}, status=422 if form.errors else 200)
