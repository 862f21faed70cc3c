"""The pages of approvals: what waits, a matter with its chain, an answer that is read before it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from bench.pages.bench import counted
from headwater.core import clock
from headwater.core.approvals import Step
from headwater.core.command import Actor
from headwater.core.duties import duties_of
from headwater.core.models import ApprovalCase, Parameter
from tests.approvals import confirmed
from tests.make import client
from tests.make.chains import OFFICER, again, begun, declared, holding, new_matter, proposer, says

pytestmark = pytest.mark.django_db
LOOKED = re.compile(r'name="looked" value="([^"]*)"')
TWO = (Step("one", "programme_officer"), Step("two", "programme_officer"))


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    with declared():
        yield


@pytest.fixture
def matter() -> Parameter:
    return new_matter()


def browser(who: Actor) -> Client:
    return client(who.account.username if who.account else None)


def looked_at(surfer: Client, address: str) -> dict[str, str]:
    """What the page of a matter sends with an answer."""
    found = LOOKED.search(surfer.get(address).content.decode())
    assert found
    return {"looked": unescape(found[1])}


def test_what_waits_stands_on_the_list_and_on_the_desk(matter: Parameter) -> None:
    me, officer = proposer("林提出"), holding("programme_officer")
    case = begun(matter, Step("one", "programme_officer", due_at=clock.now() + timedelta(days=2)), by=me)
    page = browser(officer).get("/approvals/").content.decode()
    assert "参数 test_key" in page
    assert "林提出" in page
    duty = next(d for d in duties_of(again(officer).account) if d.url.startswith("/approvals/"))
    assert (duty.title, duty.count, duty.late, duty.url) == ("审批：参数", 1, False, "/approvals/?kind=core.parameter")
    assert "参数 test_key" in browser(officer).get(duty.url).content.decode()
    for query, found in (("due=soon", 1), ("due=late", 0), ("due=none", 0), ("q=林提出", 1), ("q=无此", 0)):
        assert browser(officer).get(f"/approvals/?{query}").content.decode().count("参数 test_key") == found, query
    assert "参数 test_key" in browser(me).get("/approvals/proposed/").content.decode()
    says(case, officer)
    assert "参数 test_key" not in browser(officer).get("/approvals/").content.decode()
    assert "参数 test_key" in browser(officer).get("/approvals/answered/").content.decode()
    assert "参数 test_key" in browser(officer).get("/approvals/answered/?format=csv").content.decode("utf-8-sig")


def test_a_matter_is_answered_after_it_was_read(matter: Parameter) -> None:
    first, second, me = holding("programme_officer", name="主管甲"), holding("programme_officer"), proposer()
    case = begun(matter, *TWO, by=me)
    address = f"/approvals/{case.pk}/"
    page = browser(first).get(address).content.decode()
    assert "<p>5</p>" in page
    assert "您的意见" in page
    looked = looked_at(browser(first), address)
    shown = browser(first).post(address, {"verdict": "approve", **looked}).content.decode()
    assert "进入第 2 步，由“项目主管”办理" in shown
    assert confirmed(browser(first), address, {"verdict": "approve", **looked}, note="可以").status_code == 302
    assert case.answers.get().note == "可以"
    old = confirmed(browser(second), address, {"verdict": "approve", **looked})
    assert (old.status_code, "您核对之后有变化" in old.content.decode()) == (422, True)
    page = browser(second).get(address).content.decode()
    assert "主管甲" in page
    assert "可以" in page
    looked = looked_at(browser(second), address)
    shown = browser(second).post(address, {"verdict": "approve", **looked}).content.decode()
    assert "参数 test_key 生效" in shown
    assert confirmed(browser(second), address, {"verdict": "approve", **looked}).status_code == 302
    assert ApprovalCase.objects.get(pk=case.pk).state == "approved"
    assert "已批准" in browser(me).get(address).content.decode()


def test_a_reason_is_asked_beside_its_field_and_a_step_can_be_chosen(matter: Parameter) -> None:
    first, second = holding("programme_officer"), holding("programme_officer")
    case = begun(matter, *TWO)
    says(case, first)
    address = f"/approvals/{case.pk}/"
    looked = looked_at(browser(second), address)
    empty = confirmed(browser(second), address, {"verdict": "refuse", **looked})
    assert (empty.status_code, "请写明理由" in empty.content.decode()) == (422, True)
    given = {"verdict": "send_back", **looked}
    assert confirmed(browser(second), address, given, note="数值再核", back_to="one").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.place) == ("open", 1)
    assert "（已作废）" in browser(first).get(address).content.decode()


def test_what_changed_meanwhile_stands_against_it(matter: Parameter) -> None:
    officer = holding("programme_officer")
    case = begun(matter, OFFICER)
    Parameter.objects.filter(pk=matter.pk).update(value=7)
    page = browser(officer).get(f"/approvals/{case.pk}/").content.decode()
    assert "提交审批后内容有变化，不能批准，请退回：数值" in page


def test_others_do_not_find_it(matter: Parameter) -> None:
    case = begun(matter, Step("one", "host_manager", "organisation", 1), by=proposer())
    for name in ("officer", "sysadmin", "leader"):
        assert client(name).get(f"/approvals/{case.pk}/").status_code == 404
    assert client(None).get(f"/approvals/{case.pk}/").status_code == 302


def test_nobody_to_answer_is_said(matter: Parameter) -> None:
    me = proposer()
    case = begun(matter, Step("one", "host_manager", "organisation", 0), by=me)
    assert "目前没有可以办理这一步的人员" in browser(me).get(f"/approvals/{case.pk}/").content.decode()


def test_the_pages_ask_as_often_for_many_as_for_few(matter: Parameter) -> None:
    officer = holding("programme_officer")
    begun(matter, OFFICER)

    def questions(address: str) -> int:
        surfer = browser(officer)
        surfer.get(address)
        with counted() as found:
            surfer.get(address)
        return len(found)

    before = questions("/approvals/"), questions("/desk/")
    for n in range(6):
        begun(new_matter(f"test_{n}"), OFFICER)
    assert (questions("/approvals/"), questions("/desk/")) == before
    few = begun(new_matter("few"), OFFICER)
    many = begun(new_matter("many"), *(Step(f"s{n}", "programme_officer") for n in range(6)))
    assert questions(f"/approvals/{many.pk}/") == questions(f"/approvals/{few.pk}/") <= 26
