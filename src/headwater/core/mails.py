"""Mails that were written: where each stands, why one could not be sent, and sending again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.correspondence import sender
from headwater.core.errors import Refused
from headwater.core.models import OutboxMail

logger = logging.getLogger("headwater.mails")
MOST_ATTEMPTS = 5
"""A mail that so often could not be sent waits for somebody to send it again."""


class Standing(TextChoices):
    WAITING = "waiting", gettext_lazy("待发送")
    TRYING = "trying", gettext_lazy("将重试")
    FAILED = "failed", gettext_lazy("发送失败")
    SENT = "sent", gettext_lazy("已发送")


def standing(mail: OutboxMail) -> Standing:
    if mail.sent_at:
        return Standing.SENT
    if mail.attempts >= MOST_ATTEMPTS:
        return Standing.FAILED
    return Standing.TRYING if mail.attempts else Standing.WAITING


def waiting_mails() -> QuerySet[OutboxMail]:
    return OutboxMail.objects.filter(sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS)


def failed_mails() -> QuerySet[OutboxMail]:
    return OutboxMail.objects.filter(sent_at__isnull=True, attempts__gte=MOST_ATTEMPTS)


def in_standing(rows: QuerySet[OutboxMail], which: str) -> QuerySet[OutboxMail]:
    """Return those of `rows` that stand so."""
    unsent = rows.filter(sent_at__isnull=True)
    return {
        Standing.SENT.value: rows.filter(sent_at__isnull=False),
        Standing.WAITING.value: unsent.filter(attempts=0),
        Standing.TRYING.value: unsent.filter(attempts__gt=0, attempts__lt=MOST_ATTEMPTS),
        Standing.FAILED.value: unsent.filter(attempts__gte=MOST_ATTEMPTS),
    }[which]


def trouble(mail: OutboxMail) -> str:
    """Return why a mail could not be sent, in words; empty for one without trouble."""
    if mail.sent_at or not mail.error:
        return ""
    words = {
        "SMTPRecipientsRefused": _("收件地址被邮件服务器拒绝，请核对地址"),
        "SMTPSenderRefused": _("发件地址被邮件服务器拒绝，请联系系统管理员"),
        "SMTPAuthenticationError": _("邮件服务器不接受登录，请核对邮件设置"),
        "SMTPDataError": _("邮件服务器不接受这封邮件"),
        "TimeoutError": _("邮件服务器没有应答"),
        "gaierror": _("找不到邮件服务器，请核对邮件设置"),
    }
    return words.get(mail.error.partition(":")[0], _("无法连接邮件服务器"))


def send_outbox(limit: int = 200) -> int:
    """Send waiting mails; one that fails is kept with its error and tried again, so often at most."""
    count, envelope = 0, sender()
    for mail in waiting_mails().order_by("id")[:limit]:
        change: dict[str, Any] = {"attempts": mail.attempts + 1}
        try:
            message = EmailMessage(mail.subject, mail.body, from_email=envelope, to=[mail.to])
            if mail.calendar:
                message.attach("meeting.ics", mail.calendar, "text/calendar")
            message.send()
            change |= {"sent_at": clock.now()} | ({"body": ""} if mail.forget else {})
            count += 1
        except OSError as error:
            logger.warning("mail %s not sent: %s", mail.pk, error)
            change["error"] = f"{type(error).__name__}: {error}"[:300]
        OutboxMail.objects.filter(pk=mail.pk).update(**change)
    return count


def retry_mails(*, mails: Sequence[int], actor: Actor) -> int:
    """Have mails that failed sent again; returns how many.

    Raises:
        Refused: none of them failed.
    """
    with command(actor, "core.outbox.view", name="core.retry_mails") as log:
        rows = list(failed_mails().filter(pk__in=mails).select_for_update().order_by("pk"))
        if not rows:
            raise Refused.because(_("所选邮件中没有发送失败的"))
        OutboxMail.objects.filter(pk__in=[r.pk for r in rows]).update(attempts=0, error="")
        log.many(rows, {"attempts": 0})
    return len(rows)
