"""What every database gets when its tables are brought up to date: triggers that note rows, their first digests, a first seal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from headwater.config import ConfigError
from headwater.core import coverage
from headwater.core.command import command, system
from headwater.core.sealing import hold_head, seal_events
from headwater.database_role import grants

PREPARE_LOCK = 4_801_004
FIRST = "core.cover_rows"


def bring_up_to_date() -> None:
    """Apply the migrations, then everything that the code declares and the database must hold."""
    with as_owner():
        migrations = waiting_migrations()
        if migrations and not _may_make_tables():
            raise ConfigError(
                "tables wait to be made: name their owner in HEADWATER_DATABASE_OWNER_URL, then run headwater migrate"
            )
        before = {c.table: {key for key, _words in coverage.differing_rows(c)} for c in _unchanged()} if migrations else {}
        call_command("migrate", verbosity=0, interactive=False)
        grant_rights()
        for table, keys in before.items():
            _follow_migrations(coverage.COVERS[table], keys, migrations)
        cover_rows()
    seal_events()
    hold_head()


def require_tables() -> None:
    """Refuse to go on while migrations wait.

    Raises:
        ConfigError: they do.
    """
    if waiting := waiting_migrations():
        raise ConfigError(f"the tables of this home are not up to date ({len(waiting)} migrations wait): run headwater migrate")


@contextmanager
def as_owner() -> Iterator[None]:
    """Connect as the owner of the tables for a while: what changes tables, not rows."""
    connection_settings, names = connection.settings_dict, ("USER", "PASSWORD", "HOST", "PORT")
    before = {name: connection_settings[name] for name in names}
    connection.close()
    connection_settings.update({name: settings.OWNER_DATABASE[name] for name in names})
    try:
        yield
    finally:
        connection.close()
        connection_settings.update(before)


def grant_rights() -> None:
    """Give the application's role what it needs on the tables that there are now, and nothing else."""
    if settings.OWNER_DATABASE["USER"] != settings.DATABASE_ROLE:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in grants(settings.DATABASE_ROLE):
                cursor.execute(statement)


def waiting_migrations() -> list[str]:
    """List the migrations that are not applied."""
    executor = MigrationExecutor(connection)
    return [str(m) for m, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def _may_make_tables() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege('public', 'CREATE')")
        return bool(cursor.fetchone()[0])


def _known_marks() -> dict[str, str]:
    """Return the form in which the rows of each table were put down last."""
    if "core_rowdigest" not in connection.introspection.table_names():
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (after ->> 'table') after ->> 'table', after ->> 'form' FROM core_event
            WHERE command = %s ORDER BY after ->> 'table', id DESC""",
            [FIRST],
        )
        return dict(cursor.fetchall())


def _unchanged() -> list[coverage.Cover]:
    marks = _known_marks()
    return [c for c in coverage.COVERS.values() if marks.get(c.table) == c.mark]


def _follow_migrations(cover: coverage.Cover, before: set[int], migrations: list[str]) -> None:
    """Put down the rows that the migrations changed. One that differed already before them still does."""
    keys = [key for key, _words in coverage.differing_rows(cover) if key not in before]
    if keys:
        with command(system("prepare"), "core.region.manage", name="core.migrate_rows") as log:
            log(None, after={"table": cover.table, "rows": len(keys), "migrations": migrations})
            log.covers(cover.table, keys)


def cover_rows() -> list[str]:
    """Set the triggers of tables whose declaration is new or changed, and put down their rows as they are; returns the tables."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PREPARE_LOCK])
        marks = _known_marks()
        fresh = [c for c in coverage.COVERS.values() if marks.get(c.table) != c.mark]
        for cover in fresh:
            set_triggers(cover)
            _put_down(cover)
    return [c.table for c in fresh]


def set_triggers(cover: coverage.Cover) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION noted_{cover.table}() RETURNS trigger LANGUAGE plpgsql AS $$" + cover.function + "$$"
        )
        for name, definition in cover.triggers.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {cover.table}; {definition}")


def _put_down(cover: coverage.Cover) -> None:
    """Digest the rows as they are, with an event that says so: what was changed before is not found, what is changed later is."""
    with command(system("prepare"), "core.region.manage", name=FIRST) as log, connection.cursor() as cursor:
        cursor.execute(f"SELECT array_agg({cover.key}) FROM {cover.table} WHERE {cover.when}")  # noqa: S608
        keys = cursor.fetchone()[0] or []
        log(None, after={"table": cover.table, "form": cover.mark, "rows": len(keys)})
        log.covers(cover.table, keys)
