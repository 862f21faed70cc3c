"""Attachments in chunks: every step may be repeated, broken off and killed; what was acknowledged stays."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from headwater.calls.applying.services.applications import submit_application
from headwater.calls.applying.services.attachments import finish_upload
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Attachment
from headwater.core import blobs, clock, uploads
from headwater.core.command import system
from headwater.core.inspection import PROBLEMS, inspect
from headwater.core.invariants import check
from headwater.core.models import Account, Event, Notification, StoredFile, Upload
from headwater.core.uploads import CHUNK, check_files
from tests.core.test_inspection import docx, pdf, png
from tests.make import as_, draft_of, new_call, new_person, words
from tests.make import client as client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(blobs, "root", lambda: tmp_path)
    assert default_storage.location != str(tmp_path)


@pytest.fixture
def draft() -> Application:
    return draft_of(new_call(), new_person())


def browser(row: Application) -> Client:
    return client_of(Account.objects.get(person=row.leader).username)


def large() -> bytes:
    """A good PDF of more than two chunks."""
    content = pdf()
    at = content.rfind(b"startxref")
    return content[:at] + b"%" + os.urandom(0) + b"x" * (2 * CHUNK + 99) + b"\n" + content[at:]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Killed(BaseException):
    """The end of a process at once."""


def killed(*_args: Any, **_words: Any) -> Any:
    raise Killed


def announce(client: Client, row: Application, content: bytes, name: str = "意见.pdf", **more: Any) -> Any:
    words = {"kind": "ethics", "name": name, "size": len(content), "sha256": digest(content)} | more
    return client.post(f"/applications/{row.pk}/uploads/", words)


def put(client: Client, url: str, content: bytes, offset: int, length: int = CHUNK) -> Any:
    return client.put(
        url, content[offset : offset + length], content_type="application/octet-stream", headers={"Upload-Offset": str(offset)}
    )


def send(client: Client, row: Application, content: bytes, **more: Any) -> Any:
    begun = announce(client, row, content, **more).json()
    at = begun["offset"]
    while at < len(content):
        at = put(client, begun["url"], content, at).json()["offset"]
    return client.post(begun["url"] + "finish/")


def test_a_file_in_chunks_is_stored_checked_and_downloadable(draft: Application) -> None:
    client, content = browser(draft), large()
    answer = send(client, draft, content)
    assert (answer.status_code, answer.json()["state"]) == (200, "checking")
    file = Attachment.objects.get(application=draft).file
    assert blobs.read(file.sha256) == content
    assert client.get(f"/files/{file.pk}/").status_code == 404
    assert "正在检查" in client.get(f"/applications/{draft.pk}/attachments/").content.decode()
    assert check_files(actor=system("test")) == 1
    assert check_files(actor=system("test")) == 0
    kept = client.get(f"/files/{file.pk}/").content
    file.refresh_from_db()
    assert (file.sent_sha256, file.sha256, file.size) == (digest(content), digest(kept), len(kept))
    assert inspect("a.pdf", kept) == ""
    shown = client.get(f"/applications/{draft.pk}/attachments/").content.decode()
    assert ("检查通过" in shown, "hx-trigger" in shown) == (True, False)
    assert list(blobs.part("").iterdir()) == []


def test_a_file_written_anew_after_the_submission_is_still_the_submitted_one(draft: Application) -> None:
    send(browser(draft), draft, large())
    submit_application(application=draft, actor=as_(draft.leader), agree=True)
    check_files(actor=system("test"))
    file = Attachment.objects.get(application=draft).file
    assert file.sent_sha256 != ""
    assert check(["files_as_submitted"]) == []
    StoredFile.objects.filter(pk=file.pk).update(sha256="0" * 64, sent_sha256="1" * 64)
    assert [b.invariant.name for b in check(["files_as_submitted"])] == ["files_as_submitted"]


def test_a_broken_line_and_a_closed_tab_go_on_where_they_stopped(draft: Application) -> None:
    content = large()
    first = browser(draft)
    begun = announce(first, draft, content).json()
    assert put(first, begun["url"], content, 0).json() == {"offset": CHUNK, "size": len(content), "done": False}
    assert "没有传完" in first.get(f"/applications/{draft.pk}/edit/attachments/").content.decode()
    second = browser(draft)
    again = announce(second, draft, content).json()
    assert (again["url"], again["offset"]) == (begun["url"], CHUNK)
    assert second.get(again["url"]).json()["offset"] == CHUNK
    assert send(second, draft, content).status_code == 200
    assert Attachment.objects.filter(application=draft).count() == 1


def test_a_chunk_twice_or_out_of_place_is_answered_with_the_place_to_go_on(draft: Application) -> None:
    client, content = browser(draft), large()
    url = announce(client, draft, content).json()["url"]
    put(client, url, content, 0)
    for offset in (0, 1, CHUNK + 1, 2 * CHUNK):
        answer = put(client, url, content, offset)
        assert (answer.status_code, answer.json()["offset"]) == (409, CHUNK)
    beyond = client.put(url, b"x" * CHUNK, content_type="a/b", headers={"Upload-Offset": str(len(content) - 1)})
    assert beyond.status_code == 409
    assert client.put(url, b"x" * (CHUNK + 1), content_type="a/b", headers={"Upload-Offset": str(CHUNK)}).status_code == 413
    for offset in ("", "-1", "a", "1" * 30):
        assert client.put(url, b"x", content_type="a/b", headers={"Upload-Offset": offset}).status_code == 400


def test_finishing_twice_gives_one_attachment(draft: Application) -> None:
    client, content = browser(draft), pdf()
    first = send(client, draft, content).json()
    url = f"/applications/{draft.pk}/uploads/{Upload.objects.get(owner_id=draft.pk).token}/"
    assert client.post(url + "finish/").json() == first
    assert client.get(url).json()["done"] is True
    assert put(client, url, content, 0).status_code == 409
    assert Attachment.objects.filter(application=draft).count() == 1


def test_finish_before_the_end_and_with_other_bytes_is_refused(draft: Application) -> None:
    client, content = browser(draft), large()
    url = announce(client, draft, content).json()["url"]
    put(client, url, content, 0)
    early = client.post(url + "finish/")
    assert (early.status_code, early.json()["errors"][0]["code"]) == (422, "incomplete")
    other = content[:CHUNK] + content[CHUNK:].replace(b"x", b"y")
    put(client, url, other, CHUNK)
    put(client, url, other, 2 * CHUNK)
    wrong = client.post(url + "finish/")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "digest")
    assert client.get(url).json()["offset"] == 0
    assert not Attachment.objects.filter(application=draft).exists()
    assert send(client, draft, content).status_code == 200


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"size": 10 * 2**20 + 1}, "file"),
        ({"size": 0}, "file"),
        ({"size": "x"}, "file"),
        ({"name": "a.exe"}, "file"),
        ({"kind": "no-such"}, "kind"),
        ({"sha256": "AB"}, "sha256"),
        ({"sha256": "/" * 64}, "sha256"),
    ],
)
def test_what_would_be_refused_is_refused_before_a_byte_is_sent(draft: Application, more: dict[str, Any], field: str) -> None:
    answer = announce(browser(draft), draft, pdf(), **more)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert not Upload.objects.filter(owner_id=draft.pk).exists()


def test_no_more_than_twenty(draft: Application) -> None:
    client = browser(draft)
    for _n in range(20):
        file = StoredFile.objects.create(owner_type="calls.application", owner_id=draft.pk, kind="ethics", name="a", size=1)
        Attachment.objects.create(application=draft, kind="ethics", file=file)
    answer = announce(client, draft, pdf())
    assert (answer.status_code, answer.json()["errors"][0]["text"]) == (422, "附件最多 20 个")
    Attachment.objects.filter(application=draft)[:1].get().delete()
    assert announce(client, draft, pdf()).status_code == 201
    assert announce(client, draft, pdf()).status_code == 201
    other = announce(client, draft, png(), name="a.png")
    assert (other.status_code, other.json()["errors"][0]["text"]) == (422, "附件最多 20 个（含没有传完的）")
    file = StoredFile.objects.create(owner_type="calls.application", owner_id=draft.pk, kind="ethics", name="a", size=1)
    Attachment.objects.create(application=draft, kind="ethics", file=file)
    assert "附件已满" in client.get(f"/applications/{draft.pk}/edit/attachments/").content.decode()


def test_an_upload_belongs_to_whoever_began_it_and_to_its_application(draft: Application) -> None:
    url = announce(browser(draft), draft, pdf()).json()["url"]
    other = draft_of(draft.call, new_person("旁人"))
    for address in (url, url.replace(f"/{draft.pk}/", f"/{other.pk}/")):
        assert browser(other).get(address).status_code == 404
        assert put(browser(other), address, pdf(), 0).status_code == 404
        assert browser(other).post(address + "finish/").status_code == 404


def test_after_the_deadline_nothing_is_taken(draft: Application) -> None:
    client, content = browser(draft), pdf()
    url = announce(client, draft, content).json()["url"]
    put(client, url, content, 0)
    with clock.at(draft.call.closes_at):
        late = client.post(url + "finish/")
        assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "F14")
        assert announce(client, draft, png(), name="a.png").status_code == 422
    assert not Attachment.objects.filter(application=draft).exists()


def test_a_refused_file_is_told_shown_never_given_out_and_does_not_count(draft: Application) -> None:
    Application.objects.filter(pk=draft.pk).update(flags=["human"])
    client = browser(draft)
    send(client, draft, docx({"word/vbaProject.bin": b"x"}), name="意见.docx")

    def outcome(rule: str) -> tuple[str, bool, bool]:
        row = Application.objects.select_related("call__scheme", "leader", "host").get(pk=draft.pk)
        found = next(r for r in check_applications([row], row.call)[row.pk] if r.rule == rule)
        return str(found.outcome), found.blocks, "意见.docx" in found.zh

    assert outcome("ethics_attached")[0] == "passed"
    assert outcome("files_sound")[0] == "unknown"
    check_files(actor=system("test"))
    file = Attachment.objects.get(application=draft).file
    assert (file.state, file.problem) == ("refused", "macros")
    assert outcome("ethics_attached")[0] == "failed"
    assert outcome("files_sound") == ("failed", True, True)
    client.post(f"/applications/{draft.pk}/submit/", {"agree": words(draft.call, "applicant"), "_revision": draft.revision})
    assert Application.objects.get(pk=draft.pk).state == "draft"
    assert client.get(f"/files/{file.pk}/").status_code == 404
    assert str(PROBLEMS["macros"]) in client.get(f"/applications/{draft.pk}/edit/attachments/").content.decode()
    note = Notification.objects.get(account=file.uploaded_by)
    assert ("意见.docx" in note.title, str(PROBLEMS["macros"]) in note.body) == (True, True)
    events = Event.objects.filter(subject_type="core.storedfile", subject_id=file.pk).values_list("command", "after")
    assert list(events) == [("core.check_files", {"state": "refused", "problem": "macros"})]


def test_plain_form_without_script_and_removal(draft: Application) -> None:
    client = browser(draft)
    url = f"/applications/{draft.pk}/attachment/"
    client.post(url, {"kind": "ethics", "file": SimpleUploadedFile("意见.pdf", pdf(), "application/pdf")})
    attachment = Attachment.objects.select_related("file").get(application=draft)
    assert attachment.file.state == "checking"
    client.post(url, {"remove": attachment.pk})
    assert not StoredFile.objects.filter(pk=attachment.file_id).exists()
    held = announce(client, draft, pdf()).json()["url"].split("/")[-2]
    client.post(url, {"drop": held})
    assert not Upload.objects.filter(owner_id=draft.pk).exists()


@pytest.mark.parametrize("moment", ["before the rename", "after the rename", "before the row counts"])
def test_a_kill_between_steps_loses_nothing_that_was_acknowledged(
    draft: Application, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The kill is an exception that nothing catches: the transaction is rolled back, the disk stays as it is."""
    client, content = browser(draft), large()
    url = announce(client, draft, content).json()["url"]
    put(client, url, content, 0)

    if moment != "before the row counts":
        put(client, url, content, CHUNK)
        put(client, url, content, 2 * CHUNK)
    with monkeypatch.context() as patch:
        if moment == "before the rename":
            patch.setattr(blobs.os, "replace", killed)
        elif moment == "after the rename":
            patch.setattr(Attachment.objects, "create", killed)
        else:
            patch.setattr(uploads.clock, "now", killed)
        held = Upload.objects.get(owner_id=draft.pk)
        step = (
            partial(uploads.append, upload=held, offset=CHUNK, data=b"other bytes that nobody heard of")
            if moment == "before the row counts"
            else partial(finish_upload, application=draft, upload=held, actor=as_(draft.leader))
        )
        with pytest.raises(Killed):
            step()
    assert client.get(url).json()["offset"] == (CHUNK if moment == "before the row counts" else len(content))
    assert send(client, draft, content).status_code == 200
    found = Attachment.objects.get(application=draft)
    assert blobs.read(found.file.sha256) == content


def test_orphans_go_and_what_is_referred_to_stays(draft: Application, tmp_path: Path) -> None:
    client, content = browser(draft), large()
    send(client, draft, pdf())
    begun = announce(client, draft, content).json()
    put(client, begun["url"], content, 0)
    orphan = blobs.put(b"nobody wants me")
    left = blobs.part("put-0123")
    left.write_bytes(b"half")
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) == 4
    assert uploads.forget_stale() == 0
    for path in files:
        os.utime(path, (0, 0))
    assert uploads.forget_stale() == 2
    assert not blobs.place(orphan).exists()
    assert send(client, draft, content).status_code == 200
    Upload.objects.filter(file=None).delete()
    announce(client, draft, png(), name="a.png")
    with clock.at(clock.now() + timedelta(days=8)):
        uploads.forget_stale()
    assert not Upload.objects.filter(file=None).exists()


def test_what_was_sent_is_shown_by_its_digest_and_gone_from_the_disk(draft: Application) -> None:
    """A PDF is kept as it was written anew; its author knows it by the digest of what was sent, before the check and after."""
    client, content = browser(draft), large()
    send(client, draft, content)
    assert Attachment.objects.get(application=draft).file.sent_digest == digest(content)
    check_files(actor=system("test"))
    file = Attachment.objects.get(application=draft).file
    assert (file.sent_digest == digest(content), file.sha256 == digest(content)) == (True, False)
    event = Event.objects.filter(command="core.check_files", subject_id=file.pk).get()
    assert event.after == {"state": "fine", "sha256": file.sha256}
    for path in (blobs.place(digest(content)), blobs.place(file.sha256)):
        os.utime(path, (0, 0))
    assert uploads.forget_stale() == 1
    assert (blobs.place(digest(content)).exists(), blobs.place(file.sha256).exists()) == (False, True)


def test_sending_the_same_again_finds_the_attachment_that_it_became(draft: Application) -> None:
    client, content = browser(draft), large()
    first = send(client, draft, content).json()
    check_files(actor=system("test"))
    again = announce(client, draft, content).json()
    assert again["offset"] == len(content)
    assert client.post(again["url"] + "finish/").json() == first | {"state": "fine"}
    assert StoredFile.objects.filter(owner_type="calls.application", owner_id=draft.pk).count() == 1


def test_one_content_in_two_drafts_is_written_anew_once_on_the_disk(draft: Application, tmp_path: Path) -> None:
    other = draft_of(new_call(), new_person())
    for row in (draft, other):
        send(browser(row), row, pdf())
    assert check_files(actor=system("test")) == 2
    kept = set(StoredFile.objects.filter(owner_id__in=[draft.pk, other.pk]).values_list("sha256", flat=True))
    assert len(kept) == 1
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == kept | {digest(pdf())}


def test_other_kinds_of_files_stay_as_they_were_sent(draft: Application) -> None:
    client = browser(draft)
    send(client, draft, png(), name="a.png")
    check_files(actor=system("test"))
    file = Attachment.objects.get(application=draft).file
    assert (file.sha256, file.sent_sha256, file.sent_digest) == (digest(png()), "", digest(png()))
    assert client.get(f"/files/{file.pk}/").content == png()


def test_a_check_that_was_killed_is_done_again(draft: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Killed before the row says so: what was written anew lies beside and goes with the nightly job; the next check does it again."""
    send(browser(draft), draft, pdf())
    with monkeypatch.context() as patch:
        patch.setattr(blobs.Ready, "adopt", killed)
        with pytest.raises(Killed):
            check_files(actor=system("test"))
    assert StoredFile.objects.get(attachment__application=draft).state == "checking"
    assert check_files(actor=system("test")) == 1
    file = StoredFile.objects.get(attachment__application=draft)
    assert inspect("a.pdf", blobs.read(file.sha256)) == ""
    assert len(list((tmp_path / blobs.PARTS).iterdir())) == 1


def test_a_half_written_content_is_replaced(draft: Application) -> None:
    content = pdf()
    place = blobs.place(hashlib.sha256(content).hexdigest())
    place.parent.mkdir(parents=True)
    place.write_bytes(content[:10])
    send(browser(draft), draft, content)
    assert place.read_bytes() == content
