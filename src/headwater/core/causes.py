"""Who may cause which event, said from the records alone and apart from the predicates of `permission`.

Every app lists the events of its commands in `rights.py`. A command whose event nobody declared is an error. The predicates decide;
tests and the fuzzer hold what was decided against these lists, so that a mistake in one of the two shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps

from headwater.core.models import Account, Event, RoleGrant
from headwater.core.register import Register

Ids = Callable[[Event], "set[int]"]
"""The records of one kind that an event is about: accounts, calls, institutions, agencies."""


@dataclass(frozen=True)
class Party:
    """Those whom the record names, for instance the leader of the application; `holds` tells whether an account is one of them."""

    name: str
    holds: Callable[[Event, Account], bool]


def party(name: str, accounts: Ids) -> Party:
    return Party(name, lambda event, account: account.pk in accounts(event))


@dataclass(frozen=True)
class Way:
    """One way to a right. Whoever goes it holds one of `roles`, for one of the calls, institutions or agencies that `of` gives, is the
    `named` party, and none of the `barred`. What is empty is not asked for.
    """

    roles: frozenset[str] = frozenset()
    of: Ids | None = None
    named: Party | None = None
    barred: tuple[Party, ...] = ()

    def refusal(self, event: Event, account: Account) -> str:
        """Return why `account` cannot go this way; empty if it can."""
        if self.roles and not self._holds_role(event, account):
            return f"holds no role of {' or '.join(sorted(self.roles))} for it"
        if self.named and not self.named.holds(event, account):
            return f"is not {self.named.name}"
        return next((f"is {bar.name}" for bar in self.barred if bar.holds(event, account)), "")

    def _holds_role(self, event: Event, account: Account) -> bool:
        grants = RoleGrant.objects.in_force(event.at).filter(account=account, role__in=self.roles)
        limits = set(grants.filter(scope_kind="").values_list("scope", "scope_id"))
        if self.of is None or any(scope == "all" for scope, _pk in limits):
            return bool(limits)
        return not {pk for _scope, pk in limits}.isdisjoint(self.of(event))


@dataclass(frozen=True)
class Right:
    """Who may cause an event goes one of its `ways`; the system, which may cause every event, needs none. `anybody`: a public form or
    the key of a link is enough.
    """

    ways: tuple[Way, ...] = ()
    anybody: bool = False

    def but(self, *barred: Party) -> Right:
        """Return the same right, barred to some more."""
        return Right(tuple(replace(way, barred=(*way.barred, *barred)) for way in self.ways), self.anybody)

    @property
    def roles(self) -> frozenset[str] | None:
        """Return the roles that the right asks for; None where an account without a role may have it."""
        if self.anybody or any(not way.roles for way in self.ways):
            return None
        return frozenset(role for way in self.ways for role in way.roles)


def office(*roles: str, of: Ids | None = None, named: Party | None = None) -> Right:
    return Right((Way(frozenset(roles), of, named),))


def right_for(named: Party) -> Right:
    return Right((Way(named=named),))


def either(*rights: Right) -> Right:
    """Return the right to what any of `rights` allows."""
    return Right(tuple(way for right in rights for way in right.ways))


ANYBODY = Right(anybody=True)
SYSTEM = Right()
RIGHTS: Register[Right] = Register("right to cause an event")
"""Who may cause which event, by the name of its command."""


def declare(rights: Mapping[str, Right]) -> None:
    """Say who may cause some events.

    Raises:
        ValueError: somebody has said otherwise of one of them before.
    """
    for command, right in rights.items():
        RIGHTS.share(command, right)


def right_of(command: str) -> Right:
    """
    Raises:
        KeyError: no app says who may cause this event.
    """
    if command not in RIGHTS:
        raise KeyError(f"nobody says who may cause {command!r}: list it in rights.py of its app")
    return RIGHTS[command]


def wrong(event: Event, account: Account | None) -> str:
    """Return why `account` (None: somebody without one) may not cause `event`; empty if they may."""
    right = RIGHTS[event.command]
    if right.anybody:
        return ""
    if account is None:
        return "nobody is named"
    refusals = [way.refusal(event, account) for way in right.ways]
    if "" in refusals:
        return ""
    return f"{account.username} {', '.join(refusals) or 'is not the system'}"


def subject(event: Event) -> Any:
    """Return the record of an event, or None where it is gone or was never one."""
    if not event.subject_type or event.subject_id is None:
        return None
    return apps.get_model(event.subject_type)._base_manager.filter(pk=event.subject_id).first()


def column(*names: str) -> Ids:
    """Return the keys in some columns of the event's record, as far as its kind has them."""

    def keys(event: Event) -> set[int]:
        record = subject(event)
        return {key for name in names if (key := getattr(record, name, None)) is not None}

    return keys


def nothing(_event: Event) -> set[int]:
    """Return no key, for what belongs to no single call: only who holds the role without a limit may act."""
    return set()
