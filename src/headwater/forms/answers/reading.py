"""Typed answers from what a browser sent. Rows come as `items.0.price`; their number is the highest index sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.core.numbers import BadNumber, read_decimal, read_wan
from headwater.forms.shapes import Field

HIGHEST_ROW = 400


def read_answer(f: Field, post: Any) -> tuple[Any, dict[str, str]]:
    """(typed value, errors by control) of one question; `post` is a QueryDict."""
    if f.type == "choices":
        return [v for v in post.getlist(f.code) if v], {}
    if f.type == "budget":
        rows, errors = _rows(f, post)
        value: dict[str, Any] = {"rows": rows, "theory": bool(post.get(f"{f.code}.theory"))}
        value["promise"] = bool(post.get(f"{f.code}.promise"))
        value["indirect"] = _typed("money", post.get(f"{f.code}.indirect", ""), f"{f.code}.indirect", errors)
        return value, errors
    if f.has_rows:
        return _rows(f, post)
    errors = {}
    return _typed(f.type, post.get(f.code, ""), f.code, errors), errors


def _rows(f: Field, post: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Rows by their index as sent, so that an error finds its control; blank ones are dropped on cleaning."""
    errors: dict[str, str] = {}
    found: dict[int, dict[str, Any]] = {}
    for name in post:
        parts = name.split(".")
        if len(parts) != 3 or parts[0] != f.code or not parts[1].isdecimal():
            continue
        column, text = f.column(parts[2]), post.get(name, "")
        if column is None:
            continue
        if len(parts[1]) > 3 or int(parts[1]) >= HIGHEST_ROW:
            errors |= {f.code: _("最多 %d 行") % f.max_rows} if text.strip() else {}
            continue
        found.setdefault(int(parts[1]), {})[column.code] = _typed(column.type, text, name, errors)
    return moved(f, [found.get(n, {}) for n in range(max(found, default=-1) + 1)], post.get("_row", "")), errors


def moved(f: Field, rows: list[dict[str, Any]], verb: str) -> list[dict[str, Any]]:
    """Rows after a button without script: "items:remove:2", "items:up:2", "items:down:2"."""
    parts = verb.split(":")
    if len(parts) != 3 or parts[0] != f.code or not parts[2].isdecimal() or len(parts[2]) > 3 or int(parts[2]) >= len(rows):
        return rows
    at = int(parts[2])
    if parts[1] == "remove":
        return rows[:at] + rows[at + 1 :]
    other = at + {"up": -1, "down": 1}.get(parts[1], 0)
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    return rows


def _typed(kind: str, text: str, name: str, errors: dict[str, str]) -> Any:
    text = text.replace("\r\n", "\n")
    if kind not in READERS or not text.strip():
        return text
    try:
        return READERS[kind](text.strip())
    except BadNumber as bad:
        errors[name] = str(bad)
    except ValueError:
        errors[name] = _("应为 2026-07-01 这样的日期")
    return None


READERS: Mapping[str, Callable[[str], Any]] = {"number": read_decimal, "money": read_wan, "date": date.fromisoformat}
