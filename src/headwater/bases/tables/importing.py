"""Rows of a table from xlsx and csv: read by the same form as on the page, every bad cell with its line; nothing is put while one is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.models import Base
from headwater.bases.parts import TableKind
from headwater.bases.tables.declared import TableOf
from headwater.bases.tables.services import Line, against, put_lines
from headwater.core.command import Actor
from headwater.core.sheets import RowError
from headwater.registry.tables import Column, ImportResult, parse_rows

MOST_ROWS = 2000


@dataclass
class Reading:
    """What a file holds: rows that can be put, and what is wrong with the others."""

    result: ImportResult
    lines: list[Line]


def columns_of(base: Base, of: TableOf, kind: TableKind) -> tuple[Column, ...]:
    """Return the columns of a file: those of the form, by their labels."""
    fields: Mapping[str, Any] = of.form(base, kind).fields
    return tuple(Column(name, str(field.label), field.required) for name, field in fields.items())


def read_file(base: Base, of: TableOf, kind: TableKind, *, name: str, content: bytes) -> Reading:
    """Read a file of rows for a base; nothing is written.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    columns = columns_of(base, of, kind)
    table = parse_rows(name, content, columns)
    reading, labels = Reading(table.result(True), []), {c.name: c.label for c in columns}
    seen: set[tuple[Any, ...]] = set()
    for number, row in table:
        form = of.form(base, kind, data=dict(row))
        errors = [RowError(number, labels.get(c, ""), row.get(c, "")[:40], str(e[0])) for c, e in form.errors.items()]
        if not errors:
            record = of.model(base=base, **form.cleaned_data)
            found = against(of, kind, record)
            errors = [RowError(number, labels.get(r.field, ""), row.get(r.field, "")[:40], r.text) for r in found]
            key = tuple(getattr(record, c) for c in of.once)
            if key and of.counts(record) and key[0] not in (None, "") and key in seen:
                errors.append(RowError(number, labels[of.once[0]], str(key[0]), _("与文件中前面一行相同")))
            seen.add(key)
        reading.result.errors += errors
        if not errors:
            reading.lines.append(Line(form.cleaned_data))
    reading.result.added = len(reading.lines)
    reading.result.skipped = len({e.row for e in reading.result.errors})
    if len(reading.lines) > MOST_ROWS:
        text = _("一次最多 %d 行，请分开导入") % MOST_ROWS
        reading.result.errors.append(RowError(0, "", str(len(reading.lines)), text))
    return reading


def import_lines(base: Base, of: TableOf, kind: TableKind, *, name: str, content: bytes, actor: Actor) -> ImportResult:
    """Put the rows of a file in one command; none of them while a cell is bad.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    reading = read_file(base, of, kind, name=name, content=content)
    if not reading.result.errors and reading.lines:
        put_lines(table=of.code, base=base, lines=reading.lines, actor=actor)
        reading.result.dry_run = False
    return reading.result
