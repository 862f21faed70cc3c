"""Spreadsheets in and out: xlsx and csv, typed errors for each bad row, formulas never executed on opening."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from itertools import islice
from typing import Any, TextIO

from django.utils.translation import gettext as _

from headwater.core.encodings import decode, separator
from headwater.core.errors import Refused
from headwater.core.inspection import PROBLEMS, archive, markup
from headwater.core.inspection.problem import Problem
from headwater.core.text import clean_text

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 5_000_000
"""Of the rectangle that a sheet spans, for which a reader makes room."""
MAX_UNPACKED = 300_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
OTHER_KINDS = {"xl/workbook.bin", "content.xml", "mimetype"}
PIECE = 200
"""Rows that a streamed table holds in memory."""
LETTERS = re.compile(r"[A-Za-z]{0,8}")
ESCAPED = re.compile(rb"""[ \t\r\n]r[ \t\r\n]*=[ \t\r\n]*(?:"[^"<&]*&|'[^'<&]*&)""")
"""An address with escaped characters, which readers may pass over."""
DATE_1904 = re.compile(rb"date1904\s*=\s*[\"'](?:1|true)[\"']")
"""Old books of the Mac count days from 1904: of a bare number nobody can tell which day it means."""


@dataclass(frozen=True)
class RowError:
    """`row` is the line in the file as a person counts it: the heading is line 1."""

    row: int
    column: str
    value: str
    message: str


class Number(str):
    """The text of a cell that a workbook keeps as a number: fifteen digits of it are true, and a day is a serial number."""

    __slots__ = ()


@dataclass(frozen=True)
class Sheet:
    """The rows that hold anything, each with its line as a person counts it; `notes` say what of the file was not read as it stands."""

    lines: list[int]
    rows: list[list[str]]
    notes: list[str]


def read_sheet(name: str, content: bytes) -> Sheet:
    """Read the first shown sheet of an xlsx file, or a csv or tsv (UTF-8 or GB18030), as text cells.

    Raises:
        Refused: not a table, or larger than `MAX_ROWS`, `MAX_COLUMNS` and `MAX_CELLS`.
    """
    try:
        rows, notes = _read_csv(name, content) if name.lower().endswith((".csv", ".tsv", ".txt")) else _read_workbook(content)
    except Exception as error:
        raise Refused.because(_("“%s”不是可读的表格（xlsx、csv）：%s") % (name[:200], str(error)[:200]), field="file") from error
    numbered_rows = [(line, row) for line, row in enumerate(rows, start=1) if any(c.strip() for c in row)]
    if len(numbered_rows) > MAX_ROWS:
        raise Refused.because(_("“%(name)s”超过 %(limit)d 行，请分批导入") % {"name": name, "limit": MAX_ROWS}, field="file")
    return Sheet([line for line, _row in numbered_rows], [[_clean_cell(c) for c in row] for _line, row in numbered_rows], notes)


def read_table(name: str, content: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the heading and the rows of a table that begins with its heading.

    Raises:
        Refused: as `read_sheet`, or no row below the heading.
    """
    rows = read_sheet(name, content).rows
    if len(rows) < 2:
        raise Refused.because(_("“%s”没有数据行；第一行应为列名") % name, field="file")
    width = len(rows[0])
    return rows[0], [(r + [""] * width)[:width] for r in rows[1:]]


def _clean_cell(cell: str) -> str:
    return cell if isinstance(cell, Number) else clean_text(cell).strip()


def _read_csv(name: str, content: bytes) -> tuple[list[list[str]], list[str]]:
    text = decode(content)
    csv.field_size_limit(1_000_000)
    delimiter = "\t" if name.lower().endswith(".tsv") else separator(text)
    return list(csv.reader(io.StringIO(text), delimiter=delimiter)), []


def _read_workbook(content: bytes) -> tuple[list[list[str]], list[str]]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    since_1904 = _check_size(content)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    titles = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
    hidden = [s.name for s in book.sheets_metadata if s.visible != SheetVisibleEnum.Visible]
    if not titles:
        raise ValueError(_("工作表都是隐藏的：%s") % "、".join(hidden)[:100])
    notes = [_("隐藏的工作表没有读取：%s") % "、".join(hidden)[:100]] if hidden else []
    rows: list[list[str]] = []
    for title in titles:
        sheet = book.get_sheet_by_name(title)
        rows = [[_text(c, since_1904) for c in row] for row in sheet.to_python(skip_empty_area=False)]
        if any(cell.strip() for row in rows for cell in row):
            notes += [_("只读取了工作表“%s”") % title[:40]] if len(titles) > 1 else []
            notes += _fill_down(rows, sheet.merged_cell_ranges or [])
            break
    if any("\0" in cell for row in rows for cell in row):
        raise ValueError(_("含有二进制内容"))
    return rows, notes


def _fill_down(rows: list[list[str]], ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> list[str]:
    """Fill each row of a cell that is merged down one column. What is merged across columns stays in the first."""
    count = 0
    for (top, left), (bottom, right) in ranges:
        if left != right or top >= len(rows) or left >= len(rows[top]):
            continue
        for row in rows[top + 1 : bottom + 1]:
            if left < len(row) and not row[left].strip():
                row[left] = rows[top][left]
                count += 1
        if count > MAX_CELLS:
            raise ValueError(_("表格的行数乘以列数超过 %d，请分批导入") % MAX_CELLS)
    return [_("纵向合并的单元格，各行都按其中的内容读入")] if count else []


def _check_size(content: bytes) -> bool:
    """Look at the addresses of the cells before a reader makes room for the rectangle that they span. Returns whether days count from 1904.

    Raises:
        ValueError: not a workbook of Excel 2007 or later, or one that spans too much.
    """
    try:
        parts = archive.entries(content, MAX_UNPACKED)
        _check_kind(content, parts)
        since_1904 = False
        for part in parts:
            text = archive.data(content, part)
            since_1904 = since_1904 or (part.filename == "xl/workbook.xml" and bool(DATE_1904.search(text)))
            if b"sheetData" in text or text.startswith(markup.OTHER):  # wherever it lies: only this element holds cells
                markup.check_plain(text)
                _Addresses().check(text)
    except Problem as problem:
        raise ValueError(str(PROBLEMS[problem.code])) from problem
    except zipfile.BadZipFile as error:
        raise ValueError(_("只接受 xlsx 工作簿和 csv；xls、xlsb、ods 等请先另存为 xlsx")) from error
    return since_1904


def _check_kind(content: bytes, parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse all but xlsx: the reader would take other kinds, too, by the names of their parts, and has no limits for them."""
    by_name = {p.filename: p for p in parts}
    kinds: set[str] = set()
    if types := by_name.get("[Content_Types].xml"):
        text = archive.data(content, types)
        markup.check_plain(text)
        markup.parse(text, lambda name, attributes: kinds.add(attributes.get("ContentType", "")))
    if XLSX not in kinds or {n.lower().replace("\\", "/") for n in by_name} & OTHER_KINDS:
        raise ValueError(_("只接受 xlsx 工作簿和 csv；xls、xlsb、ods 等请先另存为 xlsx"))


class _Addresses:
    """The farthest row and column of a sheet, by its addresses; where a cell has none, by counting."""

    def __init__(self) -> None:
        self.row = self.column = self.rows = self.columns = 0
        self.letters: dict[str, int] = {}
        self.counts = self.to_count = False

    def check(self, text: bytes) -> None:
        if ESCAPED.search(text):
            raise ValueError(_("单元格地址不正确"))
        markup.parse(text, self.start)
        if self.to_count:  # which takes twice as long, and few programs leave addresses out
            self.counts, self.row, self.column = True, 0, 0
            markup.parse(text, self.start, end=self.end)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            return
        name = markup.local(name)
        if name == "c":
            if "r" in attributes:
                row, self.column = self.place(attributes["r"])
            elif self.counts:
                row, self.column = self.row, self.column + 1
            else:
                self.to_count = True
                return
            if row > self.rows or self.column > self.columns:
                self.grow(row)
        elif name == "row":
            self.row = self.place(attributes["r"])[0] if "r" in attributes else self.row + 1

    def end(self, name: str) -> None:
        if markup.local(name) == "row":
            self.column = 0

    def grow(self, row: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, self.column)
        if self.rows > MAX_ROWS + 1 or self.columns > MAX_COLUMNS:
            raise ValueError(_("表格超过 %(rows)d 行或 %(columns)d 列") % {"rows": MAX_ROWS, "columns": MAX_COLUMNS})
        if self.rows * self.columns > MAX_CELLS:
            raise ValueError(_("表格的行数乘以列数超过 %d，请分批导入") % MAX_CELLS)

    def place(self, address: str) -> tuple[int, int]:
        letters = address.rstrip("0123456789")
        if letters not in self.letters:
            if not LETTERS.fullmatch(letters):
                raise ValueError(_("单元格地址不正确"))
            self.letters[letters] = reduce(lambda column, letter: column * 26 + ord(letter) - 64, letters.upper(), 0)
        return int(address[len(letters) :] or 0), self.letters[letters]


def _text(cell: Any, since_1904: bool) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() else str(cell)
        return text if since_1904 and len(text) < 8 else Number(text)
    return "" if cell is None else str(cell)


def csv_into(file: TextIO, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV, cells that look like formulas defused; one row in memory at a time. An empty heading is left out."""
    import defusedcsv.csv as safe

    writer = safe.writer(file)
    if heading:
        writer.writerow(heading)
    for row in rows:
        writer.writerow(["" if c is None else c for c in row])


def csv_stream(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield CSV with a byte-order mark, `PIECE` rows at a time, as the rows come."""
    remaining, head = iter(rows), True
    while True:
        text = io.StringIO()
        part = list(islice(remaining, PIECE))
        csv_into(text, heading if head else (), part)
        yield text.getvalue().encode("utf-8-sig" if head else "utf-8")
        if len(part) < PIECE:
            return
        head = False


def write_csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return CSV with a byte-order mark (Excel reads the Chinese), cells that look like formulas defused."""
    file = io.StringIO()
    csv_into(file, heading, rows)
    return file.getvalue().encode("utf-8-sig")


class SheetFile:
    """One xlsx sheet, written row by row into `target`: bold frozen heading, filter arrows, strings never as formulas.

    With `folder`, rows go to a temporary file there and memory does not grow with their number.
    """

    def __init__(self, target: Any, title: str, heading: Sequence[str], *, folder: str = "") -> None:
        import xlsxwriter

        options = {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
        place = {"constant_memory": True, "tmpdir": folder} if folder else {"in_memory": True}
        self.book = xlsxwriter.Workbook(target, options | place)
        self.sheet = self.book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip("' ") or "1")
        bold, self.day = self.book.add_format({"bold": True}), self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.width, self.last = len(heading), 0
        self.sheet.set_column(0, self.width - 1, 18)
        self.sheet.freeze_panes(1, 0)
        self.sheet.write_row(0, 0, list(heading), bold)

    def add(self, row: Sequence[Any]) -> None:
        self.last += 1
        for column, cell in enumerate(row):
            if isinstance(cell, (date, datetime)):
                self.sheet.write_datetime(self.last, column, cell, self.day)
            elif isinstance(cell, (int, float)) and not isinstance(cell, bool) and math.isfinite(cell):
                self.sheet.write_number(self.last, column, cell)
            elif cell is not None:
                self.sheet.write_string(self.last, column, str(cell)[:32000])

    def close(self) -> None:
        self.sheet.autofilter(0, 0, max(self.last, 1), self.width - 1)
        self.book.close()


def xlsx_into(target: Any, title: str, heading: Sequence[str], rows: Iterable[Sequence[Any]], *, folder: str = "") -> None:
    sheet = SheetFile(target, title, heading, folder=folder)
    for row in rows:
        sheet.add(row)
    sheet.close()


def write_xlsx(title: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a small workbook as bytes."""
    file = io.BytesIO()
    xlsx_into(file, title, heading, rows)
    return file.getvalue()
