"""Objections: the applicant is told and may reply, an officer answers, never alone; what is upheld takes effect at the release.

Who proposed the line does not dismiss an objection to it, and that it is upheld a second officer settles.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.sights import objection_sight
from headwater.calls.endorsing.services.endorsement import managers_of, officers
from headwater.calls.models import Application, Decision, Notice, Objection
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.core.parameters import Parameters
from headwater.core.services import notify, write_to

UNSETTLED = (Objection.State.OPEN, Objection.State.PROPOSED)
"""What keeps a notice from being released."""
REPLY_LIMIT = 5000


def _row(objection: Objection) -> QuerySet[Application]:
    return Application.objects.filter(pk=objection.row.application_id).moving()


def reply_deadline(objection: Objection) -> datetime:
    """Return the end of the days in which the applicant may reply (dated parameter)."""
    call = objection.notice.call
    days = Parameters(call.scheme.region, clock.today()).number("objection_reply_days", call.scheme.code)
    return clock.end_of_day(clock.add_days(clock.today(), days))


def tell_applicant(objection: Objection) -> None:
    """Tell the applicant and the host what the objection says, never by whom, and until when a reply is taken. Call inside a
    command.
    """
    objection.reply_by = reply_deadline(objection)
    objection.save(update_fields=["reply_by"])
    row = _row(objection).get()
    due = f"{timezone.localtime(objection.reply_by):%Y-%m-%d}"
    leader = Account.objects.filter(person=row.leader_id)
    notify(
        leader,
        title=lambda: _("公示期间有人提出异议：%s") % row.number,
        body=lambda: _("可于 %s 前书面陈述。") % due,
        url=f"/applications/{row.pk}/objections/",
    )
    notify(
        managers_of([row.host_id])[row.host_id],
        title=lambda: _("公示期间有人提出异议：%s") % row.number,
        url=f"/applications/{row.pk}/",
    )


def reply_to_objection(*, objection: Objection, text: str, actor: Actor) -> None:
    """Reply in writing to an objection, by the applicant, within the time for it and before it is answered. The officers are
    told.

    Raises:
        Refused: no text, too long, too late, or answered already.
    """
    text = text.strip()
    if not 10 <= len(text) <= REPLY_LIMIT:
        raise Refused.because(_("请写明陈述（10 至 %d 字）") % REPLY_LIMIT, field="text")
    with command(actor, "calls.objection.reply", objection.row.application, name="calls.reply_to_objection") as log:
        row = Objection.objects.select_for_update().get(pk=objection.pk)
        if row.state != Objection.State.OPEN or row.reply_by is None or clock.now() > row.reply_by:
            raise Refused.because(_("该异议已经答复，或已过陈述期限"))
        row.reply, row.replied_at = text, clock.now()
        row.save(update_fields=["reply", "replied_at"])
        log(row, after={"application": objection.row.application_id, "characters": len(text)})
        notify(
            officers(objection.notice.call_id, about=objection.row.application),
            title=lambda: _("申请人已就异议陈述：%s") % objection.row.title[:100],
            url=f"/office/notices/{objection.notice_id}/",
        )


def answer_objection(*, objection: Objection, uphold: bool, answer: str, actor: Actor, seen: str) -> None:
    """Answer an objection, or correct the answer before it takes effect. When it is dismissed the line goes on; upholding it is
    proposed to a second officer.

    Raises:
        NotAllowed: the actor is no officer of the call, takes part in the application, or dismisses what is said of a line that the
            actor proposed.
        Refused: no text, the notice is released, the applicant's time for a reply still runs, or it is not what was `seen`.
    """
    if not answer.strip():
        raise Refused.because(_("请写明处理意见"), field="answer")
    with command(actor, "calls.objection.answer", objection.notice.call, name="calls.answer_objection") as log:
        application = _row(objection).select_for_update(of=("self",)).get()
        authorise(actor, "calls.objection.answer" if uphold else "calls.objection.dismiss", application)
        row = Objection.objects.select_for_update(of=("self",)).select_related("notice").get(pk=objection.pk)
        if row.notice.closed_at or application.state not in {State.OBJECTION, State.PUBLICITY}:
            raise Refused.because(_("结果已发布，答复不能再改"))
        objection_sight(row).require(seen)
        if uphold and row.replied_at is None and row.reply_by and clock.now() <= row.reply_by:
            due = f"{timezone.localtime(row.reply_by):%Y-%m-%d}"
            raise Refused.because(_("申请人可在 %s 前陈述，收到陈述或期满后才能认定异议成立") % due)
        before = {"state": row.state, "answer": row.answer}
        row.state = Objection.State.PROPOSED if uphold else Objection.State.DISMISSED
        row.answer, row.answered_at, row.answered_by = answer.strip(), clock.now(), actor.account
        row.settled_by = row.settled_at = None
        row.save(update_fields=["state", "answer", "answered_at", "answered_by", "settled_by", "settled_at"])
        log(row, before=before, after={"state": row.state, "answer": row.answer})
        _follow(row, application, log)


def settle_objection(*, objection: Objection, agree: bool, actor: Actor, seen: str) -> None:
    """Settle, by a second officer, that an objection is upheld, or hand it back to be answered anew.

    Raises:
        NotAllowed: the actor answered it, takes part in the application, or is no officer of the call.
        Refused: it does not wait for a second person, or it is not what was `seen`.
    """
    with command(actor, "calls.objection.settle", objection, name="calls.settle_objection") as log:
        application = _row(objection).select_for_update(of=("self",)).get()
        authorise(actor, "calls.objection.answer", application)
        row = Objection.objects.select_for_update().get(pk=objection.pk)
        authorise(actor, "calls.objection.settle", row)
        if row.state != Objection.State.PROPOSED:
            raise Refused.because(_("该异议没有等待核定"))
        objection_sight(row).require(seen)
        row.state = Objection.State.UPHELD if agree else Objection.State.OPEN
        if agree:
            row.settled_by, row.settled_at = actor.account, clock.now()
        row.save(update_fields=["state", "settled_by", "settled_at"])
        log(row, before={"state": Objection.State.PROPOSED}, after={"state": row.state})
        if not agree:
            first = Account.objects.filter(pk=row.answered_by_id or 0)
            url = f"/office/notices/{row.notice_id}/"
            notify(first, title=lambda: _("异议处理意见被退回：%s") % objection.row.title[:100], url=url)


def _follow(objection: Objection, application: Application, log: Log) -> None:
    """Suspend the line while any objection to it waits or is upheld, and let it go on when none does. The people are told."""
    standing = Objection.objects.filter(row=objection.row).exclude(state=Objection.State.DISMISSED).exists()
    if standing and application.state == State.PUBLICITY:
        APPLICATION.apply(_row(objection), "suspend", log)
    elif not standing and application.state == State.OBJECTION:
        APPLICATION.apply(_row(objection), "resume", log)
        notify(
            Account.objects.filter(person=application.leader_id),
            title=lambda: _("异议不成立，恢复公示：%s") % application.number,
            url=f"/applications/{application.pk}/objections/",
        )
    if objection.state == Objection.State.PROPOSED:
        others = [a for a in officers(application.call_id, about=application) if a.pk != objection.answered_by_id]
        url = f"/office/notices/{objection.notice_id}/"
        notify(others, title=lambda: _("拟认定异议成立，请核定：%s") % application.number, url=url)


def upheld_in(notice: Notice) -> dict[int, str]:
    """Return the answer that strikes each application of a notice: its upheld objections (1 query)."""
    rows = notice.objections.filter(state=Objection.State.UPHELD).order_by("settled_at")
    return {application: f"公示期间异议成立：{answer}" for application, answer in rows.values_list("row__application", "answer")}


def strike_upheld(notice: Notice, log: Log) -> list[Application]:
    """Strike the lines whose objection is upheld, at the release: their decision becomes a refusal without money. Call inside a
    command.
    """
    notes = upheld_in(notice)
    rows = Application.objects.filter(pk__in=notes, state=State.OBJECTION).moving()
    struck: list[Application] = APPLICATION.apply(rows, "strike", log, decided_at=clock.now())
    for row in struck:
        Decision.objects.filter(application=row).update(outcome=Decision.Outcome.REFUSE, amount_fen=0, reason=notes[row.pk])
    return struck


def tell_objectors(notice: Notice) -> None:
    """Write the answers to those who objected and left an address. Call inside the command that makes them take effect."""
    rows = notice.objections.filter(state__in=[Objection.State.UPHELD, Objection.State.DISMISSED]).select_related("row")
    write_to((o.contact, _("异议处理意见：%s") % o.row.title[:100], _settlement_text(o)) for o in rows if "@" in o.contact)


def _settlement_text(objection: Objection) -> str:
    return f"{objection.get_state_display()}\n\n{objection.answer}"
