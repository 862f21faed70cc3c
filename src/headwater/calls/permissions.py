"""Actions on calls and applications."""

from __future__ import annotations

from typing import Any

import rules
from django.db.models import Q

from headwater.calls.models import Application, Call, CallChange, Decision, Objection, has_own_in, record_of_refusal
from headwater.calls.schemes import scheme_of
from headwater.calls.states import ENDORSED, IN_THE_HOUSE, LIVE, State
from headwater.core import own
from headwater.core.permission import allow, everywhere, is_signed_in, may, role, scoped
from headwater.registry.models import is_own, own_records


@rules.predicate
def has_person(user: Any) -> bool:
    return bool(is_signed_in(user) and getattr(user, "person", None))


@rules.predicate
def is_leader(user: Any, application: Application | None) -> bool:
    return application is None or is_own(user, application.leader)


@rules.predicate
def takes_part(user: Any, application: Application | None) -> bool:
    if application is None:
        return True
    rows = application.participants.all()
    return is_leader(user, application) or any(is_own(user, p.person) and p.declined_at is None for p in rows)


@rules.predicate
def helps_to_write(user: Any, application: Application | None) -> bool:
    """Tell whether the leader lets a member write; the member must have confirmed."""
    if application is None:
        return True
    rows = application.participants.filter(may_edit=True, confirmed_at__isnull=False, person__in=own_records(user))
    return bool(user.pk and rows.exists())


@rules.predicate
def in_the_house(user: Any, application: Application | None) -> bool:
    return application is None or application.state in IN_THE_HOUSE


@rules.predicate
def host_has_it(user: Any, application: Application | None) -> bool:
    """Tell whether the host has received it: what was withdrawn or ran late before a submission never reached the host."""
    if application is None or application.state in LIVE:
        return True
    return application.state != State.DRAFT and application.submitted_at is not None


@rules.predicate
def agency_has_it(user: Any, application: Application | None) -> bool:
    """Tell whether the agency has received it: the host has endorsed it, and does not report directly."""
    return application is None or (application.state in ENDORSED and not application.host.direct)


def _call_id(record: Any) -> int | None:
    if isinstance(record, Call):
        return record.pk
    return getattr(record, "call_id", None)


officer_of_call = scoped("programme_officer", "call", _call_id)
officer_of_objection = scoped("programme_officer", "call", lambda objection: objection.notice.call_id)
host_of = scoped("host_manager", "organisation", lambda a: a.host_id)
recommender_of = scoped("recommender", "agency", lambda a: a.host.recommender_id)


@rules.predicate
def not_own(user: Any, record: Any) -> bool:
    """Tell whether a case is another person's: nobody acts in office on a case in which they have a part. `core.own` says which
    records are whose case.
    """
    return own.not_own(user, record)


@rules.predicate
def not_own_of_host(user: Any, record: Any) -> bool:
    """Tell whether a signatory may act for an institution: an earlier signature does not make a case their own, any other part
    does.
    """
    return own.not_own(user, record, but=own.Part.SIGNATORY)


@rules.predicate
def nothing_own_in(user: Any, record: Any) -> bool:
    """Tell whether no case of one's own was received in the call, for acts on its lists (decisions, a panel, a round).
    Otherwise another officer acts, whatever has become of the case, so that the refusal itself tells nothing of it.
    """
    return record is None or not has_own_in(user, record if isinstance(record, Call) else record.call)


@rules.predicate
def not_drafter(user: Any, call: Call | None) -> bool:
    """Tell whether the officer neither drafted nor changed the call: only such a second officer approves it."""
    return call is None or (call.drafted_by_id != user.pk and user.pk not in call.edited_by)


@rules.predicate
def not_who_proposed(user: Any, change: CallChange | None) -> bool:
    """Tell whether another officer proposed the change: a published call changes by two officers."""
    return change is None or change.proposed_by_id != user.pk


@rules.predicate
def not_who_decided(user: Any, record: Any) -> bool:
    """Tell whether others refused the application, at the check or in the decision: only then may this one answer the re-check."""
    if not isinstance(record, Application):
        return True
    refusal = record_of_refusal(record)
    if isinstance(refusal, Decision):
        upheld = Objection.objects.filter(row__application=record, state=Objection.State.UPHELD)
        parted = upheld.filter(Q(answered_by=user.pk) | Q(settled_by=user.pk)).exists()
        return user.pk not in {refusal.proposed_by_id, refusal.approved_by_id} and not parted
    return refusal is None or refusal.decided_by_id != user.pk


@rules.predicate
def not_who_recommended(user: Any, record: Any) -> bool:
    """Tell whether another officer proposed the line: only then may this one dismiss an objection to it."""
    decision = getattr(record, "decision", None) if isinstance(record, Application) else None
    return decision is None or decision.proposed_by_id != user.pk


@rules.predicate
def not_who_answered(user: Any, objection: Objection | None) -> bool:
    """Tell whether another officer answered the objection: two officers uphold one."""
    return objection is None or objection.answered_by_id != user.pk


@rules.predicate
def not_proposer(user: Any, call: Any) -> bool:
    if not isinstance(call, Call):
        return True
    return not Decision.objects.filter(call=call, approved_at__isnull=True, proposed_by=user).exists()


# A new call is not yet among those that an officer was given.
allow("calls.call.begin", everywhere("programme_officer"))
allow("calls.call.draft", officer_of_call)
allow("calls.call.approve", officer_of_call & not_drafter)
allow("calls.call.approve_change", officer_of_call & not_who_proposed)
allow("calls.board", officer_of_call | role("committee", "leadership"))
allow("calls.statistics", officer_of_call | role("leadership"))
allow("calls.apply", has_person)
allow(
    "calls.application.view",
    takes_part
    | (host_of & host_has_it)
    | (recommender_of & agency_has_it)
    | ((officer_of_call | role("committee")) & in_the_house & not_own),
)
allow("calls.application.list", is_signed_in)
allow("calls.application.edit", has_person & is_leader)
allow("calls.application.write", has_person & (is_leader | helps_to_write))
allow("calls.application.submit", has_person & is_leader)
allow("calls.application.withdraw", has_person & is_leader)
allow("calls.application.confirm", is_signed_in)
allow("calls.invitation.answer", rules.always_allow)
allow("calls.partner.sign", role("host_manager"))
allow("calls.endorse", host_of & not_own_of_host)
allow("calls.recommend", recommender_of & not_own)
allow("calls.check", officer_of_call & not_own)
allow("calls.referee.read", ((officer_of_call | role("committee")) & in_the_house) & not_own)
allow("calls.recheck", has_person & is_leader)
allow("calls.integrity", role("integrity_officer"))
allow("calls.invite", officer_of_call & not_own)
allow("calls.review.start", officer_of_call & not_own)
allow("calls.decide.propose", officer_of_call & not_own)
allow("calls.decide.read", officer_of_call | role("committee"))
allow("calls.decide.approve", (officer_of_call | role("committee")) & not_proposer & nothing_own_in)
allow("calls.notice.publish", officer_of_call & nothing_own_in)
allow("calls.notice.object", rules.always_allow)
allow("calls.objection.answer", officer_of_call & not_own)
allow("calls.objection.dismiss", officer_of_call & not_own & not_who_recommended)
allow("calls.objection.settle", officer_of_objection & not_who_answered & not_own)
allow("calls.objection.reply", has_person & is_leader)
allow("calls.recheck.answer", officer_of_call & not_own & not_who_decided)
allow("calls.letter.correct", officer_of_call & not_own)
allow("calls.paper.manage", role("system_admin"))
allow("calls.letter.view", takes_part | host_of | (officer_of_call & not_own))


def reads_letters(application: Application, *, judging: bool = False, reader: Any = None) -> bool:
    """Tell who reads the letters of referees: those who check or decide; the experts and the applicant as the scheme says;
    nobody of the host. `application` comes with its call.
    """
    rules = scheme_of(application.call).referees
    if rules is None:
        return False
    if judging:
        return rules.experts_read
    if reader is None:
        return False
    own = is_own(reader, application.leader)
    return rules.applicant_reads if own else may(reader, "calls.referee.read", application)
