"""The guards that the database must hold: what the migrations and the covered tables declare, compared with its catalogue.

A trigger or function that is missing, switched off or different is named, and so is a constraint of a model that is gone or not
enforced. What must be there is read from the code, never from the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from headwater.core.coverage import COVERS
from headwater.database_role import KEPT

FUNCTION = re.compile(
    r"(?:CREATE (?:OR REPLACE )?FUNCTION (?P<made>\w+)\([^)]*\).*?\$\$(?P<body>.*?)\$\$|DROP FUNCTION (?:IF EXISTS )?(?P<gone>\w+)\b)",
    re.DOTALL,
)
TRIGGER = re.compile(
    r"(?:(?P<text>CREATE (?:CONSTRAINT )?TRIGGER (?P<made>\w+)\b.*?EXECUTE FUNCTION \w+\(\))"
    r"|DROP TRIGGER (?:IF EXISTS )?(?P<gone>\w+) ON (?P<from>\w+))",
    re.DOTALL,
)


@dataclass(frozen=True)
class Trigger:
    name: str
    table: str
    function: str
    shape: str
    """When it fires and for what, in one spelling for declarations and the catalogue."""


def triggers() -> dict[tuple[str, str], Trigger]:
    """Return every trigger that must stand, by table and name. Those of a table that is gone went with it."""
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True)}
    by_key: dict[tuple[str, str], Trigger] = {}
    for statement in _statements():
        for match in TRIGGER.finditer(statement):
            if match["gone"]:
                by_key.pop((match["from"], match["gone"]), None)
            else:
                trigger = read_trigger(match["text"])
                by_key[trigger.table, trigger.name] = trigger
    for cover in COVERS.values():
        for definition in cover.triggers.values():
            trigger = read_trigger(definition)
            by_key[trigger.table, trigger.name] = trigger
    return {key: trigger for key, trigger in by_key.items() if trigger.table in tables}


def functions() -> dict[str, str]:
    """Return the body of every function that must stand."""
    bodies: dict[str, str] = {}
    for statement in _statements():
        for match in FUNCTION.finditer(statement):
            if match["gone"]:
                bodies.pop(match["gone"], None)
            else:
                bodies[match["made"]] = match["body"]
    return bodies | {f"noted_{cover.table}": cover.function for cover in COVERS.values()}


def read_trigger(definition: str) -> Trigger:
    """Read a CREATE TRIGGER statement, ours or the server's, into one spelling."""
    text = re.sub(r"\s+", " ", definition).strip().replace("public.", "").replace('"', "")
    head = re.match(
        r"CREATE (?:CONSTRAINT )?TRIGGER (\w+) (BEFORE|AFTER|INSTEAD OF) (.*?) ON (\w+) (.*)EXECUTE FUNCTION (\w+)\(\)", text
    )
    if head is None:
        raise ValueError(f"no trigger: {text}")
    name, moment, events, table, rest, function = head.groups()
    level = "row" if "FOR EACH ROW" in rest else "statement"
    tables = sorted(re.findall(r"(NEW|OLD) TABLE AS (\w+)", rest))
    condition = re.search(r"WHEN (\(.*\))", rest)
    only = re.sub(r"::(?:character varying|\w+)(?:\[\])?|[()\s]", "", condition[1]).lower() if condition else ""
    only = re.sub(r"=anyarray\[(.*?)\]", r"in\1", re.sub(r"<>allarray\[(.*?)\]", r"notin\1", only))
    shape = f"{moment} {sorted(events.split(' OR '))} {level} {tables} {only}"
    return Trigger(name, table, function, shape)


def _statements() -> Iterator[str]:
    """Yield the SQL of every migration, in the order in which it was applied."""
    loader = MigrationLoader(None)
    nodes: set[tuple[str, str]] = set()
    for leaf in sorted(loader.graph.leaf_nodes()):
        for node in loader.graph.forwards_plan(leaf):
            if node not in nodes and node[0] in _ours():
                nodes.add(node)
                for operation in loader.graph.nodes[node].operations:
                    if isinstance(operation, RunSQL):
                        yield operation.sql if isinstance(operation.sql, str) else "\n".join(map(str, operation.sql))


def _ours() -> set[str]:
    return {config.label for config in apps.get_app_configs() if config.name.startswith("headwater.")}


def weak_guards() -> list[str]:
    """Triggers, functions, constraints and policies that are not as the code declares them."""
    return [*_trigger_differences(), *_function_differences(), *_missing_constraints(), *_rows_hidden()]


def _trigger_differences() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid) FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND NOT t.tgisinternal"""
        )
        present = {(table, name): (mode, text) for table, name, mode, text in cursor.fetchall()}
    differences = []
    for key, trigger in triggers().items():
        mode, text = present.get(key, ("", ""))
        what = f"trigger {trigger.name} on {trigger.table}"
        if not text:
            differences.append(f"{what} is missing")
        elif mode != "O":
            differences.append(f"{what} is switched off")
        elif read_trigger(text) != trigger:
            differences.append(f"{what} is not as declared")
    return differences


def _function_differences() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        present = dict(cursor.fetchall())
    return [
        f"function {name} is {'not as declared' if name in present else 'missing'}"
        for name, body in functions().items()
        if present.get(name) != body
    ]


def _missing_constraints() -> list[str]:
    """Return the constraints and unique indexes of the models, and foreign keys, that are gone or that the server does not enforce."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, x.conname FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid WHERE x.convalidated
            UNION SELECT c.relname, i.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
                JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indisvalid AND x.indisunique"""
        )
        present = set(cursor.fetchall())
        cursor.execute(
            """SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relnamespace = 'public'::regnamespace"""
        )
        off = [f"a foreign key of {table} is switched off" for table, _name in cursor.fetchall()]
    models = [m for m in apps.get_models(include_auto_created=True) if m._meta.app_label in _ours()]
    constraints = [(m._meta.db_table, c.name) for m in models for c in m._meta.constraints]
    return [
        f"constraint {name} of {table} is missing or not enforced" for table, name in constraints if (table, name) not in present
    ] + off


def _rows_hidden() -> list[str]:
    """Return row security and rewrite rules on our tables, which would show us other rows than there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, CASE WHEN relkind <> 'r' THEN 'is no table' WHEN relrowsecurity THEN 'hides rows' ELSE 'has rules' END
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
                AND (relkind <> 'r' OR relrowsecurity OR relhasrules)""",
            [[m._meta.db_table for m in apps.get_models(include_auto_created=True)]],
        )
        return [f"{table} {words}" for table, words in cursor.fetchall()]


def rights_too_many() -> list[str]:
    """Return what the role of the application could do to the guards: it should own nothing, and add to the chain without changing it."""
    role: str = settings.DATABASE_ROLE
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT what FROM pg_roles r, LATERAL (VALUES (r.rolsuper, 'is a superuser'), (r.rolbypassrls, 'passes by row security'),
                (r.rolcreaterole, 'may make roles'), (r.rolcreatedb, 'may make databases'),
                (has_schema_privilege(r.oid, 'public', 'CREATE'), 'may make tables and functions'),
                (EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid), 'is a member of another role')) x (has, what)
            WHERE r.rolname = %s AND x.has""",
            [role],
        )
        rights = [what for (what,) in cursor.fetchall()]
        cursor.execute(
            """SELECT 'owns ' || count(*) || ' tables, ' || min(c.relname) || ' among them' FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relowner = %s::regrole HAVING count(*) > 0
            UNION ALL SELECT 'has ' || p.verb || ' on ' || c.relname FROM pg_class c, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p (verb)
                WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s) AND has_table_privilege(%s, c.oid, p.verb)
            UNION ALL SELECT 'has ' || p.verb || ' on ' || c.relname FROM pg_class c, unnest(ARRAY['TRUNCATE', 'TRIGGER']) p (verb)
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> ALL(%s)
                    AND has_table_privilege(%s, c.oid, p.verb)""",
            [sql.Identifier(role).as_string(), list(KEPT), role, list(KEPT), role],
        )
        rights += [what for (what,) in cursor.fetchall()]
    mend = (
        "name the owner in HEADWATER_DATABASE_OWNER_URL and a role that owns nothing in HEADWATER_DATABASE_URL, then run migrate"
    )
    return [f"the application's role {role} {what}" for what in rights[:10]] + ([mend] if rights else [])
