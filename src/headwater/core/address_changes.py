"""A changed address: the new mailbox confirms, the old one is told, and a security administrator agrees where a role decides."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account, AddressChange, RoleGrant
from headwater.core.parameters import house_days
from headwater.core.permission import PUBLIC
from headwater.core.register import Register
from headwater.core.roles import sensitive_roles
from headwater.core.services import notify, write_to
from headwater.core.site import site_address
from headwater.core.tokens import digest_of

DAYS = 7

Follower = Callable[[Account, Log], None]
FOLLOWERS: Register[Follower] = Register("follower of an address")
"""What keeps an address beside the account follows it, in the same transaction."""


@dataclass(frozen=True)
class NewAddress:
    """Another address for an account; none when `new` is empty."""

    account: Account
    new: str


def correct_address(*, account: Account, new: str, reason: str, actor: Actor) -> AddressChange:
    """Correct or remove the address of an account, with a reason. See `ask_changes`.

    Raises:
        Refused: no reason, not an address, the address of another account, nothing changes, or one's own address.
    """
    with command(actor, "core.account.manage", name="core.correct_address") as log:
        if actor.account and actor.account.pk == account.pk:
            raise Refused.because(_("自己的邮箱由另一位管理员更正"), field="email")
        return ask_changes([NewAddress(account, new)], reason=reason, actor=actor, log=log)[0]


def address_owners(addresses: Iterable[str]) -> dict[str, int]:
    """Return the accounts that have these addresses."""
    return dict(Account.objects.filter(email__in=[a for a in addresses if a]).values_list("email", "pk"))


def change_problems(changes: Sequence[NewAddress]) -> list[Reason]:
    """Return why accounts cannot have these addresses (one query)."""
    owners, reasons = address_owners(normal(w.new) for w in changes), []
    for change in changes:
        new = normal(change.new)
        if new and not is_address(new):
            reasons.append(Reason(_("不是电子邮箱地址"), field="email"))
        elif new == change.account.email:
            reasons.append(Reason(_("邮箱没有变化"), field="email"))
        elif owners.get(new, change.account.pk) != change.account.pk:
            reasons.append(Reason(_("这个邮箱已属于另一个账号"), field="email"))
    return reasons


def ask_changes(changes: Sequence[NewAddress], *, reason: str, actor: Actor, log: Log) -> list[AddressChange]:
    """Ask for changes and write to both mailboxes; an earlier one that still waits is dropped. Call inside a command.

    A removal needs no answer from a mailbox. Nothing is in force for those who decide or administer before a security administrator
    has agreed.
    """
    reason = reason.strip()[:500]
    refuse_if([] if reason else [Reason(_("请写明理由"), field="reason")])
    refuse_if(change_problems(changes))
    now = clock.now()
    accounts = [w.account.pk for w in changes]
    AddressChange.objects.waiting().filter(account__in=accounts).update(dropped_at=now)
    sensitive = set(
        RoleGrant.objects.in_force(now)
        .filter(account__in=accounts, role__in=sensitive_roles())
        .values_list("account_id", flat=True)
    )
    keys = [secrets.token_urlsafe(32) for _change in changes]
    until = now + timedelta(days=house_days("address_change_days", DAYS))
    rows = AddressChange.objects.bulk_create(
        AddressChange(
            account=change.account,
            old=change.account.email,
            new=normal(change.new),
            reason=reason,
            asked_by=actor.account,
            asked_at=now,
            digest=digest_of(key),
            expires_at=until,
            needs_approval=change.account.pk in sensitive,
            confirmed_at=None if normal(change.new) else now,
        )
        for change, key in zip(changes, keys, strict=True)
    )
    for row in rows:
        log(
            row, after={"account": row.account_id, "removed": not row.new, "needs_approval": row.needs_approval, "reason": reason}
        )
    write_to(mail for row, key in zip(rows, keys, strict=True) for mail in _letters(row, key))
    if sensitive:
        notify(security_administrators(), title=lambda: _("待核准：邮箱变更"), url="/admin/accounts/changes/")
    for row in rows:
        if not row.new:
            _finish(row, log)
    return rows


def security_administrators() -> list[Account]:
    """Return the accounts that are told of what needs two people."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="security_admin")
    return list(Account.objects.filter(pk__in=grants.values("account"), is_active=True))


def _letters(row: AddressChange, key: str) -> Iterator[tuple[str, str, str]]:
    """Yield the letters to the new mailbox, which answers, and to the old one."""
    with translation.override(row.account.language):
        parameters = {"name": row.account.name_zh, "new": row.new or _("（删除）"), "reason": row.reason}
        if row.new:
            until = {"until": f"{timezone.localtime(row.expires_at):%Y-%m-%d %H:%M}", "url": site_address(f"/address/{key}/")}
            body = _(
                "%(name)s：您好！\n\n您的账号将改用这个邮箱。请在 %(until)s 前打开以下链接确认：\n\n%(url)s\n\n不是您本人的，请不要打开链接。"
            )
            yield row.new, _("请确认新的电子邮箱"), body % (parameters | until)
        if row.old:
            body = _(
                "%(name)s：您好！\n\n您账号的邮箱将变更为：%(new)s\n理由：%(reason)s\n\n不是您要求的，请立即联系系统管理员。"
            )
            yield row.old, _("您账号的邮箱将变更"), body % parameters


def confirm_address(*, key: str, actor: Actor) -> AddressChange:
    """Confirm a change from the new mailbox, with the key that was sent there.

    Raises:
        Refused: no such key, too late, or dropped since.
    """
    with command(actor, PUBLIC, name="core.confirm_address") as log:
        row = waiting_change(key, lock=True)
        if row is None:
            raise Refused.because(_("链接无效、已使用或已过期"))
        if row.confirmed_at is None:
            row.confirmed_at = clock.now()
            row.save(update_fields=["confirmed_at"])
            log(row, after={"confirmed": True})
        _finish(row, log)
    return row


def waiting_change(key: str, *, lock: bool = False) -> AddressChange | None:
    """Return the change that this key confirms, while it waits."""
    rows = AddressChange.objects.waiting().filter(digest=digest_of(key), expires_at__gt=clock.now())
    return (rows.select_for_update(of=("self",)) if lock else rows).select_related("account").first()


def approve_address(*, change: AddressChange, actor: Actor) -> AddressChange:
    """Agree, as a security administrator, to the address of somebody who decides or administers; not to one's own, nor to one's own request.

    Raises:
        Refused: settled already, too late, or the second person is the first or the one concerned.
    """
    with command(actor, "core.role.grant", name="core.approve_address") as log:
        row = _locked(change)
        if actor.account and actor.account.pk in {row.asked_by_id, row.account_id}:
            raise Refused.because(_("须由提出人和本人以外的另一位安全管理员核准"))
        row.approved_by, row.approved_at = actor.account, clock.now()
        row.save(update_fields=["approved_by", "approved_at"])
        log(row, after={"approved": True})
        _finish(row, log)
    return row


def drop_address(*, change: AddressChange, actor: Actor) -> None:
    """Give up a waiting change; the address stays as it is."""
    with command(actor, "core.address.settle", name="core.drop_address") as log:
        row = _locked(change)
        row.dropped_at = clock.now()
        row.save(update_fields=["dropped_at"])
        log(row, after={"dropped": True})


def _locked(change: AddressChange) -> AddressChange:
    rows = AddressChange.objects.waiting().select_for_update(of=("self",)).select_related("account")
    row = rows.filter(pk=change.pk, expires_at__gt=clock.now()).first()
    if row is None:
        raise Refused.because(_("这项变更已经处理或过期"))
    return row


def _finish(row: AddressChange, log: Log) -> None:
    """Put the change in force when nothing is lacking any more; the old mailbox is told once more."""
    if row.confirmed_at is None or (row.needs_approval and row.approved_at is None):
        return
    account = Account.objects.select_for_update().get(pk=row.account_id)
    refuse_if(change_problems([NewAddress(account, row.new)]))
    account.email, account.email_shared = row.new, False
    try:
        with transaction.atomic():
            account.save(update_fields=["email", "email_shared"])
    except IntegrityError as error:
        raise Refused.because(_("这个邮箱已属于另一个账号"), field="email") from error
    row.done_at = clock.now()
    row.save(update_fields=["done_at"])
    for follow in FOLLOWERS.values():
        follow(account, log)
    log(account, before={"has_email": bool(row.old)}, after={"has_email": bool(row.new), "change": row.pk})
    with translation.override(account.language):
        body = _("%(name)s：您好！\n\n您账号的邮箱已变更。不是您要求的，请立即联系系统管理员。") % {"name": account.name_zh}
        write_to((to, _("您账号的邮箱已变更"), body) for to in (row.old, row.new) if to)
