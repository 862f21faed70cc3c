"""Versions are written here: with every save, and at every step that a subject takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model

from headwater.core import clock
from headwater.core.command import Actor
from headwater.forms.stores import STORES, Store, Subject

SAVE = "save"
WINDOW = timedelta(minutes=10)
"""Saves of one author within so long are one version."""
WHOLE_DAYS = 30
"""Versions older than so many days are joined: one for each author and day, as far as nobody else wrote in between."""


def as_json(value: Any, plain: Callable[[Any], Any] = str) -> str:
    return json.dumps(value, ensure_ascii=False, default=plain)


def keep_version(
    subject: Subject,
    *,
    revision: int,
    at: datetime,
    before: Mapping[str, Any],
    clashes: Mapping[str, Any],
    actor: Actor,
    kind: str = SAVE,
    plain: Callable[[Any], Any] = str,
) -> None:
    """Remember what the changed names held before a save. One statement; the subject is locked by its caller.

    It grows the newest version when that is of the same author and young; what was replaced first is what counts then. A save that
    replaced another writer's words, a restored version, and the save after either, begin a version of their own. `plain` makes a
    value of the subject into one that JSON has.
    """
    store = subject.store
    table = store.versions._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH grown AS (
                UPDATE {table} v SET at = %(at)s::timestamptz, revision = %(revision)s::int,
                    before = CASE WHEN v.before ?& %(names)s::text[] THEN v.before ELSE %(before)s::jsonb || v.before END
                WHERE %(joins)s AND v.id = (SELECT w.id FROM {table} w WHERE {store.match("w")} ORDER BY w.id DESC LIMIT 1)
                    AND v.kind = '{SAVE}' AND v.clashes = '{{}}' AND v.author_id IS NOT DISTINCT FROM %(author)s::bigint
                    AND v.began_at > %(since)s
                RETURNING 1)
            INSERT INTO {table} ({store.columns}, kind, author_id, began_at, at, revision, before, clashes, digest, beside)
            SELECT {store.values}, %(kind)s::text, %(author)s::bigint, %(at)s::timestamptz, %(at)s::timestamptz, %(revision)s::int,
                %(before)s::jsonb, %(clashes)s::jsonb, '', '{{}}'
            WHERE NOT EXISTS (SELECT 1 FROM grown)""",  # noqa: S608 -- names of our own tables
            {
                **subject.names,
                "kind": kind,
                "author": actor.account.pk if actor.account else None,
                "at": at,
                "since": at - WINDOW,
                "revision": revision,
                "names": list(before),
                "before": as_json(before, plain),
                "clashes": as_json({name: {"both": both, "seen": False} for name, both in clashes.items()}, plain),
                "joins": kind == SAVE and not clashes,
            },
        )


def mark_step(store: Store, keys: Sequence[int], kind: str, *, actor: Actor, at: datetime, sealed: bool = False) -> None:
    """Mark a step in the versions of subjects; a `sealed` one carries the digest of the content, and of what stands beside it."""
    marks = f"{store.digest}, {store.beside}" if sealed else "'', '{}'"
    about = "a.subject_kind, a.subject_id" if store.shared else "a.id"
    key = "a.subject_kind = %(subject_kind)s AND a.subject_id" if store.shared else "a.id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {store.versions._meta.db_table}
                ({store.columns}, kind, author_id, began_at, at, revision, before, clashes, digest, beside)
            SELECT {about}, %(kind)s::text, %(author)s::bigint, %(at)s::timestamptz, %(at)s::timestamptz, a.revision, '{{}}', '{{}}',
                {marks} FROM {store.content} a WHERE {key} = ANY(%(keys)s)""",  # noqa: S608 -- names of our own tables
            {
                "subject_kind": store.kind,
                "kind": kind,
                "author": actor.account.pk if actor.account else None,
                "at": at,
                "keys": list(keys),
            },
        )


def undone(subject: Subject, content: dict[str, Any], version: int) -> dict[str, Any]:
    """What the subject held after a version (0: at its beginning), worked out backwards from the `content` that it holds now."""
    later = subject.rows(subject.store.versions).filter(pk__gt=version).order_by("-id")
    for before in later.values_list("before", flat=True):
        content = content | before
    return {name: value for name, value in content.items() if value is not None}


def join_old_versions(now: datetime | None = None) -> int:
    """Join old saves of one author and day that follow each other; returns how many versions were joined into others.

    Steps, restored versions and saves that replaced another writer's words stay as they are.
    """
    until = (now or clock.now()) - timedelta(days=WHOLE_DAYS)
    return sum(_join_in(model, link, until) for model, link in _tables())


def _tables() -> Iterator[tuple[type[Model], str]]:
    """Each table of versions once, with the columns that name a subject in it."""
    stores: dict[type[Model], Store] = {}
    for store in STORES.values():
        stores.setdefault(store.versions, store)
    yield from ((model, store.columns) for model, store in stores.items())


def _join_in(model: type[Model], link: str, until: datetime) -> int:
    table = model._meta.db_table
    joins = f"kind = '{SAVE}' AND clashes = '{{}}' AND at < %(until)s"
    day = "(at AT TIME ZONE %(zone)s)::date"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH numbered AS (
                SELECT id, {link}, author_id, {day} AS day, {joins} AS joins,
                    row_number() OVER (PARTITION BY {link} ORDER BY id)
                        - row_number() OVER (PARTITION BY {link}, author_id, {day}, {joins} ORDER BY id) AS island
                FROM {table} WHERE ({link}) IN (
                    SELECT {link} FROM {table} WHERE at < %(until)s AND kind = '{SAVE}' GROUP BY {link} HAVING count(*) > 1)),
            islands AS (
                SELECT max(id) AS keep, array_agg(id) AS ids FROM numbered WHERE joins
                GROUP BY {link}, author_id, day, island HAVING count(*) > 1),
            parts AS (
                SELECT i.keep, min(v.began_at) AS began_at, (SELECT jsonb_object_agg(e.key, e.value ORDER BY w.id DESC)
                    FROM {table} w, jsonb_each(w.before) e WHERE w.id = ANY(i.ids)) AS before
                FROM islands i JOIN {table} v ON v.id = ANY(i.ids) GROUP BY i.keep, i.ids),
            gone AS (
                DELETE FROM {table} v USING islands i WHERE v.id = ANY(i.ids) AND v.id <> i.keep RETURNING 1),
            joined AS (
                UPDATE {table} v SET before = p.before, began_at = p.began_at FROM parts p WHERE v.id = p.keep RETURNING 1)
            SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM joined)""",  # noqa: S608 -- names of our own tables
            {"until": until, "zone": settings.TIME_ZONE},
        )
        return int(cursor.fetchone()[0])
