"""Open data: formats, columns, and only what is public; the page tells how many rows a file has."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.make import client, closed_notice, new_award, new_call, new_host, new_person, nothing_played, placed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner_connection")]
COLUMNS = {
    "calls": "code title_zh title_en scheme year opens_at closes_at budget_cny phase",
    "projects": "number title_zh title_en leader host place call discipline second_discipline amount_cny starts_on ends_on state",
    "notices": "call starts_at ends_at position title leader host amount_cny",
    "articles": "number title_zh title_en agencies measures",
    "indicators": "code label_zh label_en value unit articles computed_at",
}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROW = re.compile(r'<td class="num"[^>]*>\s*(\d+)\s*</td>\s*<td[^>]*>\s*<a href="/data/(\w+)\.csv"')


def fetch(name: str, form: str) -> Any:
    return client(None).get(f"/data/{name}.{form}")


def rows_of(name: str, form: str) -> list[list[str]]:
    """All rows of a file with its heading, each cell as text."""
    content = fetch(name, form).content
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    if form == "json":
        rows = json.loads(content)["rows"]
        return [list(rows[0]), *([str(v) for v in row.values()] for row in rows)]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [[str(c) for c in row] for row in sheet.to_python()]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_form_has_the_same_columns_and_rows(name: str) -> None:
    tables = {form: rows_of(name, form) for form in TYPES}
    assert {form: " ".join(rows[0]) for form, rows in tables.items()} == dict.fromkeys(TYPES, COLUMNS[name])
    assert len({len(rows) for rows in tables.values()}) == 1
    assert len(tables["csv"]) > 1
    assert len({tuple(row[0] for row in rows[1:]) for rows in tables.values()}) == 1 or name == "articles"


@pytest.mark.parametrize("form", sorted(TYPES))
def test_a_file_is_a_download_of_its_type(form: str) -> None:
    response = fetch("projects", form)
    assert (response.status_code, response["Content-Type"]) == (200, TYPES[form])
    assert response["Content-Disposition"] == f"attachment; filename*=UTF-8''projects.{form}"


@pytest.mark.parametrize("address", ["/data/projects.pdf", "/data/people.csv", "/data/applications.json"])
def test_what_is_no_register_is_not_found(address: str) -> None:
    assert client(None).get(address).status_code == 404


def test_the_page_tells_as_many_rows_as_each_file_has() -> None:
    told = {name: int(n) for n, name in ROW.findall(client(None).get("/data/").content.decode())}
    assert told == {name: len(rows_of(name, "csv")) - 1 for name in COLUMNS}


def test_the_page_links_every_form_of_every_register() -> None:
    page = client(None).get("/data/").content.decode()
    assert set(re.findall(r'href="/data/(\w+\.\w+)"', page)) == {f"{name}.{form}" for name in COLUMNS for form in TYPES}


def test_only_what_is_public_is_in_the_files() -> None:
    nothing_played()
    open_call, draft = new_call("im-gen"), new_call(state="draft")
    ended = new_call("im-youth", state="finished")
    leader = new_person("张公开", new_host("公开大学"), email="secret@example.org", phone="13800000000")
    row = placed(ended, "approved", leader)
    award = new_award(row, 30)
    notice = closed_notice(ended, row)
    inside = placed(open_call, "in_review", new_person("李未公开"), title_zh="不可外泄的题目")
    assert {r[0] for r in rows_of("calls", "csv")[1:]} == {open_call.code, ended.code}
    assert [(r[0], r[3]) for r in rows_of("projects", "csv")[1:]] == [(award.number, "张公开")]
    assert [(r[0], r[4]) for r in rows_of("notices", "csv")[1:]] == [(notice.call.code, row.title_zh)]
    everything = "".join(fetch(name, form).content.decode() for name in COLUMNS for form in ("csv", "json"))
    for hidden in (draft.code, inside.title_zh, inside.number, "李未公开", leader.email, leader.phone, leader.id_hash):
        assert hidden not in everything
    assert "张公开" in everything


def test_amounts_and_times_say_what_the_page_says() -> None:
    nothing_played()
    call = new_call("im-gen", budget_fen=123_456_789)
    row = dict(zip(COLUMNS["calls"].split(), rows_of("calls", "csv")[1], strict=True))
    assert float(row["budget_cny"]) == 1_234_567.89
    told = json.loads(fetch("calls", "json").content)
    assert told["register"] == "calls"
    assert datetime.fromisoformat(told["rows"][0]["closes_at"]) == call.closes_at
    assert row["closes_at"][:16] == f"{timezone.localtime(call.closes_at):%Y-%m-%d %H:%M}"
    assert row["phase"] == told["rows"][0]["phase"]


def test_a_cell_is_never_a_formula() -> None:
    """A title that begins like a formula is text in a spreadsheet."""
    nothing_played()
    new_award(placed(new_call(), "approved", title_zh="=HYPERLINK(1)"), 10)
    title = rows_of("projects", "csv")[1][1]
    assert not title.startswith("=")
    assert "=HYPERLINK(1)" in title
