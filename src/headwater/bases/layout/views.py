"""The layout of bases: for everybody what is public, for those inside what they see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from headwater.bases.layout.counts import Column, Row, balance, by_field, by_place, columns_of
from headwater.bases.layout.drawing import balance_picture, map_of
from headwater.bases.layout.lists import base_list
from headwater.core.permission import PUBLIC, page


def _layout(request: HttpRequest, *, public: bool) -> HttpResponseBase:
    rows = base_list(request, public=public)
    answer = rows.listing.export()
    if answer:
        return answer
    columns = columns_of(rows.kinds, rows.register)
    lines, fields = by_place(rows.rows, columns), by_field(rows.rows, columns)
    parts = balance(lines)
    real_url, invented_url = rows.sides
    context = {
        "rows": rows,
        "list": rows.listing,
        "columns": columns,
        "map": map_of(rows, lines, public=public),
        "fields": fields,
        "gaps": [_gap(row, columns) for row in fields if row.code],
        "balance": parts,
        "balance_picture": balance_picture(parts, columns),
        "real_count": rows.real_count,
        "invented_count": rows.invented_count,
        "invented": rows.invented,
        "real_url": real_url,
        "invented_url": invented_url,
        "public": public,
        "frame": "base.html" if public else "desk.html",
    }
    return render(request, "bases/layout/layout.html", context)


def _gap(row: Row, columns: Sequence[Column]) -> dict[str, Any]:
    """Return a field with its counts, each with what is counted, and what is missing."""
    cells = [(column.label, n) for column, n in zip(columns, row.counts, strict=True)]
    return {"row": row, "cells": cells, "missing": [label for label, n in cells if not n]}


@page(PUBLIC)
def layout(request: HttpRequest) -> HttpResponseBase:
    """Show where the bases of the region are, what is missing, and how east and west stand to each other."""
    return _layout(request, public=True)


@page("registers.list")
def office_layout(request: HttpRequest) -> HttpResponseBase:
    """Show the same from inside, with what is not public yet."""
    return _layout(request, public=False)
