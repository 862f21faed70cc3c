"""Reminders that nobody has to send: of states whose time ends, and roles for keepers whose account was opened later."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.models import RoleGrant
from headwater.core.roles import Scope
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.entries import entries_of
from headwater.registers.kinds import kind_of
from headwater.registers.services.keeping import grant_keepers
from headwater.registers.services.telling import tell_keepers

DAYS_BEFORE = (30, 7, 1)


def remind_of_terms(*, actor: Actor) -> int:
    """Remind the keepers of entries whose state ends in some days, once for each of these days; returns how many entries."""
    count, today = 0, clock.today()
    days = [clock.add_days(today, n) for n in DAYS_BEFORE]
    for register in REGISTERS.values():
        rows = entries_of(register).filter(state_due__in=days).exclude(reminded_on=today)
        found = list(rows.select_related("host").order_by("pk"))
        if not found:
            continue
        with command(actor, "registers.act", name="registers.remind") as log:
            tell_keepers(register, found, _reminder)
            register.model._default_manager.filter(pk__in=[r.pk for r in found]).update(reminded_on=today)
            log(None, after={"register": register.code, "entries": [r.pk for r in found]})
        count += len(found)
    return count


def _reminder(row: Any) -> str:
    words = {
        "entry": row,
        "state": kind_of(row).state[row.state].label,
        "day": row.state_due,
        "n": clock.days_left(row.state_due),
    }
    return _("%(entry)s 的“%(state)s”还有 %(n)d 天到期（%(day)s）") % words


def grant_late(*, actor: Actor) -> int:
    """Give keepers their roles whose account was opened after they were named; returns how many grants."""
    return sum(_grant_late(register, actor) for register in REGISTERS.values())


def _grant_late(register: RegisterOf, actor: Actor) -> int:
    held = set(
        RoleGrant.objects.in_force(clock.now())
        .filter(scope=Scope.ENTRY, scope_kind=register.label_of_model)
        .values_list("role", "scope_id", "account_id")
    )
    missing: dict[Any, dict[str, Any]] = {}
    for keeper in register.keepers:
        rows = entries_of(register).filter(**{f"{keeper.column}__account__isnull": False}).select_related(keeper.column)
        for row in rows.order_by("pk"):
            person = getattr(row, keeper.column)
            if keeper.role in kind_of(row).roles and (keeper.role, row.pk, person.account_id) not in held:
                missing.setdefault(row, {})[keeper.role] = person
    if not missing:
        return 0
    with command(actor, "registers.appoint", name="registers.grant_late") as log:
        grant_keepers(register, missing, log)
    return sum(len(people) for people in missing.values())
