"""Presence: the people who write about one subject at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from headwater.core import clock
from headwater.forms.stores import Subject

OPEN = timedelta(seconds=75)
"""A page tells every 30 seconds that it is open; who was not heard of for so long has left."""
RECENT = timedelta(minutes=10)


@dataclass(frozen=True)
class Other:
    """Another writer: whether the page is open there now, and when they saved last, within the last minutes."""

    name: str
    here: bool
    saved_at: datetime | None


def tell_presence(subject: Subject, account: Any) -> list[Other]:
    """Note that `account` has the page open, and say who else has, or has saved just now."""
    now, store = clock.now(), subject.store
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {store.presence._meta.db_table} ({store.columns}, account_id, at)
            VALUES ({store.values}, %(account)s, %(at)s)
            ON CONFLICT ({store.columns}, account_id) DO UPDATE SET at = EXCLUDED.at""",  # noqa: S608 -- names of our own tables
            subject.names | {"account": account.pk, "at": now},
        )
    here = subject.rows(store.presence).filter(at__gt=now - OPEN).exclude(account=account)
    names = dict(here.values_list("account_id", "account__name_zh"))
    saved: dict[int, datetime] = {}
    recent = subject.rows(store.versions).filter(at__gt=now - RECENT, author__isnull=False).exclude(author=account)
    for pk, name, at in recent.order_by("id").values_list("author_id", "author__name_zh", "at"):
        saved[pk] = at
        names.setdefault(pk, name)
    open_now = set(here.values_list("account_id", flat=True))
    return [Other(name, pk in open_now, saved.get(pk)) for pk, name in sorted(names.items())]
