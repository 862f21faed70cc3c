"""What every import of a table shares: columns by name, cells as values, one error for each bad cell, a dry run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.addresses import normal as normal_address
from headwater.core.command import Actor
from headwater.core.encodings import other_separator
from headwater.core.errors import Refused
from headwater.core.names import normal_name
from headwater.core.register import Register
from headwater.core.sheets import Number, RowError, read_sheet

Row = dict[str, str]
T = TypeVar("T")
NAME, ADDRESS, IDENTIFIER = "name", "address", "identifier"
"""What a column holds, where that needs a form of its own."""
CLEAR = "清空"
"""In a cell: take away what is on record."""
CLEAN: dict[str, Callable[[str], str]] = {
    NAME: normal_name,
    ADDRESS: lambda text: text if text == CLEAR else normal_address(text),
}
"""The one normal form in which a text enters, by kind of column: names and addresses have theirs."""
DOCUMENTS = ("证件号码", "身份证号码", "身份证", "公民身份号码", "居民身份证号", "证件号")
UNITS = ("依托单位", "工作单位", "所在单位", "单位名称", "任职单位")


@dataclass
class ImportResult:
    """What an import did or, on a dry run, would do. `added` and `changed` are counts of rows.

    `unused` are the columns of the file that no import reads, each with the nearest known one; `notes` say what was read otherwise
    than it stands in the file.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)
    dry_run: bool = True
    unused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """The rows of a file by the names of the columns, each with its line as a person counts it. `errors` are of cells that the file
    itself has lost; their rows are left out.
    """

    lines: list[int]
    rows: list[Row]
    errors: list[RowError]
    unused: list[tuple[str, str]]
    notes: list[str]

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        return zip(self.lines, self.rows, strict=True)

    def result(self, dry_run: bool) -> ImportResult:
        count = len({e.row for e in self.errors})
        return ImportResult(
            len(self.rows) + count, dry_run=dry_run, errors=list(self.errors), unused=self.unused, notes=self.notes
        )


YES = frozenset({"是", "1", "true", "yes"})
YES_NO = {"是": True, "否": False, "1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
MAYBE: dict[str, bool | None] = YES_NO | {"": None}
"""Nothing in the cell leaves what is on record."""
BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad*]+")
BRACKETS = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]$")
HEADINGS_WITHIN = 10
"""Rows in which the heading is looked for: titles and notes stand above it."""
EXPONENT = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
TRUE_DIGITS = 15


def normal(kind: str, text: str) -> str:
    """Return the text that is stored for a cell of a kind."""
    clean = CLEAN.get(kind)
    return clean(text) if clean else text


def heading_key(text: str) -> str:
    """Return a heading in the form in which it is compared: one width, no blanks, line breaks, stars or colon."""
    return BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold().rstrip(":")


def parse_rows(name: str, content: bytes, columns: tuple[Column, ...]) -> Table:
    """Read a table by its column names (Chinese label, alias or field name).

    Raises:
        Refused: not a table, a required column is missing, or two columns mean the same.
    """
    sheet = read_sheet(name, content)
    by_heading = {heading_key(text): c for c in reversed(columns) for text in (*c.aliases, c.name, c.label)}
    at, places = _heading(name, sheet.rows, columns, by_heading)
    heading = sheet.rows[at]
    unused = [(h[:40], _nearest(h, by_heading)) for n, h in enumerate(heading) if h and n not in places.values()]
    notes = [*sheet.notes, *([_("列名在第 %d 行，其上的行没有读取") % sheet.lines[at]] if at else [])]
    table = Table([], [], [], unused, notes)
    if len(sheet.rows) == at + 1:
        raise Refused.because(_("“%s”没有数据行；第一行应为列名") % name, field="file")
    for line, cells in zip(sheet.lines[at + 1 :], sheet.rows[at + 1 :], strict=True):
        _add_row(table, line, cells, columns, places)
    return table


def _heading(
    name: str, rows: Sequence[Sequence[str]], columns: tuple[Column, ...], by_heading: dict[str, Column]
) -> tuple[int, dict[str, int]]:
    """Return the place of the heading (the first row with all required columns), and where it has which column."""
    candidates = [_places(row, by_heading) for row in rows[:HEADINGS_WITHIN]]
    if not candidates:
        raise Refused.because(_("“%s”没有数据行；第一行应为列名") % name, field="file")
    missing = [[c.label for c in columns if c.required and c.name not in places] for places, _doubles in candidates]
    best = min(range(len(candidates)), key=lambda n: (len(missing[n]), n))
    if missing[best]:
        parameters = {"missing": "、".join(missing[best]), "found": "、".join(h[:20] for h in rows[best][:30])}
        text = _("缺少列：%(missing)s（文件中的列：%(found)s）") % parameters
        if not candidates[best][0] and name.lower().endswith((".csv", ".txt")):
            mark = other_separator(rows[0][0]) if len(rows[0]) == 1 else ""
            advice = _("各列之间是“%s”，不是逗号；请另存为“CSV UTF-8（逗号分隔）”或 xlsx") % mark
            text = advice if mark else text + _("。列名若显示为乱码，请另存为“CSV UTF-8（逗号分隔）”")
        raise Refused.because(text, field="file")
    places, doubles = candidates[best]
    if doubles:
        pairs = "、".join(f"“{a[:20]}”={'“' + b[:20] + '”'}" for a, b in doubles)
        raise Refused.because(_("有两列是同一内容，请只保留一列：%s") % pairs, field="file")
    return best, places


def _places(row: Sequence[str], by_heading: dict[str, Column]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return where a row has which column, and the headings that mean a column which another of the row means, too."""
    places: dict[str, int] = {}
    doubles = []
    for n, text in enumerate(row):
        key = heading_key(text)
        column = by_heading.get(key) or by_heading.get(BRACKETS.sub("", key))
        if column and column.name in places:
            doubles.append((row[places[column.name]], text))
        elif column:
            places[column.name] = n
    return places, doubles


def _nearest(heading: str, by_heading: dict[str, Column]) -> str:
    """Return the label of the known column that a heading is most like; nothing where none is."""
    key = heading_key(heading)
    overlaps = [k for k in by_heading if len(k) > 1 and (k in key or key in k)] if len(key) > 1 else []
    close = overlaps or get_close_matches(key, by_heading, n=1, cutoff=0.5)
    return by_heading[max(close, key=len)].label if close else ""


def _add_row(table: Table, line: int, cells: Sequence[str], columns: tuple[Column, ...], places: dict[str, int]) -> None:
    is_damaged = False
    row: Row = {}
    for column in columns:
        if column.name not in places:
            continue
        at = places[column.name]
        text = cells[at] if at < len(cells) else ""
        if column.kind == IDENTIFIER and _is_lost(text):
            message = _("Excel 把它存成了数字，末几位已经丢失；请把该列设为文本格式后重新填写")
            table.errors.append(RowError(line, column.label, text[:6] + "…", message))
            is_damaged = True
        row[column.name] = normal(column.kind, text)
    if not is_damaged:
        table.lines.append(line)
        table.rows.append(row)


def _is_lost(text: str) -> bool:
    """Return whether Excel kept an identifier as a number of more digits than it can hold, or wrote it out with an exponent."""
    digits = text.lstrip("-").split(".")[0]
    return bool(EXPONENT.fullmatch(text)) or (isinstance(text, Number) and (len(digits) > TRUE_DIGITS or "e" in text))


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
    """Return the values that do not fit the field they are stored in."""
    room = {f.name: f.max_length for f in model._meta.concrete_fields if f.max_length and not f.choices}
    return [
        RowError(number, c.label, values[c.name][:40] + "…", _("最多 %d 字") % most)
        for c in columns
        if (most := room.get(c.name)) and len(values.get(c.name) or "") > most
    ]


def pick(number: int, label: str, text: str, choices: dict[str, T], errors: list[RowError]) -> T | None:
    choice = next((key for key in (text, text.casefold()) if key in choices), None)
    if choice is None:
        errors.append(RowError(number, label, text, _("应为 %s 之一") % "、".join(k for k in choices if k)))
        return None
    return choices[choice]


SEPARATORS = re.compile(r"[,，;；、/\n]+")


def several(text: str) -> list[str]:
    """Return the parts of a cell that holds several values, each once."""
    return list(dict.fromkeys(part.strip() for part in SEPARATORS.split(text) if part.strip()))


DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]|$)")
"""2026-03-20, 2026/3/20, 2026.3.20, 2026年3月20日, with or without a time after it."""
PLAIN_DAY = re.compile(r"((?:18|19|20|21)\d{2})(\d{2})(\d{2})")
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))
SERIAL = re.compile(r"\d{1,6}(?:\.\d+)?")
FIRST_SERIAL = date(1899, 12, 30)
"""Day 0 of Excel, as it counts from March 1900 on."""
Span = tuple[date, date]


def birth_span() -> Span:
    """Return the days on which a person of the registry may have been born."""
    today = clock.today()
    return date(1900, 1, 1), clock.add_months(today, -12 * 10)


def work_span() -> Span:
    """Return the days on which a post may have begun that somebody holds or will hold soon."""
    return date(1940, 1, 1), clock.add_months(clock.today(), 24)


def day_of(number: int, label: str, text: str, errors: list[RowError], span: Span | None = None) -> date | None:
    """Read the day in a cell; with `span`, one that its meaning allows. A month alone is no day, and 07/03/1985 may be two."""
    if not text:
        return None
    day = _day(text)
    if day is None:
        errors.append(RowError(number, label, text, _("应为 2026-03-20 这样的日期")))
    elif span and not span[0] <= day <= span[1]:
        errors.append(
            RowError(number, label, text, _("日期应在 %(first)s 至 %(last)s 之间") % {"first": span[0], "last": span[1]})
        )
        return None
    return day


def _day(text: str) -> date | None:
    plain = unicodedata.normalize("NFKC", text.strip()).translate(DASHES)
    parts = DAY.match(plain) or PLAIN_DAY.fullmatch(plain)
    try:
        if parts:
            return date(*(int(part) for part in parts.groups()))
        if isinstance(text, Number) and SERIAL.fullmatch(text):
            return FIRST_SERIAL + timedelta(days=int(float(text)))
    except (ValueError, OverflowError):
        return None
    return None


def finish(
    result: ImportResult,
    ready: list[tuple[dict[str, Any], Any]],
    actor: Actor,
    skip_bad: bool,
    write: Callable[[list[tuple[dict[str, Any], Any]], Actor], None],
) -> ImportResult:
    bad = len({e.row for e in result.errors})
    result.added = sum(1 for _values, record in ready if record is None)
    result.changed = len(ready) - result.added
    result.skipped = bad
    if result.dry_run:
        return result
    if bad and not skip_bad:
        result.added = result.changed = 0
        return result
    write(ready, actor)
    return result


class Importable(NamedTuple):
    """A kind of table: what it is called, its columns, and the function that imports one: `work(name=, content=, actor=, dry_run=, skip_bad=)`."""

    label: str | Promise
    columns: tuple[Column, ...]
    work: Callable[..., ImportResult]


IMPORTS: Register[Importable] = Register("kind of table")
