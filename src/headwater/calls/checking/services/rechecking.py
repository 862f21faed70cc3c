"""The re-check (复审) of a refusal, of the formal check or of the decision: asked once by the applicant, answered by another officer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.letters import write_letters
from headwater.calls.deciding.services.sights import recheck_sight
from headwater.calls.models import LONG, Application, Call, Decision, FormalCheck, Letter, record_of_refusal
from headwater.calls.staff_work import refuse_staff_of
from headwater.calls.states import CallState, State
from headwater.calls.words import state_word
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Refused
from headwater.core.parameters import Parameters
from headwater.core.services import notify
from headwater.registry.models import accounts_of

OPEN_TO_RECHECK = Q(application__call__state=CallState.PUBLISHED) & (
    Q(kind=Letter.Kind.NOT_ACCEPTED, application__state=State.NOT_ACCEPTED, application__check_result__recheck_at__isnull=True)
    | Q(
        kind=Letter.Kind.REJECTED,
        application__state=State.REJECTED,
        application__decision__isnull=False,
        application__decision__recheck_at__isnull=True,
    )
)
"""Letters of refusal after which nobody has asked for a re-check; whether there is still time, `end_of_asking` tells."""


ASKED_AT = Greatest("check_result__recheck_at", "decision__recheck_at")
"""When the re-check of an application was asked for, the last one where there were two."""


def open_letters(**condition: Any) -> QuerySet[Letter]:
    """Return the letters of refusal that can be followed by a request for re-check, whatever the time, oldest first."""
    return Letter.objects.filter(OPEN_TO_RECHECK, **condition).order_by("issued_at")


def recheck_until(application: Application) -> datetime | None:
    """Return the last moment for asking a re-check, counted from the letter; None where none can be asked for."""
    letter = open_letters(application=application).last()
    return end_of_asking(letter, application.call) if letter else None


def end_of_asking(letter: Letter, call: Call) -> datetime:
    day = clock.local_day(letter.issued_at)
    return clock.end_of_day(day + timedelta(days=days_to_ask(call, day)))


def days_to_ask(call: Call, on: date) -> int:
    """Return the number of days in which a re-check of a letter of the day `on` can be asked for."""
    return Parameters(call.scheme.region, on).number("recheck_request_days", call.scheme.code)


def ask_recheck(*, application: Application, text: str, actor: Actor) -> None:
    """Ask for a re-check (复审) of a refusal, by the applicant, once, within the clock.

    Raises:
        Refused: no text, too late, or asked before.
    """
    if len(text.strip()) < 10:
        raise Refused.because(_("请写明复审的理由（不少于 10 字）"), field="text")
    with command(actor, "calls.recheck", application, name="calls.ask_recheck") as log:
        record = record_of_refusal(application)
        if record is not None and record.recheck_at:
            raise Refused.because(_("已申请过复审"))
        until = recheck_until(application)
        if record is None or until is None or clock.now() > until:
            raise Refused.because(_("已过申请复审的期限"))
        refuse_staff_of([application])
        APPLICATION.apply(Application.objects.filter(pk=application.pk).moving(), _verb(record, "ask_recheck"), log)
        _write(record, recheck_text=text.strip(), recheck_at=clock.now())


def _verb(record: FormalCheck | Decision, verb: str) -> str:
    """Return the transition of a re-check: that of a decision has its own ones."""
    return f"{verb}_decision" if isinstance(record, Decision) else verb


def _write(record: FormalCheck | Decision, **values: Any) -> None:
    type(record)._default_manager.filter(pk=record.pk).update(**values)


def answer_recheck(*, application: Application, revoke: bool, answer: str, actor: Actor, seen: str) -> None:
    """Answer a re-check. A wrong decision is revoked: after the formal check the application goes on as accepted, after the
    decision it is decided anew. Who had a part in the decision never answers.

    Raises:
        NotAllowed: the actor refused the application, takes part in it, or is no officer of the call.
        Refused: no text, no re-check waits, or not the request that was `seen`.
    """
    if not answer.strip():
        raise Refused.because(_("请写明复审决定的理由"), field="answer")
    with command(actor, "calls.recheck.answer", application, name="calls.answer_recheck") as log:
        locked = Application.objects.select_for_update(of=("self",)).select_related("check_result", "decision").defer(*LONG)
        record = record_of_refusal(locked.get(pk=application.pk))
        if record is None:
            raise Refused.because(_("没有待答复的复审申请"), code="state")
        recheck_sight(locked.get(pk=application.pk)).require(seen)
        now = clock.now()
        reopened = {"decided_at": None} if revoke and isinstance(record, Decision) else {}
        rows = APPLICATION.apply(_moving(application), _verb(record, _result(record, revoke)), log, **reopened)
        _write(record, recheck_answer=answer.strip(), recheck_answered_at=now, recheck_answered_by=actor.account)
        body = {
            "revoked": revoke,
            "note": answer.strip(),
            "of": "decision" if isinstance(record, Decision) else "check",
            "asked_on": clock.local_day(record.recheck_at or now).isoformat(),
        }
        letters = write_letters(rows, Letter.Kind.RECHECK, lambda _a: body)
        _tell(rows, record, revoke)
        if revoke and isinstance(record, Decision):
            _revoke(record, letters, log)


def _result(record: FormalCheck | Decision, revoke: bool) -> str:
    """Return whether the decision stands, or is taken back; one that no panel heard goes back to the ranked ones."""
    if not revoke:
        return "uphold"
    heard = (
        not isinstance(record, Decision)
        or Application.objects.filter(pk=record.application_id, panel_item__isnull=False).exists()
    )
    return "revoke" if heard else "revoke_unheard"


def _moving(application: Application) -> Any:
    return (
        Application.objects.filter(pk=application.pk)
        .select_related("call__scheme", "host", "leader")
        .defer(*LONG, "call__scheme__definition")
        .prefetch_related("participants__person")
    )


def _revoke(decision: Decision, letters: Sequence[Letter], log: Log) -> None:
    """Remove a revoked decision, so that another is proposed; the event keeps what it was and why it fell."""
    before = {"outcome": decision.outcome, "rank": decision.rank, "reason": decision.reason, "asked": decision.recheck_text}
    log(decision, before=before, after={"revoked_by": letters[0].number})
    Decision.objects.filter(pk=decision.pk).delete()


def _tell(rows: Sequence[Application], record: FormalCheck | Decision, revoke: bool) -> None:
    """Tell the leader in one line what the re-check came to."""
    row = rows[0]
    values = {"title": row.title_zh[:80], "number": row.number}

    def title() -> str:
        if isinstance(record, Decision):
            upheld, revoked = _("维持原决定（%s）"), _("撤销原决定（%s），将重新提出决定")
            upheld, revoked = (text % state_word(row, State.REJECTED).label for text in (upheld, revoked))
        else:
            upheld, revoked = _("维持原不予受理决定"), _("撤销原不予受理决定，已转入评审")
        return _("“%(title)s”（%(number)s）复审决定：%(result)s") % {**values, "result": revoked if revoke else upheld}

    notify(accounts_of([row.leader_id]), title=title, url=f"/applications/{row.pk}/")
