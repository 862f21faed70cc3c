"""Pages of sittings: calling one, the room of its members and of who leads it, opinions, calendar, minutes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.bodies.models import Attendance, Ballot, Body, BodyMember, BodyOpinion, Sitting, SittingItem
from headwater.casework.bodies.queries import known_subjects
from headwater.casework.bodies.rules.voting import CHOICES, share_word
from headwater.casework.bodies.services.calling import answer_invitation, call_sitting, cancel_sitting, change_sitting
from headwater.casework.bodies.services.holding import (
    close_sitting,
    hold,
    missing_ballots,
    quorum_words,
    recuse,
    recused_by_item,
    vote,
)
from headwater.casework.bodies.services.minutes import Minutes, minutes_of, minutes_pdf
from headwater.casework.bodies.services.opinions import answers_in, write_opinion
from headwater.casework.bodies.services.telling import calendar_of
from headwater.casework.bodies.views.agenda import AgendaForm
from headwater.core import clock
from headwater.core.acts import Act, ReasonForm
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import access, may, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, download, key_in, keys_in
from headwater.forms.answers.reading import read_answer
from headwater.forms.answers.showing import sections
from headwater.forms.binding import bind
from headwater.registry.models import is_own, own_records

BALLOTS = [("yes", gettext_lazy("同意")), ("no", gettext_lazy("不同意")), ("abstain", gettext_lazy("弃权"))]
ROWS = ("body__kind", "body__rules_file")


class CloseForm(forms.Form):
    minutes = forms.CharField(
        label=gettext_lazy("会议记录"), max_length=20000, required=False, widget=forms.Textarea(attrs={"rows": 8})
    )
    reason = forms.CharField(
        label=gettext_lazy("缺票仍结束的原因"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


def the_sitting(request: HttpRequest, pk: int, action: str) -> Sitting:
    row: Sitting = access(request.user, action, Sitting.objects.visible_to(request.user).select_related(*ROWS), pk=pk)
    return row


@page("bodies.lead")
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a body together: time, place and agenda."""
    body = access(request.user, "bodies.lead", Body.objects.visible_to(request.user).select_related("kind"), pk=pk)
    form = AgendaForm(request, body)
    if form.is_whole:
        made = form.do(lambda values: call_sitting(body=body, actor=request.actor, **values))
        if made is not None:
            messages.success(request, _("已召集，已发会议通知。"))
            return redirect("sitting", pk=made.pk)
    context = {"body": body, "form": form, "title": _("召集会议"), "verb": _("召集并通知成员"), "back": f"/bodies/{pk}/"}
    return render(request, "bodies/call.html", context, status=422 if form.errors else 200)


@page("bodies.lead")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change time, place and agenda of a sitting that was not held."""
    row = the_sitting(request, pk, "bodies.lead")
    if row.state != Sitting.State.CALLED:
        messages.error(request, _("会议已开始、已结束或已取消，不能再修改"))
        return redirect("sitting", pk=pk)
    form = AgendaForm(request, row.body, row)
    made = form.do(lambda values: change_sitting(sitting=row, actor=request.actor, **values)) if form.is_whole else None
    if made is not None:
        messages.success(request, _("会议安排已修改，有变化的已通知成员。"))
        return redirect("sitting", pk=pk)
    context = {
        "body": row.body,
        "form": form,
        "title": _("修改会议安排"),
        "verb": _("保存并通知成员"),
        "back": f"/sittings/{pk}/",
    }
    return render(request, "bodies/call.html", context, status=422 if form.errors else 200)


@page("bodies.minutes")
def sitting(request: HttpRequest, pk: int) -> HttpResponse:
    """The room of a sitting: a member answers, stands back, and votes; who leads puts down attendance and ends it."""
    row = the_sitting(request, pk, "bodies.minutes")
    leads = may(request.user, "bodies.lead", row)
    mine = (
        row.attendances.filter(member__person__in=own_records(request.user)).select_related("member__person", "sitting").first()
    )
    close_form = CloseForm(request.POST if "close" in request.POST else None, initial={"minutes": row.minutes})
    if request.method == "POST":
        answer = _do(request, row, mine, leads, close_form)
        if answer is not None:
            return answer
    attendances = list(
        row.attendances.select_related("member__person__organisation", "member__person__account").order_by("member")
    )
    for a in attendances:
        a.post = row.body.post_word(a.member.post)
        a.is_expected = a.answer != Attendance.Answer.AWAY if a.present is None else a.present
    items = _items(request, row, mine)
    context = {
        "sitting": row,
        "body": row.body,
        "rule": row.body.rule,
        "mine": mine,
        "leads": leads,
        "items": items,
        "hidden": row.items.count() - len(items),
        "can_vote": _can_vote(row, mine),
        "left_to_vote": sum(1 for i in items if i.votable),
        "attendances": attendances,
        "answers": _answers(attendances),
        "quorum": quorum_words(row),
        "majority": share_word(row.majority),
        "ballots": BALLOTS,
        "missing": _missing(row, items) if leads and row.state == Sitting.State.OPEN else [],
        "close_form": close_form,
        "may_hold": leads and row.state in {S.CALLED, S.UNMET, S.OPEN} and clock.local_day(row.meets_at) <= clock.today(),
        "may_change": leads and row.state == S.CALLED,
        "has_minutes": row.state == S.HELD,
    }
    return render(request, "bodies/sitting.html", context, status=422 if close_form.errors else 200)


S = Sitting.State


def _can_vote(row: Sitting, mine: Attendance | None) -> bool:
    return mine is not None and row.state == S.OPEN and bool(mine.present) and mine.member.votes


def _do(request: HttpRequest, row: Sitting, mine: Attendance | None, leads: bool, close_form: CloseForm) -> HttpResponse | None:
    """Do what a form of the room asks; None shows the room again with what is wrong."""
    post = request.POST
    work: Any = None
    success: Any = ""
    if "answer" in post and mine:
        work, success = partial(answer_invitation, attendance=mine, comes=post["answer"] == "comes"), _("已答复。")
    elif "vote" in post and mine:
        votes = {int(k[5:]): v for k, v in post.items() if k.startswith("vote_") and k[5:].isdecimal() and v in CHOICES}
        if not votes:
            messages.error(request, _("还没有选择"))
            return redirect("sitting", pk=row.pk)
        work, success = partial(vote, sitting=row, member=mine.member, votes=votes), _("已投 %d 项。") % len(votes)
    elif "recuse" in post:
        work, success = _recusing(request, row, mine, leads), _("已登记回避。")
    elif "hold" in post and leads:
        work, success = partial(hold, sitting=row, present=keys_in(post, "present")), _("到会已登记。")
    elif "close" in post and leads and close_form.is_valid():
        close = partial(close_sitting, sitting=row, actor=request.actor, **close_form.cleaned_data)
        return (
            redirect("sitting", pk=row.pk) if attempt(request, close, form=close_form, success=_("会议已结束并计票。")) else None
        )
    if work is not None:
        attempt(request, lambda: work(actor=request.actor), success=success)
    return redirect("sitting", pk=row.pk) if not close_form.errors else None


def _recusing(request: HttpRequest, row: Sitting, mine: Attendance | None, leads: bool) -> Any:
    item = get_object_or_404(row.items.select_related("sitting__body__kind"), pk=key_in(request.POST, "item"))
    seats = row.attendances.select_related("member__person")
    asked = key_in(request.POST, "member")
    found = seats.filter(member=asked).first() if asked and leads else mine
    if found is None:
        raise Http404
    return partial(recuse, item=item, member=found.member, reason=request.POST.get("reason", ""))


def hidden_items(row: Sitting, user: Any) -> set[int]:
    """Return the items of a sitting that a reader does not see: those from which they stand back as a member."""
    mine = row.attendances.filter(member__person__in=own_records(user)).values("member")
    return set(SittingItem.objects.filter(sitting=row, recusals__member__in=mine).values_list("pk", flat=True))


def _items(request: HttpRequest, row: Sitting, mine: Attendance | None) -> list[Any]:
    """Return the items that a reader sees, each with its record, who stands back, and what the reader did with it."""
    hidden = hidden_items(row, request.user)
    items: list[Any] = [i for i in row.items.order_by("position") if i.pk not in hidden]
    known = known_subjects(items, request.user)
    recused = recused_by_item(row)
    names = {a.member_id: named(a.member.person) for a in row.attendances.select_related("member__person")}
    voted = set(Ballot.objects.filter(item__in=items, member=mine.member).values_list("item", flat=True)) if mine else set()
    written = (
        dict(BodyOpinion.objects.filter(item__in=items, member=mine.member).values_list("item", "submitted_at")) if mine else {}
    )
    can_vote, has_form = _can_vote(row, mine), bool(row.body.rule.form.fields)
    begins = _times(row)
    for item in items:
        item.about = known.get((item.subject_kind, item.subject_id))
        item.away = [names[m] for m in sorted(recused.get(item.pk, ())) if m in names]
        item.voted = item.pk in voted
        item.votable = can_vote and not item.voted and not item.result and item.ballot != SittingItem.Ballot.NONE
        item.asks_opinion = has_form and mine is not None and mine.member.votes and row.state in {S.CALLED, S.OPEN}
        item.opinion_done = written.get(item.pk) is not None
        item.may_recuse = mine is not None and row.state in {S.CALLED, S.OPEN} and not item.voted and not item.result
        item.begins = begins[item.pk]
    return items


def _times(row: Sitting) -> dict[int, Any]:
    """Return when each item begins; one that a reader may not see takes its time all the same."""
    times, at = {}, row.meets_at
    for pk, minutes_ in row.items.order_by("position").values_list("pk", "minutes"):
        times[pk] = at
        at += timedelta(minutes=minutes_)
    return times


def _answers(rows: list[Attendance]) -> list[tuple[str, int]]:
    counts = [(word, sum(a.answer == code for a in rows)) for code, word in Attendance.Answer.choices]
    return [*((str(w), n) for w, n in counts), (_("未答复"), sum(not a.answer for a in rows))]


def _missing(row: Sitting, items: list[Any]) -> list[tuple[int, str]]:
    absent = missing_ballots(row)
    return [(i.position, "、".join(named(m.person) for m in absent[i.pk])) for i in items if i.pk in absent]


@page("bodies.lead")
def cancelling(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom cancelling a sitting concerns; confirmed and unchanged, it is cancelled."""
    row = the_sitting(request, pk, "bodies.lead")
    people = list(row.attendances.select_related("member__person").order_by("member"))
    form = ReasonForm(given(request))
    act = Act(
        title=_("核对后取消会议：%s") % row.body,
        verb=_("取消会议"),
        back=f"/sittings/{pk}/",
        columns=[_("姓名"), _("职务")],
        rows=[[named(a.member.person), row.body.post_word(a.member.post)] for a in people],
        changes=[_("会议标为已取消，不计入已召开的会议")],
        told=[_("以上 %d 人：附所填的原因，日历中的会议随之取消") % len(people)],
        undo=_("取消后不能恢复；需要时重新召集。"),
        form=form,
        blocked=[] if row.state == S.CALLED else [_("会议已开始、已结束或已取消")],
    )
    reason = form.cleaned_data.get("reason", "") if form.is_bound and form.is_valid() else ""
    return confirm_act(
        request, act, partial(cancel_sitting, sitting=row, reason=reason, actor=request.actor), _("会议已取消，已通知成员。")
    )


@page("bodies.sit")
def opinion(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """The opinion of a member on an item, under the form of the kind; without scripts, too."""
    row = the_sitting(request, pk, "bodies.sit")
    line = get_object_or_404(row.items.select_related("sitting__body__kind"), pk=item)
    member = _member(row, request.user)
    if member is None or not member.votes or line.pk in hidden_items(row, request.user) or not row.body.rule.form.fields:
        raise Http404
    mine = BodyOpinion.objects.filter(item=line, member=member).first()
    errors: dict[str, str] = {}
    if request.method == "POST":
        values, errors = _typed(row.body.rule.form, request.POST)
        submit = "submit" in request.POST
        if not errors:
            try:
                write_opinion(item=line, member=member, values=values, actor=request.actor, submit=submit)
            except Refused as refused:
                errors = {r.field or "_": r.text for r in refused.reasons}
            else:
                messages.success(request, _("意见已提交。") if submit else _("已保存。"))
                return redirect("sitting", pk=pk) if submit else redirect("sitting_opinion", pk=pk, item=item)
    answers = answers_in(line, mine)
    post = request.POST if errors else None
    parts = [
        (s, bind(s.fields, answers, post, {**errors, "_": errors.get("_", " ")} if errors else {}))
        for s in row.body.rule.form.sections
    ]
    done = mine is not None and mine.submitted_at is not None
    context = {
        "sitting": row,
        "item": line,
        "parts": parts,
        "errors": errors,
        "done": done,
        "shown": sections(answers) if done else [],
        "about": known_subjects([line], request.user).get((line.subject_kind, line.subject_id)),
    }
    return render(request, "bodies/opinion.html", context, status=422 if errors else 200)


def _member(row: Sitting, user: Any) -> BodyMember | None:
    seats = row.attendances.filter(member__person__in=own_records(user)).select_related("member__person")
    return next((a.member for a in seats if is_own(user, a.member.person)), None)


def _typed(form: Any, post: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what was typed by question, and what could not be read."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for f in form.fields:
        if not f.value:
            values[f.code], wrong = read_answer(f, post)
            errors |= wrong
    return values, errors


@page("bodies.minutes")
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the sitting as a file for a calendar."""
    row = the_sitting(request, pk, "bodies.minutes")
    return download(calendar_of(row).encode(), f"{row.body.name_zh}.ics", "text/calendar")


@page("bodies.minutes")
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes as tables, for the screen and the printer."""
    found = _minutes(request, pk)
    context = {
        "minutes": found,
        "sitting": found.sitting,
        "body": found.sitting.body,
        "majority": share_word(found.sitting.majority),
    }
    return render(request, "bodies/minutes.html", context | {"quorum": quorum_words(found.sitting)})


@page("bodies.minutes")
def minutes_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes as PDF, to be signed."""
    found = _minutes(request, pk)
    day = clock.local_day(found.sitting.meets_at)
    return download(minutes_pdf(found), f"{found.sitting.body.name_zh} {day} {_('会议记录')}.pdf", "application/pdf")


def _minutes(request: HttpRequest, pk: int) -> Minutes:
    """Return the minutes of a sitting that was held, without what the reader stood back from."""
    row = the_sitting(request, pk, "bodies.minutes")
    if row.state != S.HELD:
        raise Http404
    found = minutes_of(row, hidden=hidden_items(row, request.user))
    for a in found.attendances:
        a.post = row.body.post_word(a.member.post)  # type: ignore[attr-defined]
    return found
