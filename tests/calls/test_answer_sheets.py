"""The answers of a call as a file: written from the disk, by a job where there are many, and nothing is cut in silence."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from headwater.calls.checking.services import answer_sheets
from headwater.calls.models import Application, Call
from headwater.core import jobs
from headwater.core.models import Export, Job, RoleGrant
from headwater.core.sheets import read_table
from tests.make import client, new_call, new_person, placed
from tests.test_queries import counted

pytestmark = pytest.mark.django_db

ITEMS = [{"name": "电镜", "price": 160_000_000, "count": 2}, {"name": "泵", "price": 5_000_000, "count": 3}]


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def call() -> Call:
    call = new_call("im-instr")
    for _n in range(3):
        placed(call, "received", new_person(), answers={"items": ITEMS, "source": "own"})
    return call


def url(call: Call) -> str:
    return f"/office/calls/{call.pk}/answers.xlsx"


def numbers(call: Call) -> list[str]:
    return list(Application.objects.filter(call=call).order_by("number").values_list("number", flat=True))


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_csv_holds_the_same_as_the_sheet(call: Call) -> None:
    browser = client("officer")
    for asked in ({}, {"table": "items"}):
        sheet = read_table("a.xlsx", content(browser.post(url(call), {**asked, "format": "xlsx"})))
        answer = browser.post(url(call), {**asked, "format": "csv"})
        assert answer["Content-Disposition"].endswith(".csv")
        table = read_table("a.csv", content(answer))
        assert table[0] == sheet[0]
        assert [[cell.removesuffix(".0") for cell in row] for row in table[1]] == sheet[1]
    assert browser.get(url(call), {"format": "pdf"}).status_code == 404


def test_many_applications_are_written_by_a_job_for_who_asked(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_sheets, "AT_ONCE", 2)
    monkeypatch.setattr(answer_sheets, "CHUNK", 2)
    browser = client("officer")
    assert browser.get(url(call))["Location"] == f"/office/calls/{call.pk}/applications/"
    assert not Export.objects.filter(kind=answer_sheets.ANSWERS).exists()
    for form, table, wanted in (("xlsx", "", numbers(call)), ("csv", "items", sorted(2 * numbers(call)))):
        answer = browser.post(url(call), {"format": form, "table": table})
        job = Job.objects.latest("pk")
        assert answer["Location"] == f"/jobs/{job.pk}/"
        assert jobs.run(job.pk).state == Job.State.DONE
        row = Export.objects.get(job=job)
        assert row.count == len(wanted)
        with zipfile.ZipFile(io.BytesIO(content(browser.get(f"/exports/{row.pk}/")))) as archive:
            name = f"{call.code}{'-' + table if table else ''}.{form}"
            assert archive.namelist() == [name]
            assert [r[0] for r in read_table(name, archive.read(name))[1]] == wanted
        assert client("officer2").get(f"/exports/{row.pk}/").status_code == 404


def test_who_may_no_longer_check_gets_no_file(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from headwater.core import clock

    monkeypatch.setattr(answer_sheets, "AT_ONCE", 0)
    client("officer").post(url(call), {})
    RoleGrant.objects.filter(account__username="officer", role="programme_officer").update(until=clock.now())
    assert jobs.run(Job.objects.latest("pk").pk).state == Job.State.FAILED
    assert not Export.objects.latest("pk").path


def test_more_rows_than_a_sheet_holds_are_refused_in_words_and_csv_has_them(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_sheets, "SHEET_ROWS", 5)
    browser, asked = client("officer"), {"table": "items", "format": "xlsx"}
    answer = browser.post(url(call), asked, follow=True)
    assert "超过 5 行" in answer.content.decode()
    assert len(read_table("a.csv", content(browser.post(url(call), {**asked, "format": "csv"})))[1]) == 6
    monkeypatch.setattr(answer_sheets, "AT_ONCE", 0)
    browser.post(url(call), asked)
    job = jobs.run(Job.objects.latest("pk").pk)
    assert (job.state, "超过 5 行" in job.message) == (Job.State.FAILED, True)


def test_a_cell_that_is_too_long_tells_so_and_csv_has_it_all() -> None:
    call, text = new_call(), "草" * 40_000
    placed(call, "received", answers={"background": text})
    browser = client("officer")
    cells = read_table("a.xlsx", content(browser.post(url(call), {})))[1][0]
    long = next(c for c in cells if c.startswith("草草"))
    assert ("全文 40000 字" in long, len(long) < 32_000) == (True, True)
    assert text in read_table("a.csv", content(browser.post(url(call), {"format": "csv"})))[1][0]


def test_queries_do_not_grow_with_applications_and_large_files_go_to_disk(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from headwater.calls.checking.views import answers

    browser, asked = client("officer"), list[int]()
    browser.post(url(call), {"format": "csv"})
    for _n in range(2):
        with counted() as sent:
            content(browser.post(url(call), {"format": "csv"}))
        asked.append(len(sent))
        placed(call, "received", new_person(), answers={"items": ITEMS, "source": "own"})
    assert asked[0] == asked[1]
    monkeypatch.setattr(answers, "KEPT_IN_MEMORY", 100)
    assert browser.post(url(call), {}).streaming
    page = browser.get(f"/office/calls/{call.pk}/applications/").content.decode()
    assert f'action="{url(call)}"' in page
