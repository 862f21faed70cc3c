"""待办: what waits for a person, computed from the records, never stored. Apps register providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.models import Account, AddressChange, FactorReset, GrantProposal, RoleGrant
from headwater.core.register import Register
from headwater.core.roles import sensitive_roles


@dataclass(frozen=True)
class Duty:
    """One thing to do: where, how many, by when."""

    title: str
    url: str
    due: datetime | None = None
    count: int = 1
    role: str = ""
    late: bool = False

    @property
    def days_left(self) -> int | None:
        if self.due is None:
            return None
        return clock.days_left(self.due)


Provider = Callable[[Any], Iterable[Duty]]
DUTIES: Register[Provider] = Register("provider of duties")
"""Given an account, a provider yields its duties. It must start from what the account may see."""


def duties_of(account: Any) -> list[Duty]:
    """Return all duties of an account, the most urgent first, those without a date last."""
    duties = [d for provider in DUTIES.values() for d in provider(account)]
    return sorted(duties, key=lambda d: (d.due is None, d.due or clock.now(), d.title))


@DUTIES.under("core.administrators")
def of_administrators(account: Any) -> Iterator[Duty]:
    """Yield the duties of a second administrator, and addresses that several accounts had when they got one form."""
    if account.has_perm("core.role.approve"):
        proposals = GrantProposal.objects.waiting(clock.now()).exclude(proposed_by=account).exclude(account=account)
        totals = proposals.aggregate(n=Count("pk"), due=Min("expires_at"))
        if totals["n"]:
            yield Duty(_("核准授予的角色"), "/admin/grants/", totals["due"], totals["n"])
    if account.has_perm("core.role.grant"):
        changes = AddressChange.objects.waiting().filter(needs_approval=True, approved_at=None, expires_at__gt=clock.now())
        totals = changes.exclude(asked_by=account).exclude(account=account).aggregate(n=Count("pk"), due=Min("expires_at"))
        if totals["n"]:
            yield Duty(_("核准邮箱变更"), "/admin/accounts/changes/", totals["due"], totals["n"])
    if account.has_perm("core.factor.settle"):
        resets = FactorReset.objects.waiting(clock.now()).exclude(asked_by=account).exclude(account=account)
        totals = resets.aggregate(n=Count("pk"), due=Min("expires_at"))
        if totals["n"]:
            yield Duty(_("核准重置第二因素"), "/admin/accounts/factors/", totals["due"], totals["n"])
    if account.has_perm("core.account.manage") and (shared := Account.objects.filter(email_shared=True).count()):
        yield Duty(_("更正多人共用的邮箱"), "/admin/accounts/?shared=1", None, shared)


@DUTIES.under("core.auditors")
def of_auditors(account: Any) -> Iterator[Duty]:
    """Yield the roles that decide or administer, whose granting an auditor reads."""
    if account.has_perm("core.audit.view"):
        held = RoleGrant.objects.in_force(clock.now()).filter(role__in=sensitive_roles()).count()
        yield Duty(_("查阅决定与管理角色的授予"), "/admin/audit/?q=grant", None, held)
