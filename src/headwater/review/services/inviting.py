"""Invitations of experts: answered, ended when nobody answers, added by hand, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from headwater.calls.applying.services.withdrawing import ON_WITHDRAW
from headwater.calls.models import Application, Call, Party, has_own_in
from headwater.calls.phases import refuse_too_early
from headwater.calls.signatures import documents_for
from headwater.calls.states import CallState, State
from headwater.calls.stores import SIGNATURES, ApplicationSigning
from headwater.calls.words import state_inside
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.own import not_own, without_own
from headwater.core.services import notify
from headwater.forms.signing import Consent, sign, to_sign
from headwater.registry.models import accounts_of, is_own
from headwater.review.models import Assignment, Conflict, Expert, Opinion, Round
from headwater.review.services.assigning import deadlines, open_load
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.replacing import fit_of
from headwater.review.services.telling import tell_withdrawn
from headwater.review.terms import review_terms

REVIEWED_IN = (State.ACCEPTED, State.IN_REVIEW)
INVITATION_COLUMNS = (
    *("state", "application_id", "expert_id", "expert__person_id", "expert__person__account_id", "expert__person__name_zh"),
    *("application__call_id", "application__call__scheme_id", "application__call__stage"),
)
"""What an answer to an invitation reads; what the conditions of documents read of an application is brought along where there are any."""


def answer_invitations(
    *, assignments: Sequence[Assignment], accept: bool, actor: Actor, reason: str = "", agree: Consent = True
) -> int:
    """An expert accepts, signing the experts' documents, or declines, one or many. Declining asks for a reason; answering twice
    changes nothing.

    Raises:
        Refused: no reason for declining, a document is not agreed to, or somebody else's invitation.
    """
    if not accept and not reason.strip():
        raise Refused.because(_("请选择或填写谢绝的原因"), field="reason")
    with command(actor, "review.assignment.answer", name="review.answer_invitations") as log:
        rows = list(
            Assignment.objects.select_for_update(of=("self",))
            .select_related("expert__person", "application__call")
            .only(*INVITATION_COLUMNS)
            .filter(pk__in=[a.pk for a in assignments], state=Assignment.State.INVITED)
            .order_by("pk")
        )
        if actor.account and any(not is_own(actor.account, r.expert.person) for r in rows):
            raise Refused.because(_("只能答复发给自己的邀请"))
        if accept and not all(not_own(actor.account, r) for r in rows):
            raise Refused.because(_("您与其中的申请有利害关系，请谢绝或申请回避"))
        state = Assignment.State.ACCEPTED if accept else Assignment.State.DECLINED
        Assignment.objects.filter(pk__in=[r.pk for r in rows]).update(
            state=state, answered_at=clock.now(), decline_reason=reason.strip()[:200]
        )
        if accept:
            sign(SIGNATURES, _signings(rows, agree), actor=actor, at=clock.now())
            Opinion.objects.bulk_create([Opinion(assignment=r, saved_at=clock.now()) for r in rows], ignore_conflicts=True)
        for row in rows:
            log(row, before={"state": row.state}, after={"state": state})
    return len(rows)


def expire_invitations(*, call: Call, actor: Actor) -> int:
    """End the invitations that nobody answered in time; the next round fills their places."""
    with command(actor, "review.manage", call, name="review.expire_invitations") as log:
        late = list(overdue_invitations(call, actor.account).select_for_update(of=("self",)).order_by("pk"))
        Assignment.objects.filter(pk__in=[r.pk for r in late]).update(state=Assignment.State.EXPIRED, answered_at=clock.now())
        if late:
            tell_withdrawn(late, _("邀请未在期限内答复：%s") % call.title_zh)
            log(call, after={"expired": len(late)})
    return len(late)


def overdue_invitations(call: Call, account: Account | None) -> QuerySet[Assignment]:
    """Invitations of a call that were not answered in time, less those to cases that are `account`'s own."""
    rows = Assignment.objects.filter(
        round__call=call, state=Assignment.State.INVITED, round__respond_by__lt=clock.now(), round__state=Round.State.PUBLISHED
    )
    return without_own(rows, account)


def assign_by_hand(*, application: Application, expert: Expert, actor: Actor, answer_by: date | None = None) -> Assignment:
    """Invite one more expert, who answers until the end of `answer_by`. The database refuses a pair with a conflict of interest,
    by this path as by any other.

    Raises:
        Refused: a conflict, with its reasons; nothing in common with the application; already asked; a day for the answer that is
            past or after the deadline; or nothing is reviewed any more, or yet.
    """
    authorise(actor, "review.manage", application)
    refuse_too_early(application.call)
    refuse_if(why_not_by_hand(application))
    find_conflicts(call=application.call, actor=actor, only=application)
    fit = _fit(application, expert, actor)
    until, due = answer_dates(application.call, answer_by)
    with command(actor, "review.manage", application, name="review.assign_by_hand") as log:
        application = Application.objects.select_for_update(of=("self",)).select_related("call__scheme").get(pk=application.pk)
        refuse_if(why_not_by_hand(application))
        expert = Expert.objects.select_for_update().get(pk=expert.pk)
        _refuse_without_room(expert, application.call, actor)
        if Assignment.objects.filter(application=application, expert=expert).exists():  # whoever was asked is not asked again
            raise Refused.because(_("该专家已在名单中"), field="expert")
        now, call = clock.now(), application.call
        dates = {"made_at": now, "published_at": now, "respond_by": until, "due_at": due}
        made = {"state": Round.State.PUBLISHED, "made_by": actor.account, "record": {"by_hand": True}, **dates}
        pair = {"application": application, "expert": expert, "score": fit, "invited_at": now, "due_at": due}
        row = Assignment.objects.create(
            round=Round.objects.create(call=call, seed=0, **made), state=Assignment.State.INVITED, **pair
        )
        if application.state == State.ACCEPTED:
            APPLICATION.apply(Application.objects.filter(pk=application.pk).moving(), "start_review", log)
        log(row, after={"expert": expert.pk})
        day, people = clock.last_day(until), accounts_of([expert.person_id])
        notify(people, title=partial(_invited, call), body=lambda: _("请于 %s 前答复。") % day, url="/review/")
    return row


def _invited(call: Call) -> str:
    return _("评审邀请：%s") % call.title_zh


def _fit(application: Application, expert: Expert, actor: Actor) -> float:
    """Return how well an expert fits; nobody goes out with a conflict, or with nothing in common."""
    conflicts = list(Conflict.objects.filter(application=application, expert=expert))
    if conflicts:
        reasons = "；".join(f"{c.get_kind_display()} {c.evidence}".strip() for c in conflicts)
        raise Refused.because(_("不能指派：%s") % reasons, field="expert")
    fit = fit_of(application, expert, actor.account)
    if fit <= 0:
        raise Refused.because(_("该专家与申请没有共同的申请代码和研究内容（匹配度为 0），不发出邀请"), field="expert")
    return fit


def answer_dates(call: Call, answer_by: date | None = None) -> tuple[datetime, datetime]:
    """Return until when an invitation of today is answered and the opinion is written.

    Raises:
        Refused: the chosen day is past, or after the deadline of the opinion.
    """
    until, due = deadlines(call)
    if answer_by is None:
        return until, due
    if not clock.today() <= answer_by <= clock.last_day(due):
        raise Refused.because(_("答复期限须在今天和评审期限 %s 之间") % clock.last_day(due), field="answer_by")
    return clock.end_of_day(answer_by), due


def why_not_by_hand(application: Application) -> list[Reason]:
    """Why nobody is invited to review this application now: it is not (or no longer) under review, or its call has ended."""
    if application.call.state != CallState.PUBLISHED:
        return [Reason(_("批次%s，不能邀请专家") % CallState(application.call.state).label, code="state")]
    if application.state not in REVIEWED_IN:
        return [Reason(_("该申请处于“%s”状态，不能邀请专家") % state_inside(application).label, code="state")]
    return []


def release_assignment(*, assignment: Assignment, reason: str, actor: Actor) -> None:
    """Release an expert who has not submitted, with the reason that the expert reads.

    Raises:
        Refused: no reason, or the assignment has ended.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise Refused.because(_("请写明理由"), field="reason")
    with command(actor, "review.manage", assignment, name="review.release_assignment") as log:
        row = Assignment.objects.select_for_update().get(pk=assignment.pk)
        if row.state not in {Assignment.State.INVITED, Assignment.State.ACCEPTED, Assignment.State.PROPOSED}:
            raise Refused.because(_("该指派已结束，不能撤回"))
        tell_withdrawn([row], reason.strip())
        log(row, before={"state": row.state}, after={"state": "released", "reason": reason})
        row.state, row.decline_reason, row.answered_at = Assignment.State.RELEASED, reason.strip()[:200], clock.now()
        row.save(update_fields=["state", "decline_reason", "answered_at"])


@ON_WITHDRAW.under("review")
def release_withdrawn(application: Application, log: Log) -> None:
    """Release the experts of an application that its author has withdrawn."""
    live = (Assignment.State.PROPOSED, Assignment.State.INVITED, Assignment.State.ACCEPTED)
    rows = list(Assignment.objects.select_for_update().filter(application=application, state__in=live).order_by("pk"))
    Assignment.objects.filter(pk__in=[r.pk for r in rows]).update(state=Assignment.State.RELEASED, answered_at=clock.now())
    tell_withdrawn(rows, _("申请人已撤回申请"))
    log.many(rows, {"state": "released", "withdrawn": True})


def _signings(rows: Sequence[Assignment], agree: Consent) -> list[ApplicationSigning]:
    documents = documents_for([r.application for r in rows], Party.EXPERT)
    return [
        ApplicationSigning(r.application_id, d, Party.EXPERT, r.expert.person.name_zh, person=r.expert.person_id)
        for r in rows
        for d in to_sign(documents[r.application_id], agree)
    ]


def _refuse_without_room(expert: Expert, call: Call, actor: Actor) -> None:
    """Refuse an expert whose load is full. An officer with a case of their own in the call does not get the numbers."""
    load, most = open_load(call).get(expert.pk, 0), min(expert.max_load, review_terms(call).max_load)
    if load < most and Expert.objects.available().filter(pk=expert.pk).exists():
        return
    if has_own_in(actor.account, call):
        raise Refused.because(_("该专家不在库或已达评审上限"), field="expert")
    numbers = {"held": load, "most": most}
    raise Refused.because(_("该专家不在库或已达评审上限（%(held)d / %(most)d）") % numbers, field="expert")
