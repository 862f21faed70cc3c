"""Who holds roles for records, for many records at once."""

from __future__ import annotations

from collections.abc import Iterable

from headwater.casework.subjects import SubjectKind
from headwater.core import clock
from headwater.core.models import Account, RoleGrant
from headwater.core.roles import Scope


def holders_of(about: SubjectKind, keys: Iterable[int], roles: Iterable[str]) -> dict[int, list[Account]]:
    """Return the accounts that hold one of `roles` for records of a kind, by the key of the record; who holds one for everything is
    left out. One query for the grants, one for each thing to which they are limited.
    """
    wanted = sorted(set(keys))
    grants = RoleGrant.objects.in_force(clock.now()).filter(role__in=list(roles), account__is_active=True)
    by_scope: dict[tuple[str, int], list[Account]] = {}
    for grant in grants.exclude(scope=Scope.ALL).select_related("account").order_by("account"):
        by_scope.setdefault((grant.limit, grant.scope_id or 0), []).append(grant.account)
    found: dict[int, dict[int, Account]] = {}
    for limit in {scope for scope, _key in by_scope} & set(about.paths):
        rows = about.model._base_manager.filter(pk__in=wanted).values_list("pk", about.paths[limit])
        for pk, key in rows:
            found.setdefault(pk, {}).update({a.pk: a for a in by_scope.get((limit, key), ())})
    return {pk: list(accounts.values()) for pk, accounts in found.items()}
