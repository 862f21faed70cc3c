"""Who may cause the events of the core, of loading a region and of the demo."""

from __future__ import annotations

from headwater.core.causes import ANYBODY, SYSTEM, Right, column, declare, office, party, right_for

SYSTEM_ADMIN = office("system_admin")
SECURITY_ADMIN = office("security_admin")
EITHER_ADMIN = office("system_admin", "security_admin")
HOLDER = right_for(party("the holder", column("account_id")))
ONESELF = right_for(party("the account itself", column("pk")))
person_concerned = party("the person concerned", column("account_id"))
first = party("who asked for it", column("asked_by_id", "proposed_by_id", "granted_by_id"))

RIGHTS: dict[str, Right] = {
    "core.create_accounts": SYSTEM_ADMIN,
    "core.set_active": SYSTEM_ADMIN,
    "core.correct_address": SYSTEM_ADMIN,
    "core.confirm_address": ANYBODY,  # the key went to the new mailbox
    "core.approve_address": SECURITY_ADMIN.but(first, person_concerned),
    "core.drop_address": EITHER_ADMIN,
    "core.grant_roles": SECURITY_ADMIN,
    "core.propose_grant": SECURITY_ADMIN,
    "core.approve_grant": EITHER_ADMIN.but(first, person_concerned),
    "core.drop_grant": EITHER_ADMIN,
    "core.end_grant": SECURITY_ADMIN,
    "core.ask_factor_reset": SECURITY_ADMIN.but(person_concerned),
    "core.approve_factor_reset": EITHER_ADMIN.but(first, person_concerned),
    "core.drop_factor_reset": EITHER_ADMIN,
    "core.change_password": ONESELF,
    "core.end_sessions": ONESELF,
    "core.make_token": HOLDER,
    "core.revoke_token": HOLDER,
    "core.ask_export": HOLDER,
    "core.retry_mails": SYSTEM_ADMIN,
    "core.check_files": SYSTEM_ADMIN,
    "core.cover_rows": SYSTEM,
    "core.migrate_rows": SYSTEM,
    "core.rows_compared": SYSTEM,
    "core.tell_breaches": SYSTEM,
    "core.mail_head": SYSTEM,
    "regions.load_region": SYSTEM_ADMIN,
    "demo.start": SYSTEM,
    "demo.complete": SYSTEM,
}
declare(RIGHTS)
