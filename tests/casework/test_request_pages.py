"""The pages of requests, as their people use them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bench.pages.bench import counted
from headwater.casework.letters.models import CaseLetter
from headwater.casework.requests.kinds import RequestKind
from headwater.casework.requests.models import Request
from headwater.casework.requests.stores import STORE
from headwater.core import clock
from headwater.core.command import Actor
from headwater.forms.sheets import sheet_of
from headwater.registry.models import Organisation
from tests.approvals import confirmed
from tests.casework.test_requests import PDF
from tests.make import client
from tests.make.requests import KIND, agency_over, answered, holding, house, manager_of, open_to_requests, submitted, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds() -> Iterator[dict[str, RequestKind]]:
    with clock.at(clock.local(date(2026, 11, 2), 9)), open_to_requests() as declared:
        yield declared


@pytest.fixture
def record() -> Organisation:
    return house()


def browser(who: Actor) -> Client:
    return client(who.account.username if who.account else None)


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def test_from_the_choice_of_a_kind_to_its_submission(record: Organisation) -> None:
    me = manager_of(record)
    surfer, new = browser(me), f"/requests/about/{KIND}/{record.pk}/new/"
    page = text(surfer.get(new))
    assert "单位搬迁后变更登记的通信地址" in page
    assert "归口管理部门 → 项目主管" in re.sub(r"\s+", " ", page)
    began = surfer.post(new, {"kind": "change_address"})
    row = Request.objects.get(proposed_by=me.account)
    edit = f"/requests/{row.pk}/edit/move/"
    assert began.headers["Location"] == edit
    assert 'value="旧街 1 号"' in text(surfer.get(edit))
    bad = surfer.post(edit, {"new_address": "新街 2 号", "moved_on": "昨天"})
    assert (bad.status_code, "应为" in text(bad), 'value="昨天"' in text(bad)) == (422, True, True)
    assert surfer.post(edit, {"new_address": "新街 2 号", "moved_on": "2026-03-01"}).status_code == 302
    submit = f"/requests/{row.pk}/submit/"
    shown = text(surfer.get(submit))
    for words in ("新街 2 号", "通信地址：旧街 1 号 → 新街 2 号", "依次由 归口管理部门、项目主管 审批", "自 2026-03-01 起生效"):
        assert words in shown, words
    missing = confirmed(surfer, submit, {})
    assert (missing.status_code, "请写明理由" in text(missing)) == (422, True)
    assert confirmed(surfer, submit, {}, reason="搬迁").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.reason) == ("open", "搬迁")
    page = text(surfer.get(f"/requests/{row.pk}/"))
    assert row.number in page
    assert "还需 1 人办理" in page
    assert surfer.get(edit).status_code == 302  # nothing is written any more


def test_a_save_of_the_script_answers_with_errors_by_control(record: Organisation) -> None:
    me = manager_of(record)
    row = written(record, me, {})
    sent = {
        "_fields": ["new_address", "moved_on"],
        "new_address": "新街",
        "moved_on": "昨天",
        "_section": "move",
        "_revision": "1",
    }
    answer = browser(me).post(f"/requests/{row.pk}/save/", sent, headers={"X-Account": str(me.account.pk)})
    body = json.loads(answer.content)
    assert (list(body["errors"]), sheet_of(STORE.of(row.pk)).answers["new_address"]) == (["moved_on"], "新街")
    assert "还没有填写：搬迁日期" in body["rules"]
    assert browser(me).post(f"/requests/{row.pk}/save/", sent, headers={"X-Account": "1"}).status_code == 409


def test_what_is_missing_stands_against_the_submission(record: Organisation) -> None:
    me = manager_of(record)
    row = written(record, me, {})
    page = text(browser(me).get(f"/requests/{row.pk}/submit/"))
    assert "“搬迁日期”没有填写" in page
    assert "disabled" in page


def test_approval_on_its_page_and_the_letter(record: Organisation) -> None:
    me, agency, officer = manager_of(record), agency_over(record), holding("programme_officer", name="林主管")
    row = answered(submitted(record, me), agency)
    waits = text(browser(officer).get("/approvals/"))
    assert f"{row.number} 变更地址：{record.name_zh}" in waits
    address = re.search(r"/approvals/\d+/", waits)
    assert address
    page = text(browser(officer).get(address[0]))
    assert "旧街 1 号" in page
    looked = re.search(r'name="looked" value="([^"]*)"', page)
    assert looked
    given = {"verdict": "approve", "looked": looked[1].replace("&quot;", '"')}
    shown = text(browser(officer).post(address[0], given))
    for words in ("通信地址：旧街 1 号 → 新街 2 号", "发出函件：关于变更地址的函", "事项办结，结果为“已批准”"):
        assert words in shown, words
    assert confirmed(browser(officer), address[0], given, note="属实").status_code == 302
    page = text(browser(me).get(f"/requests/{row.pk}/"))
    for words in ("林主管", "属实", "关于变更地址的函", CaseLetter.objects.get().number):
        assert words in page, words
    letter = CaseLetter.objects.get()
    pdf = browser(me).get(f"/casework/letters/{letter.pk}/")
    assert (pdf.status_code, pdf.content[:4]) == (200, b"%PDF")
    assert browser(manager_of(house())).get(f"/casework/letters/{letter.pk}/").status_code == 404


def test_sent_back_says_why_and_is_mended(record: Organisation) -> None:
    me, agency = manager_of(record), agency_over(record)
    row = answered(submitted(record, me), agency, "send_back", "请附证明")
    page = text(browser(me).get(f"/requests/{row.pk}/"))
    assert "请附证明" in page
    assert "继续填写" in page
    assert "继续填写" not in text(browser(agency).get(f"/requests/{row.pk}/"))
    files = f"/requests/{row.pk}/files/"
    wrong = browser(me).post(files, {"kind": "proof", "file": SimpleUploadedFile("a.exe", b"MZ")})
    assert (wrong.status_code, "只接受" in text(wrong)) == (422, True)
    done = browser(me).post(files, {"kind": "proof", "file": SimpleUploadedFile("a.pdf", PDF, "application/pdf")})
    assert (done.status_code, row.files.get().file.name) == (302, "a.pdf")
    assert browser(me).post(files, {"remove": row.files.get().pk}).status_code == 302
    assert not row.files.exists()
    assert confirmed(browser(me), f"/requests/{row.pk}/submit/", {}, reason="搬迁，已补").status_code == 302
    assert "请附证明" in text(browser(me).get(f"/requests/{row.pk}/"))  # it stays in the course


def test_taking_back_is_read_before_it_is_done(record: Organisation) -> None:
    me = manager_of(record)
    row = submitted(record, me)
    assert confirmed(browser(me), f"/requests/{row.pk}/withdraw/", {}).status_code == 302
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert browser(me).post(f"/requests/{row.pk}/withdraw/", {}).status_code == 302
    assert browser(agency_over(record)).get(f"/requests/{row.pk}/withdraw/").status_code == 403


def test_comments_with_a_file(record: Organisation) -> None:
    me, agency = manager_of(record), agency_over(record)
    row = submitted(record, me)
    address = f"/requests/{row.pk}/"
    assert browser(agency).post(address, {"text": " "}).status_code == 422
    sent = {"text": "请看附件", "file": SimpleUploadedFile("b.pdf", PDF, "application/pdf")}
    assert browser(agency).post(address, sent).status_code == 302
    page = text(browser(me).get(address))
    assert "请看附件" in page
    assert "b.pdf" in page


def test_lists_are_filtered_searched_and_exported(record: Organisation) -> None:
    me, officer, stranger = manager_of(record), holding("programme_officer"), manager_of(house())
    row = submitted(record, me)
    written(record, me, code="leave_mark")
    for who, mine, everything in ((me, 2, 2), (officer, 0, 1), (stranger, 0, 0)):
        for query, count in (("?part=mine", mine), ("", everything)):
            found = text(browser(who).get(f"/requests/{query}"))
            assert len(re.findall(r'href="/requests/\d+/"', found)) == count, (query, who)
    for query, count in (
        ("state=open", 1), ("state=approved", 0), ("kind=change_address", 1), (f"q={row.number}", 1), ("start=waiting", 0),
    ):  # fmt: skip
        found = text(browser(officer).get(f"/requests/?{query}"))
        assert len(re.findall(r'href="/requests/\d+/"', found)) == count, query
    table = browser(officer).get("/requests/?format=csv").content.decode("utf-8-sig").splitlines()
    assert table[1].split(",")[:3] == ["变更地址", row.number, record.name_zh]
    assert row.number in text(browser(officer).get(f"/requests/about/{KIND}/{record.pk}/"))
    assert browser(stranger).get(f"/requests/about/{KIND}/{record.pk}/").status_code == 404
    assert browser(officer).get("/requests/about/no.such/1/").status_code == 404
    assert row.number in text(browser(officer).get(f"/search/?q={record.name_zh}"))
    assert row.number not in text(browser(stranger).get(f"/search/?q={record.name_zh}"))


def test_strangers_find_nothing(record: Organisation) -> None:
    me, other, stranger = manager_of(record), manager_of(record, "另一"), manager_of(house())
    row = written(record, me)
    for path in ("", "submit/", "withdraw/", "files/", "edit/move/", "versions/"):
        assert browser(stranger).get(f"/requests/{row.pk}/{path}").status_code == 404
        assert browser(other).get(f"/requests/{row.pk}/{path}").status_code == 404
    assert browser(stranger).get(f"/requests/about/{KIND}/{record.pk}/new/").status_code == 404
    row = submitted(record, me)
    assert browser(other).get(f"/requests/{row.pk}/").status_code == 200
    assert browser(other).get(f"/requests/{row.pk}/edit/move/").status_code == 403


def test_versions_show_what_was_submitted(record: Organisation) -> None:
    me, agency = manager_of(record), agency_over(record)
    row = answered(submitted(record, me), agency, "send_back", "门牌不对")
    browser(me).post(f"/requests/{row.pk}/edit/move/", {"new_address": "新街 9 号", "moved_on": "2026-03-01"})
    confirmed(browser(me), f"/requests/{row.pk}/submit/", {}, reason="已改")
    page = text(browser(agency).get(f"/requests/{row.pk}/versions/"))
    versions = [int(n) for n in re.findall(r'name="new" value="(\d+)"', page) or re.findall(r'value="(\d+)"', page)]
    assert len(set(versions)) == 2
    compared = text(browser(agency).get(f"/requests/{row.pk}/versions/compare/?old={min(versions)}&new={max(versions)}"))
    assert "9" in compared
    assert "新地址" in compared


def test_pages_ask_as_often_for_many_rows_as_for_few(record: Organisation) -> None:
    me, officer, agency = manager_of(record), holding("programme_officer"), agency_over(record)
    row = submitted(record, me)

    def questions(*addresses: str) -> list[int]:
        out = []
        for address in addresses:
            surfer = browser(officer)
            surfer.get(address)
            with counted() as found:
                assert surfer.get(address).status_code == 200
            out.append(len(found))
        return out

    addresses = ("/requests/", f"/requests/{row.pk}/", "/approvals/", "/desk/", f"/requests/about/{KIND}/{record.pk}/")
    answered(row, agency)
    browser(agency).post(f"/requests/{row.pk}/", {"text": "先说一句"})
    before = questions(*addresses)
    for _n in range(4):
        other = house()
        answered(submitted(other, manager_of(other)), agency_over(other))
        browser(agency).post(f"/requests/{row.pk}/", {"text": "再说一句"})
    assert questions(*addresses) == before
    assert max(n for address, n in zip(addresses, before, strict=True) if address != "/desk/") <= 40
