"""Which rows count, and how a change behind the commands is found.

Every app declares in `evidence.py` the tables whose rows count, and for every other table why it is left out. A trigger notes
the keys of rows that are written, in the transaction only; at its end the command writes a digest of each beside its events.
`headwater verify` compares: a row that a command did not write has another digest, or none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import connection, models
from django.utils.functional import Promise

from headwater.core import canonical
from headwater.core.register import Register

Reason = str | Promise
NOTED = "headwater.rows"
"""The setting of a transaction in which triggers note rows: "table:key,key;table:key;"."""


@dataclass(frozen=True)
class Cover:
    """A table whose rows count while `when` (SQL over its own columns) holds; `fields` are those that a command must have written."""

    model: type[models.Model]
    fields: tuple[models.Field, ...]  # type: ignore[type-arg]
    when: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return f'"{self.model._meta.pk.column}"'

    @cached_property
    def digest(self) -> str:
        """Return the SQL expression of a row's digest; the name and the order of the columns are part of it."""
        return canonical.digest(
            f"{self.table}({','.join(str(f.column) for f in self.fields)})", map(canonical.text_of, self.fields)
        )

    @cached_property
    def mark(self) -> str:
        """Return the mark of what the digests of this table depend on: when it changes, all are written anew."""
        return hashlib.sha256(f"{self.digest} when {self.when}".encode()).hexdigest()[:16]

    @property
    def function(self) -> str:
        """Return the body of the trigger function that notes the keys of rows that count, before or after."""
        return f"""
DECLARE noted_keys text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT string_agg({self.key}::text, ',') INTO noted_keys FROM fresh WHERE {self.when};
    ELSIF TG_OP = 'DELETE' THEN
        SELECT string_agg({self.key}::text, ',') INTO noted_keys FROM stale WHERE {self.when};
    ELSE
        SELECT string_agg({self.key}::text, ',') INTO noted_keys FROM (
            SELECT {self.key} FROM fresh WHERE {self.when} UNION SELECT {self.key} FROM stale WHERE {self.when}) x;
    END IF;
    IF noted_keys IS NOT NULL THEN
        PERFORM set_config('{NOTED}', coalesce(current_setting('{NOTED}', true), '') || '{self.table}:' || noted_keys || ';', true);
    END IF;
    RETURN NULL;
END """  # noqa: S608

    @cached_property
    def present(self) -> str:
        """Return the statement that selects the digests of rows by their keys and events, for insertion; rows that counted once are among them."""
        return self._present("unnest(%s::bigint[], %s::bigint[]) k (key, event)", f"{self.key} = ANY(%s) AND")

    @cached_property
    def present_one(self) -> str:
        """Return the statement for one row, as most commands have it: the server plans it once, which it does not for a list."""
        return self._present("(VALUES (%s::bigint, %s::bigint)) k (key, event)", "")

    def _present(self, keys: str, condition: str) -> str:
        return f"""SELECT k.event, '{self.table}', k.key, d.digest FROM {keys} LEFT JOIN (
                SELECT {self.key} AS key, {self.digest} AS digest FROM {self.table} WHERE {condition} ({self.when})) d ON d.key = k.key
            WHERE d.key IS NOT NULL
                OR (SELECT r.key FROM core_rowdigest r WHERE r.table_name = '{self.table}' AND r.key = k.key LIMIT 1) IS NOT NULL"""  # noqa: S608

    @property
    def triggers(self) -> dict[str, str]:
        """Return the definitions of the triggers by name."""
        tables = {
            "insert": "NEW TABLE AS fresh",
            "update": "OLD TABLE AS stale NEW TABLE AS fresh",
            "delete": "OLD TABLE AS stale",
        }
        return {
            f"noted_{verb}": f"CREATE TRIGGER noted_{verb} AFTER {verb.upper()} ON {self.table} REFERENCING {transition} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION noted_{self.table}()"
            for verb, transition in tables.items()
        }


COVERS: Register[Cover] = Register("covered table")
LEFT_OUT: Register[Reason] = Register("table left out")


def covered(model: type[models.Model], *, without: Sequence[str] = (), when: str = "true") -> None:
    """Declare that the rows of a table count while `when` holds, with all columns but those named."""
    meta = model._meta
    names = {f.name for f in meta.concrete_fields}
    if not isinstance(meta.pk, (models.AutoField, models.BigAutoField, models.BigIntegerField)) or not names >= set(without):
        raise ValueError(f"{meta.label}: expected a number as key, and names of its columns in {without}")
    fields = tuple(f for f in sorted(meta.concrete_fields, key=lambda f: str(f.column)) if f.name not in without)
    COVERS.add(meta.db_table, Cover(model, fields, when))


def left_out(reason: Reason, *some: type[models.Model]) -> None:
    """Declare why the rows of these tables are not compared."""
    for model in some:
        LEFT_OUT.add(model._meta.db_table, reason)


def keys_by_table(text: str | None) -> dict[str, list[int]]:
    """Return the keys of written rows by table, each once."""
    tables: dict[str, dict[int, None]] = {}
    for part in (text or "").split(";"):
        table, _, keys = part.partition(":")
        if table in COVERS:
            tables.setdefault(table, {}).update(dict.fromkeys(map(int, keys.split(","))))
    return {table: list(each) for table, each in tables.items()}


def write_digests(row_keys: str, events: dict[tuple[str, int], int], event: int) -> None:
    """Put down what the noted rows look like now, in one statement: it is part of every command that people wait for.

    `events` has the event of each subject; rows of no subject go with `event`.
    """
    selects: list[str] = []
    values: list[int | list[int]] = []
    for table, keys in sorted(keys_by_table(row_keys).items()):
        cover = COVERS[table]
        label = cover.model._meta.label_lower
        theirs = [events.get((label, key), event) for key in keys]
        if len(keys) == 1:
            selects.append(cover.present_one)
            values += [keys[0], theirs[0]]
        else:
            selects.append(cover.present)
            values += [keys, theirs, keys]
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO core_rowdigest (event_id, table_name, key, digest) {' UNION ALL '.join(selects)}", values
            )


PARTS = 28
"""In how many runs a look at the newest rows has also been through all the others."""


def differences(*, since: int = 0, part: int | None = None) -> Iterator[str]:
    """Yield the rows that are not as a command last wrote them, that no command wrote, or that are gone, named one by one.

    With `part`, only rows with a digest newer than `since`, and one of `PARTS` parts of the others.
    """
    for cover in COVERS.values():
        for key, words in differing_rows(cover, since=since, part=part):
            yield f"{cover.table} {key} {words}"


def differing_rows(cover: Cover, *, since: int = 0, part: int | None = None) -> list[tuple[int, str]]:
    """Return key and words of the rows of one table that are not as they were written."""
    table, condition = cover.table, "true"
    if part is not None:
        recent = f"SELECT r.key FROM core_rowdigest r WHERE r.table_name = '{table}' AND r.id > {int(since)}"  # noqa: S608
        condition = f"(%s IN ({recent}) OR %s %% {PARTS} = {part % PARTS})"
    mine, theirs = (condition.replace("%s", column).replace("%%", "%") for column in (cover.key, "d.key"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH newest AS (SELECT DISTINCT ON (d.key) d.key, d.digest, d.event_id FROM core_rowdigest d
                WHERE d.table_name = '{table}' AND {theirs} ORDER BY d.key, d.id DESC),
            present AS (SELECT {cover.key} AS key, {cover.digest} AS digest FROM {table} WHERE ({cover.when}) AND {mine})
            SELECT key, CASE WHEN n.digest IS NULL THEN 'counts, and no command wrote it'
                WHEN p.digest IS NULL THEN 'is gone or counts no more since event ' || n.event_id
                ELSE 'is not as event ' || n.event_id || ' left it' END || coalesce(' (' || e.command || ')', '')
            FROM newest n FULL JOIN present p USING (key) LEFT JOIN core_event e ON e.id = n.event_id AND n.digest IS NOT NULL
            WHERE n.digest IS DISTINCT FROM p.digest ORDER BY key"""  # noqa: S608
        )
        return [(int(key), str(words)) for key, words in cursor.fetchall()]


def loose_digests() -> list[str]:
    """Return the digests of no event, which nothing seals."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT 'digest ' || r.id || ' of ' || r.table_name || ' ' || r.key || ' names event ' || r.event_id || ', which is missing'
            FROM core_rowdigest r WHERE NOT EXISTS (SELECT 1 FROM core_event e WHERE e.id = r.event_id) ORDER BY r.id"""
        )
        return [text for (text,) in cursor.fetchall()]
