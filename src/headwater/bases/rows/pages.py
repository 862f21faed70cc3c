"""What pages show of the tables beside a base: its parts inside, its public parts, the list of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.bases.parts import HOLDS
from headwater.bases.rows.declared import RowTable, holds_of, tables_of
from headwater.core.i18n import named
from headwater.core.listing import Column, Listing
from headwater.core.permission import may
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import ENDED, Kind

SHOWN = 8
"""So many rows of a table stand on the page of a base; the others on the page of the table."""
Content = tuple[str, Mapping[str, Any]]


def may_keep(request: HttpRequest, entry: Any) -> bool:
    """Tell whether somebody may change the tables beside a base: not those of one that is over."""
    return entry.group != ENDED and may(request.user, "bases.keep_rows", entry)


def cells(table: RowTable, rows: Sequence[Any], names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return rows as the template shows them: their key and their cells as (label, value, kind)."""
    columns = [c for c in table.columns if (c.listed if names is None else c.name in names)]
    return [{"pk": row.pk, "cells": [(c.label, c.show(row), c.kind) for c in columns]} for row in rows]


def table_part(request: HttpRequest, entry: Any, table: RowTable) -> dict[str, Any]:
    """Return what the page of a base shows of one table (2 queries)."""
    rows = list(table.rows_of(entry).order_by(table.order, "-pk")[: SHOWN + 1])
    columns = [(c.label, c.kind) for c in table.columns if c.listed]
    return {
        "table": table,
        "columns": columns,
        "rows": cells(table, rows[:SHOWN]),
        "count": len(rows) if len(rows) <= SHOWN else table.rows_of(entry).count(),
        "url": reverse("base_rows", args=[entry.pk, table.code]),
        "new_url": reverse("base_row_new", args=[entry.pk, table.code]) if may_keep(request, entry) else "",
        "entry": entry,
    }


def inside_part(request: HttpRequest, entry: Any, kind: Kind, tab: str) -> dict[str, Any]:
    return {"parts": [table_part(request, entry, table) for table in tables_of(kind, tab)], "entry": entry}


def has_public(kind: Kind, tab: str) -> bool:
    """Tell whether a kind makes something of the tables of a part public."""
    return any(h.public for h in kind.parts.get(HOLDS, ()) if any(t.code == h.code for t in tables_of(kind, tab)))


def public_part(entry: Any, kind: Kind, tab: str) -> dict[str, Any]:
    """Return the public columns of the tables of a part (1 query for each table)."""
    parts = []
    for table in tables_of(kind, tab):
        holds = holds_of(kind, table.code)
        if holds is None or not holds.public:
            continue
        rows = list(table.rows_of(entry).order_by(table.order, "-pk")[: SHOWN * 3])
        columns = [(c.label, c.kind) for c in table.columns if c.name in holds.public]
        if rows:
            parts.append({"table": table, "columns": columns, "rows": cells(table, rows, holds.public), "entry": entry})
    return {"parts": parts}


def row_listing(request: HttpRequest, entry: Any, table: RowTable) -> Listing:
    """Return the list of a table beside a base; its files have every column, so that they can be read again."""

    def address(row: Any) -> str:
        return reverse("base_row", args=[entry.pk, table.code, row.pk]) if editable else ""

    editable = may_keep(request, entry)
    columns = [
        Column(c.label, c.show, kind=c.kind if c.kind != "long" else "text", screen=c.listed, url=address if n == 0 else None)
        for n, c in enumerate(table.columns)
    ]
    return Listing(
        request,
        table.rows_of(entry),
        columns,
        title=_("%(base)s %(table)s") % {"base": named(entry), "table": table.label},
        name=f"{table.code}-{entry.number}",
        order=table.order,
        search=table.search,
        empty_title=_("还没有%s") % table.one,
        empty_hint=str(table.hint),
    )


def kind_has(entry: Any, table: RowTable) -> bool:
    return holds_of(kind_of(entry), table.code) is not None
