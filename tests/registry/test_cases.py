"""Tables as people really send them: what each holds is read or refused in words, nothing is lost without a word."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from headwater.core.errors import Refused
from headwater.core.sheets import write_csv, write_xlsx
from headwater.registry.imports import ImportResult, import_organisations, import_people
from headwater.registry.models import Organisation, Person
from tests.make import actor, client

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parents[3] / "shared" / "cases" / "imports"
LOST = "末几位已经丢失"


@pytest.fixture
def host() -> Organisation:
    """The institution that the cases name."""
    return Organisation.objects.create(name_zh="东川大学", code="dongchuan", kind="university")


def people(name: str, content: bytes, *, dry_run: bool = False, skip_bad: bool = False) -> ImportResult:
    return import_people(name=name, content=content, actor=actor("officer"), dry_run=dry_run, skip_bad=skip_bad)


def case(name: str, **how: Any) -> ImportResult:
    if not (CASES / name).exists():
        pytest.skip("the shared cases are not here")
    return people(name, (CASES / name).read_bytes(), **how)


def book(*sheets: tuple[str, list[list[Any]]], hidden: tuple[str, ...] = (), merged: str = "", since_1904: bool = False) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": since_1904})
    for title, rows in sheets:
        sheet = made.add_worksheet(title)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if merged:
            sheet.merge_range(merged, "东川大学")
        if title in hidden:
            sheet.hide()
        else:
            sheet.activate()
            sheet.set_first_sheet()
    made.close()
    return out.getvalue()


def told(result: ImportResult) -> list[tuple[int, str]]:
    return [(e.row, e.column) for e in result.errors]


# identifiers that Excel has damaged


def test_case_01_a_damaged_identity_number_is_refused(host: Organisation) -> None:
    result = case("01-id-as-number.xlsx")
    assert told(result) == [(line, "身份证号") for line in (2, 3, 4, 5)]
    assert all(LOST in e.message for e in result.errors)
    assert not Person.objects.filter(name_zh__startswith="试").exists()


@pytest.mark.parametrize(
    ("label", "value"), [("身份证号", 1.50102198503071e17), ("ORCID", 1234567890123456), ("手机号码", 1.4e15)]
)
def test_a_number_of_more_than_fifteen_digits_is_no_identifier(host: Organisation, label: str, value: float) -> None:
    result = people("p.xlsx", book(("a", [["姓名", "单位", "电子邮箱", label], ["试甲", "东川大学", "a@x.example", value]])))
    assert len(result.errors) == 1
    assert LOST in result.errors[0].message
    assert (result.rows, result.skipped) == (1, 1)


def test_a_number_with_an_exponent_in_a_csv_is_no_identifier(host: Organisation) -> None:
    result = people("p.csv", write_csv(["姓名", "单位", "身份证号"], [["试甲", "东川大学", "1.50102E+17"]]))
    assert [LOST in e.message for e in result.errors] == [True]


def test_a_credit_code_that_is_a_number_is_refused() -> None:
    sheet = book(("a", [["单位名称", "类型", "统一社会信用代码"], ["试院", "科研院所", 121500004600000000]]))
    result = import_organisations(name="o.xlsx", content=sheet, actor=actor("officer"), dry_run=False)
    assert [LOST in e.message for e in result.errors] == [True]


def test_a_telephone_number_stored_as_a_number_is_read(host: Organisation) -> None:
    row = ["试甲", "东川大学", "a@x.example", 13800000001]
    assert people("p.xlsx", book(("a", [["姓名", "单位", "邮箱", "手机号"], row]))).errors == []
    assert Person.objects.get(email="a@x.example").phone == "13800000001"


def test_other_rows_of_a_table_with_a_damaged_number_can_be_imported(host: Organisation) -> None:
    heading = ["姓名", "单位", "电子邮箱", "身份证号"]
    rows = [["试甲", "东川大学", "a@x.example", 1.5e17], ["试乙", "东川大学", "b@x.example", ""]]
    result = people("p.xlsx", book(("a", [heading, *rows])), skip_bad=True)
    assert (result.added, result.skipped) == (1, 1)


def test_a_near_double_is_told(host: Organisation) -> None:
    old = Person.objects.create(name_zh="试甲", organisation=host, email="old@x.example")
    rows = [["试甲", "东川大学", "11010519491231002X", ""], ["试乙", "东川大学", "", "new@x.example"]]
    result = people("p.csv", write_csv(["姓名", "单位", "身份证号", "电子邮箱"], rows), dry_run=True)
    assert (result.errors, result.added) == ([], 2)
    assert [str(old.pk) in note and "第 2 行" in note for note in result.notes] == [True]


# headings


def test_case_02_usual_headings_are_known(host: Organisation) -> None:
    result = case("02-header-variant.xlsx")
    assert (result.errors, result.unused) == ([], [])
    person = Person.objects.get(name_zh="试丙")
    assert (person.birth_date, person.email, person.phone) == (date(1985, 3, 7), "bing@example.org", "13800000001")
    assert person.id_hash


def test_a_column_that_is_not_used_is_told_with_the_nearest(host: Organisation) -> None:
    sheet = write_csv(["姓名", "单位", "电子邮箱", "毕业院校", "手机电话"], [["试甲", "东川大学", "a@x.example", "某校", "1"]])
    assert people("p.csv", sheet, dry_run=True).unused == [("毕业院校", ""), ("手机电话", "电话")]


def test_the_page_shows_the_columns_that_are_not_used(host: Organisation) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    sheet = write_csv(["姓名", "单位", "电子邮箱", "手机电话"], [["试甲", "东川大学", "a@x.example", "1"]])
    page = client("officer").post("/imports/", {"kind": "people", "file": SimpleUploadedFile("p.csv", sheet)}).content.decode()
    assert "手机电话" in page
    assert "不会使用" in page


@pytest.mark.parametrize("pair", [("邮箱", "E-mail"), ("电子邮箱", "电子邮箱"), ("身份证号码", "证件号码")])
def test_two_columns_of_one_meaning_are_refused(host: Organisation, pair: tuple[str, str]) -> None:
    with pytest.raises(Refused, match="同一内容"):
        people("p.csv", write_csv(["姓名", "单位", *pair], [["试甲", "东川大学", "a@x.example", "b@x.example"]]))


# encodings and separators


@pytest.mark.parametrize("name", ["11-gbk.csv", "11-bom.csv", "11-tab.csv"])
def test_case_11_read(host: Organisation, name: str) -> None:
    assert case(name).errors == []
    assert Person.objects.get(name_zh="试未").email == "wei@example.org"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("11-cut-utf8.csv", "第 4 行损坏或被截断"),
        ("11-utf16.csv", "UTF-16"),
        ("11-semicolon.csv", "“;”"),
        ("11-fullcomma.csv", "“，”"),
        ("11-big5.csv", "CSV UTF-8"),
    ],
)
def test_case_11_refused_with_its_name(host: Organisation, name: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        case(name)


LINES = "姓名,单位,电子邮箱\n试未,东川大学,wei@example.org\n试申,东川大学,shen@example.org\n"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig"])
def test_encodings_that_are_read(host: Organisation, encoding: str) -> None:
    assert people("p.csv", LINES.encode(encoding)).added == 2
    assert people("q.csv", LINES.replace(",", "\t").encode(encoding)).changed == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LINES.encode()[:-22], "第 3 行损坏"),
        (LINES.encode("utf-8-sig")[:5], "损坏"),
        (LINES.replace("试申", "试\ue000").encode().replace("\ue000".encode(), b"\xff"), "第 3 行损坏"),
        (LINES.encode("utf-16"), "UTF-16"),
        (LINES.encode("utf-16-le"), "UTF-16"),
        (LINES.encode("utf-16-be"), "UTF-16"),
        (LINES.replace(",", ";").encode(), "“;”"),
        (LINES.replace(",", "；").encode("gbk"), "“；”"),
        (LINES.replace(",", "，").encode(), "“，”"),
    ],
)
def test_encodings_and_separators_that_are_refused(host: Organisation, content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        people("p.csv", content)
    assert not Person.objects.filter(email__in=["wei@example.org", "shen@example.org"]).exists()


# dates


def test_case_08_dates(host: Organisation) -> None:
    result = case("08-dates.xlsx", skip_bad=True)
    born = dict(Person.objects.filter(name_zh__startswith="试巳").values_list("name_zh", "birth_date"))
    assert born == {f"试巳{n}": date(1985, 3, 7) for n in (0, 1, 2, 3, 4, 7, 8, 9)}
    assert told(result) == [(n + 2, "出生日期") for n in (5, 6, 10, 11, 12, 13)]
    assert all("-03-20" in e.message or "之间" in e.message for e in result.errors)


@pytest.mark.parametrize("text", ["0085-03-07", "2985-03-07", "1899-12-31", "1985-03", "07/03/1985", "31113", "1985年03月"])
def test_dates_that_nobody_means_are_refused(host: Organisation, text: str) -> None:
    for label in ("出生日期", "出生年月", "入职日期"):
        sheet = write_csv(["姓名", "单位", "电子邮箱", label], [["试甲", "东川大学", "a@x.example", text]])
        assert [e.value for e in people("p.csv", sheet).errors] == [text]


@pytest.mark.parametrize("cell", [31113, 31113.5, "19850307", 19850307, "1985-3-7", "１９８５．３．７", "1985—03—07"])
def test_dates_in_cells_of_every_type(host: Organisation, cell: Any) -> None:
    sheet = book(("a", [["姓名", "单位", "电子邮箱", "出生年月"], ["试甲", "东川大学", "a@x.example", cell]]))
    assert people("p.xlsx", sheet).errors == []
    assert Person.objects.get(email="a@x.example").birth_date == date(1985, 3, 7)


def test_a_bare_number_of_a_book_that_counts_from_1904_is_no_day(host: Organisation) -> None:
    sheet = [["姓名", "单位", "电子邮箱", "出生日期"], ["试甲", "东川大学", "a@x.example", 31113]]
    assert told(people("p.xlsx", book(("a", sheet), since_1904=True))) == [(2, "出生日期")]


def test_a_birth_date_must_agree_with_the_document(host: Organisation) -> None:
    heading = ["姓名", "单位", "身份证号", "出生日期"]
    sheet = write_csv(heading, [["试甲", "东川大学", "11010519491231002X", "1950-12-31"]])
    assert told(people("p.csv", sheet)) == [(2, "出生日期")]


# shapes of sheets


@pytest.mark.parametrize(
    ("name", "person", "note"),
    [
        ("12-hidden-first.xlsx", "试戌", "隐藏的工作表没有读取：字典"),
        ("12-title-row.xlsx", "试亥", "列名在第 2 行"),
        ("12-star-heading.xlsx", "试亥", ""),
    ],
)
def test_case_12_shapes(host: Organisation, name: str, person: str, note: str) -> None:
    result = case(name)
    assert (result.errors, result.added, result.unused) == ([], 1, [])
    assert Person.objects.get(name_zh=person).organisation == host
    assert note in "".join(result.notes)


def test_case_12_merged_cells_hold_for_each_row(host: Organisation) -> None:
    result = case("12-merged.xlsx")
    assert (result.errors, result.added) == ([], 2)
    assert "合并" in "".join(result.notes)


def test_a_hidden_sheet_is_named_and_the_next_is_read(host: Organisation) -> None:
    rows = [
        ["附件 1  人员汇总表"],
        [],
        ["* 姓\n名", "工作单位（全称）", "电子\n邮箱*"],
        [],
        ["试甲", "", "a@x.example"],
        ["试乙", "", "b"],
    ]
    content = book(("字典", [["代码"], ["1"]]), ("人员", rows), hidden=("字典",), merged="B5:B6")
    result = people("p.xlsx", content, skip_bad=True)
    assert told(result) == [(6, "电子邮箱")]
    assert result.added == 1
    assert any("字典" in note for note in result.notes)


def test_a_line_is_named_as_a_person_counts_it(host: Organisation) -> None:
    rows = [
        ["姓名", "单位", "电子邮箱"],
        ["", "", ""],
        ["试甲", "没有的学校", "a@x.example"],
        ["", "", ""],
        ["试乙", "东川大学", "b"],
    ]
    text = "\n".join(",".join(row) if any(row) else "" for row in rows).encode()
    for name, content in (("p.xlsx", book(("a", rows))), ("p.csv", text)):
        assert told(people(name, content)) == [(3, "单位"), (5, "电子邮箱")]


def test_every_table_counts_lines_in_the_same_way() -> None:
    from headwater.registry.tables import IMPORTS

    for _kind, (_name, columns, function) in IMPORTS.items():
        heading = [c.label for c in columns]
        sheet = write_xlsx("a", heading, [[], ["?"] * len(heading)])
        result = function(name="a.xlsx", content=sheet, actor=actor("officer"), dry_run=True)
        assert {e.row for e in result.errors} == {3}, _kind


def test_a_day_of_the_future_is_no_birth(host: Organisation) -> None:
    day = (date.today() + timedelta(days=400)).isoformat()  # noqa: DTZ011 -- any day to come
    sheet = write_csv(["姓名", "单位", "电子邮箱", "出生日期"], [["试甲", "东川大学", "a@x.example", day]])
    assert told(people("p.csv", sheet)) == [(2, "出生日期")]


# one normal form of names and addresses, and one person behind both


def test_case_03_names_enter_in_one_form(host: Organisation) -> None:
    assert case("03-padded-names.xlsx").errors == []
    names = Person.objects.filter(organisation=host).order_by("pk").values_list("name_zh", flat=True)
    assert list(names) == ["试丁", "试戊", "试己", "试庚", "试辛"]


def test_case_04_dots_of_every_kind_are_one_name(host: Organisation) -> None:
    result = case("04-dots.xlsx", skip_bad=True)
    assert told(result) == [(line, "姓名") for line in range(3, 11)]
    assert [p.name_zh for p in Person.objects.filter(organisation=host)] == ["试娜·图雅"]


def test_case_09_an_address_in_another_case_is_the_same_person(host: Organisation) -> None:
    assert case("09-mail-case.xlsx").added == 1
    assert case("09b-mail-case.xlsx").changed == 1
    assert [p.email for p in Person.objects.filter(name_zh="试午")] == ["wu.shi+nsf@example.org"]


def test_case_50_a_corrected_address_is_of_the_same_person(host: Organisation) -> None:
    assert case("50-old-mail.xlsx").added == 1
    assert case("51-new-mail.xlsx").changed == 1
    assert [p.email for p in Person.objects.filter(name_zh="试甲0")] == ["new.addr@example.org"]
