"""Who is told of what is done with entries: their keepers and the managers of their institutions, each once, in their own language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.models import Account, RoleGrant
from headwater.core.roles import Scope
from headwater.core.services import tell
from headwater.registers.declared import Doing, RegisterOf
from headwater.registers.finding import address_of


def keepers_of(register: RegisterOf, rows: Sequence[Any]) -> dict[int, list[Account]]:
    """Return the accounts that keep some entries, by the key of the entry (1 query)."""
    hosts: dict[int, list[int]] = {}
    for row in rows:
        if row.host_id:
            hosts.setdefault(row.host_id, []).append(row.pk)
    grants = RoleGrant.objects.in_force(clock.now()).filter(account__is_active=True).select_related("account")
    ours = grants.filter(scope=Scope.ENTRY, scope_kind=register.label_of_model, scope_id__in=[r.pk for r in rows])
    of_hosts = grants.filter(role="host_manager", scope=Scope.ORGANISATION, scope_id__in=hosts)
    found: dict[int, dict[int, Account]] = {}
    for grant in ours | of_hosts:
        keys = [grant.scope_id] if grant.scope == Scope.ENTRY else hosts.get(grant.scope_id or 0, [])
        for key in keys:
            found.setdefault(int(key or 0), {})[grant.account_id] = grant.account
    return {pk: list(accounts.values()) for pk, accounts in found.items()}


def tell_of_change(register: RegisterOf, rows: Sequence[Any], weighing: Doing) -> None:
    """Tell the keepers of entries what was done and in which state they are now."""
    tell_keepers(register, rows, lambda row: _now(row, weighing))


def _now(row: Any, weighing: Doing) -> str:
    words = {"entry": row, "verb": weighing.verb.label, "state": weighing.kind.state[row.state].label}
    return _("%(entry)s 已办理“%(verb)s”，现为“%(state)s”") % words


def tell_keepers(register: RegisterOf, rows: Sequence[Any], text: Callable[[Any], str]) -> None:
    """Tell the keepers of entries a text about each; two statements and one query, whatever their number."""
    accounts = keepers_of(register, rows)
    tell([(a, _bound(text, row), "", address_of(register, row)) for row in rows for a in accounts.get(row.pk, [])])


def _bound(text: Callable[[Any], str], row: Any) -> Callable[[], str]:
    return lambda: text(row)
