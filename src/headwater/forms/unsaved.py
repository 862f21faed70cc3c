"""What a form sent when its author's session was over: kept for an hour, and given back to the same account after the log-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import connection

from headwater.core import clock
from headwater.core.command import Actor
from headwater.forms.stores import STORES, Subject

KEPT = timedelta(hours=1)
MOST_BYTES = 3 * 1024 * 1024
MOST_SECTION = 40
SALT = "headwater.unsaved"
AGE = timedelta(days=3)
"""How old a page may be whose words are kept; longer than any session."""


def signature(subject: Subject, account: int) -> str:
    """What a page carries so that its words can be told to be those of this account, when nobody is signed in."""
    return signing.dumps([subject.store.kind, subject.pk, account], salt=SALT)


def keep_unsaved(*, pk: int, section: str, signature: str, body: str) -> bool:
    """Keep what a form sent, if its page was made for an account and the subject of this key; the last of each page counts.

    A page that was not signed, is too old or too large is not kept; returns whether it was.
    """
    try:
        kind, signed, account = signing.loads(signature, salt=SALT, max_age=AGE)
    except (signing.BadSignature, ValueError):
        return False
    if kind not in STORES or signed != pk or len(body) > MOST_BYTES or len(section) > MOST_SECTION:
        return False
    body = "&".join(part for part in body.split("&") if not part.startswith("csrfmiddlewaretoken="))
    forget_old()
    return _keep(STORES[kind].of(pk), {"section": section, "body": body, "at": clock.now(), "account": account})


def _keep(subject: Subject, values: dict[str, Any]) -> bool:
    store = subject.store
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {store.unsaved._meta.db_table} ({store.columns}, account_id, section, body, at)
            SELECT {store.values}, u.id, %(section)s, %(body)s, %(at)s
            FROM {store.subject._meta.db_table} s, core_account u WHERE s.id = %(subject)s AND u.id = %(account)s
            ON CONFLICT ({store.columns}, account_id, section)
            DO UPDATE SET body = EXCLUDED.body, at = EXCLUDED.at""",  # noqa: S608 -- names of our own tables
            subject.names | values,
        )
        return bool(cursor.rowcount)


def unsaved_of(subject: Subject, account: Any, section: str) -> Any:
    """The words kept for an account, or None."""
    rows = subject.rows(subject.store.unsaved).filter(account=account, section=section)
    return rows.filter(at__gt=clock.now() - KEPT).first()


def forget_unsaved(subject: Subject, *, section: str, actor: Actor) -> None:
    """Delete the kept words once they are saved or given up."""
    subject.rows(subject.store.unsaved).filter(account=actor.account, section=section).delete()


def forget_old() -> None:
    """Delete the words for which nobody came back within the hour."""
    for model in {store.unsaved for store in STORES.values()}:
        model._default_manager.filter(at__lt=clock.now() - KEPT).delete()
