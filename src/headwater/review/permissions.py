"""Actions of review."""

from __future__ import annotations

from typing import Any

import rules

from headwater.calls.permissions import not_own, nothing_own_in, officer_of_call
from headwater.core.permission import allow, is_signed_in, role
from headwater.registry.models import is_own, own_records
from headwater.registry.permissions import officer_everywhere
from headwater.review.models import Assignment, Panel


@rules.predicate
def is_expert(user: Any) -> bool:
    return bool(is_signed_in(user) and user.has_role("expert"))


@rules.predicate
def own_assignment(user: Any, record: Any) -> bool:
    if not isinstance(record, Assignment):
        return True
    return is_own(user, record.expert.person) and record.state != Assignment.State.PROPOSED


@rules.predicate
def own_expert(user: Any, record: Any) -> bool:
    return record is None or is_own(user, record.person)


@rules.predicate
def sits_on_panel(user: Any, record: Any) -> bool:
    if not isinstance(record, Panel):
        return True
    return record.members.filter(expert__person__in=own_records(user)).exists()


@rules.predicate
def chairs_panel(user: Any, record: Any) -> bool:
    if not isinstance(record, Panel):
        return True
    return record.members.filter(is_chair=True, expert__person__in=own_records(user)).exists()


officer_of_record = rules.predicate(
    lambda user, record: officer_of_call(user, getattr(record, "application", record)), "officer_of_record"
)

allow("review.manage", officer_of_record & not_own)
allow("review.round.publish", officer_of_call & nothing_own_in)
allow("review.assignment.answer", is_expert & own_assignment & not_own)
allow("review.assignment.leave", is_expert & own_assignment)
allow("review.opinion.write", is_expert & own_assignment & not_own)
allow("review.opinion.read", ((is_expert & own_assignment) | officer_of_record) & not_own)
allow("review.opinion.fund", (officer_of_record | role("committee")) & not_own)
allow("review.desk", is_expert)
allow("review.draw", officer_of_call & nothing_own_in)
allow("review.panel.view", (is_expert & sits_on_panel) | officer_of_call | role("committee"))
allow("review.panel.minutes", (is_expert & chairs_panel) | officer_of_call | role("committee"))
allow("review.panel.vote", is_expert & sits_on_panel)
allow("review.panel.manage", officer_of_call & nothing_own_in)
allow("review.expert.list", role("programme_officer"))
allow("review.expert.manage", is_signed_in & officer_everywhere)
allow("review.expert.own", is_expert & own_expert)
