"""Actions of the core and who may do them."""

from __future__ import annotations

from typing import Any

import rules

from headwater.core.permission import allow, is_signed_in, role


@rules.predicate
def is_own(user: Any, record: Any) -> bool:
    return record is None or record.account_id == user.pk


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
