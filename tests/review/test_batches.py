"""Decisions in batches: some now, the rest later; one row is sent back; the notice is somebody's duty."""

from __future__ import annotations

import pytest

from headwater.calls.deciding.services.decisions import send_back
from headwater.calls.models import Application, Call, Decision, Notice
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Account, Notification, RoleGrant
from headwater.review.services.deciding import propose
from tests.approvals import approve_decisions, confirmed, publish_notice, seen_on
from tests.make import actor, client
from tests.pages import words
from tests.review.variants import call_of, reviewed

pytestmark = pytest.mark.django_db
NONE = {"review": {"stages": ["written"]}}


def three() -> tuple[Call, list[Application], str]:
    call = call_of(**NONE)
    return call, reviewed(call, [90, 80, 70]), f"/office/calls/{call.pk}/decide/"


def states(rows: list[Application]) -> list[str]:
    return [Application.objects.get(pk=r.pk).state for r in rows]


def decide(browser: object, address: str, scope: str, rows: list[Application]) -> object:
    return confirmed(browser, address, {"do": "propose", "scope": scope, "fund": [r.pk for r in rows]})


def test_some_are_decided_now_and_the_rest_later() -> None:
    call, rows, address = three()
    officer = client("officer")
    shown = words(officer.post(address, {"do": "propose", "scope": "fund", "fund": [rows[0].pk]}).content.decode())
    assert ("另有 2 项以后再提出" in shown, "如何撤回" in shown) == (True, True)
    decide(officer, address, "fund", rows[:1])
    assert states(rows) == ["proposed", "reviewed", "reviewed"]
    decide(officer, address, "refuse", rows[2:])
    assert states(rows) == ["proposed", "reviewed", "not_proposed"]
    with pytest.raises(Refused, match="还有 1 项没有决定"):
        approve_decisions(call=call, actor=actor("committee"))
    decide(officer, address, "all", [])
    assert states(rows) == ["proposed", "not_proposed", "not_proposed"]
    assert approve_decisions(call=call, actor=actor("committee")) == 3


def test_nothing_chosen_decides_nothing() -> None:
    call, rows, address = three()
    assert client("officer").post(address, {"do": "propose", "scope": "fund"}).status_code == 302
    with pytest.raises(Refused, match="没有选择"):
        propose(call=call, funded=set(), only=set(), actor=actor("officer"))
    assert states(rows) == ["reviewed"] * 3


def test_decisions_that_changed_since_they_were_read_are_not_proposed() -> None:
    call, rows, address = three()
    sent = {"do": "propose", "scope": "all", "fund": [rows[0].pk]}
    seen = seen_on(client("officer").post(address, sent))
    Application.objects.filter(pk=rows[1].pk).update(state="withdrawn")
    stale = client("officer").post(address, {**sent, "confirmed": "1", "seen": seen})
    assert ("您核对之后有变化" in stale.content.decode(), Decision.objects.filter(call=call).exists()) == (True, False)


def test_the_committee_sends_one_row_back_with_a_reason() -> None:
    call, rows, address = three()
    propose(call=call, funded={rows[0].pk, rows[1].pk}, actor=actor("officer"))
    committee = client("committee")
    page = committee.post(address, {"do": "approve"}).content.decode()
    assert page.count("退回该项") == 3
    shown = words(committee.post(address, {"do": "send_back", "pk": rows[1].pk}).content.decode())
    assert [w in shown for w in (rows[1].number, "其余各项不变", "提出人")] == [True] * 3
    assert confirmed(committee, address, {"do": "send_back", "pk": rows[1].pk}, reason=" ").status_code == 422
    assert confirmed(committee, address, {"do": "send_back", "pk": rows[1].pk}, reason="预算依据不足").status_code == 302
    assert states(rows) == ["proposed", "reviewed", "not_proposed"]
    told = Notification.objects.filter(account__username="officer").latest("pk")
    assert ("被退回" in told.title, told.body) == (True, "预算依据不足")
    propose(call=call, funded=set(), actor=actor("officer"))
    assert approve_decisions(call=call, actor=actor("committee")) == 3
    with pytest.raises(Refused, match="已核准"):
        send_back(application=rows[0], reason="太迟了", actor=actor("committee"))
    assert check() == []


def test_others_do_not_send_back() -> None:
    call, rows, _address = three()
    propose(call=call, funded={rows[0].pk}, actor=actor("officer"))
    for name in ("leader", "sysadmin"):
        with pytest.raises(NotAllowed):
            send_back(application=rows[0], reason="不行的", actor=actor(name))


def duties(name: str) -> list[str]:
    return [d.title for d in duties_of(Account.objects.get(username=name))]


def test_after_the_approval_the_officer_has_the_duty_to_publish() -> None:
    call, rows, _address = three()
    wanted = f"发布公示：{call.title_zh}"
    propose(call=call, funded={rows[0].pk}, actor=actor("officer"))
    assert wanted not in duties("officer")
    approve_decisions(call=call, actor=actor("committee"))
    assert (wanted in duties("officer"), wanted in duties("committee")) == (True, False)
    assert Notification.objects.filter(account__username="officer", title__startswith="决定已核准").exists()
    publish_notice(call=call, actor=actor("officer"))
    assert wanted not in duties("officer")


def test_the_notice_is_read_whole_before_and_those_on_it_are_told() -> None:
    call, rows, address = three()
    host = rows[0].host
    manager = Account.objects.get(pk=rows[1].leader.account_id)
    RoleGrant.objects.create(account=manager, role="host_manager", scope="organisation", scope_id=host.pk)
    propose(call=call, funded={rows[0].pk}, actor=actor("officer"))
    approve_decisions(call=call, actor=actor("committee"))
    shown = words(client("officer").post(address, {"do": "notice"}).content.decode())
    wanted = (f"标题：关于{call.title_zh}", "公示期：", rows[0].leader.name_zh, "名单上的 1 位申请人", "名单上的 1 家依托单位")
    assert [w in shown for w in wanted] == [True] * 5
    notice = publish_notice(call=call, actor=actor("officer"))
    titles = {n.account_id: n.title for n in Notification.objects.filter(url=f"/notices/{notice.pk}/")}
    assert titles[rows[0].leader.account_id].startswith("您的申请已列入公示")
    assert titles[manager.pk].startswith("本单位 1 项列入公示")
    assert rows[2].leader.account_id not in titles


def test_a_leader_reads_how_far_the_decisions_are_and_no_mark() -> None:
    call, rows, address = three()
    propose(call=call, funded={rows[0].pk}, actor=actor("officer"))
    approve_decisions(call=call, actor=actor("committee"))
    publish_notice(call=call, actor=actor("officer"))
    text = words(client("leader").get(address).content.decode())
    assert ("还没有排序" in text, rows[1].title_zh in text, "<b>2</b>" in text) == (False, False, True)
    assert Notice.objects.get(call=call).title_zh in text
