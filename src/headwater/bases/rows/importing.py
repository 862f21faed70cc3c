"""Rows of a table beside a base from xlsx and csv: those that are there already are found by their key. All of a file is taken, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from headwater.bases.rows.declared import RowTable
from headwater.bases.rows.services import lock_base, write
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.sheets import RowError
from headwater.registers.values import changes, plain, values_of
from headwater.registry.tables import Column, ImportResult, day_of, parse_rows

MOST_ROWS = 2000


def sheet_columns(table: RowTable, entry: Any) -> tuple[Column, ...]:
    """Return the columns of a file: those of the form, by their labels."""
    asked = [(c, field(entry)) for c, field in table.asked]
    return tuple(Column(c.name, str(c.label), bool(f.required)) for c, f in asked)


def import_rows(*, table: RowTable, entry: Any, name: str, content: bytes, actor: Actor) -> ImportResult:
    """Take over the rows of a file: new ones are put, those of a known key changed. With one bad cell nothing is taken, and every bad cell
    is told.

    Raises:
        Refused: the file as a whole cannot be read, or the base has no such table.
    """
    with command(actor, "bases.keep_rows", entry, name="bases.import_rows") as log:
        base, holds = lock_base(table, entry)
        sheet = parse_rows(name, content, sheet_columns(table, base))
        result = sheet.result(dry_run=False)
        if len(sheet.rows) > MOST_ROWS:
            raise Refused.because(_("一次最多 %d 行") % MOST_ROWS, field="file")
        rows, lines, befores = _read(table, base, sheet, result)
        result.errors += [
            RowError(lines[n], _label(table, reason.field), "", reason.text) for n, reason in table.weigh(base, rows, holds)
        ]
        result.skipped = len({e.row for e in result.errors})
        if result.errors:
            return result
        kept = [
            (r, b) for r, b in zip(rows, befores, strict=True) if not b or any(changes(b, values_of(r))) or hasattr(r, "beside")
        ]
        result.added = sum(1 for _r, b in kept if not b)
        result.changed = len(kept) - result.added
        if kept:
            write(table, [r for r, _b in kept], [b for _r, b in kept], log)
    return result


def _read(table: RowTable, base: Any, sheet: Any, result: ImportResult) -> tuple[list[Any], list[int], list[dict[str, Any]]]:
    """Return the rows that a file makes or changes, with their lines and what stood there before; bad cells go to the result."""
    known = {_key(table, r): r for r in table.rows_of(base).select_for_update(of=("self",))}
    rows, lines, befores = list[Any](), list[int](), list[dict[str, Any]]()
    fields = {c.name: field(base) for c, field in table.asked}
    taken: set[tuple[Any, ...]] = set()
    for line, cells in sheet:
        errors: list[RowError] = []
        values = {c.name: _value(line, str(c.label), cells.get(c.name, ""), fields[c.name], errors) for c, _f in table.asked}
        if errors:
            result.errors += errors
            continue
        row = _filled(table, table.model(entry=base), values, cells, all_of_them=True)
        key = _key(table, row)
        before: dict[str, Any] = {}
        if key in known:
            row = known[key]
            before = values_of(row)
            _filled(table, row, values, cells, all_of_them=False)
        if key in taken:
            result.errors.append(RowError(line, "", "", _("与文件中前面一行相同")))
        taken.add(key)
        rows.append(row)
        lines.append(line)
        befores.append(before)
    return rows, lines, befores


def _filled(table: RowTable, row: Any, values: Mapping[str, Any], cells: Mapping[str, str], *, all_of_them: bool) -> Any:
    """Put the values of a line on a row; on one that is there, an empty cell leaves what stands there."""
    for column, _field in table.asked:
        if all_of_them or cells.get(column.name, ""):
            column.store(row, values[column.name])
    return row


def _key(table: RowTable, row: Any) -> tuple[Any, ...]:
    return tuple(plain(getattr(row, name)) for name in table.key)


def _label(table: RowTable, name: str) -> str:
    column = table.column(name)
    return str(column.label) if column else ""


def _value(line: int, label: str, cell: str, field: forms.Field, errors: list[RowError]) -> Any:
    """Return the value of a cell as its form would give it; a choice may be given by its words, a day as people write it."""
    content: Any = cell
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        words = {str(text): code for code, text in choices if not isinstance(text, (list, tuple))}
        content = words.get(cell, cell)
        if content and not field.valid_value(content):
            errors.append(RowError(line, label, cell, _("应为 %s 之一") % "、".join(w for w in words if w)))
            return None
    elif isinstance(field, forms.DateField):
        found: list[RowError] = []
        content = day_of(line, label, cell, found)
        if found:
            errors.extend(found)
            return None
    try:
        return field.clean(content)
    except ValidationError as error:
        errors.append(RowError(line, label, cell[:40], "；".join(error.messages)))
        return None
