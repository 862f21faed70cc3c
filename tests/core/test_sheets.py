import io
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.core import sheets
from headwater.core.errors import Refused
from headwater.core.sheets import read_table, write_csv, write_xlsx
from headwater.core.text import clean_text

HEADING = ["单位名称", "人数"]
ROWS = [["内蒙古大学", "12"], ["包头师范学院", "7"]]
LINES = "单位名称,人数\r\n内蒙古大学,12\r\n包头师范学院,7\r\n"
BOOK = write_xlsx("records", HEADING, ROWS)

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=2, max_size=6)
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", LINES.encode()),
        ("x.CSV", LINES.encode("utf-8-sig")),
        ("x.csv", LINES.encode("gb18030")),
        ("x.txt", LINES.encode()),
        ("x.tsv", LINES.replace(",", "\t").encode()),
        ("x.csv", LINES.replace("\r\n", "\n").rstrip().encode()),
        ("x.csv", ("\n,\n" + LINES + ",\n \n").encode()),
        ("x.csv", write_csv(HEADING, ROWS)),
        ("x.xlsx", BOOK),
        ("X.XLSX", BOOK),
    ],
)
def test_read_table_forms(name, content):
    assert read_table(name, content) == (HEADING, ROWS)


def test_read_table_short_and_long_rows_fit_the_heading():
    assert read_table("x.csv", b"a,b\n1\n1,2,3\n") == (["a", "b"], [["1", ""], ["1", "2"]])


def test_read_table_strips_cells_and_keeps_quoted_ones():
    assert read_table("x.csv", b' a , b\n " 1 " ,"2,""x""\n3"\n') == (["a", "b"], [['" 1 "', '2,"x"\n3']])


@given(table=TABLES)
@settings(max_examples=100, deadline=None)
def test_xlsx_round_trip_keeps_text(table):
    clean = [[clean_text(c).strip() for c in row] for row in table]
    assert read_table("x.xlsx", write_xlsx("t", table[0], table[1:])) == (clean[0], clean[1:])


@given(table=TABLES)
@settings(max_examples=100, deadline=None)
def test_csv_round_trip_keeps_text_or_defuses_it(table):
    heading, rows = read_table("x.csv", write_csv(table[0], table[1:]))
    for given_row, row in zip(table, [heading, *rows], strict=True):
        for cell, found in zip(given_row, row, strict=True):
            assert found in {clean_text(cell).strip(), "'" + clean_text(cell).strip().replace("|", "\\|")}
            assert found[0] not in "=@"


@pytest.mark.parametrize("formula", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_formulas_defused_in_csv_and_kept_as_text_in_xlsx(formula):
    from_csv = read_table("x.csv", write_csv([formula, "b"], [[formula, "x"]]))
    from_xlsx = read_table("x.xlsx", write_xlsx("t", [formula, "b"], [[formula, "x"]]))
    assert from_csv == ([f"'{formula}", "b"], [[f"'{formula}", "x"]])
    assert from_xlsx == ([formula, "b"], [[formula, "x"]])


@pytest.mark.parametrize(
    ("cell", "in_csv", "in_xlsx"),
    [
        (None, "", ""),
        (5, "5", "5"),
        (-5, "-5", "-5"),
        (2.0, "2.0", "2"),
        (2.5, "2.5", "2.5"),
        (True, "True", "True"),
        (date(2026, 3, 20), "2026-03-20", "2026-03-20"),
        (datetime(2026, 3, 20, 16, 30, tzinfo=UTC), "2026-03-20 16:30:00+00:00", "2026-03-20 16:30:00"),
        ("007", "007", "007"),
        ("http://example.org", "http://example.org", "http://example.org"),
    ],
)
def test_cells_of_every_type(cell, in_csv, in_xlsx):
    rows = [["first", cell]]
    assert read_table("x.csv", write_csv(["a", "b"], rows))[1] == [["first", in_csv]]
    assert read_table("x.xlsx", write_xlsx("t", ["a", "b"], rows))[1] == [["first", in_xlsx]]


def test_write_csv_begins_with_byte_order_mark():
    assert write_csv(["名称"], [["甲"]]) == b"\xef\xbb\xbf" + "名称\r\n甲\r\n".encode()


@pytest.mark.parametrize("title", ["", "x" * 40, "内蒙古自治区自然科学基金项目"])
def test_write_xlsx_titles(title):
    assert read_table("x.xlsx", write_xlsx(title, HEADING, ROWS)) == (HEADING, ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b""),
        ("x.csv", b"a,b\n"),
        ("x.csv", b"a,b\n , \n\n"),
        ("x.csv", b"\0" * 64),
        ("x.csv", b"a,b\n\xff\xff\xff\n"),
        ("x.csv", BOOK),
        ("x.csv", b'a\n"' + b"x" * 1_000_001 + b'"\n'),
        ("x.xlsx", b""),
        ("x.xlsx", b"PK\x03\x04"),
        ("x.xlsx", LINES.encode()),
        ("x.xlsx", write_xlsx("t", HEADING, [])),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("x.ods", b"PK\x05\x06" + b"\0" * 18),
        ("x", LINES.encode()),
        ("100%.csv", b""),
    ],
)
def test_read_table_unreadable_is_refused(name, content):
    with pytest.raises(Refused) as caught:
        read_table(name, content)
    assert [(r.field, r.text[: len(name) + 2]) for r in caught.value.reasons] == [("file", f"“{name}”")]


def test_read_table_too_many_rows(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    assert len(read_table("x.csv", b"a\n1\n2\n")[1]) == 2
    with pytest.raises(Refused, match="超过 3 行"):
        read_table("x.csv", b"a\n1\n2\n3\n")


def is_readable_or_refused(name: str, content: bytes) -> bool:
    try:
        heading, rows = read_table(name, content)
    except Refused:
        return True
    return {len(row) for row in rows} == {len(heading)}


@given(name=st.sampled_from(["x.csv", "x.tsv", "x.xlsx"]), content=st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_read_table_arbitrary_bytes(name, content):
    assert is_readable_or_refused(name, content)


@given(text=st.text(max_size=200), encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]))
@settings(max_examples=100, deadline=None)
def test_read_table_arbitrary_text(text, encoding):
    assert is_readable_or_refused("x.csv", text.encode(encoding, errors="replace"))


@given(length=st.integers(0, len(BOOK) - 1))
@settings(max_examples=100, deadline=None)
def test_read_table_truncated_workbook(length):
    with pytest.raises(Refused):
        read_table("x.xlsx", BOOK[:length])


@given(place=st.integers(0, len(BOOK) - 1), value=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_read_table_damaged_workbook(place, value):
    assert is_readable_or_refused("x.xlsx", BOOK[:place] + bytes([value]) + BOOK[place + 1 :])


FAR_CELL = """
import io, resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from django.conf import settings
settings.configure(USE_I18N=False)
import xlsxwriter
from headwater.core.errors import Refused
from headwater.core.sheets import read_table
out = io.BytesIO()
book = xlsxwriter.Workbook(out, {"in_memory": True})
sheet = book.add_worksheet()
sheet.write_string(0, 0, "a")
sheet.write_string(1_048_575, 16_383, "b")
book.close()
try:
    read_table("x.xlsx", out.getvalue())
except Refused:
    print("refused")
"""


def test_read_table_workbook_with_a_far_cell():
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", FAR_CELL], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n")


KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def rebuilt(
    sheet: str, *, path: str = "worksheets/sheet1.xml", kind: str = KIND, more: dict[str, bytes] | None = None, encoding="utf-8"
):
    """The book with another sheet, which may lie elsewhere."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                new.writestr(f"xl/{path}", sheet.encode(encoding))
                continue
            data = data.replace(b"worksheets/sheet1.xml", path.encode()).replace(KIND.encode(), kind.encode())
            new.writestr(name, data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return out.getvalue()


def sheet_of(*cells: str, rows: str = "<row>{}</row>") -> str:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows.format("".join(cells))}</sheetData></worksheet>'


NEAR, FAR = "<c r='A1'><v>1</v></c>", "<c r='KP300'><v>1</v></c>"


@pytest.mark.parametrize(
    "content",
    [
        rebuilt(sheet_of(NEAR, FAR)),
        rebuilt(sheet_of(NEAR, FAR), path="s.xml"),
        rebuilt(sheet_of(NEAR, FAR), path="s.dat"),
        rebuilt(sheet_of(NEAR, '<c s="1" t="n"\nr = "KP300"><v>1</v></c>')),
        rebuilt(sheet_of(NEAR, '<x:c xmlns:x="x" a=">" r="KP300"><v>1</v></x:c>')),
        rebuilt(sheet_of(NEAR, '<c r="&#75;P300"><v>1</v></c>')),
        rebuilt(sheet_of(NEAR, "<c r='kp300'><v>1</v></c>")),
        rebuilt(sheet_of(NEAR, "<c r='AAAAAAAA1'><v>1</v></c>")),
        rebuilt(sheet_of(*["<c><v>1</v></c>"] * 300)),
        rebuilt(sheet_of("<c><v>1</v></c>", rows="<row r='1'><c><v>1</v></c></row><row r='1048576'>{}</row>")),
        rebuilt(sheet_of(*["<c><v>1</v></c>"] * 150, "<row>", *["<c><v>1</v></c>"] * 150, "</row>")),
        rebuilt(sheet_of(NEAR, "<c r='GR100000'><v>1</v></c>")),
        rebuilt(sheet_of(NEAR), encoding="utf-16"),
        rebuilt("<!DOCTYPE a [<!ENTITY b 'c'>]>" + sheet_of(NEAR)),
    ],
)
def test_a_workbook_that_spans_too_much_is_refused_however_it_is_written(content, monkeypatch):
    monkeypatch.setattr("python_calamine.CalamineWorkbook.from_filelike", lambda file: pytest.fail("was read"), raising=False)
    with pytest.raises(Refused) as caught:
        read_table("x.xlsx", content)
    assert caught.value.reasons[0].field == "file"


@pytest.mark.parametrize(
    "content",
    [
        rebuilt(sheet_of(NEAR), kind="application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        rebuilt(sheet_of(NEAR), kind="application/vnd.ms-excel.sheet.binary.macroEnabled.main"),
        rebuilt(sheet_of(NEAR), more={"XL\\workbook.bin": b"x"}),
        rebuilt(sheet_of(NEAR), more={"content.xml": b"<a/>"}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    ],
)
def test_other_kinds_of_workbooks_are_refused_with_what_to_do(content):
    with pytest.raises(Refused, match="另存为 xlsx"):
        read_table("x.xlsx", content)


def test_a_sheet_without_addresses_and_elsewhere_is_read():
    row = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'
    sheet = sheet_of(rows="".join(row.format(n) for n in ("a", *range(300))))
    assert read_table("x.xlsx", rebuilt(sheet, path="s.xml")) == (["a"], [[str(n)] for n in range(300)])
