"""Pages of registers: who sees what, lists with their filters and files, acts shown before they are done, errors beside fields."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.bases.models import Base
from headwater.core.command import system
from headwater.core.models import StoredFile
from headwater.core.uploads import check_files
from headwater.registers.models import Proposal
from tests.approvals import seen_on
from tests.make import client, new_host, new_person, user_of
from tests.make.bases import ACCEPTED, COMPLETE, done, new_base
from tests.make.labs import ready_to_accept

pytestmark = pytest.mark.django_db
LABS = "/registers/laboratories/"
OFFICE = "/office/registers/laboratories/"


def text(browser: Any, address: str, status: int = 200) -> str:
    page = browser.get(address)
    assert page.status_code == status, page.content.decode()[:400]
    return page.content.decode()


def test_real_and_invented_entries_never_share_a_list_or_a_map() -> None:
    real = {b.number for b in Base.objects.filter(invented=False)}
    invented = {b.number for b in Base.objects.filter(invented=True)}
    assert real
    assert invented
    for browser, start in ((client(None), "/registers/"), (client("officer"), "/office/registers/")):
        for register in ("laboratories", "stations"):
            for query, others in (("", invented), ("?invented=1", real)):
                for form in ("", "view=map", "format=csv"):
                    mark = "&" if "?" in query else "?"
                    page = browser.get(f"{start}{register}/{query}{mark}{form}")
                    content = page.getvalue().decode() if hasattr(page, "getvalue") else page.content.decode()
                    assert [n for n in others if f"{n}<" in content or f"/{n}/" in content or f"{n}," in content] == []


def test_the_public_sees_public_parts_alone() -> None:
    director = new_person("周公开")
    base = new_base(
        keepers={"director": director, "secretary": new_person("吴不公开")}, answers=COMPLETE | {"contact": "0471-5550000"}
    )
    page = text(client(None), f"{LABS}{base.number}/")
    assert ("周公开" in page, "吴不公开" in page, "0471-5550000" in page, "草原生态" in page) == (True, False, False, True)
    hidden = new_base("infrastructure", answers={}, host=None)  # an idea is not public
    assert client(None).get(f"/registers/infrastructure/{hidden.number}/").status_code == 404
    assert client("officer").get(f"/registers/infrastructure/{hidden.number}/").status_code == 302
    assert hidden.number not in text(client(None), "/registers/infrastructure/")
    assert hidden.number in text(client("officer"), "/office/registers/infrastructure/")


def test_an_entry_from_inside_is_for_its_keepers_its_host_and_who_reads_all() -> None:
    director = new_person()
    base = new_base(keepers={"director": director}, answers=COMPLETE | {"contact": "0471-5550000"})
    page = f"{OFFICE}{base.pk}/"
    for name in ("officer", user_of(director), f"host-{base.host.code}"):
        assert "0471-5550000" in text(client(name), page)
    for name in ("leader", "committee"):  # they read everything but restricted answers
        assert "0471-5550000" not in text(client(name), page)
    stranger = new_person(organisation=new_host())
    assert client(user_of(stranger)).get(page).status_code == 403
    other = new_base(host=new_host())
    assert client(f"host-{base.host.code}").get(f"{OFFICE}{other.pk}/").status_code == 404


@pytest.mark.parametrize("n", [1, 3])
def test_a_list_asks_as_often_whatever_it_holds(n: int) -> None:
    new = [new_base(name="排队") for _n in range(n)]
    text(client(None), f"{LABS}?q=排队")
    with CaptureQueriesContext(connection) as queries:
        page = text(client(None), f"{LABS}?q=排队&kind=key-lab-academic")
    assert sum(b.number in page for b in new) == n
    assert len(queries) <= 11
    with CaptureQueriesContext(connection) as queries:
        text(client("officer"), f"{OFFICE}{new[0].pk}/")
    assert len(queries) <= 54


def test_filters_narrow_and_the_numbers_add_up() -> None:
    base = done(new_base(name="筛选"), "mend")
    for query, found in (
        ("q=筛选", True),
        ("q=筛选&group=planned", True),
        ("q=筛选&group=live", False),
        ("q=筛选&place=150100", True),
        ("q=筛选&place=150200", False),
        (f"q=筛选&host={base.host.name_zh}", True),
        ("q=筛选&kind=makerspace", True),
    ):
        assert (base.number in text(client("officer"), f"{OFFICE}?{query}")) is found, query
    assert base.number in text(client("officer"), f"{OFFICE}?kind=key-lab-academic&state=mending")
    page = text(client(None), LABS)
    total, parts = re.search(r"共 (\d+) 个：(.*)</p>", page).groups()  # type: ignore[union-attr]
    assert int(total) == sum(map(int, re.findall(r"\d+", parts)))
    head = client(None).get(f"{LABS}?format=csv&kind=key-lab-academic").getvalue().decode("utf-8-sig").splitlines()[0]
    assert head.startswith("名称,")
    assert "固定人员" not in head  # what is not public is in no file
    assert "固定人员" in client("officer").get(f"{OFFICE}?format=csv&kind=key-lab-academic").getvalue().decode("utf-8-sig")


def test_a_verb_is_shown_before_it_is_done_and_what_is_wrong_stands_beside_its_question() -> None:
    base = ready_to_accept(new_base(keepers={"director": new_person()}))
    address = f"{OFFICE}do/key-lab-academic/accept/?pk={base.pk}"
    browser = client("officer")
    page = text(browser, address)
    for words in ("将会发生", "提交审批：项目主管 → 基金委员会", "已聘任主任", "验收日期", base.number):
        assert words in page
    sent = {"pk": base.pk, "confirmed": "1", "seen": seen_on(browser.get(address)), **ACCEPTED, "accepted_on": "明天"}
    answer = browser.post(address, sent | {"reason": "通过"})
    assert answer.status_code == 422
    assert 'id="e-accepted_on"' in answer.content.decode()
    assert 'value="明天"' in answer.content.decode()
    assert "建议通过验收" in answer.content.decode()
    assert not Proposal.objects.filter(subject_id=base.pk).exists()
    answer = browser.post(address, sent | {"accepted_on": ACCEPTED["accepted_on"], "reason": "通过"})
    assert answer.status_code == 302
    assert Proposal.objects.get(subject_id=base.pk).values["accepted_on"] == ACCEPTED["accepted_on"]
    assert "有事项正在审批" in text(browser, f"{OFFICE}{base.pk}/")
    shown = text(client("officer2"), "/desk/")
    assert "验收通过" in shown or "审批" in shown


def test_a_new_entry_keeps_what_was_typed_and_opens_when_it_is_right() -> None:
    browser, address = client("officer"), f"{OFFICE}new/key-lab-academic/"
    host = new_host()
    sent = {"name_zh": "新登记实验室", "host": host.name_zh, "state": "building", "area": "一千", "fixed": "20", "latitude": "41"}
    page = browser.post(address, sent)
    content = page.content.decode()
    assert (page.status_code, "纬度和经度须同时填写" in content, 'id="e-area"' in content) == (422, True, True)
    assert 'value="新登记实验室"' in content
    moved = browser.post(address, sent | {"directions.0.name": "方向甲", "_row": "directions:add:0"})
    assert (moved.status_code, 'value="方向甲"' in moved.content.decode()) == (200, True)
    page = browser.post(
        address, sent | {"area": "1000", "longitude": "111.6", "directions.0.name": "方向甲", "directions.0.head": ""}
    )
    assert page.status_code == 302
    row = Base.objects.get(name_zh="新登记实验室")
    assert (row.host_id, row.answers["area"], row.answers["directions"], float(row.latitude)) == (
        host.pk,
        1000,
        [{"name": "方向甲"}],
        41.0,
    )


def test_the_record_is_changed_on_its_page_and_a_clash_is_told() -> None:
    base = new_base()
    browser, address = client("officer"), f"{OFFICE}{base.pk}/change/"
    token = re.search(r'name="seen" value="([^"]*)"', text(browser, address))
    assert token
    from html import unescape

    typed = {"seen": unescape(token[1]), "name_zh": base.name_zh, "place": "150100", "area": "1300"}
    assert client("officer2").post(address, typed | {"area": "1250"}).status_code == 302
    page = browser.post(address, typed)
    assert (page.status_code, "有人改成了“1250”" in page.content.decode()) == (422, True)
    assert Base.objects.get(pk=base.pk).answers["area"] == 1250


def test_keepers_holders_and_successors_have_their_acts() -> None:
    base, person, browser = new_base(), new_person("韩主任"), client("officer")
    answer = confirmed_get(browser, f"{OFFICE}{base.pk}/keeper/director/", person=person.account.email or "韩主任")
    assert answer.status_code == 302
    assert Base.objects.get(pk=base.pk).director_id == person.pk
    partner = new_host()
    typed = {"host": base.host.name_zh, "organisation_0": partner.name_zh, "role_0": "partner", "share_0": "25", "reason": "共建"}
    assert confirmed_get(browser, f"{OFFICE}{base.pk}/holders/", **typed).status_code == 302
    assert "25 %" in text(browser, f"{OFFICE}{base.pk}/people/")
    done(base, "merge")
    other = new_base()
    answer = confirmed_get(browser, f"{OFFICE}{base.pk}/succession/", how="renamed", after="没有这个编号")
    assert (answer.status_code, "没有编号为 没有这个编号 的条目" in answer.content.decode()) == (422, True)
    assert confirmed_get(browser, f"{OFFICE}{base.pk}/succession/", how="renamed", after=other.number).status_code == 302
    assert base.number in text(client(None), f"{LABS}{other.number}/")


def confirmed_get(browser: Any, address: str, **typed: Any) -> Any:
    """Open an act and confirm it as it was shown."""
    page = browser.get(address)
    content = page.content.decode()
    hidden = dict(re.findall(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"\s*>', content))
    hidden.pop("csrfmiddlewaretoken", None)
    return browser.post(address, {**hidden, "seen": seen_on(page), "confirmed": "1", **typed})


def test_the_history_of_a_day_is_read_on_its_page() -> None:
    base = new_base()
    browser = client("officer")
    today = str(Base.objects.get(pk=base.pk).opened_on)
    page = text(browser, f"{OFFICE}{base.pk}/history/?on={today}")
    assert ("结束时" in page, "登记了条目" in page) == (True, True)
    assert "那一天还没有登记" in text(browser, f"{OFFICE}{base.pk}/history/?on=2001-01-01")
    assert "应为 2026-07-01 这样的日期" in text(browser, f"{OFFICE}{base.pk}/history/?on=昨天")


def test_a_file_is_given_to_those_who_see_the_entry_from_inside() -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    director = new_person()
    base = new_base(keepers={"director": director})
    png = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
    address = f"{OFFICE}{base.pk}/file/"
    wrong = client(user_of(director)).post(address, {"kind": "charter", "file": SimpleUploadedFile("a.exe", b"x")}, follow=True)
    assert "只接受" in wrong.content.decode()
    sent = client(user_of(director)).post(address, {"kind": "charter", "file": SimpleUploadedFile("章程.png", png)}, follow=True)
    assert "已上传" in sent.content.decode()
    file = StoredFile.objects.get(owner_type="bases.base", owner_id=base.pk)
    check_files(actor=system("check_files"), owner=base)
    StoredFile.objects.filter(pk=file.pk).update(state="fine")
    for name, status in (
        (user_of(director), 200),
        ("officer", 200),
        (user_of(new_person(organisation=new_host())), 404),
        (None, 302),
    ):
        assert client(name).get(f"/files/{file.pk}/").status_code == status


def test_pages_are_in_english_too() -> None:
    browser = client(None)
    browser.cookies["django_language"] = "en"
    page = text(browser, LABS)
    assert "Laboratories" in page
    assert "key laboratory" in page.lower()


def test_bulk_acts_on_no_entry_that_one_may_not_see() -> None:
    base = new_base(host=new_host())
    assert client(f"host-{new_base().host.code}").get(f"{OFFICE}do/key-lab-academic/mend/?pk={base.pk}").status_code == 404
