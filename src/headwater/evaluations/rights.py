"""Who may cause the events of evaluations, said from the records alone."""

from __future__ import annotations

from headwater.calls.models import Call
from headwater.calls.rights import involved
from headwater.core.causes import Party, Right, declare, either, office, party, subject
from headwater.core.models import Account, Event
from headwater.evaluations.models import Consequence, Entitlement, Entrant, Grade, GradeDraft, Round, Verified, Veto


def round_of(event: Event) -> Round | None:
    """Return the round that an event is about; what follows from an act on one names its call."""
    record = subject(event)
    if isinstance(record, (Consequence, Entitlement)):
        record = record.grade
    if isinstance(record, (Grade, Veto, Verified)):
        record = record.entrant
    if isinstance(record, (Entrant, GradeDraft)):
        record = record.round
    return record if isinstance(record, Round) else None


def calls(event: Event) -> set[int]:
    """Return the calls of an event; an event on another record follows from one of the same command, which is looked at by itself."""
    found = round_of(event)
    if found is not None:
        return {found.call_id}
    record = subject(event)
    if isinstance(record, Call):
        return {record.pk}
    return (
        set(Call.objects.values_list("pk", flat=True)) if record is None or not hasattr(record, "call_id") else {record.call_id}
    )


def drafters(event: Event) -> set[int]:
    record = subject(event)
    return {record.drafted_by_id} if isinstance(record, GradeDraft) and record.drafted_by_id else set()


def enterers(event: Event) -> set[int]:
    record = subject(event)
    return {record.entered_by_id} if isinstance(record, Veto) and record.entered_by_id else set()


def has_own(event: Event, account: Account) -> bool:
    return involved.holds(event, account)


OFFICER = office("programme_officer", of=calls)
APPROVER = either(OFFICER, office("committee"))
OWN = Party("somebody with a part in the self-report", has_own)

RIGHTS: dict[str, Right] = {
    "evaluations.open_round": OFFICER,
    "evaluations.admit": OFFICER,
    "evaluations.write_missing": OFFICER,
    "evaluations.tick": OFFICER.but(OWN),
    "evaluations.correct_value": OFFICER.but(OWN),
    "evaluations.withdraw_value": OFFICER,
    "evaluations.enter_veto": OFFICER.but(OWN),
    "evaluations.answer_veto": OFFICER.but(OWN, party("who entered the veto", enterers)),
    "evaluations.draft_grades": OFFICER,
    "evaluations.discard_grades": OFFICER,
    "evaluations.approve_grades": APPROVER.but(party("who drafted the grades", drafters)),
    "evaluations.publish_grades": OFFICER,
    "evaluations.carry_out": OFFICER,
}
declare(RIGHTS)
