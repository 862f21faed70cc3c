"""Events as they are written, held against what the apps say of who may cause them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from headwater.core import clock
from headwater.core.causes import wrong
from headwater.core.command import Log
from headwater.core.models import Event

MOST = 20
"""Of a command on many rows so many are looked at."""


@contextmanager
def uncounted() -> Iterator[None]:
    """Queries of the test's own, which no count of queries is to contain."""
    kept, wrappers = connection.force_debug_cursor, connection.execute_wrappers
    connection.force_debug_cursor, connection.execute_wrappers = False, []
    try:
        yield
    finally:
        connection.force_debug_cursor, connection.execute_wrappers = kept, wrappers


def hold(log: Log) -> None:
    """Fail where the one who acted may not have caused an event of `log`. The system may cause all."""
    account = log.actor.account
    if account is None:
        return
    with uncounted():
        for kind, pk, before, after in log.events[:MOST]:
            event = Event(at=clock.now(), actor_id=account.pk, command=log.name, subject_type=kind, subject_id=pk)
            event.before, event.after = (None if words is None else json.loads(words) for words in (before, after))
            why = wrong(event, account)
            assert not why, f"{log.name} on {kind} {pk}: {why}"
