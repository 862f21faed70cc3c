"""Who works on a draft at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from headwater.calls.models import Application, Presence, Version
from headwater.core import clock

OPEN = timedelta(seconds=75)
"""A page tells every 30 seconds that it is open; who was not heard of for so long has left."""
RECENT = timedelta(minutes=10)


@dataclass(frozen=True)
class Other:
    """Another writer: whether the draft is open there now, and when they saved last, within the last minutes."""

    name: str
    here: bool
    saved_at: datetime | None


def is_shared(row: Application) -> bool:
    """Whether anybody else may write in the draft."""
    return row.participants.filter(may_edit=True, confirmed_at__isnull=False).exists()


def tell_presence(*, row: Application, account: Any) -> list[Other]:
    """Note that `account` has the draft open, and say who else has, or has saved just now."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO calls_presence (application_id, account_id, at) VALUES (%s, %s, %s)
            ON CONFLICT (application_id, account_id) DO UPDATE SET at = EXCLUDED.at""",
            [row.pk, account.pk, now],
        )
    here = Presence.objects.filter(application=row, at__gt=now - OPEN).exclude(account=account)
    names = dict(here.values_list("account_id", "account__name_zh"))
    saved: dict[int, datetime] = {}
    for pk, name, at in (
        Version.objects.filter(application=row, at__gt=now - RECENT, author__isnull=False)
        .exclude(author=account)
        .order_by("id")
        .values_list("author_id", "author__name_zh", "at")
    ):
        saved[pk] = at
        names.setdefault(pk, name)
    open_now = set(here.values_list("account_id", flat=True))
    return [Other(name, pk in open_now, saved.get(pk)) for pk, name in sorted(names.items())]
