"""Long lists: csv goes out while it is read, a workbook is made by a job as the one who asked sees it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.awards.models import Award
from headwater.calls.models import Application, Call
from headwater.core import jobs, list_files, listing
from headwater.core.errors import Refused
from headwater.core.list_files import ask_list
from headwater.core.models import Account, Export, Job, RoleGrant
from headwater.core.sheets import csv_stream, read_table
from headwater.registry.models import Person
from tests.make import actor, client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    monkeypatch.setattr(listing, "AT_ONCE", 3)
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


def call_of_officer() -> tuple[Call, Any]:
    rows = Application.objects.visible_to(Account.objects.get(username="officer"))
    call = rows.filter(state="in_review").order_by("pk")[0].call
    return call, rows.filter(call=call)


def workbook(username: str, job: Job) -> list[list[str]]:
    row = Export.objects.get(job=job)
    body = b"".join(client(username).get(f"/exports/{row.pk}/").streaming_content)
    archive = zipfile.ZipFile(io.BytesIO(body))
    [name] = archive.namelist()
    return read_table("list.xlsx", archive.read(name))[1]


def asked(answer: Any) -> Job:
    assert answer.status_code == 302, answer.content
    return jobs.run(Job.objects.get(pk=int(answer["Location"].split("/")[2])).pk)


def test_the_bar_of_a_long_list_asks_a_job_for_the_workbook_as_it_is_narrowed() -> None:
    call, rows = call_of_officer()
    some = rows.filter(state="in_review")
    assert some.count() > 3
    address = f"/office/calls/{call.pk}/applications/?state=in_review"
    job = asked(client("officer").post(address, {"format": "xlsx"}))
    assert (job.state, job.result["rows"]) == (Job.State.DONE, some.count()), job.message
    assert Export.objects.get(job=job).title == f"{call.code} 全部申请"
    lines = workbook("officer", job)
    assert [line[1] for line in lines] == list(some.order_by("number").values_list("number", flat=True))
    ticked = client("officer").post(address, {"format": "xlsx", "pk": [some[0].pk]})
    assert len(read_table("x.xlsx", ticked.content)[1]) == 1


def test_a_long_list_goes_out_as_csv_while_it_is_read() -> None:
    call, rows = call_of_officer()
    answer = client("officer").get(f"/office/calls/{call.pk}/applications/?format=csv")
    assert answer.streaming
    assert answer["Content-Disposition"].startswith("attachment")
    table = read_table("x.csv", b"".join(answer.streaming_content))[1]
    assert [line[1] for line in table] == list(rows.order_by("number").values_list("number", flat=True))


def test_a_link_to_a_long_workbook_gives_csv_and_starts_nothing() -> None:
    before = Job.objects.count()
    answer = client(None).get("/projects/?format=xlsx")
    assert answer["Content-Disposition"].endswith(".csv")
    assert len(read_table("x.csv", b"".join(answer.streaming_content))[1]) == Award.objects.count()
    assert Job.objects.count() == before


def test_the_foot_of_a_long_list_has_a_form_for_those_who_may_have_jobs() -> None:
    page = client("officer").get("/people/?q=nobody-is-called-so").content.decode()
    assert "list-file" not in page
    page = client("officer").get("/people/").content.decode()
    assert 'form="list-file"' in page
    assert '<input type="hidden" name="title" value="人员">' in page
    assert "format=xlsx" not in page
    public = client(None).get("/projects/").content.decode()
    assert "list-file" not in public
    assert "format=csv" in public
    answer = client("officer").post("/exports/list/", {"list": "/people/?", "title": "people"})
    job = asked(answer)
    assert job.result["rows"] == Person.objects.surviving().count()


@pytest.mark.parametrize("address", ["/office/calls/0/", "/admin/roles/", "/nowhere/", "https://example.com/", ""])
def test_nobody_gets_the_list_of_a_page_that_is_not_theirs(address: str) -> None:
    before = Job.objects.count()
    answer = client("leader").post("/exports/list/", {"list": address, "title": "x"})
    job = asked(answer) if Job.objects.count() > before else None
    assert job is None or (job.state, job.message) == (Job.State.FAILED, "没有这个列表")


def test_who_lost_the_role_meanwhile_gets_no_list() -> None:
    call, _rows = call_of_officer()
    job = ask_list(address=f"/office/calls/{call.pk}/applications/", title="x", actor=actor("officer"))
    RoleGrant.objects.filter(account__username="officer").update(until="2020-01-01T00:00Z")
    assert jobs.run(job.pk).state == Job.State.FAILED
    with pytest.raises(Refused):
        ask_list(address=f"/office/calls/{call.pk}/applications/", title="x", actor=actor("officer"))


def test_a_page_without_a_list_fails_in_words() -> None:
    done = jobs.run(ask_list(address="/desk/", title="x", actor=actor("officer")).pk)
    assert (done.state, done.message) == (Job.State.FAILED, "没有这个列表")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_a_streamed_table_has_every_row_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.core.sheets.PIECE", 2)
    rows = [[str(n), "=1+1" if n == 1 else "文"] for n in range(count)]
    text = b"".join(csv_stream(["编号", "名称"], rows)).decode("utf-8-sig")
    assert "\ufeff" not in text
    assert [line.split(",")[0] for line in text.splitlines()] == ["编号", *(str(n) for n in range(count))]
    assert count < 2 or "'=1+1" in text


LISTS = {
    "officer": (
        *("/office/calls/{call}/applications/", "/office/calls/{call}/check/", "/office/calls/{call}/check/clear/"),
        *("/office/calls/{call}/results/", "/office/calls/{call}/letters/", "/office/calls/{call}/progress/"),
        *("/office/calls/{call}/assign/", "/office/experts/", "/people/", "/projects/"),
    ),
    "sysadmin": ("/admin/accounts/", "/jobs/"),
}


@pytest.mark.parametrize("username", LISTS)
def test_a_file_asks_as_often_for_all_rows_as_for_one(username: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that reads what its list does not name in `only` would ask again for every row."""
    monkeypatch.setattr(listing, "AT_ONCE", 10**6)
    browser, export, slow = client(username), listing.Listing.export, []

    def first_row(self: Any, form: str = "", rows: Any = None) -> Any:
        self.rows_all = self.rows_all.filter(pk__in=list(self.rows_all.values_list("pk", flat=True)[:1]))
        return export(self, form, rows)

    for call in Call.objects.order_by("pk").values_list("pk", flat=True):
        for address in dict.fromkeys(a.format(call=call) for a in LISTS[username]):
            counts = []
            for function in (export, first_row, export):
                monkeypatch.setattr(listing.Listing, "export", function)
                with CaptureQueriesContext(connection) as asked_for:
                    answer = browser.get(f"{address}?format=csv")
                assert answer.status_code == 200, address
                lines = b"".join(answer).count(b"\n")
                counts.append(len(asked_for) - (function is first_row))
            if lines > 2 and counts[2] > counts[1]:
                slow.append((address, counts))
    assert slow == []


def test_list_files_are_a_kind_of_export() -> None:
    from headwater.core.exports import KINDS, Whole

    assert isinstance(KINDS[list_files.LISTS], Whole)
