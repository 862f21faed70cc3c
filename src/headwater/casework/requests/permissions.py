"""Who may do what with requests."""

from __future__ import annotations

from typing import Any

import rules

from headwater.casework.requests.declared import REQUESTS
from headwater.casework.requests.models import Request
from headwater.casework.requests.offers import kinds_for, may_propose
from headwater.casework.requests.workflow import SETTLE
from headwater.core.permission import allow, is_signed_in
from headwater.core.permissions import holds_office


@rules.predicate
def proposes_something(user: Any, record: Any) -> bool:
    """May propose a request of some kind about the record."""
    if not is_signed_in(user):
        return False
    return record is None or any(may_propose(user, record, kind) for kind in kinds_for(record).values())


@rules.predicate
def offers_requests(_user: Any) -> bool:
    """There are records about which there can be requests."""
    return bool(REQUESTS)


@rules.predicate
def is_proposer(user: Any, request: Any) -> bool:
    return bool(is_signed_in(user) and (request is None or request.proposed_by_id == user.pk))


@rules.predicate
def sees(user: Any, request: Any) -> bool:
    if not is_signed_in(user):
        return False
    return request is None or Request.objects.visible_to(user).filter(pk=request.pk).exists()


allow("requests.list", is_signed_in)
allow("requests.offer", offers_requests & holds_office)
allow("requests.view", sees)
allow("requests.propose", proposes_something)
allow("requests.write", is_proposer)
allow("requests.comment", sees)
allow(SETTLE, rules.always_deny)  # it follows from the chain
allow("requests.start", rules.always_deny)  # the system alone, on its day
