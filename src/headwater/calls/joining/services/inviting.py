"""Invitations by link: of members and of referees. A link says who was asked; it is kept as a hash, ends on a day, and can be ended.

A link of a member signs nothing: the member confirms with the account of that person. Keys are in no event and no message that
stays; who has lost a link is sent a new one, and the earlier one ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Link, Participant, Referee
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.addresses import normal
from headwater.core.command import Actor, Log, command
from headwater.core.correspondence import signatures
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.core.services import notify, tell, write_to
from headwater.core.site import site_address
from headwater.core.tokens import digest_of
from headwater.registry.models import Person, accounts_of, is_own
from headwater.registry.services import open_own_account

Invited = Participant | Referee


def make_links(invited: Sequence[Invited], until: datetime) -> list[str]:
    """Make a new link for each; their earlier links end. Returns the keys, which can be read only now. It takes two statements."""
    if not invited:
        return []
    now, name = clock.now(), "participant" if isinstance(invited[0], Participant) else "referee"
    keys = [secrets.token_urlsafe(32) for _row in invited]
    Link.objects.filter(**{f"{name}__in": [r.pk for r in invited]}, revoked_at__isnull=True).update(revoked_at=now)
    Link.objects.bulk_create(
        [
            Link(**{f"{name}_id": row.pk}, digest=digest_of(key), made_at=now, expires_at=until)
            for row, key in zip(invited, keys, strict=True)
        ]
    )
    return keys


def use_links(now: datetime, **which: Any) -> None:
    """End the links of an answered invitation."""
    Link.objects.filter(**which, revoked_at__isnull=True, used_at__isnull=True).update(used_at=now)


def find_link(key: str) -> Link | None:
    """Return the link with this key, whatever its state, with what its page shows."""
    if not 20 <= len(key) <= 100:
        return None
    related = (
        "participant__application__call__scheme",
        "participant__application__leader__account",
        "participant__application__host",
    )
    rows = Link.objects.select_related(
        *related,
        *("participant__person__account", "participant__organisation", "referee__discipline", "referee__person"),
        *(name.replace("participant", "referee") for name in related),
    )
    return rows.filter(digest=digest_of(key)).first()


def invite_members(members: Sequence[Participant], application: Application, log: Log) -> None:
    """Send members their links. Those who have an account find the invitation in the workbench as well. Call inside a command."""
    keys = make_links(members, application.call.closes_at)
    accounts = Account.objects.filter(person__in=[m.person_id for m in members]).in_bulk(field_name="pk")
    own = {m.person.account_id: m.pk for m in members}
    tell(
        [
            (a, lambda: _("请确认参与“%s”") % application.title_zh[:60], "", f"/participations/{own[a.pk]}/")
            for a in accounts.values()
        ]
    )
    outside = [(m, key) for m, key in zip(members, keys, strict=True) if m.person.email and m.person.account_id is None]
    write_to(
        (
            (m.person.email, _member_subject(application), _member_mail(application, m, site_address(f"/confirm/{key}/")))
            for m, key in outside
        ),
        sign=signatures,
    )
    log.many(members, {"invited": True})


def _member_subject(application: Application) -> str:
    return f"请确认参与“{application.title_zh[:60]}” / Please confirm that you take part"


def _member_mail(application: Application, member: Participant, address: str) -> str:
    until = f"{timezone.localtime(application.call.closes_at):%Y-%m-%d %H:%M}"
    return (
        f"{member.person.name_zh}：您好！\n\n{application.leader.name_zh}（{application.host.name_zh}）申报“{application.title_zh}”，"
        f"将您列为参与者，每年工作 {member.months_per_year} 个月。请在 {until} 前打开以下链接，查看内容后确认或谢绝：\n\n{address}\n\n"
        "链接只供您本人使用，确认时须登录您本人的账号；没有账号的，可从链接建立。\n\n"
        f"{application.leader.name_zh} names you as a member of this application. Please open the link by {until} and confirm or decline. "
        "The link is for you alone; you confirm with your own account, which you can open from there."
    )


def tell_removed(participant: Participant) -> None:
    """Tell a member that the applicant has taken them off the application; by mail where there is no account. Call inside a command."""
    person, title = participant.person, participant.application.title_zh[:60]
    if person.account:
        notify([person.account], title=lambda: _("您已不再是“%s”的参与者") % title, url="/applications/")
    elif person.email and participant.declined_at is None:
        message = f"“{title}”的申请人已将您移出参与者名单，此前的链接失效。\n\nThe applicant has taken you off this application; earlier links have ended."
        write_to([(person.email, f"不再参与“{title}” / You no longer take part", message)], sign=signatures)


def send_again(*, participant: Participant, actor: Actor) -> str:
    """Invite a member anew: the earlier link ends, an earlier refusal is forgotten. Returns the key, to be shown once.

    Raises:
        Refused: the member has confirmed, the application has left its author, or the call has closed.
    """
    with command(actor, "calls.application.edit", participant.application, name="calls.send_invitation_again") as log:
        row = (
            Participant.objects.select_for_update(of=("self",))
            .select_related("application__call", "application__leader", "application__host", "person")
            .get(pk=participant.pk)
        )
        if row.confirmed_at:
            raise Refused.because(_("%s 已确认参与") % row.person)
        _still_open(row.application)
        Participant.objects.filter(pk=row.pk).update(declined_at=None, decline_reason="")
        key = make_links([row], row.application.call.closes_at)[0]
        if row.person.email:
            mail = _member_mail(row.application, row, site_address(f"/confirm/{key}/"))
            write_to([(row.person.email, _member_subject(row.application), mail)], sign=signatures)
        log(row, after={"invited": True})
    return key


def _still_open(application: Application) -> None:
    if application.state != State.DRAFT:
        raise Refused.because(_("申请书已提交，不能再邀请"))
    if clock.now() >= application.call.closes_at:
        raise Refused.because(_("已过申报截止时间"))


def end_link(*, participant: Participant, actor: Actor) -> None:
    """End the link of a member, by the leader. The invitation stays in the member's workbench."""
    with command(actor, "calls.application.edit", participant.application, name="calls.end_link") as log:
        rows = Link.objects.filter(participant=participant, revoked_at__isnull=True, used_at__isnull=True)
        if rows.update(revoked_at=clock.now()):
            log(participant, after={"link_ended": True})


def decline_participation(*, participant: Participant, reason: str, actor: Actor, by_link: bool = False) -> None:
    """Decline a participation, with a reason that the leader reads: with the member's account, or by the link they received.
    Declining signs nothing, so the link is enough for somebody who has no account.

    Raises:
        Refused: no reason, somebody else's invitation, confirmed or declined already, or the application has left its author.
    """
    if not reason.strip():
        raise Refused.because(_("请写明谢绝的理由"), field="reason")
    with command(actor, "calls.invitation.answer", name="calls.decline_participation") as log:
        row = (
            Participant.objects.select_for_update(of=("self",))
            .select_related("application__leader", "person")
            .get(pk=participant.pk)
        )
        own = actor.account is not None and is_own(actor.account, row.person)
        if not own and not (by_link and row.person.account_id is None):
            raise Refused.because(_("只能由本人谢绝"))
        if row.confirmed_at or row.declined_at or row.application.state != State.DRAFT:
            raise Refused.because(_("这项邀请已经答复，或申请书已提交"))
        now = clock.now()
        Participant.objects.filter(pk=row.pk).update(declined_at=now, decline_reason=reason.strip()[:300])
        use_links(now, participant=row.pk)
        log(row, after={"declined": True, "by_link": by_link})
        tell_leader(row.application, _declined(str(row.person)), reason.strip()[:300], "members")


def _declined(name: str) -> Any:
    return lambda: _("%s 谢绝参与申请") % name


def tell_leader(application: Application, title: Any, body: str, section: str) -> None:
    notify(accounts_of([application.leader_id]), title=title, body=body, url=f"/applications/{application.pk}/edit/{section}/")


def claim_account(*, participant: Participant, name: str, email: str, actor: Actor) -> Account:
    """Open the account of the person whom a link names. Name and address must be those of the registry, and the address to set
    the password goes to the registry's address, so that a link in other hands opens nothing.

    Raises:
        Refused: the person has an account, the registry knows no address, or name and address do not fit.
    """
    with command(actor, "calls.invitation.answer", name="calls.claim_account") as log:
        person = Person.objects.select_for_update().get(pk=participant.person_id)
        if accounts_of([person.pk]).exists():
            raise Refused.because(_("您已有账号，请直接登录"))
        if not person.email:
            raise Refused.because(_("登记库中没有您的电子邮箱，请联系所在单位的管理员补录"))
        same = Person.objects.called(name).filter(pk=person.pk).exists() and person.email == normal(email)
        if not same:
            raise Refused.because(_("姓名或电子邮箱与登记库不符；请核对，或联系所在单位的管理员"), field="email")
        account, path = open_own_account(person=person, source=actor.source)
        with translation.override(account.language):
            body = _("您的用户名是 %(name)s。请打开以下链接设置密码，然后登录确认参与：\n\n%(address)s")
            message = body % {"name": account.username, "address": site_address(path)}
            write_to([(person.email, _("设置您的密码"), message)])
        log(participant, after={"account": account.pk})
    return account


def forget_outsider(person: Person) -> None:
    """Delete the record of somebody who never opened an account and takes part nowhere any more. Call inside a command."""
    rows = Person.objects.filter(pk=person.pk, account=None, organisation=None, id_hash="", orcid="", participations=None)
    try:
        with transaction.atomic():
            rows.delete()
    except ProtectedError:
        return
