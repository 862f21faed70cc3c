"""Actions of the registry."""

from __future__ import annotations

from typing import Any

import rules

from headwater.core.permission import allow, is_signed_in, role, scoped


@rules.predicate
def is_self(user: Any, person: Any) -> bool:
    return person is not None and person.account_id == user.pk


manages_host = scoped("host_manager", "organisation", lambda person: person.organisation_id)

allow(
    "registry.person.view",
    is_signed_in & (is_self | manages_host | role("programme_officer", "integrity_officer", "system_admin")),
)
allow("registry.person.restricted", is_signed_in & (is_self | manages_host | role("integrity_officer")))
allow("registry.person.edit", is_signed_in & is_self)
allow("registry.person.complete", manages_host)
allow("registry.import", role("programme_officer", "system_admin"))
allow("registry.people.list", role("programme_officer", "host_manager", "system_admin"))
allow("registry.organisation.manage", role("programme_officer", "system_admin"))
allow("registry.address.correct", role("programme_officer", "system_admin"))
