"""What stands for the arguments of the addresses of bases, and of what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.bases.models import Base
from headwater.bases.rows.declared import tables_of as rows_of_kind
from headwater.bases.tables.parts import tables_of as lines_of_kind
from headwater.core import clock
from headwater.core.examples import example
from headwater.registers.kinds import kind_of


def with_rows() -> Any:
    """Return a base whose kind has rows beside it, one with a row first."""
    held = [b for b in Base.objects.order_by("is_public", "pk") if rows_of_kind(kind_of(b))]
    return next((b for b in held if any(t.rows_of(b).exists() for t in rows_of_kind(kind_of(b)))), held[0] if held else None)


@example("base", "office/bases/<int:pk>")
def bases() -> Iterable[Any]:
    base = with_rows()
    return [base.pk] if base is not None else [1]


@example("table beside a base", "rows/<slug:table>")
def tables() -> Iterable[Any]:
    base = with_rows()
    return [t.code for t in rows_of_kind(kind_of(base))] if base is not None else ["people"]


@example("row beside a base", "rows/<slug:table>/<int:row>")
def rows() -> Iterable[Any]:
    base = with_rows()
    tables = rows_of_kind(kind_of(base)) if base is not None else []
    return [row.pk for t in tables if (row := t.rows_of(base).first())] or [1]


@example("year of a base", "months/<int:year>", "known/<int:year>")
def years() -> Iterable[Any]:
    return [clock.today().year]


def with_lines() -> tuple[Any, str] | None:
    """Return a base whose kind has a table of lines, with the code of that table."""
    rows = Base.objects.select_related("version").order_by("is_public", "pk")
    return next(((base, code) for base in rows for code in lines_of_kind(kind_of(base))), None)


@example("base with lines", "office/bases/lines/<int:pk>")
def bases_with_lines() -> Iterable[Any]:
    found = with_lines()
    return [found[0].pk] if found else []


@example("table of a base", "office/bases/lines/<int:pk>/<str:table>")
def line_tables() -> Iterable[Any]:
    found = with_lines()
    return [found[1]] if found else []


@example("row of a table of a base", "office/bases/lines/<int:pk>/<str:table>/<int:row>")
def lines() -> Iterable[Any]:
    return [1]
