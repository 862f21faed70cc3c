"""Archives: made row by row, given only to the one who asked, while they may, for some days."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.test import Client
from pypdf import PdfReader

from headwater.calls.checking.services import exports as kinds
from headwater.calls.checking.services.exports import APPLICATIONS, LETTERS
from headwater.calls.models import Application, Letter
from headwater.calls.states import CONFIDENTIAL, State
from headwater.core import clock, exports, jobs
from headwater.core.errors import Refused
from headwater.core.exports import ask_export, remove_expired
from headwater.core.models import Account, Event, Export, Job, RoleGrant
from headwater.core.sheets import read_table
from headwater.core.tasks import tidy
from tests.make import actor, client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def made(username: str, what: str, items: list[int]) -> Export:
    job = jobs.run(ask_export(what=what, items=items, title="密档三号", actor=actor(username)).pk)
    assert job.state == Job.State.DONE, job.message
    return Export.objects.get(job=job)


def content(browser: Client, row: Export) -> zipfile.ZipFile:
    response = browser.get(f"/exports/{row.pk}/")
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return zipfile.ZipFile(io.BytesIO(body))


def index(archive: zipfile.ZipFile) -> list[list[str]]:
    return read_table("index.xlsx", archive.read("index.xlsx"))[1]


def in_house(n: int) -> list[int]:
    rows = Application.objects.visible_to(Account.objects.get(username="officer"))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:n])


def test_one_pdf_for_each_application_and_an_index() -> None:
    items = in_house(3)
    archive = content(client("officer"), made("officer", APPLICATIONS, items))
    names = [n for n in archive.namelist() if n.endswith(".pdf")]
    lines = index(archive)
    assert [line[0] for line in lines] == names
    assert [line[1] for line in lines] == [Application.objects.get(pk=pk).number for pk in items]
    for name, pk in zip(names, items, strict=True):
        text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(archive.read(name))).pages)
        assert Application.objects.get(pk=pk).number in text


def test_one_pdf_for_each_letter() -> None:
    items = list(Letter.objects.order_by("pk").values_list("pk", flat=True)[:3])
    archive = content(client("officer"), made("officer", LETTERS, items))
    assert [line[1] for line in index(archive)] == [Letter.objects.get(pk=pk).number for pk in items]


def test_the_index_never_tells_a_hidden_state() -> None:
    rows = Application.objects.filter(state__in=CONFIDENTIAL - {State.IN_REVIEW}).order_by("pk")[:3]
    if not rows:
        Application.objects.filter(pk__in=in_house(2)).update(state=State.PANEL)
        rows = Application.objects.filter(state=State.PANEL)
    states = {line[7] for line in index(content(client("officer"), made("officer", APPLICATIONS, [r.pk for r in rows])))}
    assert states == {str(State.IN_REVIEW.label)}


def test_what_the_asker_may_not_see_is_left_out() -> None:
    """A host asks for its own and for others': the archive and its index hold its own only."""
    host = Application.objects.filter(state=State.HOST_REVIEW).order_by("pk")[0].host
    own = list(Application.objects.filter(host=host).exclude(state=State.DRAFT).order_by("pk").values_list("pk", flat=True)[:2])
    others = list(Application.objects.exclude(host=host).exclude(state=State.DRAFT).values_list("pk", flat=True)[:3])
    archive = content(client(f"host-{host.code}"), made(f"host-{host.code}", APPLICATIONS, own + others))
    assert len(index(archive)) == len(own)
    assert len(archive.namelist()) == len(own) + 1
    letters = list(Letter.objects.exclude(application__host=host).values_list("pk", flat=True)[:3])
    assert made(f"host-{host.code}", LETTERS, letters).count == 0


def test_only_the_asker_fetches_it() -> None:
    row = made("officer", APPLICATIONS, in_house(1))
    for name in ("officer2", "sysadmin", "committee"):
        assert client(name).get(f"/exports/{row.pk}/").status_code == 404
        assert row.title not in client(name).get("/exports/").content.decode()
    assert client("officer").get(f"/exports/{row.pk}/").status_code == 200


def test_who_lost_the_role_does_not_fetch_it() -> None:
    row = made("officer", APPLICATIONS, in_house(1))
    RoleGrant.objects.filter(account__username="officer", role="programme_officer").update(until=clock.now())
    assert client("officer").get(f"/exports/{row.pk}/").status_code == 404


def test_it_is_removed_after_its_days() -> None:
    row = made("officer", APPLICATIONS, in_house(1))
    with clock.at(row.expires_at - timedelta(seconds=1)):
        assert remove_expired() == 0
        assert client("officer").get(f"/exports/{row.pk}/").status_code == 200
    with clock.at(row.expires_at):
        assert client("officer").get(f"/exports/{row.pk}/").status_code == 404
        assert remove_expired() == 1
        assert remove_expired() == 0
        assert "已过期" in client("officer").get("/exports/").content.decode()
    assert not default_storage.exists(row.path)


def test_a_job_that_runs_twice_leaves_one_file() -> None:
    row = made("officer", APPLICATIONS, in_house(1))
    Job.objects.filter(pk=row.job_id).update(state=Job.State.RUNNING)
    jobs.run(row.job_id)
    again = Export.objects.get(pk=row.pk)
    assert again.path != row.path
    assert not default_storage.exists(row.path)
    assert default_storage.exists(again.path)


def archives() -> set[str]:
    return {f"exports/{name}" for name in default_storage.listdir("exports")[1]}


def test_a_run_that_is_killed_leaves_no_file_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the file is written: the row knows it, so that the next run or the tidying removes it."""
    job = ask_export(what=APPLICATIONS, items=in_house(1), title="x", actor=actor("officer"))
    row, save = Export.objects.get(job=job), Storage.save

    def killed(storage: Storage, name: str, content: Any) -> str:
        save(storage, name, content)
        raise SystemExit(137)

    monkeypatch.setattr(FileSystemStorage, "save", killed)
    with pytest.raises(SystemExit):
        jobs.run(job.pk)
    row.refresh_from_db()
    assert (archives(), row.ready) == ({row.path}, False)
    monkeypatch.setattr(FileSystemStorage, "save", save)
    with clock.at(row.asked_at + timedelta(days=exports.KEPT_DAYS)):
        assert remove_expired() == 1
    assert archives() == set()
    assert jobs.run(job.pk).state == Job.State.DONE
    row.refresh_from_db()
    assert (archives(), row.ready) == ({row.path}, True)


def test_two_runs_at_once_leave_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    row, save, inner = made("officer", APPLICATIONS, in_house(1)), Storage.save, list[str]()

    def slow(storage: Storage, name: str, content: Any) -> str:
        if not inner:
            inner.append(name)
            jobs.run(row.job_id)  # the other one, from beginning to end
        return str(save(storage, name, content))

    monkeypatch.setattr(FileSystemStorage, "save", slow)
    Job.objects.filter(pk=row.job_id).update(state=Job.State.RUNNING)
    jobs.run(row.job_id)
    again = Export.objects.get(pk=row.pk)
    assert archives() == {again.path}
    assert again.ready
    assert content(client("officer"), again).namelist()


def test_what_a_kill_left_behind_is_removed_after_a_day(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row = made("officer", APPLICATIONS, in_house(1))
    default_storage.save("exports/left.zip", ContentFile(b"x"))
    scratch = tmp_path / "scratch"
    monkeypatch.setattr(exports, "scratch_root", lambda: str(scratch))
    (scratch / "folder").mkdir(parents=True)
    for name in ("tmpleft.zip", "folder/index.xlsx"):
        (scratch / name).write_bytes(b"x")
    for path in (Path(default_storage.path("exports/left.zip")), *scratch.rglob("*")):
        os.utime(path, (clock.now().timestamp(),) * 2)  # the disk keeps the true time, whatever the suite believes
    assert exports.remove_leftovers() == 0
    with clock.at(clock.now() + timedelta(hours=25)):
        (scratch / "folder" / "rows").write_bytes(b"x")
        for path in (scratch / "folder" / "rows", scratch / "folder"):
            os.utime(path, (clock.now().timestamp(),) * 2)  # this one is still worked on
        assert exports.remove_leftovers() == 2
    assert archives() == {row.path}
    assert [p.name for p in scratch.iterdir()] == ["folder"]
    with clock.at(clock.now() + timedelta(hours=51)):
        tidy(timestamp=0)
    assert list(scratch.iterdir()) == []


def test_one_text_that_cannot_be_set_does_not_spoil_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    items, whole = in_house(3), kinds.render_pdf

    def sometimes(template: str, data: dict[str, Any]) -> bytes:
        if data["number"] == Application.objects.get(pk=items[1]).number:
            raise ValueError("no glyph")
        return whole(template, data)

    monkeypatch.setattr(kinds, "render_pdf", sometimes)
    row = made("officer", APPLICATIONS, items)
    lines = index(content(client("officer"), row))
    assert (row.count, row.job.result["faults"]) == (2, 1)
    assert [bool(line[0]) for line in lines] == [True, False, True]
    assert "ValueError" in lines[1][-1]


def test_refusals_and_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="没有可以导出"):
        ask_export(what=APPLICATIONS, items=[], title="x", actor=actor("officer"))
    monkeypatch.setattr(exports, "MOST_ITEMS", 2)
    with pytest.raises(Refused, match="最多导出 2 件"):
        ask_export(what=APPLICATIONS, items=[1, 2, 3], title="x", actor=actor("officer"))
    for _n in range(3):
        ask_export(what=APPLICATIONS, items=[1], title="x", actor=actor("officer"))
    with pytest.raises(Refused, match="3 个导出还没有完成"):
        ask_export(what=APPLICATIONS, items=[1], title="x", actor=actor("officer"))
    ask_export(what=APPLICATIONS, items=[1], title="x", actor=actor("officer2"))
    assert Event.objects.filter(command="core.ask_export", actor_label__contains="(officer)").count() == 3


def test_formulas_in_titles_stay_text() -> None:
    pk = in_house(1)[0]
    Application.objects.filter(pk=pk).update(title_zh='=HYPERLINK("http://x","y")')
    call = Application.objects.get(pk=pk).call_id
    browser = client("officer")
    address = f"/office/calls/{call}/applications/"
    table = browser.post(address, {"format": "csv", "pk": pk}).content.decode("utf-8-sig")
    assert "'=HYPERLINK" in table
    book = browser.post(address, {"format": "xlsx", "pk": pk}).content
    assert read_table("x.xlsx", book)[1][0][0].startswith("=HYPERLINK")
    with zipfile.ZipFile(io.BytesIO(book)) as sheet:
        assert b"<f>" not in sheet.read("xl/worksheets/sheet1.xml")


def test_the_bar_exports_what_is_ticked_or_all_as_filtered() -> None:
    call = Application.objects.get(pk=in_house(1)[0]).call
    rows = Application.objects.visible_to(Account.objects.get(username="officer")).filter(call=call).order_by("pk")
    browser, address = client("officer"), f"/office/calls/{call.pk}/applications/"
    ticked = [rows[0].pk, rows[1].pk]
    assert len(read_table("x.csv", browser.post(address, {"format": "csv", "pk": ticked}).content)[1]) == 2
    state = rows[0].state
    some = browser.post(f"{address}?state={state}", {"format": "csv"}).content
    assert len(read_table("x.csv", some)[1]) == rows.filter(state=state).count()
    answer = browser.post(f"{address}?state={state}", {"format": "zip"})
    assert answer.status_code == 302
    assert sorted(Export.objects.latest("pk").items) == list(rows.filter(state=state).values_list("pk", flat=True))


def test_a_large_table_is_not_cut_and_streams_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    from headwater.core import listing

    monkeypatch.setattr(listing, "KEPT_IN_MEMORY", 100)
    monkeypatch.setattr(listing, "SHEET_ROWS", 5)
    response = client("officer").get("/projects/?format=xlsx")
    assert response.streaming
    assert response["Content-Disposition"].endswith(".csv")  # more rows than a sheet holds
    body = b"".join(response.streaming_content)
    from headwater.awards.models import Award

    assert len(read_table("x.csv", body)[1]) == Award.objects.visible_to(None).count()
