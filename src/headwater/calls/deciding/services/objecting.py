"""Objections from the public: asked for on a page, filed only by who opens the link that goes to the contact.

Until then nothing of it counts: no line is suspended, no officer is told. So a flood of forms changes nothing but the list of
what waits to be confirmed, which ends by itself.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.objections import UNSETTLED, tell_applicant
from headwater.calls.models import Application, NoticeRow, Objection, ObjectionClaim
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, command
from headwater.core.correspondence import signatures
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.parameters import Parameters
from headwater.core.services import write_to
from headwater.core.site import site_address
from headwater.core.tokens import digest_of

LENGTHS = (("name", 2, 120), ("contact", 5, 120), ("text", 10, 5000))


def _mistakes(values: dict[str, str]) -> list[Reason]:
    mistakes = []
    for field, least, most in LENGTHS:
        if len(values[field]) < least:
            mistakes.append(Reason(_("此栏不能少于 %d 个字") % least, field=field))
        if len(values[field]) > most:
            mistakes.append(Reason(_("此栏不能多于 %d 个字") % most, field=field))
    if not mistakes and not is_address(values["contact"]):
        mistakes.append(Reason(_("请填写电子邮箱：确认链接和处理意见发到这里"), field="contact"))
    return mistakes


def ask_objection(*, row: NoticeRow, name: str, contact: str, text: str, actor: Actor, source: str = "") -> str:
    """Keep what somebody objects to a line of an open notice and send their address a link that confirms it; returns its key.

    A new one of the same contact for the same line takes the place of the former. The answer is the same whether or not the
    contact has objected before: only who reads the mailbox learns that.

    Raises:
        Refused: the notice is over, a field is wrong, or too many came from this `source` or for this contact.
    """
    values = {"name": name.strip(), "contact": normal(contact), "text": text.strip()}
    refuse_if(_mistakes(values))
    if not row.notice.is_open:
        raise Refused.because(_("公示期已结束"))
    terms, now = Parameters(row.notice.call.scheme.region, clock.today()), clock.now()
    code = row.notice.call.scheme.code
    asked_from = salted_hmac("headwater.objections", source, algorithm="sha256").hexdigest()[:32]
    with command(Actor(None, actor.source, actor.request_id), "calls.notice.object", name="calls.ask_objection"):
        with connection.cursor() as cursor:  # one after the other, so that a limit is not passed side by side
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext(%s)), pg_advisory_xact_lock(hashtext(%s))", [asked_from, values["contact"]]
            )
        recent = ObjectionClaim.objects.filter(asked_at__gt=now - timedelta(hours=1))
        if source and recent.filter(asked_from=asked_from).count() >= terms.number("objections_per_hour", code):
            raise Refused.because(_("提出过于频繁，请一小时后再试"), code="rate")
        if recent.filter(contact=values["contact"]).count() >= terms.number("objections_per_contact", code):
            raise Refused.because(_("发往这个邮箱的确认邮件过多，请一小时后再试"), field="contact", code="rate")
        ObjectionClaim.objects.filter(row=row, contact=values["contact"], ended_at__isnull=True).update(ended_at=now)
        key, hours = secrets.token_urlsafe(32), terms.number("objection_confirm_hours", code)
        claim = ObjectionClaim.objects.create(
            row=row, **values, digest=digest_of(key), asked_at=now, expires_at=now + timedelta(hours=hours), asked_from=asked_from
        )
        write_to([(claim.contact, _subject(row), _mail(claim, key, hours))], sign=signatures)
    return key


def _subject(row: NoticeRow) -> str:
    return f"请确认您的异议：{row.title[:80]} / Please confirm your objection"


def _mail(claim: ObjectionClaim, key: str, hours: int) -> str:
    address = site_address(f"/objections/{key}/")
    return (
        f"{claim.name}：您好！\n\n有人以您的名义对公示名单中的“{claim.row.title}”提出异议。如确系您本人，请在 {hours} 小时内打开以下链接确认，"
        f"确认后异议才生效：\n\n{address}\n\n不是您本人的，不必理会，到期自动作废。\n\n"
        f"Somebody objected in your name to an item of a public notice. If it was you, open the link within {hours} hours and "
        "confirm; until then nothing happens. If it was not you, do nothing."
    )


def claim_of(key: str) -> ObjectionClaim | None:
    """Return what a link confirms, while the link lives."""
    rows = ObjectionClaim.objects.select_related("row__notice__call__scheme", "row__application")
    return rows.filter(digest=digest_of(key), ended_at__isnull=True, expires_at__gt=clock.now()).first()


def file_objection(*, key: str, actor: Actor) -> Objection:
    """File the objection that the link of this key confirms. The line is suspended.

    Raises:
        Refused: the link has ended, the result is out, or this contact has an open objection to this line already.
    """
    with command(Actor(None, actor.source, actor.request_id), "calls.notice.object", name="calls.file_objection") as log:
        open_claim = claim_of(key)
        claim = (
            ObjectionClaim.objects.select_for_update().filter(pk=open_claim.pk, ended_at__isnull=True).first()
            if open_claim
            else None
        )
        if claim is None or open_claim is None:
            raise Refused.because(_("链接已失效"), code="ended")
        row = open_claim.row
        if row.notice.closed_at is not None:
            raise Refused.because(_("公示期已结束"), code="over")
        if Objection.objects.filter(row=row, contact=claim.contact, state__in=UNSETTLED).exists():
            raise Refused.because(_("您对该项已有一件异议正在处理，请等待答复"), code="double")
        claim.ended_at = clock.now()
        claim.save(update_fields=["ended_at"])
        objection = Objection.objects.create(
            notice=row.notice,
            row=row,
            name=claim.name,
            contact=claim.contact,
            text=claim.text,
            filed_at=claim.asked_at,
            confirmed_at=clock.now(),
        )
        if Application.objects.filter(pk=row.application_id, state=State.PUBLICITY).exists():
            moving = Application.objects.filter(call=row.notice.call, pk=row.application_id).moving()
            APPLICATION.apply(moving.prefetch_related("participants__person"), "suspend", log)
        tell_applicant(objection)
        log(objection, after={"row": row.pk})
    return objection


def forget_unconfirmed() -> int:
    """Delete claims that were never confirmed, an hour after their link ended: until then they count in the limits. Returns how
    many.
    """
    ended = ObjectionClaim.objects.filter(expires_at__lt=clock.now() - timedelta(hours=1))
    return ended.delete()[0]
