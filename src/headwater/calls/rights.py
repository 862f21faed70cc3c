"""Who may cause the events of calls and applications."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from headwater.calls.models import Application, Call, CallChange, Decision, FormalCheck, Participant
from headwater.calls.states import IN_THE_HOUSE
from headwater.core.causes import ANYBODY, Party, Right, column, declare, either, office, party, right_for, subject
from headwater.core.models import Account, Event
from headwater.core.own import PATHS, cases_of
from headwater.registry.models import Relation
from headwater.registry.rights import accounts_of_records, records_beside, records_of_account


def cases(event: Event) -> set[int]:
    """Return the applications that an event is about: those of its record, or the one that it names."""
    record = subject(event)
    if record is not None and type(record)._meta.label_lower in PATHS:
        return cases_of(record)
    named = {**(event.before or {}), **(event.after or {})}.get("application")
    return {named} if isinstance(named, int) else set()


def calls(event: Event) -> set[int]:
    """Return the calls that an event is about."""
    record = subject(event)
    if isinstance(record, Call):
        return {record.pk}
    if hasattr(record, "call_id"):
        return {record.call_id}
    return set(Application.objects.filter(pk__in=cases(event)).values_list("call", flat=True))


def hosts(event: Event) -> set[int]:
    return set(Application.objects.filter(pk__in=cases(event)).values_list("host", flat=True))


def agencies(event: Event) -> set[int]:
    rows = Application.objects.filter(pk__in=cases(event), host__recommender__isnull=False)
    return set(rows.values_list("host__recommender", flat=True))


def partner(event: Event) -> set[int]:
    return {(event.after or {}).get("partner", 0)}


def leaders(event: Event) -> set[int]:
    return accounts_of_records(Application.objects.filter(pk__in=cases(event)).values_list("leader", flat=True))


def writers(event: Event) -> set[int]:
    """Return the leader, and the members who have confirmed and may edit."""
    rows = Participant.objects.filter(application__in=cases(event), may_edit=True, confirmed_at__isnull=False)
    return leaders(event) | accounts_of_records(rows.values_list("person", flat=True))


def member(event: Event) -> set[int]:
    return accounts_of_records(column("person_id")(event))


def with_part(account: Account, *, signatory: bool) -> QuerySet[Application]:
    """Return the applications in which an account has a part: leader, member (also who declined), referee, or close family of
    one of them; with `signatory` also those that it signed for an institution.
    """
    people = records_of_account(account)
    kin = Relation.objects.filter(Q(first__in=people) | Q(second__in=people), kind=Relation.Kind.KIN)
    people |= records_beside({pk for pair in kin.values_list("first", "second") for pk in pair})
    part = Q(leader__in=people) | Q(participants__person__in=people) | Q(referees__person__in=people)
    if signatory:
        part |= Q(signatures__account=account, signatures__party__in=["host", "partner"])
    return Application.objects.filter(part)


leader = party("the leader of the application", leaders)
writer = party("a writer of the application", writers)
involved = Party(
    "somebody with a part in the application",
    lambda event, account: with_part(account, signatory=True).filter(pk__in=cases(event)).exists(),
)
involved_in_person = Party(
    "somebody with a part of their own in the application",
    lambda event, account: with_part(account, signatory=False).filter(pk__in=cases(event)).exists(),
)
involved_in_call = Party(
    "somebody with a part in an application that was received in the call",
    lambda event, account: with_part(account, signatory=True).filter(call__in=calls(event), state__in=IN_THE_HOUSE).exists(),
)
drafter = Party(
    "who drafted the call or changed it",
    lambda event, account: (
        Call.objects.filter(pk__in=calls(event)).filter(Q(drafted_by=account) | Q(edited_by__contains=[account.pk])).exists()
    ),
)
proposer_of_change = Party(
    "who proposed the change",
    lambda event, account: CallChange.objects.filter(call__in=calls(event), proposed_by=account, approved_by=account).exists(),
)
proposer_of_line = Party(
    "who proposed a decision",
    lambda event, account: Decision.objects.filter(call__in=calls(event), proposed_by=account, approved_by=account).exists(),
)
refuser = Party(
    "who refused the application",
    lambda event, account: (
        FormalCheck.objects.filter(application__in=cases(event), decided_by=account, recheck_answered_by=account).exists()
        or Decision.objects.filter(
            Q(proposed_by=account) | Q(approved_by=account), application__in=cases(event), recheck_answered_by=account
        ).exists()
    ),
)
answerer = party("who answered the objection", column("answered_by_id"))

LEADER = right_for(leader)
WRITER = right_for(writer)
HOST = office("host_manager", of=hosts).but(involved_in_person)
AGENCY = office("recommender", of=agencies).but(involved)
OFFICER = office("programme_officer", of=calls)
JUDGING = OFFICER.but(involved)
DECIDING = OFFICER.but(involved_in_call)

RIGHTS: dict[str, Right] = {
    # publishing
    "calls.save_call": OFFICER,
    "calls.ask_call_approval": OFFICER,
    "calls.send_call_back": OFFICER,
    "calls.publish_call": OFFICER.but(drafter),
    "calls.take_new_words": OFFICER.but(drafter),
    "calls.propose_change": OFFICER,
    "calls.drop_change": OFFICER,
    "calls.amend_call": OFFICER.but(proposer_of_change),
    "calls.cancel_call": OFFICER.but(proposer_of_change),
    "calls.invite": JUDGING,
    # applying
    **dict.fromkeys(
        (
            "calls.create_draft",
            "calls.add_members",
            "calls.remove_member",
            "calls.allow_editing",
            "calls.change_host",
            "calls.submit_application",
            "calls.withdraw_application",
            "calls.reopen_application",
            "calls.attach",
            "calls.detach",
            "calls.start_upload",
            "calls.drop_upload",
        ),
        LEADER,
    ),
    "calls.save_application": WRITER,
    "calls.decide_clash": WRITER,
    # joining
    "calls.invite_outside_member": LEADER,
    "calls.send_invitation_again": LEADER,
    "calls.end_link": LEADER,
    "calls.name_referee": LEADER,
    "calls.send_referee_again": LEADER,
    "calls.remove_referee": LEADER,
    "calls.confirm_participation": right_for(party("the member", member)),
    "calls.sign_as_partner": office("host_manager", of=partner),
    **dict.fromkeys(  # the key of a link is enough
        (
            "calls.decline_participation",
            "calls.claim_account",
            "calls.open_referee",
            "calls.write_letter",
            "calls.decline_referee",
        ),
        ANYBODY,
    ),
    # endorsing
    "calls.endorse": HOST,
    "calls.rank": HOST,
    "calls.return_to_author": HOST,
    "calls.not_endorse": HOST,
    "calls.recommend": AGENCY,
    "calls.return_to_host": AGENCY,
    "calls.expire_late": JUDGING,
    "calls.change_quota": OFFICER,
    # checking
    "calls.run_formal_check": JUDGING,
    "calls.find_likenesses": JUDGING,
    "calls.decide_check": JUDGING,
    "calls.ask_recheck": LEADER,
    "calls.answer_recheck": JUDGING.but(refuser),
    # deciding
    "calls.propose_decisions": JUDGING,
    "calls.reconsider": JUDGING,
    "calls.send_back_decision": either(OFFICER, office("committee")).but(involved_in_call),
    "calls.approve_decisions": either(OFFICER, office("committee")).but(involved_in_call, proposer_of_line),
    "calls.publish_notice": DECIDING,
    "calls.release": DECIDING,
    "calls.finish_call": DECIDING,
    "calls.ask_objection": ANYBODY,
    "calls.file_objection": ANYBODY,
    "calls.reply_to_objection": LEADER,
    "calls.answer_objection": JUDGING,
    "calls.settle_objection": JUDGING.but(answerer),
    "calls.correct_words": JUDGING,
    # papers
    "calls.put_template": office("system_admin"),
    "calls.use_template": office("system_admin"),
}
declare(RIGHTS)
