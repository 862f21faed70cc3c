"""Actions of awards."""

from __future__ import annotations

from typing import Any

import rules

from headwater.calls.permissions import not_own, not_own_of_host, officer_of_call
from headwater.core.permission import allow, is_signed_in, role, scoped
from headwater.registry.models import is_own

host_of_award = scoped("host_manager", "organisation", lambda award: award.host_id)


@rules.predicate
def leads(user: Any, award: Any) -> bool:
    return award is None or is_own(user, award.leader)


allow("awards.agreement.view", is_signed_in & (leads | host_of_award | ((officer_of_call | role("finance_officer")) & not_own)))
allow("awards.sign.leader", is_signed_in & leads)
allow("awards.sign.host", host_of_award & not_own_of_host)
allow("awards.sign.department", officer_of_call & not_own)
allow("awards.refuse", is_signed_in & (leads | (host_of_award & not_own_of_host)))
allow("awards.ledger", role("finance_officer"))
allow("awards.manage", officer_of_call & not_own)
