"""待办: what waits for a person, computed from the records, never stored; and what they have in hand. Apps register providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Min
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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


class Urgency(StrEnum):
    """How a date stands to today."""

    LATE = "late"
    SOON = "soon"
    LATER = "later"
    OPEN = "open"


SOON_DAYS = 3
"""A deadline within so many days is marked on every page."""
WAITING: dict[Urgency, str | Promise] = {
    Urgency.LATE: gettext_lazy("已过期限"),
    Urgency.SOON: gettext_lazy("快到期限"),
    Urgency.LATER: gettext_lazy("有期限"),
    Urgency.OPEN: gettext_lazy("不限期"),
}


def urgency(due: date | datetime | None) -> Urgency:
    """Return how urgent a date is today; no date is none."""
    if not due:
        return Urgency.OPEN
    days = clock.days_left(due)
    return Urgency.LATE if days < 0 else Urgency.SOON if days <= SOON_DAYS else Urgency.LATER


def by_urgency(duties: Iterable[Duty]) -> list[tuple[str | Promise, list[Duty]]]:
    """Return duties under what is said of their dates, the most urgent first; what nobody has is left out."""
    found: dict[Urgency, list[Duty]] = {each: [] for each in WAITING}
    for duty in duties:
        found[urgency(duty.due)].append(duty)
    return [(WAITING[each], rows) for each, rows in found.items() if rows]


@dataclass(frozen=True)
class InHand:
    """So many records that somebody has or keeps, and the page that lists them."""

    label: str
    url: str
    count: int


IN_HAND: Register[Callable[[Any], Iterable[InHand]]] = Register("provider of what somebody has in hand")
"""Given an account, a provider yields what it has in hand. It must start from what the account may see, and leave its own cases out
where it counts those of others.
"""


def in_hand_of(account: Any) -> list[InHand]:
    """Return what an account has in hand, without what it has none of."""
    return [figure for provider in IN_HAND.values() for figure in provider(account) if figure.count]


@IN_HAND.under("core.administrators")
def kept_by_administrators(account: Any) -> Iterator[InHand]:
    """Yield what administrators keep: accounts and roles in force."""
    if account.has_perm("core.account.manage"):
        yield InHand(_("启用的账号"), "/admin/accounts/", Account.objects.filter(is_active=True).count())
    if account.has_perm("core.role.grant"):
        yield InHand(_("有效的授权"), "/admin/roles/", RoleGrant.objects.in_force(clock.now()).count())


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
