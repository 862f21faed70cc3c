"""Who may cause the events of what stands beside bases, said from the records alone."""

from __future__ import annotations

from headwater.bases.models import Base
from headwater.core.causes import Party, Right, declare, either, right_for
from headwater.core.models import Account, Event, RoleGrant
from headwater.registers.models import KindVersion
from headwater.registry.rights import OFFICER_OF_ALL

FOLLOWING = frozenset({"core.storedfile"})


def keeps(event: Event, account: Account) -> bool:
    """Tell whether an account kept the base of an event: managed its institution, or held a role of its kind for it."""
    if event.subject_type in FOLLOWING:
        return True
    key = event.subject_id if event.subject_type == "bases.base" else {**(event.before or {}), **(event.after or {})}.get("entry")
    base = Base.objects.filter(pk=key or 0).first()
    if base is None:
        return False
    roles = KindVersion.objects.get(pk=base.version_id).definition["kind"].get("roles", [])
    grants = RoleGrant.objects.in_force(event.at).filter(account=account, role__in=["host_manager", *roles])
    limits = {("organisation", base.host_id), ("bases.base", base.pk), ("all", None)}
    return any((g.scope_kind or g.scope, g.scope_id) in limits for g in grants)


def strikes(event: Event, account: Account) -> bool:
    """Tell whether somebody may take a row away: who keeps the base; of people and of safety an officer alone."""
    return event.subject_type not in {"bases.baseperson", "bases.safetyrecord"} and keeps(event, account)


KEEPER: Right = either(OFFICER_OF_ALL, right_for(Party("who keeps the base", keeps)))
RIGHTS: dict[str, Right] = {
    "bases.put_row": KEEPER,
    "bases.import_rows": KEEPER,
    "bases.strike_row": either(OFFICER_OF_ALL, right_for(Party("who keeps the base, where officers alone need not", strikes))),
    "bases.set_months": KEEPER,
    "bases.take_known": KEEPER,
}
declare(RIGHTS)
