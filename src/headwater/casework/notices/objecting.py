"""Objections to public notices, of calls and of everything else: asked for on a page, filed only by who opens the link that goes to the
contact, answered by two people. What a kind of notice does when a line is suspended, goes on or is struck, its own app says.

Until its link is opened nothing of an objection counts: no line is suspended, no officer is told. So a flood of forms changes
nothing but the list of what waits to be confirmed, which ends by itself. All of this is called inside a command.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Count
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from headwater.casework.notices.models.base import UNSETTLED, ClaimBase, ObjectionBase, ObjectionState
from headwater.core import clock
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor
from headwater.core.correspondence import signatures
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.parameters import Parameters
from headwater.core.register import Register
from headwater.core.services import write_to
from headwater.core.site import site_address
from headwater.core.tokens import digest_of

LENGTHS = (("name", 2, 120), ("contact", 5, 120), ("text", 10, 5000))
REPLY_LIMIT = 5000
C = TypeVar("C", bound=ClaimBase)


@dataclass(frozen=True)
class Terms:
    """Where the periods and limits of objections are read: the dated parameters of a region, for a scheme or for the house."""

    parameters: Parameters
    scheme: str = ""

    def number(self, key: str) -> int:
        return self.parameters.number(key, self.scheme)


@dataclass(frozen=True)
class Desk:
    """A kind of notice that takes objections: the table of its claims, what `file` does with the key of a link, and how a page names
    the line and leads back to the notice.
    """

    claims: type[ClaimBase]
    related: tuple[str, ...]
    file: Callable[[str, Actor], ObjectionBase]
    line: Callable[[Any], str]
    notice: Callable[[Any], str]
    url: Callable[[Any], str]


DESKS: Register[Desk] = Register("kind of notice with objections")


def read_objection(*, name: str, contact: str, text: str) -> dict[str, str]:
    """Return what somebody typed, in its normal form.

    Raises:
        Refused: every field that is too short, too long, or no address.
    """
    values = {"name": name.strip(), "contact": normal(contact), "text": text.strip()}
    mistakes = []
    for field, least, most in LENGTHS:
        if len(values[field]) < least:
            mistakes.append(Reason(_("此栏不能少于 %d 个字") % least, field=field))
        if len(values[field]) > most:
            mistakes.append(Reason(_("此栏不能多于 %d 个字") % most, field=field))
    if not mistakes and not is_address(values["contact"]):
        mistakes.append(Reason(_("请填写电子邮箱：确认链接和处理意见发到这里"), field="contact"))
    refuse_if(mistakes)
    return values


def keep_claim(table: type[C], row: Any, values: Mapping[str, str], *, terms: Terms, title: str, source: str = "") -> str:
    """Keep what somebody objects to a line (`row`, called `title`) and send their address a link that confirms it; returns its key.

    A new one of the same contact for the same line takes the place of the former. The answer is the same whether or not the
    contact has objected before: only who reads the mailbox learns that.

    Raises:
        Refused: too many came from this `source` or for this contact.
    """
    now = clock.now()
    asked_from = salted_hmac("headwater.objections", source, algorithm="sha256").hexdigest()[:32]
    with connection.cursor() as cursor:  # one after the other, so that a limit is not passed side by side
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s)), pg_advisory_xact_lock(hashtext(%s))", [asked_from, values["contact"]]
        )
    recent = [desk.claims._default_manager.filter(asked_at__gt=now - timedelta(hours=1)) for desk in DESKS.values()]
    if source and sum(r.filter(asked_from=asked_from).count() for r in recent) >= terms.number("objections_per_hour"):
        raise Refused.because(_("提出过于频繁，请一小时后再试"), code="rate")
    if sum(r.filter(contact=values["contact"]).count() for r in recent) >= terms.number("objections_per_contact"):
        raise Refused.because(_("发往这个邮箱的确认邮件过多，请一小时后再试"), field="contact", code="rate")
    claims = table._default_manager
    claims.filter(row=row, contact=values["contact"], ended_at__isnull=True).update(ended_at=now)
    key, hours = secrets.token_urlsafe(32), terms.number("objection_confirm_hours")
    claim = claims.create(
        row=row, **values, digest=digest_of(key), asked_at=now, expires_at=now + timedelta(hours=hours), asked_from=asked_from
    )
    subject = f"请确认您的异议：{title[:80]} / Please confirm your objection"
    write_to([(claim.contact, subject, _mail(claim, title, key, hours))], sign=signatures)
    return key


def _mail(claim: ClaimBase, title: str, key: str, hours: int) -> str:
    address = site_address(f"/objections/{key}/")
    return (
        f"{claim.name}：您好！\n\n有人以您的名义对公示名单中的“{title}”提出异议。如确系您本人，请在 {hours} 小时内打开以下链接确认，"
        f"确认后异议才生效：\n\n{address}\n\n不是您本人的，不必理会，到期自动作废。\n\n"
        f"Somebody objected in your name to an item of a public notice. If it was you, open the link within {hours} hours and "
        "confirm; until then nothing happens. If it was not you, do nothing."
    )


def claim_in(desk: Desk, key: str) -> Any:
    """Return what a link of one kind of notice confirms, while the link lives."""
    rows = desk.claims._default_manager.select_related(*desk.related)
    return rows.filter(digest=digest_of(key), ended_at__isnull=True, expires_at__gt=clock.now()).first()


def claim_of(key: str) -> tuple[Desk, Any] | None:
    """Return what a link confirms, of whichever kind of notice, while the link lives."""
    return next(((desk, claim) for desk in DESKS.values() if (claim := claim_in(desk, key))), None)


def take_claim(desk: Desk, key: str) -> Any:
    """Return the claim of a link, locked and ended: its objection is filed now.

    Raises:
        Refused: the link has ended.
    """
    found = claim_in(desk, key)
    locked = desk.claims._default_manager.select_for_update().filter(pk=found.pk, ended_at__isnull=True) if found else None
    if found is None or locked is None or locked.first() is None:
        raise Refused.because(_("链接已失效"), code="ended")
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    return found


def objection_from(claim: Any, table: type[ObjectionBase], **more: Any) -> Any:
    """File the objection of a claim that was taken.

    Raises:
        Refused: this contact has an open objection to this line already.
    """
    rows: Any = table._default_manager
    if rows.filter(row=claim.row, contact=claim.contact, state__in=UNSETTLED).exists():
        raise Refused.because(_("您对该项已有一件异议正在处理，请等待答复"), code="double")
    said = {"name": claim.name, "contact": claim.contact, "text": claim.text}
    return rows.create(row=claim.row, **said, filed_at=claim.asked_at, confirmed_at=clock.now(), **more)


def end_of_reply(terms: Terms) -> datetime:
    """Return the end of the days in which whom a line concerns may reply (dated parameter)."""
    return clock.end_of_day(clock.add_days(clock.today(), terms.number("objection_reply_days")))


def put_reply(row: ObjectionBase, text: str) -> None:
    """Keep a reply in writing to a locked objection.

    Raises:
        Refused: too late, or answered already.
    """
    if not row.takes_reply:
        raise Refused.because(_("该异议已经答复，或已过陈述期限"))
    row.reply, row.replied_at = text, clock.now()
    row.save(update_fields=["reply", "replied_at"])


def read_reply(text: str) -> str:
    """
    Raises:
        Refused: too short or too long.
    """
    text = text.strip()
    if not 10 <= len(text) <= REPLY_LIMIT:
        raise Refused.because(_("请写明陈述（10 至 %d 字）") % REPLY_LIMIT, field="text")
    return text


def put_answer(row: ObjectionBase, *, uphold: bool, answer: str, account: Account | None) -> dict[str, Any]:
    """Answer a locked objection, or correct the answer; upholding it is proposed to a second person. Returns what it was before.

    Raises:
        Refused: it is to be upheld while the time for a reply still runs.
    """
    if uphold and row.replied_at is None and row.reply_by and clock.now() <= row.reply_by:
        due = f"{timezone.localtime(row.reply_by):%Y-%m-%d}"
        raise Refused.because(_("申请人可在 %s 前陈述，收到陈述或期满后才能认定异议成立") % due)
    before = {"state": row.state, "answer": row.answer}
    row.state = ObjectionState.PROPOSED if uphold else ObjectionState.DISMISSED
    row.answer, row.answered_at, row.answered_by = answer.strip(), clock.now(), account
    row.settled_by = row.settled_at = None
    row.save(update_fields=["state", "answer", "answered_at", "answered_by", "settled_by", "settled_at"])
    return before


def put_settlement(row: ObjectionBase, *, agree: bool, account: Account | None) -> None:
    """Settle a locked objection that is proposed to be upheld, or hand it back to be answered anew.

    Raises:
        Refused: it does not wait for a second person.
    """
    if row.state != ObjectionState.PROPOSED:
        raise Refused.because(_("该异议没有等待核定"))
    row.state = ObjectionState.UPHELD if agree else ObjectionState.OPEN
    if agree:
        row.settled_by, row.settled_at = account, clock.now()
    row.save(update_fields=["state", "settled_by", "settled_at"])


def stands(objections: Any) -> bool:
    """Return whether an objection to a line waits or is upheld (`objections` are all to it)."""
    return bool(objections.exclude(state=ObjectionState.DISMISSED).exists())


def write_settlements(objections: Iterable[tuple[ObjectionBase, str]]) -> None:
    """Write the answers, each to an objection with the title of its line, to those who left an address."""
    rows = [(o, title) for o, title in objections if "@" in o.contact]
    write_to(
        (o.contact, _("异议处理意见：%s") % title[:100], f"{ObjectionState(o.state).label}\n\n{o.answer}") for o, title in rows
    )


def objection_counts(objections: Any, *, closed: bool) -> list[tuple[str, int]]:
    """Return how many objections a notice had and how they ended, without whom they concern. What is upheld is known at the end."""
    counts = dict(objections.order_by().values_list("state").annotate(n=Count("pk")))
    final = [ObjectionState.DISMISSED, *([ObjectionState.UPHELD] if closed else [])]
    waiting = sum(n for state, n in counts.items() if state not in final)
    lines = [(str(_("收到异议")), sum(counts.values())), (str(_("处理中")), waiting)]
    lines += [(str(state.label), counts.get(state.value, 0)) for state in final]
    return lines if counts else []


def forget_unconfirmed() -> int:
    """Delete claims that were never confirmed, an hour after their link ended: until then they count in the limits. Returns how
    many.
    """
    over = clock.now() - timedelta(hours=1)
    return sum(desk.claims._default_manager.filter(expires_at__lt=over).delete()[0] for desk in DESKS.values())
