"""What every import of a table shares: columns by name, cells as values, one error for each bad cell, a dry run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.names import normal_name
from headwater.core.sheets import RowError, read_table

Row = dict[str, str]
T = TypeVar("T")


@dataclass
class ImportResult:
    """What an import did or, on a dry run, would do. `added` and `changed` are counts of rows."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)
    dry_run: bool = True


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    required: bool = False
    aliases: tuple[str, ...] = ()


NAMES = frozenset({"name_zh", "name_en"})
"""Columns that hold names, which are read in their normal form."""
YES = frozenset({"是", "1", "true", "yes"})
YES_NO = {"是": True, "否": False, "1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
MAYBE: dict[str, bool | None] = YES_NO | {"": None}
"""Nothing in the cell leaves what is on record."""


def parse_rows(name: str, content: bytes, columns: tuple[Column, ...]) -> list[Row]:
    """Read a table by its column names (Chinese label, alias or field name).

    Raises:
        Refused: not a table, or a required column is missing.
    """
    heading, table = read_table(name, content)
    places: dict[str, int] = {}
    for column in columns:
        for candidate in (column.label, column.name, *column.aliases):
            if candidate in heading:
                places[column.name] = heading.index(candidate)
                break
    missing = [c.label for c in columns if c.required and c.name not in places]
    if missing:
        raise Refused.because(
            _("缺少列：%(missing)s（文件中的列：%(found)s）") % {"missing": "、".join(missing), "found": "、".join(h[:20] for h in heading[:30])},
            field="file",
        )
    return [{key: normal_name(row[at]) if key in NAMES else row[at] for key, at in places.items()} for row in table]


CLEAR = "清空"
CLEARED = frozenset({"name_en", "department", "title", "email", "phone", "highest_degree"})
"""What a table may take away from a person."""


def put(target: Model, values: dict[str, Any]) -> None:
    """Put what a row says on a record: an empty cell leaves what is on record, one that says 清空 takes it away where that can be."""
    for name, value in values.items():
        if name in CLEARED and value == CLEAR:
            setattr(target, name, "")
        elif value not in ("", None):
            setattr(target, name, value)


def too_long(number: int, values: dict[str, Any], columns: tuple[Column, ...], model: type[Model]) -> list[RowError]:
    """Values that do not fit the field they are stored in."""
    room = {f.name: f.max_length for f in model._meta.concrete_fields if f.max_length and not f.choices}
    return [
        RowError(number, c.label, values[c.name][:40] + "…", _("最多 %d 字") % most)
        for c in columns
        if (most := room.get(c.name)) and len(values.get(c.name) or "") > most
    ]


def pick(number: int, label: str, text: str, choices: dict[str, T], errors: list[RowError]) -> T | None:
    if text not in choices:
        errors.append(RowError(number, label, text, _("应为 %s 之一") % "、".join(k for k in choices if k)))
        return None
    return choices[text]


DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]|$)")
"""2026-03-20, 2026/3/20, 2026.3.20, 2026年3月20日, with or without a time after it."""


def day_of(number: int, label: str, text: str, errors: list[RowError]) -> date | None:
    if not text:
        return None
    parts = DAY.match(text.strip())
    try:
        if parts is None:
            raise ValueError(text)
        return date(*(int(part) for part in parts.groups()))
    except ValueError:
        errors.append(RowError(number, label, text, _("应为 2026-03-20 这样的日期")))
        return None


def finish(
    result: ImportResult,
    ready: list[tuple[dict[str, Any], Any]],
    actor: Actor,
    skip_bad: bool,
    write: Callable[[list[tuple[dict[str, Any], Any]], Actor], None],
) -> ImportResult:
    bad = len({e.row for e in result.errors})
    result.added = sum(1 for _values, found in ready if found is None)
    result.changed = len(ready) - result.added
    result.skipped = bad
    if result.dry_run:
        return result
    if bad and not skip_bad:
        result.added = result.changed = 0
        return result
    write(ready, actor)
    return result


IMPORTS: dict[str, tuple[Any, tuple[Column, ...], Callable[..., ImportResult]]] = {}
"""By kind: its name, its columns, its function. Each module that imports a table adds its own."""
