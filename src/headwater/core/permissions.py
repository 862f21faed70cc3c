"""Actions of the core and who may do them."""

from __future__ import annotations

from typing import Any

import rules

from headwater.core.permission import allow, is_signed_in, role
from headwater.core.roles import ROLES, Scope


@rules.predicate
def is_own(user: Any, record: Any) -> bool:
    return record is None or record.account_id == user.pk


@rules.predicate
def in_chains(user: Any, case: Any) -> bool:
    """Hold a role: of the chain of a case, where one is given. Whether its turn has come, and whether it may, the command says."""
    if not is_signed_in(user) or not user.grants:
        return False
    return case is None or case.steps.in_hand(user).exists()


@rules.predicate
def holds_office(user: Any) -> bool:
    """Hold a role that decides or administers, or one that is limited to an institution, an agency or a record: whom chains usually ask."""
    return bool(is_signed_in(user) and any(g.scope != Scope.ALL or ROLES[g.role].power for g in user.grants))


@rules.predicate
def proposes(user: Any, case: Any) -> bool:
    """Have proposed a case, or answered it while one held the role."""
    if not is_signed_in(user):
        return False
    return case is None or case.proposed_by_id == user.pk or case.answers.filter(account=user).exists()


allow("core.account.manage", role("system_admin"))
allow("core.role.grant", role("security_admin"))
allow("core.role.approve", role("security_admin", "system_admin"))
allow("core.address.settle", role("security_admin", "system_admin"))
allow("core.factor.ask", role("security_admin"))
allow("core.factor.settle", role("security_admin", "system_admin"))
allow("core.people.view", role("system_admin", "security_admin"))
allow("core.audit.view", role("audit_admin"))
allow("core.health.view", role("system_admin", "audit_admin"))
allow("core.job.view", role("system_admin", "programme_officer"))
allow("core.region.manage", role("system_admin"))
allow("core.outbox.view", role("system_admin"))
allow("core.notification.read", is_signed_in & is_own)
allow("core.file.check", role("system_admin"))
allow("core.search", is_signed_in)
allow("core.approval.view", in_chains | proposes)
allow("core.approval.answer", in_chains)
allow("core.approval.offer", holds_office)
allow("core.approval.remind", rules.always_deny)  # the system alone
