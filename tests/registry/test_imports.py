"""Imports of people: who is the same person, which dates are read, and nothing changes while a row is bad."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from headwater.core.errors import Refused
from headwater.core.models import Parameter
from headwater.core.sheets import write_csv, write_xlsx
from headwater.registry.imports import ImportResult, import_organisations, import_people
from headwater.registry.models import Organisation, Person
from tests.make import actor, client, new_person

pytestmark = pytest.mark.django_db
HEADING = ["姓名", "单位", "最高学位", "电子邮箱", "出生日期"]


def load(*rows: tuple[str, str, str], dry_run: bool = False) -> ImportResult:
    host = Organisation.objects.hosts().order_by("pk")[0].name_zh
    sheet = [[name, host, "博士", email, born] for name, email, born in rows]
    return import_people(name="people.csv", content=write_csv(HEADING, sheet), actor=actor("officer"), dry_run=dry_run)


@pytest.mark.parametrize(
    "text", ["1985-3-4", "1985/3/4", "1985.03.04", "1985年3月4日", "1985-03-04 00:00:00", "1985-03-04T00:00:00"]
)
def test_dates_as_people_write_them(text: str) -> None:
    assert load(("测试甲", "a@x.example", text)).errors == []
    assert Person.objects.get(email="a@x.example").birth_date == date(1985, 3, 4)


@pytest.mark.parametrize("text", ["1985", "1985-13-01", "1985-02-30", "三月四日", "1985-3-4x"])
def test_other_dates_are_refused_with_the_expected_form(text: str) -> None:
    result = load(("测试甲", "a@x.example", text))
    assert [(e.column, e.value) for e in result.errors] == [("出生日期", text)]
    assert not Person.objects.filter(email="a@x.example").exists()


def test_the_same_row_twice_is_told_without_any_number() -> None:
    result = load(("测试甲", "", ""), ("测试甲", "", ""))
    assert [(e.row, e.column) for e in result.errors] == [(3, "姓名")]


def test_importing_the_same_file_again_adds_nobody() -> None:
    assert load(("测试甲", "a@x.example", "1985-3-4")).added == 1
    again = load(("测试甲", "a@x.example", "1986-3-4"))
    assert (again.added, again.changed, again.errors) == (0, 1, [])
    assert Person.objects.get(name_zh="测试甲").birth_date == date(1986, 3, 4)


def test_a_namesake_must_be_told_apart() -> None:
    load(("测试甲", "a@x.example", ""))
    assert [e.column for e in load(("测试甲", "", "")).errors] == ["姓名"]
    assert load(("测试甲", "b@x.example", "")).added == 1


def test_organisations_carry_a_checked_ror() -> None:
    def bring(ror: str) -> ImportResult:
        sheet = write_csv(["单位名称", "类型", "ROR"], [["测试研究院", "科研院所", ror]])
        return import_organisations(name="o.csv", content=sheet, actor=actor("officer"), dry_run=False)

    assert [e.column for e in bring("https://ror.org/0106qb497").errors] == ["ROR"]
    assert bring("https://ror.org/0106qb496").errors == []
    assert Organisation.objects.get(name_zh="测试研究院").ror == "0106qb496"


def test_a_code_of_another_organisation_is_told_with_its_row() -> None:
    taken = Organisation.objects.order_by("pk")[0]
    heading = ["单位名称", "类型", "代码"]
    sheet = [["测试甲院", "科研院所", taken.code], ["测试乙院", "科研院所", "test-b"], ["测试丙院", "科研院所", "test-b"]]
    result = import_organisations(name="o.csv", content=write_csv(heading, sheet), actor=actor("officer"), dry_run=False)
    assert [(e.row, e.column) for e in result.errors] == [(2, "代码"), (4, "代码")]
    same = write_csv(heading, [[taken.name_zh, "科研院所", taken.code]])
    assert import_organisations(name="o.csv", content=same, actor=actor("officer"), dry_run=False).errors == []


def test_a_cell_that_is_too_long_is_told_with_its_row() -> None:
    result = load(("甲" * 121, "a@x.example", ""), ("乙", "b@x.example", ""))
    assert [(e.row, e.column, e.message) for e in result.errors] == [(2, "姓名", "最多 120 字")]


def test_a_workbook_with_binary_content_is_refused() -> None:
    book = write_xlsx("people", HEADING, [["甲BBBB", "某校", "博士", "a@x.example", ""]])
    with zipfile.ZipFile(io.BytesIO(book)) as old:
        parts = {name: old.read(name).replace("甲BBBB".encode(), "甲_x0000_".encode()) for name in old.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    with pytest.raises(Refused, match="二进制"):
        import_people(name="p.xlsx", content=out.getvalue(), actor=actor("officer"))


def test_what_a_reader_says_of_a_broken_workbook_is_not_told_in_full() -> None:
    book = write_xlsx("people", HEADING, [["甲", "某校", "博士", "a@x.example", ""]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b't="s"', b't="%s"' % (b"x" * 5000)))
    with pytest.raises(Refused) as error:
        import_people(name="p.xlsx", content=out.getvalue(), actor=actor("officer"))
    assert len(str(error.value)) < 500


def test_a_refused_heading_is_not_told_in_full() -> None:
    with pytest.raises(Refused) as error:
        import_people(name="p.csv", content=write_csv(["x" * 5000] * 150, [["1"] * 150]), actor=actor("officer"))
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(("titles", "senior"), [(["教授"], False), (["教授", "驯马师"], True)])
def test_the_region_says_which_titles_are_senior(titles: list[str], senior: bool) -> None:
    Parameter.objects.filter(key="senior_titles").update(value=titles)
    person = new_person("独孤资深", orcid="0000-0002-1825-0097", title="")
    sheet = write_csv(["姓名", "单位", "ORCID", "职称"], [[person.name_zh, person.organisation.name_zh, person.orcid, "驯马师"]])
    assert import_people(name="p.csv", content=sheet, actor=actor("officer"), dry_run=False).errors == []
    person.refresh_from_db()
    assert person.is_senior is senior


def test_an_empty_cell_leaves_and_a_declared_word_clears() -> None:
    person = new_person(
        "独孤清空", orcid="0000-0002-1825-0097", title="教授", is_senior=True, phone="0471-1", email="a@example.org"
    )
    Person.objects.filter(pk=person.pk).update(account=None)  # of an account it is the account's address, which has its own way
    where = person.organisation.name_zh

    def again(title: str, phone: str, email: str) -> tuple[str, bool, str, str]:
        sheet = write_csv(
            ["姓名", "单位", "ORCID", "职称", "电话", "电子邮箱"], [[person.name_zh, where, person.orcid, title, phone, email]]
        )
        assert import_people(name="p.csv", content=sheet, actor=actor("officer"), dry_run=False).errors == []
        person.refresh_from_db()
        return person.title, person.is_senior, person.phone, person.email

    assert again("", "", "") == ("教授", True, "0471-1", "a@example.org")
    assert again("清空", "清空", "清空") == ("", False, "", "")


def test_people_are_listed_and_found_by_their_sound() -> None:
    for name in ("钟意甲", "安意甲", "马意甲"):
        new_person(name)
    page = client("officer").get("/people/", {"q": "意甲"}).content.decode()
    assert [page.index(name) for name in ("安意甲", "马意甲", "钟意甲")] == sorted(
        page.index(n) for n in ("安意甲", "马意甲", "钟意甲")
    )
    assert "钟意甲" in client("officer").get("/people/", {"q": "zhongyijia"}).content.decode()


def test_an_import_that_renames_gives_the_new_sound() -> None:
    person = new_person("独孤旧名", orcid="0000-0002-1825-0097")
    sheet = write_csv(["姓名", "单位", "ORCID"], [["独孤新名", person.organisation.name_zh, person.orcid]])
    assert import_people(name="p.csv", content=sheet, actor=actor("officer"), dry_run=False).errors == []
    person.refresh_from_db()
    assert (person.name_zh, person.name_sounds) == ("独孤新名", "dugu" + "xinming")
