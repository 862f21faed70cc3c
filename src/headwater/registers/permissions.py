"""Actions on the entries of registers."""

from __future__ import annotations

from typing import Any

import rules

from headwater.casework.subjects import holds
from headwater.core.permission import allow, everywhere, is_signed_in
from headwater.registers.declared import REGISTERS
from headwater.registers.kinds import kind_of
from headwater.registers.models.entries import READERS
from headwater.registers.shapes import OFFICER


def keeper_roles() -> frozenset[str]:
    """Return the roles that are held for one entry of some register."""
    return frozenset(k.role for register in REGISTERS.values() for k in register.keepers)


@rules.predicate
def works_with_entries(user: Any) -> bool:
    """Tell whether somebody sees entries from inside: an officer of all calls, a reader of all, a host, an agency, a keeper of one."""
    return bool(
        is_signed_in(user)
        and (user.has_role(*READERS, "host_manager", "recommender", *keeper_roles()) or user.holds_everywhere(OFFICER))
    )


@rules.predicate
def sees_inside(user: Any, entry: Any) -> bool:
    return entry is None or type(entry)._default_manager.inside(user).filter(pk=entry.pk).exists()


@rules.predicate
def keeps(user: Any, entry: Any) -> bool:
    """Tell whether somebody answers for the record of an entry: holds a role of its kind, or manages its institution."""
    if entry is None:
        return bool(user.has_role("host_manager", *keeper_roles()))
    return any(holds(user, role, entry) for role in ("host_manager", *kind_of(entry).roles))


@rules.predicate
def manages(user: Any, entry: Any) -> bool:
    return bool(user.has_role("host_manager")) if entry is None else holds(user, "host_manager", entry)


@rules.predicate
def acts(user: Any, entry: Any) -> bool:
    """Tell whether some verb that leads from the state of an entry is for somebody. Which one, `services.acting` weighs."""
    if entry is None:
        return True
    return any(holds(user, role, entry) for verb in kind_of(entry).verbs_from(entry.state) for role in verb.by)


officer = everywhere(OFFICER)
allow("registers.list", works_with_entries)
allow("registers.view", works_with_entries & sees_inside)
allow("registers.open", officer)
allow("registers.change", officer)
allow("registers.fill", officer | (is_signed_in & keeps))
allow("registers.appoint", officer | (is_signed_in & manages))
allow("registers.act", works_with_entries & acts)
