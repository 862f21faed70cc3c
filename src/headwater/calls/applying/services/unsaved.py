"""What a form sent when its author's session was over: kept for an hour, and given back to the same account after the log-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import connection

from headwater.calls.models import Application, Unsaved
from headwater.core import clock
from headwater.core.command import Actor

KEPT = timedelta(hours=1)
MOST_BYTES = 3 * 1024 * 1024
SALT = "headwater.unsaved"
AGE = timedelta(days=3)
"""How old a page may be whose words are kept; longer than any session."""


def signature(application: int, account: int) -> str:
    """What a page carries so that its words can be told to be those of this account, when nobody is signed in."""
    return signing.dumps([application, account], salt=SALT)


def keep_unsaved(*, application: int, section: str, signature: str, body: str) -> bool:
    """Keep what a form sent, if its page was made for an account and this application; the last of each page counts.

    A page that was not signed, is too old or too large is not kept; returns whether it was.
    """
    try:
        signed = signing.loads(signature, salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return False
    if signed[0] != application or len(body) > MOST_BYTES or len(section) > 40:
        return False
    now = clock.now()
    body = "&".join(part for part in body.split("&") if not part.startswith("csrfmiddlewaretoken="))
    forget_old()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO calls_unsaved (application_id, account_id, section, body, at)
            SELECT a.id, u.id, %s, %s, %s FROM calls_application a, core_account u WHERE a.id = %s AND u.id = %s
            ON CONFLICT (application_id, account_id, section) DO UPDATE SET body = EXCLUDED.body, at = EXCLUDED.at""",
            [section, body, now, application, signed[1]],
        )
        return bool(cursor.rowcount)


def unsaved_of(application: Application, account: Any, section: str) -> Unsaved | None:
    rows = Unsaved.objects.filter(application=application, account=account, section=section, at__gt=clock.now() - KEPT)
    return rows.first()


def forget_unsaved(*, application: Application, section: str, actor: Actor) -> None:
    """The words are saved, or given up."""
    Unsaved.objects.filter(application=application, account=actor.account, section=section).delete()


def forget_old() -> None:
    """What nobody came back for within the hour."""
    Unsaved.objects.filter(at__lt=clock.now() - KEPT).delete()
