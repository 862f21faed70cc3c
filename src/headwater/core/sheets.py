"""Spreadsheets in and out: xlsx and csv, typed errors for each bad row, formulas never executed on opening."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TextIO

from django.utils.translation import gettext as _

from headwater.core.errors import Refused

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_UNPACKED = 300_000_000


@dataclass(frozen=True)
class RowError:
    """`row` is the line in the file as a person counts it: the heading is line 1."""

    row: int
    column: str
    value: str
    message: str


def read_table(name: str, content: bytes) -> tuple[list[str], list[list[str]]]:
    """Read the first sheet of an xlsx/xls/ods file, or a csv or tsv (UTF-8 or GB18030), as text cells.

    Raises:
        Refused: not a table, empty, or longer than `MAX_ROWS`.
    """
    try:
        rows = _read_csv(name, content) if name.lower().endswith((".csv", ".tsv", ".txt")) else _read_workbook(content)
    except Exception as error:
        raise Refused.because(_("“%s”不是可读的表格（xlsx、csv）：%s") % (name[:200], str(error)[:200]), field="file") from error
    rows = [r for r in rows if any(c.strip() for c in r)]
    if len(rows) < 2:
        raise Refused.because(_("“%s”没有数据行；第一行应为列名") % name, field="file")
    if len(rows) > MAX_ROWS:
        raise Refused.because(_("“%(name)s”超过 %(limit)d 行，请分批导入") % {"name": name, "limit": MAX_ROWS}, field="file")
    heading = [c.strip() for c in rows[0]]
    width = len(heading)
    return heading, [[c.strip() for c in (r + [""] * width)[:width]] for r in rows[1:]]


def _read_csv(name: str, content: bytes) -> list[list[str]]:
    text = ""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValueError(_("编码不是 UTF-8 或 GB18030"))
    if "\0" in text:
        raise ValueError(_("含有二进制内容"))
    csv.field_size_limit(1_000_000)
    return list(csv.reader(io.StringIO(text), delimiter="\t" if name.lower().endswith(".tsv") else ","))


def _read_workbook(content: bytes) -> list[list[str]]:
    from python_calamine import CalamineWorkbook

    _check_size(content)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = [[_text(c) for c in row] for row in book.get_sheet_by_index(0).to_python()]
    if any("\0" in cell for row in rows for cell in row):
        raise ValueError(_("含有二进制内容"))
    return rows


CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]{1,3})([0-9]{1,7})"')


def _check_size(content: bytes) -> None:
    """Look at the addresses of the cells before a reader makes room for the rectangle that they span.

    Raises:
        ValueError: not a workbook of Excel 2007 or later, or one that spans too much.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        if sum(f.file_size for f in book.infolist()) > MAX_UNPACKED:
            raise ValueError(_("解压后过大"))
        for name in book.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            rows = columns = 0
            for letters, digits in CELL.findall(book.read(name)):
                column = 0
                for letter in letters:
                    column = column * 26 + letter - 64
                rows, columns = max(rows, int(digits)), max(columns, column)
            if rows > MAX_ROWS + 1 or columns > MAX_COLUMNS:
                raise ValueError(_("表格超过 %(rows)d 行或 %(columns)d 列") % {"rows": MAX_ROWS, "columns": MAX_COLUMNS})


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def csv_into(out: TextIO, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """CSV, cells that look like formulas defused; one row in memory at a time."""
    import defusedcsv.csv as safe

    writer = safe.writer(out)
    writer.writerow(heading)
    for row in rows:
        writer.writerow(["" if c is None else c for c in row])


def write_csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV with a byte-order mark (Excel reads the Chinese), cells that look like formulas defused."""
    out = io.StringIO()
    csv_into(out, heading, rows)
    return out.getvalue().encode("utf-8-sig")


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
    """A small workbook as bytes."""
    out = io.BytesIO()
    xlsx_into(out, title, heading, rows)
    return out.getvalue()
