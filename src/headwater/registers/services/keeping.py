"""Who leads an entry and who keeps its record: named on the entry, with a role that is held for it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Refused
from headwater.core.models import Account, RoleGrant
from headwater.core.roles import Scope
from headwater.core.services import check_grants, notify
from headwater.registers.declared import Keeper, RegisterOf
from headwater.registers.finding import address_of
from headwater.registers.kinds import kind_of
from headwater.registry.models import Person, Sanction


def appoint(
    *, register: RegisterOf, entry: Any, role: str, person: Person | None, actor: Actor, seen: Person | None = None
) -> None:
    """Name who holds a role for an entry, or nobody; who held it before holds it no longer. Both are told.

    `seen` is who held it when the page was read.

    Raises:
        Refused: the kind has no such role, the person is barred, or somebody else was named since.
    """
    with command(actor, "registers.appoint", entry, name="registers.appoint") as log:
        row = register.model._default_manager.select_for_update(of=("self",)).get(pk=entry.pk)
        keeper = register.keeper(role)
        if keeper is None or role not in kind_of(row).roles:
            raise Refused.because(_("这个种类没有这个角色"), field="role")
        before, person = getattr(row, f"{keeper.column}_id"), person.survivor if person else None
        if before != (seen.pk if seen else None):
            raise Refused.because(_("您打开页面之后已有人改动，请重新核对"), field="person", code="changed")
        if person and Sanction.objects.barring(clock.today()).filter(person=person).exists():
            raise Refused.because(_("该人员在惩戒期内，不能担任"), field="person", code="banned")
        if before == (person.pk if person else None):
            raise Refused.because(_("没有变化"), field="person")
        put_keeper(register, row, keeper, person, log)


def put_keeper(register: RegisterOf, row: Any, keeper: Keeper, person: Person | None, log: Log) -> None:
    """Name who holds a role for an entry, give the role to the account of that person, and end it for who held it before. Both are told.
    Call inside a command, with the row locked.
    """
    before = getattr(row, f"{keeper.column}_id")
    setattr(row, keeper.column, person)
    row.revision += 1
    row.changed_at = clock.now()
    row.save(update_fields=[keeper.column, "revision", "changed_at"])
    log(row, before={keeper.column: before}, after={keeper.column: person.pk if person else None, "role": keeper.role})
    ended = _end_grants(register, row, keeper.role, log)
    grant_keepers(register, {row: {keeper.role: person}} if person else {}, log)
    _tell(register, row, keeper, person, ended)


def _end_grants(register: RegisterOf, row: Any, role: str, log: Log) -> list[Account]:
    """End the grants of a role for an entry; returns who held them."""
    rows = RoleGrant.objects.select_for_update(of=("self",)).filter(
        role=role, scope=Scope.ENTRY, scope_kind=register.label_of_model, scope_id=row.pk, until__isnull=True
    )
    ended = list(rows.select_related("account").order_by("pk"))
    RoleGrant.objects.filter(pk__in=[g.pk for g in ended]).update(until=clock.now())
    for grant in ended:
        log(grant, before={"until": None}, after={"until": str(clock.now())})
    return [g.account for g in ended]


def grant_keepers(register: RegisterOf, keepers: Mapping[Any, Mapping[str, Person]], log: Log) -> None:
    """Give the roles for entries to the accounts of the persons whom they name; who gets an account later is found by a nightly task.
    Call inside a command.
    """
    grants = [
        RoleGrant(
            account_id=person.account_id,
            role=role,
            scope=Scope.ENTRY,
            scope_kind=register.label_of_model,
            scope_id=entry.pk,
            scope_label=str(entry)[:200],
            granted_by=log.actor.account,
        )
        for entry, people in keepers.items()
        for role, person in people.items()
        if person.account_id
    ]
    if not grants:
        return
    check_grants(grants, log.actor)
    RoleGrant.objects.bulk_create(grants)
    for grant in grants:
        log(grant, after={"account": grant.account_id, "role": grant.role, "scope_id": grant.scope_id})


def _tell(register: RegisterOf, row: Any, keeper: Keeper, person: Person | None, ended: list[Account]) -> None:
    words, url = {"role": keeper.label, "entry": row}, address_of(register, row)
    if person and person.account:
        notify([person.account], title=lambda: _("您已担任%(role)s：%(entry)s") % words, url=url)
    notify(ended, title=lambda: _("您不再担任%(role)s：%(entry)s") % words, url=url)
