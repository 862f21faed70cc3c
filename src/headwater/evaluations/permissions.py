"""Actions on evaluations. Officers of the call of a round run it; the committee or a second officer approves its grades."""

from __future__ import annotations

from typing import Any

import rules

from headwater.calls.models import Call, has_own_in
from headwater.casework.subjects import holds
from headwater.core import own
from headwater.core.permission import allow, is_signed_in, role, scoped
from headwater.evaluations.models import READERS, Entrant, Grade, GradeDraft, Round, Veto
from headwater.evaluations.subjects import entry_of


def call_of(record: Any) -> Call | None:
    """Return the call of a round or of anything in it."""
    if isinstance(record, Grade):
        record = record.entrant
    if isinstance(record, Veto):
        record = record.entrant
    if isinstance(record, (Entrant, GradeDraft)):
        record = record.round
    return record.call if isinstance(record, Round) else record


def _call_id(record: Any) -> int | None:
    call = call_of(record)
    return call.pk if call is not None else None


officer_of_round = scoped("programme_officer", "call", _call_id)


@rules.predicate
def not_own(user: Any, record: Any) -> bool:
    return own.not_own(user, record)


@rules.predicate
def nothing_own_in(user: Any, record: Any) -> bool:
    """Tell whether no self-report of the round is a case of one's own, for acts on its grades."""
    call = call_of(record)
    return call is None or not has_own_in(user, call)


@rules.predicate
def not_who_drafted(user: Any, record: Any) -> bool:
    return not isinstance(record, GradeDraft) or record.drafted_by_id != user.pk


@rules.predicate
def not_who_entered(user: Any, record: Any) -> bool:
    return not isinstance(record, Veto) or record.entered_by_id != user.pk


@rules.predicate
def answers_for_entry(user: Any, record: Any) -> bool:
    """Tell whether somebody keeps the entry of a grade, or manages its institution. Without a record: for any entry."""
    if record is None:
        return True
    entrant = record.entrant if isinstance(record, Grade) else record
    entry = entry_of(entrant)
    return entry is not None and any(holds(user, code, entry) for code in ("host_manager", "director", "secretary"))


allow("evaluations.list", role("programme_officer", *READERS))
allow("evaluations.view", (officer_of_round | role(*READERS)) & not_own)
allow("evaluations.marks", (officer_of_round | role("committee")) & not_own)
allow("evaluations.open", officer_of_round)
allow("evaluations.verify", officer_of_round & not_own)
allow("evaluations.confirm", officer_of_round & not_own & not_who_entered)
allow("evaluations.draft", officer_of_round & nothing_own_in)
allow("evaluations.approve", (officer_of_round | role("committee")) & not_who_drafted & nothing_own_in)
allow("evaluations.publish", officer_of_round & nothing_own_in)
allow("evaluations.follow", officer_of_round & nothing_own_in)
allow("evaluations.result", is_signed_in & answers_for_entry)
