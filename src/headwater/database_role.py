"""The database role of the application: it owns no table, so that nothing that reaches the application can take the guards away.

It is made from the address of the owner, with a password from the folder of keys. Where the owner may not make roles, and none is
there, the application connects as the owner; `doctor` and `verify` say so.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

KEPT = ("core_event", "core_eventseal", "core_seal", "core_rowdigest", "core_identity", "calls_ruleresult", "calls_documenttext")
"""Tables to whose rows the application adds and which it never changes."""


def application_url(url: str, password: str) -> str:
    """Return the address under which the application connects to the owner's database: its role's, or `url` where it has no role."""
    parts = urlsplit(url)
    database, role = unquote(parts.path.strip("/")), role_of(url)
    if unquote(parts.username or "") == role:
        return url
    place = parts.netloc.rpartition("@")[2]
    own = urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}:{quote(password, safe='')}@{place}"))
    if connects(own):
        return own
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            make_role(connection, role, password, database)
    except psycopg.Error:
        return url
    return own if connects(own) else url


def role_of(url: str) -> str:
    """Name the role after the database, so that two databases of one server do not share it."""
    return unquote(urlsplit(url).path.strip("/"))[:59] + "_app"


def connects(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=10):
            return True
    except psycopg.Error:
        return False


def make_role(connection: psycopg.Connection[Any], role: str, password: str, database: str) -> None:
    """Make the role, or give it this password. Another process may do the same at the same time."""
    name, word = sql.Identifier(role), sql.Literal(password)
    verbs = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD {}"
    try:
        connection.execute(sql.SQL("CREATE ROLE {} " + verbs).format(name, word))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("ALTER ROLE {} " + verbs).format(name, word))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), name))
    for statement in grants(role):
        connection.execute(statement)


def grants(role: str) -> list[str]:
    """List the statements by which the owner gives the role what it needs on the present tables, and nothing else."""
    name = '"' + role.replace('"', '""') + '"'
    tables = ", ".join(f"'{table}'" for table in (*KEPT, "django_migrations"))
    return [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"""DO $$ DECLARE kept text; BEGIN
            FOR kept IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname IN ({tables}) LOOP
                EXECUTE format('REVOKE UPDATE, DELETE ON %I FROM {name}', kept);
            END LOOP; END $$""",  # noqa: S608
    ]
