"""What waits for the administrators of the demo: a role and a new address that need a second person."""

from __future__ import annotations

from headwater.core.address_changes import correct_address
from headwater.core.granting import propose_grant
from headwater.core.models import RoleGrant
from headwater.demo.people import World


def leave_for_administrators(world: World) -> None:
    """The security administrator proposes a role, which the system administrator settles; a new address is the other way round."""
    system, security = world.actor(world.staff["system"]), world.actor(world.staff["security"])
    propose_grant(grant=RoleGrant(account=world.staff["leader"], role="committee", granted_by=security.account), actor=security)
    finance = world.staff["finance"]
    correct_address(
        account=finance, new=f"{finance.username}.office@headwater.example", reason="本人申请更换工作邮箱。", actor=system
    )
