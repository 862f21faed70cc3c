"""Commands of the core: accounts, roles, notifications, files, sealing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.translation import gettext as _

from headwater.core import blobs, clock
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, command
from headwater.core.correspondence import Signer, signature
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import named
from headwater.core.models import Account, Notification, OutboxMail, RoleGrant, StoredFile
from headwater.core.register import Register
from headwater.core.roles import ROLES, Scope, sensitive_roles
from headwater.core.text import file_name


def create_accounts(*, accounts: Sequence[Account], actor: Actor) -> list[Account]:
    """Create accounts (already holding a hashed or unusable password) in one statement.

    Raises:
        Refused: a user name or an address that another account has, or what is no address.
    """
    with command(actor, "core.account.manage", name="core.create_accounts") as log:
        refuse_if(_account_problems(accounts))
        rows = Account.objects.bulk_create(accounts)
        for account in rows:
            log(account, after={"username": account.username, "name_zh": account.name_zh})
    return rows


def grant_roles(*, grants: Sequence[RoleGrant], actor: Actor, check: bool = True) -> list[RoleGrant]:
    """Grant roles; one person never holds two that exclude each other, and nobody grants a role to themselves.

    Roles that decide or administer take two people (`core.granting`): only the system itself, from the command line, grants them
    alone, as the first administrators of an installation must be; the event says so.

    Raises:
        Refused: unknown role, wrong scope, excluded combination, a grant to oneself, or a role that takes two people.
    """
    with command(actor, "core.role.grant", name="core.grant_roles") as log:
        sensitive = sensitive_roles()
        if actor.account is not None and any(g.role in sensitive for g in grants):
            raise Refused.because(_("这个角色须由两位管理员授予：一位提议，另一位核准"), field="role")
        if check:
            check_grants(grants, actor)
        rows = RoleGrant.objects.bulk_create(grants)
        for grant in rows:
            alone = {"alone": actor.source} if grant.role in sensitive else {}
            log(
                grant,
                after={"account": grant.account_id, "role": grant.role, "scope": grant.limit, "scope_id": grant.scope_id} | alone,
            )
    return rows


def _account_problems(accounts: Sequence[Account]) -> Iterator[Reason]:
    """Yield why accounts cannot have their names and addresses; another case or width makes no other one."""
    names = [a.username.casefold() for a in accounts]
    addresses = [address for a in accounts if (address := normal(a.email))]
    is_known = Account.objects.annotate(folded=Lower("username")).filter(folded__in=names).exists()
    if is_known or len(set(names)) < len(names):
        yield Reason(_("用户名已被使用"), field="username")
    if Account.objects.filter(email__in=addresses).exists() or len(set(addresses)) < len(addresses):
        yield Reason(_("这个邮箱已属于另一个账号"), field="email")
    if not all(is_address(a) for a in addresses):
        yield Reason(_("不是电子邮箱地址"), field="email")


GrantCheck = Callable[[Sequence[RoleGrant], Actor], list[str]]
GRANT_CHECKS: Register[GrantCheck] = Register("check of grants")
"""Each says why roles may not be granted (nothing when they may), in words for the actor."""


def check_grants(grants: Sequence[RoleGrant], actor: Actor) -> None:
    """Refuse what may not be granted; whoever is granted something meanwhile waits. Call inside a command.

    Raises:
        Refused: unknown role, wrong scope, excluded combination or a grant to oneself.
    """
    accounts = {g.account_id for g in grants}
    list(Account.objects.filter(pk__in=accounts).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    roles: dict[int, set[str]] = {}
    for pk, role in RoleGrant.objects.in_force(clock.now()).filter(account__in=accounts).values_list("account_id", "role"):
        roles.setdefault(pk, set()).add(role)
    for grant in grants:
        _check_grant(grant, roles.setdefault(grant.account_id, set()), actor)
        roles[grant.account_id].add(grant.role)
    objections = [text for check in GRANT_CHECKS.values() for text in check(grants, actor)]
    if objections:
        raise Refused.because(*objections, field="username")


def _check_grant(grant: RoleGrant, roles: set[str], actor: Actor) -> None:
    role = ROLES.get(grant.role)
    if role is None:
        raise Refused.because(_("没有这个角色：%s") % grant.role, field="role")
    if grant.limit not in role.scopes or (grant.scope == Scope.ENTRY) != bool(grant.scope_kind):
        raise Refused.because(_("角色“%s”不能按这个范围授予") % role.label, field="scope")
    if grant.scope == Scope.ENTRY and not apps.get_model(grant.scope_kind)._base_manager.filter(pk=grant.scope_id).exists():
        raise Refused.because(_("没有找到该条目"), field="scope_code")
    if actor.account and actor.account.pk == grant.account_id:
        raise Refused.because(_("不能给自己授权"), field="account")
    clash = [ROLES[h].label for h in roles if h in role.excludes or grant.role in ROLES[h].excludes]
    if clash:
        raise Refused.because(
            _("“%(role)s”与已有角色“%(other)s”不相容（职责分离）") % {"role": role.label, "other": clash[0]}, field="role"
        )


def set_active(*, account: Account, active: bool, actor: Actor) -> None:
    with command(actor, "core.account.manage", name="core.set_active") as log:
        account.is_active = active
        account.save(update_fields=["is_active"])
        log(account, before={"is_active": not active}, after={"is_active": active})


Words = str | Callable[[], str]


def notify(accounts: Iterable[Account], *, title: Words, body: Words = "", url: str = "", calendar: str = "") -> None:
    """Tell people: a line in the workbench and, where there is an address, a mail in the outbox. Call inside a command.

    Texts are given as functions, so that each reader gets them in the language of their account. `calendar` is a meeting (iCalendar)
    that the mail brings along.
    """
    tell([(account, title, body, url) for account in {a.pk: a for a in accounts}.values()], calendar=calendar)


def tell(messages: Sequence[tuple[Account, Words, Words, str]], *, calendar: str = "") -> None:
    """Tell people like `notify`, with a text for each reader; two statements, whatever their number."""
    notes, mails, signer = [], [], Signer()
    now = clock.now()
    for account, title, body, url in messages:
        with translation.override(account.language):
            head, text = (w() if callable(w) else w for w in (title, body))
            letter = signer.letter(named(account), head, text, url) if account.email else ""
        notes.append(Notification(account=account, title=head[:200], body=text, url=url, created_at=now))
        if letter:
            mail = OutboxMail(to=account.email, subject=head[:200], body=letter, created_at=now)
            mail.calendar = calendar
            mails.append(mail)
    Notification.objects.bulk_create(notes, batch_size=2000)
    OutboxMail.objects.bulk_create(mails, batch_size=2000)


def write_to(mails: Iterable[tuple[str, str, str]], *, forget: bool = True, sign: Callable[[], str] = signature) -> None:
    """Put mails (address, subject, text) in the outbox, for people who need not have an account; one statement, within a command.

    `sign` gives the last lines. The text of one with a key in it is forgotten once it is sent.
    """
    now, signer = clock.now(), Signer(sign)
    OutboxMail.objects.bulk_create(
        [
            OutboxMail(to=to, subject=subject[:200], body=signer.signed(body), created_at=now, forget=forget)
            for to, subject, body in mails
        ],
        batch_size=2000,
    )


def set_language(*, account: Account, language: str) -> None:
    """Set the language in which an account is written to."""
    if language in dict(settings.LANGUAGES):
        Account.objects.filter(pk=account.pk).update(language=language)


def read_notifications(*, account: Account) -> int:
    return Notification.objects.filter(account=account, read_at__isnull=True).update(read_at=clock.now())


def store_file(
    *, owner: Any, kind: str, name: str, content: bytes, content_type: str, account: Account | None, checked: bool = True
) -> StoredFile:
    """Keep a file under its SHA-256; the same content is stored once. Call inside a command.

    A file of ours is fine as it is; one that came from outside (`checked` false) is given out only after a job looked into it.
    """
    return StoredFile.objects.create(
        owner_type=owner._meta.label_lower,
        owner_id=owner.pk,
        kind=kind,
        name=file_name(name),
        content_type=content_type,
        size=len(content),
        sha256=blobs.put(content),
        uploaded_by=account,
        uploaded_at=clock.now(),
        state=StoredFile.State.FINE if checked else StoredFile.State.CHECKING,
    )
