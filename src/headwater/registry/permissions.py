"""Actions of the registry."""

from __future__ import annotations

from typing import Any

import rules

from headwater.core.permission import allow, everywhere, is_signed_in, role, scoped
from headwater.registry.models import is_own, own_records


@rules.predicate
def is_self(user: Any, person: Any) -> bool:
    return person is not None and is_own(user, person)


@rules.predicate
def is_own_record(user: Any, person: Any) -> bool:
    return person is None or is_own(user, person)


@rules.predicate
def has_record(user: Any) -> bool:
    return bool(own_records(user))


officer_everywhere = rules.predicate(
    lambda user: any(g.role == "programme_officer" and g.scope == "all" for g in user.grants), "officer_everywhere"
)
"""An officer of all calls: what concerns people concerns every call."""

manages_host = scoped("host_manager", "organisation", lambda person: person.organisation_id)

allow(
    "registry.person.view",
    is_signed_in & (is_self | manages_host | role("programme_officer", "integrity_officer", "system_admin")),
)
allow("registry.person.restricted", is_signed_in & (is_self | manages_host | role("integrity_officer")))
allow("registry.person.edit", is_signed_in & is_self)
allow("registry.person.complete", manages_host)
allow("registry.import", everywhere("programme_officer") | role("system_admin"))
allow("registry.person.merge", everywhere("programme_officer"))
allow("registry.works.manage", everywhere("programme_officer"))
allow("registry.works.own", is_signed_in & has_record & is_own_record)
allow("registry.people.list", role("programme_officer", "host_manager", "system_admin", "integrity_officer"))
allow("registry.sanctions.read", role("integrity_officer"))
allow("registry.organisation.manage", everywhere("programme_officer") | role("system_admin"))
allow("registry.address.correct", everywhere("programme_officer") | role("system_admin"))
