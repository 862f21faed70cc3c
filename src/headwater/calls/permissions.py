"""Actions on calls and applications."""

from __future__ import annotations

from typing import Any

import rules

from headwater.calls.models import Application, Call, CallChange, Decision, own_applications
from headwater.calls.schemes import scheme_of
from headwater.calls.states import ENDORSED, IN_THE_HOUSE, LIVE, State
from headwater.core.permission import allow, is_signed_in, may, role, scoped
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
def was_asked(user: Any, application: Application | None) -> bool:
    """Who takes part, and who was asked to and declined: they read nothing of it, but do not decide on it either."""
    if application is None:
        return True
    return is_leader(user, application) or any(is_own(user, p.person) for p in application.participants.all())


@rules.predicate
def helps_to_write(user: Any, application: Application | None) -> bool:
    """A member whom the leader lets write, once they have confirmed."""
    if application is None:
        return True
    rows = application.participants.filter(may_edit=True, confirmed_at__isnull=False, person__in=own_records(user))
    return bool(user.pk and rows.exists())


@rules.predicate
def in_the_house(user: Any, application: Application | None) -> bool:
    return application is None or application.state in IN_THE_HOUSE


@rules.predicate
def host_has_it(user: Any, application: Application | None) -> bool:
    """As it stands it was submitted: what was given up or ran late before that never reached the host."""
    if application is None or application.state in LIVE:
        return True
    return application.state != State.DRAFT and application.submitted_at is not None


@rules.predicate
def agency_has_it(user: Any, application: Application | None) -> bool:
    """The host has endorsed it, and does not send it in by itself."""
    return application is None or (application.state in ENDORSED and not application.host.direct)


def _call_id(record: Any) -> int | None:
    if isinstance(record, Call):
        return record.pk
    return getattr(record, "call_id", None)


officer_of_call = scoped("programme_officer", "call", _call_id)
host_of = scoped("host_manager", "organisation", lambda a: a.host_id)
recommender_of = scoped("recommender", "agency", lambda a: a.host.recommender_id)


@rules.predicate
def not_own(user: Any, record: Any) -> bool:
    """Nobody decides on an application in which they take part themselves."""
    if isinstance(record, Application):
        return not was_asked(user, record)
    return True


@rules.predicate
def not_drafter(user: Any, call: Call | None) -> bool:
    """The second officer: who drafted a call or changed anything in it since does not approve it."""
    return call is None or (call.drafted_by_id != user.pk and user.pk not in call.edited_by)


@rules.predicate
def not_who_proposed(user: Any, change: CallChange | None) -> bool:
    """Two officers for a change of a published call as well."""
    return change is None or change.proposed_by_id != user.pk


@rules.predicate
def not_proposer(user: Any, call: Any) -> bool:
    if not isinstance(call, Call):
        return True
    return not Decision.objects.filter(call=call, approved_at__isnull=True, proposed_by=user).exists()


@rules.predicate
def not_among_proposed(user: Any, call: Any) -> bool:
    """Nobody approves a list that holds an application in which they take part themselves."""
    if not isinstance(call, Call):
        return True
    return not Decision.objects.filter(call=call, approved_at__isnull=True, application__in=own_applications(user)).exists()


allow("calls.call.draft", officer_of_call)
allow("calls.call.approve", officer_of_call & not_drafter)
allow("calls.call.approve_change", officer_of_call & not_who_proposed)
allow("calls.board", officer_of_call | role("committee", "leadership"))
allow("calls.apply", has_person)
allow(
    "calls.application.view",
    takes_part
    | (host_of & host_has_it)
    | (recommender_of & agency_has_it)
    | ((officer_of_call | role("committee")) & in_the_house),
)
allow("calls.application.list", is_signed_in)
allow("calls.application.edit", has_person & is_leader)
allow("calls.application.write", has_person & (is_leader | helps_to_write))
allow("calls.application.submit", has_person & is_leader)
allow("calls.application.withdraw", has_person & is_leader)
allow("calls.application.confirm", is_signed_in)
allow("calls.invitation.answer", rules.always_allow)
allow("calls.partner.sign", role("host_manager"))
allow("calls.endorse", host_of & not_own)
allow("calls.recommend", recommender_of & not_own)
allow("calls.check", officer_of_call & not_own)
allow("calls.referee.read", ((officer_of_call | role("committee")) & in_the_house) & not_own)
allow("calls.recheck", has_person & is_leader)
allow("calls.invite", officer_of_call & not_own)
allow("calls.review.start", officer_of_call)
allow("calls.decide.propose", officer_of_call & not_own)
allow("calls.decide.approve", (officer_of_call | role("committee")) & not_proposer & not_among_proposed)
allow("calls.notice.publish", officer_of_call)
allow("calls.notice.object", rules.always_allow)
allow("calls.objection.answer", officer_of_call & not_own)
allow("calls.letter.view", takes_part | host_of | officer_of_call)


def reads_letters(application: Application, *, judging: bool = False, reader: Any = None) -> bool:
    """Who reads the letters of referees: those who check or decide; the experts and the applicant as the scheme says; nobody of the
    host. `application` comes with its call.
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
