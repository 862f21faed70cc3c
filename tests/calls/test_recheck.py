"""The re-check of a refusal: its clocks reach those who act, and its pages do what they say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from headwater.calls.checking.services.checking import decide_check
from headwater.calls.checking.services.rechecking import ask_recheck, recheck_until
from headwater.calls.clocks import check_due, recheck_due
from headwater.calls.duties import of_applicants, of_officers, of_refused
from headwater.calls.models import Application, FormalCheck, Letter
from headwater.core import clock
from headwater.core.models import Account, Notification, Parameter, RoleGrant
from headwater.core.parameters import forget_parameters
from tests.approvals import seen_on
from tests.calls.test_checking import TEXT, fresh, refused
from tests.make import SECOND, actor, as_, client, manager, new_call, new_person, placed

pytestmark = pytest.mark.django_db


def officer_duties(row: Application) -> dict[str, tuple[object, int]]:
    """Address, date and number of what waits for an officer in the call of an application."""
    found = of_officers(actor("officer2").account)
    return {d.url.rpartition("/")[2]: (d.due, d.count) for d in found if d.url.startswith(f"/office/calls/{row.call_id}/")}


def test_officers_are_reminded_by_the_first_that_asked() -> None:
    call = new_call()
    one, two = refused(call), refused(call)
    asked = clock.now()
    with clock.at(asked):
        ask_recheck(application=one, text=TEXT, actor=as_(one.leader))
    with clock.at(asked + timedelta(days=3)):
        ask_recheck(application=two, text=TEXT, actor=as_(two.leader))
    due = clock.end_of_day(timezone.localtime(asked).date() + timedelta(days=60))
    assert recheck_due(call, asked) == due
    assert officer_duties(one) == {"?state=recheck": (due, 2)}
    first = [d.url for d in of_officers(actor("officer").account) if d.url.startswith(f"/office/calls/{call.pk}/")]
    assert first == []  # who refused does not answer
    placed(call, "received")
    assert officer_duties(one) == {"?state=recheck": (due, 2), "": (check_due(call), 1)}
    board = client("officer").get(f"/office/calls/{call.pk}/")
    assert due in [when for _label, when, _source in board.context["clocks"]]
    queue = client("officer").get(f"/office/calls/{call.pk}/check/?state=recheck").context["list"]
    assert [a.pk for a in queue.objects] == [one.pk, two.pk]


def test_days_for_the_answer_are_a_parameter() -> None:
    call = new_call()
    Parameter.objects.filter(key="recheck_answer_days").update(value=7)
    forget_parameters()
    try:
        assert recheck_due(call, clock.now()) == clock.end_of_day(clock.today() + timedelta(days=7))
    finally:
        forget_parameters()


def test_board_without_a_recheck_has_no_clock_of_it() -> None:
    call = new_call()
    refused(call)
    labels = [label for label, _when, _source in client("officer").get(f"/office/calls/{call.pk}/").context["clocks"]]
    assert labels == ["申报截止", "单位审核截止", "归口推荐截止", "形式审查完成"]


def test_applicant_is_told_until_when_to_ask() -> None:
    row, other = refused(new_call()), new_person()
    until = recheck_until(row)
    account = Account.objects.get(pk=row.leader.account_id)
    assert [(d.url, d.due) for d in of_refused(account)] == [(f"/applications/{row.pk}/", until)]
    assert row.title_zh in client(account.username).get("/desk/").content.decode()
    assert [*of_refused(other.account), *of_applicants(other.account)] == []
    with clock.at(until):
        assert len(list(of_refused(account))) == 1
    with clock.at(until + SECOND):
        assert list(of_refused(account)) == []
    ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    assert list(of_refused(account)) == []


def test_applicant_asks_and_an_officer_answers_in_the_browser() -> None:
    row = refused(new_call())
    own, address = client(row.leader.account.username), f"/applications/{row.pk}/recheck/"
    short = own.post(address, {"text": "不服"})
    assert (short.status_code, fresh(row).state) == (422, "not_accepted")
    assert "invalid-feedback" in short.content.decode()
    assert client(new_person().account.username).post(address, {"text": TEXT}).status_code == 404
    assert own.post(address, {"text": TEXT})["Location"] == f"/applications/{row.pk}/"
    assert (fresh(row).state, FormalCheck.objects.get(application=row).recheck_text) == ("recheck", TEXT)
    answer = f"/office/applications/{row.pk}/recheck/"
    assert own.post(answer, {"decision": "revoke", "answer": "同意"}).status_code == 403
    officer = client("officer2")
    assert TEXT in officer.get(f"/office/applications/{row.pk}/").content.decode()
    told = officer.post(answer, {"decision": "revoke", "answer": ""}, follow=True)
    assert "请写明复审决定的理由" in told.content.decode()
    assert fresh(row).state == "recheck"
    seen = seen_on(officer.get(answer.replace("recheck/", "")))
    sent = {"decision": "revoke", "answer": "经核对，材料齐全", "seen": seen}
    shown = officer.post(answer, sent).content.decode()
    assert ("撤销原决定，申请转为" in shown, "经核对，材料齐全" in shown) == (True, True)
    assert fresh(row).state == "recheck"
    officer.post(answer, sent | {"confirmed": "1", "shown": sent["answer"]})
    assert fresh(row).state == "accepted"
    assert Letter.objects.get(application=row, kind="recheck").body["revoked"] is True
    assert "经核对，材料齐全" in officer.get(f"/office/applications/{row.pk}/").content.decode()


def test_upheld_refusal_is_answered_in_the_browser() -> None:
    row = refused(new_call())
    client(row.leader.account.username).post(f"/applications/{row.pk}/recheck/", {"text": TEXT})
    officer, page = client("officer2"), f"/office/applications/{row.pk}/"
    sent = {"decision": "uphold", "answer": "维持原决定", "confirmed": "1", "shown": "维持原决定"}
    officer.post(f"{page}recheck/", sent | {"seen": seen_on(officer.get(page))})
    assert fresh(row).state == "not_accepted"


def test_host_is_told_of_a_refusal_and_reads_the_letter() -> None:
    call = new_call()
    row, other = placed(call, "received"), placed(call, "received", new_person())
    host = manager(row.host).account
    before = Notification.objects.filter(account=host).count()
    decide_check(applications=[row], accept=False, codes=["F05"], note="缺附件", actor=actor("officer"))
    told = Notification.objects.filter(account=host).order_by("-pk")
    assert (told.count() - before, told[0].url) == (1, "/host/letters/")
    assert told[0].title.endswith("（1 份）")
    letter = Letter.objects.get(application=row)
    browser = client(host.username)
    listed = browser.get(told[0].url).content.decode()
    assert (letter.number in listed, row.number in listed) == (True, True)
    assert browser.get(f"/letters/{letter.pk}/")["Content-Type"] == "application/pdf"
    stranger = new_person()
    RoleGrant.objects.create(account=stranger.account, role="host_manager", scope="organisation", scope_id=call.pk + 10**6)
    foreign = client(stranger.account.username)
    assert letter.number not in foreign.get("/host/letters/").content.decode()
    assert foreign.get(f"/letters/{letter.pk}/").status_code == 404
    assert not Letter.objects.filter(application=other).exists()
