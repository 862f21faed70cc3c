"""Versions of an application are written here: with every save, and at every step that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from headwater.calls.contents import as_json
from headwater.calls.models import Application, Version
from headwater.core import clock
from headwater.core.command import Actor

WINDOW = timedelta(minutes=10)
"""Saves of one author within so long are one version."""
WHOLE_DAYS = 30
"""Versions older than so many days are joined: one for each author and day, as far as nobody else wrote in between."""


def keep_version(
    row: Application, before: dict[str, Any], clashes: dict[str, Any], actor: Actor, kind: str = Version.Kind.SAVE
) -> None:
    """Remember what the changed names held before the save of `row`. One statement; the row is locked by its caller.

    It grows the newest version when that is of the same author and young; what was replaced first is what counts then. A save that
    replaced another writer's words, a restored version, and the save after either, begin a version of their own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH grown AS (
                UPDATE calls_version v SET at = %(at)s::timestamptz, revision = %(revision)s::int,
                    before = CASE WHEN v.before ?& %(names)s::text[] THEN v.before ELSE %(before)s::jsonb || v.before END
                WHERE %(joins)s AND v.id = (SELECT id FROM calls_version WHERE application_id = %(row)s::bigint ORDER BY id DESC LIMIT 1)
                    AND v.kind = 'save' AND v.clashes = '{}' AND v.author_id IS NOT DISTINCT FROM %(author)s::bigint
                    AND v.began_at > %(since)s
                RETURNING 1)
            INSERT INTO calls_version (application_id, kind, author_id, began_at, at, revision, before, clashes, digest, beside)
            SELECT %(row)s::bigint, %(kind)s::text, %(author)s::bigint, %(at)s::timestamptz, %(at)s::timestamptz, %(revision)s::int,
                %(before)s::jsonb, %(clashes)s::jsonb, '', '{}'
            WHERE NOT EXISTS (SELECT 1 FROM grown)""",
            {
                "row": row.pk,
                "kind": kind,
                "author": actor.account.pk if actor.account else None,
                "at": row.saved_at,
                "since": row.saved_at - WINDOW,
                "revision": row.revision,
                "names": list(before),
                "before": as_json(before),
                "clashes": as_json({name: {"both": both, "seen": False} for name, both in clashes.items()}),
                "joins": kind == Version.Kind.SAVE and not clashes,
            },
        )


def mark_step(rows: Sequence[Application], kind: str, actor: Actor, at: datetime) -> None:
    """Mark a step in the versions of applications. A submission carries the digest of the content, its members and its files."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO calls_version (application_id, kind, author_id, began_at, at, revision, before, clashes, digest, beside)
            SELECT a.id, %(kind)s::text, %(author)s::bigint, %(at)s::timestamptz, %(at)s::timestamptz, a.revision, '{}', '{}',
                CASE WHEN %(kind)s::text = 'submit' THEN calls_digest(calls_content(a.id)) ELSE '' END,
                CASE WHEN %(kind)s::text = 'submit' THEN calls_beside(a.id) ELSE '{}' END
            FROM calls_application a WHERE a.id = ANY(%(rows)s)""",
            {"kind": kind, "author": actor.account.pk if actor.account else None, "at": at, "rows": [r.pk for r in rows]},
        )


def join_old_versions(now: datetime | None = None) -> int:
    """Join old saves of one author and day that follow each other; returns how many versions were joined into others.

    Steps, restored versions and saves that replaced another writer's words stay as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH numbered AS (
                SELECT id, application_id, author_id, (at AT TIME ZONE %(zone)s)::date AS day,
                    kind = 'save' AND clashes = '{}' AND at < %(until)s AS joins,
                    row_number() OVER (PARTITION BY application_id ORDER BY id)
                        - row_number() OVER (PARTITION BY application_id, author_id, (at AT TIME ZONE %(zone)s)::date,
                            kind = 'save' AND clashes = '{}' AND at < %(until)s ORDER BY id) AS island
                FROM calls_version WHERE application_id IN (
                    SELECT application_id FROM calls_version WHERE at < %(until)s AND kind = 'save' GROUP BY 1 HAVING count(*) > 1)),
            islands AS (
                SELECT max(id) AS keep, array_agg(id) AS ids FROM numbered WHERE joins
                GROUP BY application_id, author_id, day, island HAVING count(*) > 1),
            parts AS (
                SELECT i.keep, min(v.began_at) AS began_at, (SELECT jsonb_object_agg(e.key, e.value ORDER BY w.id DESC)
                    FROM calls_version w, jsonb_each(w.before) e WHERE w.id = ANY(i.ids)) AS before
                FROM islands i JOIN calls_version v ON v.id = ANY(i.ids) GROUP BY i.keep, i.ids),
            gone AS (
                DELETE FROM calls_version v USING islands i WHERE v.id = ANY(i.ids) AND v.id <> i.keep RETURNING 1),
            joined AS (
                UPDATE calls_version v SET before = p.before, began_at = p.began_at FROM parts p WHERE v.id = p.keep RETURNING 1)
            SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM joined)""",
            {"until": (now or clock.now()) - timedelta(days=WHOLE_DAYS), "zone": settings.TIME_ZONE},
        )
        return int(cursor.fetchone()[0])
