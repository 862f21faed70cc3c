"""Addresses of people: who has an account keeps one address, that of the account; the registry follows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from headwater.core.address_changes import FOLLOWERS, NewAddress, address_owners, ask_changes
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.passwords import PERSONAL
from headwater.core.services import write_to
from headwater.registry.models import Person


def follow_account(account: Account, log: Log) -> None:
    """Give a person of the registry the address that the account has."""
    for person in Person.objects.select_for_update(of=("self",)).filter(account=account).exclude(email=account.email):
        person.email = account.email
        person.save(update_fields=["email"])
        log(person, after={"changed": ["email"]})


FOLLOWERS.add("registry", follow_account)


def correct_person_address(*, person: Person, new: str, reason: str, actor: Actor) -> bool:
    """Correct or remove an address, with a reason; both mailboxes are told. Returns whether it is in force already:
    that of an account waits for its new mailbox (see `core.address_changes`).

    Raises:
        Refused: no reason, not an address, nothing changes, or another account has it.
    """
    with command(actor, "registry.address.correct", person, name="registry.correct_address") as log:
        row = Person.objects.select_for_update(of=("self",)).select_related("account").get(pk=person.pk)
        if row.account is not None:
            if actor.account and actor.account.pk == row.account.pk:
                raise Refused.because(_("自己的邮箱由另一位管理员更正"), field="email")
            change = ask_changes([NewAddress(row.account, new)], reason=reason, actor=actor, log=log)[0]
            return change.done_at is not None
        refuse_if(_problems(row, new, reason))
        old, row.email = row.email, normal(new)
        row.save(update_fields=["email"])
        log(row, after={"changed": ["email"], "reason": reason.strip()[:500]})
        tell_of_changes([(row, old)])
    return True


def _problems(row: Person, new: str, reason: str) -> Iterator[Reason]:
    if not reason.strip():
        yield Reason(_("请写明理由"), field="reason")
    if new and not is_address(new):
        yield Reason(_("不是电子邮箱地址"), field="email")
    elif normal(new) == row.email:
        yield Reason(_("邮箱没有变化"), field="email")
    elif address_owners([normal(new)]):
        yield Reason(_("这个邮箱已属于另一个账号"), field="email")


def tell_of_changes(changes: Sequence[tuple[Person, str]]) -> None:
    """Write to the old and the new mailbox of people without an account, given as (person, old address). Call inside a command."""
    mails = []
    for person, old in changes:
        parameters = {"name": person.name_zh, "new": person.email or _("（删除）")}
        body = (
            _("%(name)s：您好！\n\n登记库中您的电子邮箱变更为：%(new)s\n\n有误的，请联系所在单位的管理员或主管部门。")
            % parameters
        )
        mails += [(to, _("您登记的电子邮箱已变更"), body) for to in (old, person.email) if to]
    write_to(mails)


def ask_for_addresses(people: Sequence[tuple[Person, str]], *, actor: Actor, log: Log) -> None:
    """Ask each new mailbox for the addresses of accounts that an import has brought, as (person, new address). Call inside a command."""
    accounts = Account.objects.in_bulk([p.account_id for p, _new in people])
    changes = [NewAddress(accounts[p.account_id], new) for p, new in people if accounts[p.account_id].email != new]
    if changes:
        ask_changes(changes, reason=_("人员导入"), actor=actor, log=log)


def words_of_person(account: Account) -> Iterator[str]:
    """Yield the words that others know of the holder of an account: names, birth date, telephone, institution."""
    person = Person.objects.filter(account=account).select_related("organisation").prefetch_related("names").first()
    if person is None:
        return
    yield from (person.name_zh, person.name_en, person.phone, person.phone[-8:], person.department, *person.email.split("@"))
    yield from (n.text for n in person.names.all())
    if person.birth_date:
        yield from (person.birth_date.strftime(form) for form in ("%Y%m%d", "%y%m%d", "%m%d", "%Y%m", "%d%m%Y", "%Y"))
    if person.organisation:
        yield from (person.organisation.name_zh, person.organisation.name_en, person.organisation.code)


PERSONAL.add("registry", words_of_person)
