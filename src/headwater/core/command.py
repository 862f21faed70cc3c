"""Every change of state goes through here: one transaction, permission checked, events appended.

with command(actor, "calls.submit", application) as log:
    ...
    log(application, before={...}, after={...})
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction

from headwater.core import clock
from headwater.core.causes import right_of
from headwater.core.coverage import write_digests
from headwater.core.errors import NotAllowed
from headwater.core.models import Account
from headwater.core.permission import may


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where. `account` is None for the system itself (a job, an import from the command line)."""

    account: Account | None
    source: str = "web"
    request_id: str = ""

    @property
    def label(self) -> str:
        return f"{self.account.name_zh} ({self.account.username})" if self.account else f"system:{self.source}"

    @property
    def person_id(self) -> int | None:
        person = getattr(self.account, "person", None) if self.account else None
        return person.pk if person else None


def system(source: str = "system") -> Actor:
    """Return the system as actor: background jobs and the administrator's command line."""
    return Actor(account=None, source=source, request_id=uuid.uuid4().hex[:12])


@dataclass
class Log:
    """Collects the events of one command; they are written together when it ends well."""

    actor: Actor
    name: str
    events: list[tuple[str, Any, str | None, str | None]] = field(default_factory=list)

    def __call__(
        self, subject: models.Model | None, *, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None
    ) -> None:
        self.add(subject._meta.label_lower if subject else "", subject.pk if subject else None, before, after)

    def add(self, kind: str, pk: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        self.events.append((kind, pk, *(None if x is None else json.dumps(x, ensure_ascii=False) for x in (before, after))))

    def many(self, subjects: Iterable[models.Model], after: dict[str, Any]) -> None:
        for subject in subjects:
            self(subject, after=after)

    def covers(self, table: str, keys: list[int]) -> None:
        """Have the rows as they are now put down with the events, as if the command had written them."""
        if keys:
            with connection.cursor() as cursor:
                cursor.execute(
                    """SELECT set_config('headwater.rows',
                    coalesce(current_setting('headwater.rows', true), '') || %s || ':' || %s || ';', true)""",
                    [table, ",".join(map(str, keys))],
                )

    def write(self) -> None:
        """Append the events and then the digests of the rows that were written: one statement each, whatever their number."""
        who = self.actor
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH fresh AS (
                INSERT INTO core_event (at, actor_id, actor_label, source, request_id, command, subject_type, subject_id, before, after)
                SELECT %s, %s, %s, %s, %s, %s, kind, pk, before::jsonb, after::jsonb
                FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) WITH ORDINALITY AS t (kind, pk, before, after, place)
                ORDER BY place RETURNING id)
                SELECT array_agg(id ORDER BY id), current_setting('headwater.rows', true), set_config('headwater.rows', '', true)
                FROM fresh""",
                [
                    clock.now(),
                    who.account.pk if who.account else None,
                    who.label[:200],
                    who.source[:60],
                    who.request_id,
                    self.name,
                    *(list(column) for column in zip(*self.events, strict=True)),
                ],
            )
            numbers, row_keys, _empty = cursor.fetchone()
        if row_keys:
            subjects = {(kind, pk): number for (kind, pk, _b, _a), number in zip(self.events, numbers, strict=True)}
            write_digests(row_keys, subjects, numbers[-1])


def authorise(actor: Actor, action: str, record: Any = None) -> None:
    """Refuse work in several transactions before the first of them. The system may do everything.

    Raises:
        NotAllowed: the actor may not do `action` to `record`.
    """
    if actor.account is not None and not may(actor.account, action, record):
        raise NotAllowed(action)


@contextmanager
def command(actor: Actor, action: str, record: Any = None, *, name: str = "") -> Iterator[Log]:
    """Run a command in one transaction.

    Raises:
        NotAllowed: the actor may not do `action` to `record`. The system may do everything.
        KeyError: no app says who may cause the command's events (`core.causes`).
    """
    right_of(name or action)
    authorise(actor, action, record)
    log = Log(actor, name or action)
    with transaction.atomic():
        yield log
        if log.events:
            log.write()
