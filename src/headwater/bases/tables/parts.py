"""The tables that a kind of base has, each as its file names it."""

from __future__ import annotations

from typing import Any

from headwater.bases.parts import TABLE, TableKind
from headwater.bases.tables.declared import TABLES, TableOf
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import Kind


def tables_of(kind: Kind) -> dict[str, TableKind]:
    """Return the tables that a kind has, by code."""
    return {part.code: part for part in kind.parts.get(TABLE, ()) if part.code in TABLES}


def table_of(base: Any, code: str) -> tuple[TableOf, TableKind] | None:
    """Return a table of a base with what its kind says of it; None where it has no such table."""
    part = tables_of(kind_of(base)).get(code)
    return (TABLES[code], part) if part is not None else None


def has_tables(kind: Kind, *codes: str) -> bool:
    return bool(tables_of(kind).keys() & set(codes))
