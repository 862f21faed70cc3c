"""Pages of a running notice: objections answered by two people, every sentence of the letters, and the release."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.clocks import provisional
from headwater.calls.deciding.services import acts
from headwater.calls.deciding.services.decisions import release
from headwater.calls.deciding.services.letters import letter_text
from headwater.calls.deciding.services.objections import UNSETTLED, answer_objection, reply_to_objection, settle_objection
from headwater.calls.deciding.services.sentences import correct_words, planned_letters, release_sight
from headwater.calls.deciding.services.sights import loaded_objection_sight
from headwater.calls.forms import AnswerForm, ReplyForm, WordsForm
from headwater.calls.models import Application, Call, Letter, Notice, Objection
from headwater.calls.pages import confirmed, mine, the_call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.own import own_cases, without_own
from headwater.core.permission import access, may, page
from headwater.core.views.acts import confirm_act
from headwater.core.web import attempt, key_in

MOST_LETTERS = 200
"""Letters on one page of the preview; the others are behind the search."""


def the_notice(request: HttpRequest, pk: int, action: str = "calls.notice.publish") -> Notice:
    row = get_object_or_404(Notice.objects.select_related("call__scheme"), pk=pk)
    the_call(request, row.call_id, action)
    return row


@page("calls.objection.answer")
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a running notice with the objections to answer and to settle. The release is a page of its own."""
    row = the_notice(request, pk, "calls.objection.answer")
    objections = without_own(row.objections.all(), request.user).select_related("row__application__decision")
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        chosen = objections.select_related("row__application__call", "notice__call__scheme")
        objection = get_object_or_404(chosen, pk=key_in(request.POST, "objection"))
        answer = _answer(request, row.call, objection, form)
        if answer is not None:
            return answer
    objection_rows = [
        {
            "row": o,
            "seen": loaded_objection_sight(o).token,
            "may_settle": _may_settle(request, o),
            "may_answer": not row.closed_at,
            "may_dismiss": may(request.user, "calls.objection.dismiss", o.row.application),
        }
        for o in objections
    ]
    context = {
        "notice": row,
        "call": row.call,
        "scheme": scheme_of(row.call),
        "objections": objection_rows,
        "form": form,
        "over": clock.now() > row.ends_at,
        "provisional": provisional(row.without_calendar) if not row.closed_at else "",
        "now": timezone.localtime(clock.now()),
        "tab": "notice",
    }
    return render(request, "calls/deciding/office_notice.html", context, status=422 if form.errors else 200)


def _may_settle(request: HttpRequest, objection: Objection) -> bool:
    return objection.state == Objection.State.PROPOSED and may(request.user, "calls.objection.settle", objection)


def _answer(request: HttpRequest, call: Call, objection: Objection, form: AnswerForm) -> HttpResponse | None:
    """Settle a proposed answer, or preview an answer and give it once confirmed; None where the form is not filled in."""
    decision, seen = request.POST.get("decision", ""), request.POST.get("seen", "")
    if decision in {"settle", "hand_back"}:
        return _settle(request, call, objection, agree=decision == "settle")
    if not form.is_valid():
        return None
    uphold, answer = decision == "uphold", form.cleaned_data["answer"]
    if not confirmed(request, answer):
        return render(request, "calls/answer_preview.html", _of_objection(call, objection, uphold, answer, seen))
    attempt(
        request,
        lambda: answer_objection(objection=objection, uphold=uphold, answer=answer, actor=request.actor, seen=seen),
        success=_("已提请另一位项目主管核定。") if uphold else _("异议已答复。"),
    )
    return redirect("office_notice", pk=objection.notice_id)


def _settle(request: HttpRequest, call: Call, objection: Objection, *, agree: bool) -> HttpResponse:
    """Show what settling an objection does, and settle it once confirmed; handing it back touches nobody but who answered it."""
    seen = request.POST.get("seen_objection" if request.POST.get("confirmed") else "seen", "")
    work = partial(settle_objection, objection=objection, agree=agree, actor=request.actor, seen=seen)
    back = f"/office/notices/{objection.notice_id}/"
    if not agree:
        attempt(request, work, success=_("已退回。"))
        return redirect(back)
    act = acts.settling(objection, seen, back)
    done = _("已核定，公示期满发布结果时生效。")
    return confirm_act(request, act, work, done, template="calls/act.html", call=call, tab="notice")


def _of_objection(call: Call, objection: Objection, uphold: bool, answer: str, seen: str) -> dict[str, Any]:
    letter = letter_text(words_of(call), Letter.Kind.REJECTED, {})
    if uphold:
        acts = [
            _("由您以外的一位项目主管核定；核定前后、结果发布前都可以更正"),
            _("公示期满发布结果时从名单中除去：%s") % objection.row.title,
            f"{letter['heading']}：{letter.get('said', '')}公示期间异议成立：{answer}",
        ]
        recipients = _("其他项目主管（请其核定）；发布结果时申请人、依托单位和留有邮箱的异议人")
    else:
        acts = [_("没有其他未处理的异议时，该项恢复公示：%s") % objection.row.title, _("结果发布前可以更正")]
        recipients = _("申请人；发布结果时留有邮箱的异议人收到处理意见：%s") % answer
    return {
        "call": call,
        "title": _("核对处理意见"),
        "chosen": _("异议成立") if uphold else _("异议不成立"),
        "answer": answer,
        "acts": acts,
        "recipients": recipients,
        "hidden": {"objection": objection.pk, "decision": "uphold" if uphold else "dismiss", "seen": seen},
        "back": f"/office/notices/{objection.notice_id}/",
        "tab": "notice",
    }


@page("calls.notice.publish")
def release_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every letter of the release as it will be printed. Once confirmed and unchanged since, the results are released."""
    row = the_notice(request, pk)
    planned = planned_letters(row)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        done = _("已发布结果，通知书已生成。")
        if attempt(request, lambda: release(notice=row, actor=request.actor, seen=seen), success=done):
            return redirect("office_notice", pk=pk)
        return redirect("notice_release", pk=pk)
    others = [p for p in planned if p.application.pk not in own_cases(request.user)]
    text = request.GET.get("q", "").strip()
    matches = [p for p in others if text in f"{p.application.number} {p.application.title_zh} {p.application.leader.name_zh}"]
    waiting = row.objections.filter(state__in=UNSETTLED).count()
    context = {
        "notice": row,
        "call": row.call,
        "scheme": scheme_of(row.call),
        "planned": matches[:MOST_LETTERS],
        "left": max(0, len(matches) - MOST_LETTERS),
        "count": len(planned),
        "hosts": len({p.application.host_id for p in planned}),
        "query": text,
        "seen": release_sight(row, request.user).token,
        "act": acts.releasing(row, planned, f"/office/notices/{pk}/"),
        "closed": clock.now() <= row.ends_at or waiting or row.closed_at,
        "waiting": waiting,
        "tab": "notice",
    }
    return render(request, "calls/deciding/release.html", context)


@page("calls.letter.correct")
def letter_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the words of one letter before it is written; the reason of the decision stays beside them."""
    rows = Application.objects.visible_to(request.user).filter(state=State.NOT_PROPOSED)
    row = access(request.user, "calls.letter.correct", rows.select_related("call", "leader", "decision"), pk=pk)
    notice = row.call.notices.filter(closed_at__isnull=True).first()
    back = f"/office/notices/{notice.pk}/release/" if notice else f"/office/calls/{row.call_id}/results/"
    form = WordsForm(request.POST or None, initial={"words": row.decision.letter_words or row.decision.reason})
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            lambda: correct_words(application=row, actor=request.actor, **form.cleaned_data),
            form=form,
            success=_("通知书用语已更正。"),
        )
        if done:
            return redirect(back)
    context = {"application": row, "call": row.call, "form": form, "back": back, "tab": "notice"}
    return render(request, "calls/deciding/letter_words.html", context, status=422 if form.errors else 200)


@page("calls.apply")
def objections(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the objections to an application in its notice, without names. Its leader replies here while there is time."""
    row = access(request.user, "calls.objection.reply", mine(request), pk=pk)
    rows = Objection.objects.filter(row__application=row).select_related("row__application", "notice__call").order_by("filed_at")
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        objection = get_object_or_404(rows, pk=key_in(request.POST, "objection"))
        text = form.cleaned_data["text"]
        done = attempt(
            request,
            lambda: reply_to_objection(objection=objection, text=text, actor=request.actor),
            form=form,
            success=_("陈述已提交。"),
        )
        if done:
            return redirect("application_objections", pk=pk)
    now = clock.now()
    objection_rows = [
        {
            "row": o,
            "may_reply": o.state == Objection.State.OPEN and o.reply_by is not None and now <= o.reply_by,
            "final": o.state == Objection.State.DISMISSED or o.notice.closed_at is not None,
        }
        for o in rows
    ]
    context = {"application": row, "objections": objection_rows, "form": form}
    return render(request, "calls/deciding/objections.html", context, status=422 if form.errors else 200)
