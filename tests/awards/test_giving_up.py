"""Agreements that are not signed: reminded of, extended, refused, lapsed; their money is the call's again. Calls that have ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from headwater.awards.models import Award, Party
from headwater.awards.services.giving_up import extend_agreements, lapse_everywhere, latest_day, refuse_agreement, remind_signers
from headwater.awards.tasks import lapse_agreements
from headwater.calls.deciding.services.decisions import committed_fen
from headwater.calls.deciding.services.finishing import finish_call, finish_everywhere, still_open
from headwater.calls.models import Call, Decision
from headwater.calls.phases import phase_of
from headwater.calls.tasks import finish_calls
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Notification
from tests.awards.test_agreements import awarded, fresh, put, who
from tests.calls.test_decisions import TEN
from tests.make import SECOND, actor, as_, client, manager, new_person, past_call, placed

pytestmark = pytest.mark.django_db
WORKER = system("worker")


def told(award: Award, start: str) -> set[str]:
    rows = Notification.objects.filter(title__startswith=start, title__endswith=award.number)
    return set(rows.values_list("account__username", flat=True))


def concerned(award: Award) -> set[str]:
    return {award.leader.account.username, f"host-{award.host.code}", "officer", "officer2"}


def test_the_worker_lapses_what_is_late_and_the_money_is_the_calls_again() -> None:
    first, second = awarded(2)
    with clock.at(first.agreement_by):
        lapse_everywhere(actor=WORKER)  # what others left
        assert [fresh(a).state for a in (first, second)] == ["agreement", "agreement"]
    put(first, *Party)
    with clock.at(second.agreement_by + SECOND):
        lapse_agreements(timestamp=0)
        assert lapse_everywhere(actor=WORKER) == 0
    assert (fresh(first).state, fresh(second).state) == ("running", "lapsed")
    assert committed_fen(first.call) == TEN
    assert concerned(second) <= told(second, "任务书逾期未签")
    assert told(first, "任务书逾期未签") == set()
    note = Notification.objects.filter(title__endswith=second.number, account=second.leader.account).latest("pk")
    assert "经费 10 万元退回" in note.body
    assert check() == []


def test_freed_money_may_be_decided_again_and_no_more() -> None:
    award = awarded()[0]
    other = placed(award.call, "panel")
    spend = {"application": other, "call": award.call, "outcome": "fund"}
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Decision.objects.create(amount_fen=TEN, **spend)
    refuse_agreement(award=award, reason="申请人调离本自治区", actor=as_(award.leader))
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Decision.objects.create(amount_fen=TEN + 1, **spend)
    Decision.objects.create(amount_fen=TEN, **spend)
    Decision.objects.filter(application=award.application_id).update(freed_at=None, amount_fen=0, outcome="refuse")
    assert "given_up_money_is_free" in {b.invariant.name for b in check(["given_up_money_is_free"])}


@pytest.mark.parametrize("party", [Party.LEADER, Party.HOST])
def test_leader_or_host_refuses_with_a_reason_after_seeing_what_happens(party: Party) -> None:
    award = awarded()[0]
    put(award, Party.LEADER)
    browser, page = client(who(award, party).account.username), f"/my/projects/{award.number}/refuse/"
    assert page in browser.get(f"/my/projects/{award.number}/").content.decode()
    shown = browser.get(page).content.decode()
    assert ("经费 10 万元退回" in shown, award.call.title_zh in shown, award.leader.name_zh in shown) == (True, True, True)
    assert browser.post(page, {"reason": "无"}).status_code == 422
    assert fresh(award).state == "agreement"
    assert browser.post(page, {"reason": "申请人调离本自治区"}).status_code == 302
    assert (fresh(award).state, fresh(award).ending, committed_fen(award.call)) == ("refused", "申请人调离本自治区", 0)
    assert concerned(award) <= told(award, "已放弃")
    assert browser.get(page).status_code == 404
    with pytest.raises(Refused):
        refuse_agreement(award=award, reason="再次放弃", actor=as_(award.leader))
    assert check() == []


def test_nobody_else_refuses() -> None:
    award = awarded()[0]
    for someone in (actor("officer"), actor("committee"), as_(new_person("旁人"))):
        with pytest.raises(NotAllowed):
            refuse_agreement(award=award, reason="申请人调离", actor=someone)
    assert fresh(award).state == "agreement"


def test_an_officer_extends_before_the_lapse_with_a_reason() -> None:
    first, second = awarded(2)
    due = timezone.localtime(first.agreement_by).date()
    most = latest_day(first)
    given: dict[str, Any] = {"awards": [first, second], "actor": actor("officer")}
    for until, reason, said in (
        (due, "疫情影响", "新期限"),
        (most + timedelta(days=1), "疫情影响", "新期限"),
        (most, " ", "理由"),
    ):
        with pytest.raises(Refused, match=said):
            extend_agreements(until=until, reason=reason, **given)
    with pytest.raises(NotAllowed):
        extend_agreements(awards=[first], until=most, reason="单位换届", actor=manager(first.host))
    with clock.at(first.agreement_by + SECOND), pytest.raises(Refused, match="不能再延期"):
        extend_agreements(until=most, reason="单位换届", **given)
    page = f"/office/calls/{first.call_id}/agreements/"
    sent = {"pk": [first.pk, second.pk], "end": "extend", "day": most.isoformat(), "reason": "单位换届，印章更换"}
    assert second.title_zh in client("officer").post(page, sent).content.decode()
    assert fresh(first).agreement_by == first.agreement_by
    assert client("officer").post(page, sent | {"confirmed": "1"}).status_code == 302
    assert [timezone.localtime(fresh(a).agreement_by).date() for a in (first, second)] == [most, most]
    assert "单位换届，印章更换" in client(first.leader.account.username).get(f"/my/projects/{first.number}/").content.decode()
    with clock.at(first.agreement_by + SECOND):
        lapse_everywhere(actor=WORKER)
        assert [fresh(a).state for a in (first, second)] == ["agreement", "agreement"]


def test_who_signs_next_is_reminded_twice_and_not_more() -> None:
    award = awarded()[0]
    leader, host = award.leader.account.username, f"host-{award.host.code}"
    counts = []
    for days in (8, 7, 6, 2, 1):
        with clock.at(award.agreement_by - timedelta(days=days)):
            counts.append(remind_signers(actor=WORKER))
    assert counts == [0, 1, 0, 1, 0]
    assert told(award, "请于") == {leader}
    other = awarded()[0]
    put(other, Party.LEADER, late=-timedelta(days=9))
    with clock.at(other.agreement_by - timedelta(days=3)):
        assert remind_signers(actor=WORKER) == 1
    assert (host in told(other, "请于"), other.leader.account.username in told(other, "请于")) == (True, False)


def test_a_call_is_finished_when_everything_in_it_has_ended() -> None:
    award = awarded()[0]
    call = Call.objects.select_related("scheme").get(pk=award.call_id)
    assert [(p.label, p.count) for p in still_open(call)] == [("任务书没有签完", 1)]
    with pytest.raises(Refused, match="任务书没有签完"):
        finish_call(call=call, actor=actor("officer"))
    page = client("officer").get(f"/office/calls/{call.pk}/finish/").content.decode()
    assert ("任务书没有签完" in page, "disabled" in page) == (True, True)
    assert phase_of(call) == "released"
    put(award, *Party)
    assert finish_everywhere(actor=WORKER) >= 1
    assert Call.objects.get(pk=call.pk).state == "finished"
    assert "已办结" in client(None).get(f"/calls/{call.code}/").content.decode()
    assert Notification.objects.filter(title=f"批次已办结：{call.title_zh}").count() >= 2
    assert check(["finished_call_has_ended"]) == []


@pytest.mark.parametrize("state", ["received", "in_review", "panel", "not_proposed", "recheck"])
def test_what_has_not_ended_keeps_a_call_open(state: str) -> None:
    call = past_call()
    placed(call, state)
    finish_calls(timestamp=0)
    assert Call.objects.get(pk=call.pk).state == "published"
    with pytest.raises(Refused):
        finish_call(call=call, actor=actor("officer"))
    Call.objects.filter(pk=call.pk).update(state="finished")
    assert [b.invariant.name for b in check(["finished_call_has_ended"])] == ["finished_call_has_ended"]
