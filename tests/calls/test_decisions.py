"""Decisions within the budget, notices, objections, release."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.awards.models import Agreement, Award
from headwater.calls.deciding.services.decisions import (
    Proposal,
    barred_applications,
    committed_fen,
    propose_decisions,
    reconsider,
)
from headwater.calls.deciding.services.objections import reply_to_objection
from headwater.calls.deciding.services.sentences import correct_words, release_sight
from headwater.calls.models import Application, Call, Decision, Letter, Notice, NoticeRow, Objection
from headwater.calls.phases import phase_of
from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Notification
from headwater.registry.models import Sanction
from tests.approvals import (
    answer_objection,
    approve_decisions,
    file_objection,
    publish_notice,
    release,
    seen_on,
    settle_objection,
)
from tests.make import SECOND, actor, as_, client, new_call, new_person, past_call, placed, refusal

pytestmark = pytest.mark.django_db
TEN = 10_000_000
TEXT = "该项目内容与本人已发表的工作部分相近，请核实。"


def on_table(count: int, budget: int, **more: Any) -> tuple[Call, list[Application]]:
    call = past_call(budget_fen=budget)
    return call, [placed(call, "panel", **more) for _ in range(count)]


def propose(call: Call, rows: list[Application], amounts: list[int], username: str = "officer") -> list[Decision]:
    proposals = [Proposal(a, amount or None, n) for n, (a, amount) in enumerate(zip(rows, amounts, strict=True), 1)]
    return propose_decisions(call=call, proposals=proposals, actor=actor(username))


def state(application: Application) -> str:
    return Application.objects.get(pk=application.pk).state


def noticed(amounts: list[int]) -> tuple[Call, list[Application], Notice]:
    call, rows = on_table(len(amounts), sum(amounts) or 1)
    propose(call, rows, amounts)
    approve_decisions(call=call, actor=actor("committee"))
    return call, rows, publish_notice(call=call, actor=actor("officer"))


def object_to(notice: Notice, application: Application) -> Objection:
    row = NoticeRow.objects.select_related("notice__call").get(notice=notice, application=application)
    return file_objection(
        row=row, name="周某", contact=f"zhou{Objection.objects.count()}@x.cn", text=TEXT, actor=Actor(None, "test")
    )


def found(objection: Objection) -> Objection:
    return Objection.objects.select_related("row__application__leader", "notice__call__scheme").get(pk=objection.pk)


def reply(objection: Objection) -> None:
    leader = objection.row.application.leader
    reply_to_objection(objection=found(objection), text="两项工作的问题和方法不同。", actor=as_(leader))


def answer(objection: Objection, *, uphold: bool) -> None:
    """Answered by one officer and, where it is upheld, after the applicant's reply and settled by another."""
    if uphold:
        reply(objection)
    answer_objection(objection=found(objection), uphold=uphold, answer="经核查", actor=actor("officer" if uphold else "officer2"))
    if uphold:
        settle_objection(objection=found(objection), agree=True, actor=actor("officer2"))


def close(notice: Notice, **late: int) -> dict[str, int]:
    row = Notice.objects.select_related("call__scheme").get(pk=notice.pk)
    with clock.at(row.ends_at + (timedelta(**late) if late else SECOND)):
        return release(notice=row, actor=actor("officer"))


# budget


def test_overspending_is_refused_with_the_sum() -> None:
    call, rows = on_table(3, 2 * TEN)
    with pytest.raises(Refused) as error:
        propose(call, rows, [TEN, TEN, TEN])
    assert refusal(error) == [("", "budget")]
    assert str(error.value) == "超出批次预算：预算 20 万元，拟定决定合计 30 万元"
    assert [state(a) for a in rows] == ["panel"] * 3
    assert (Decision.objects.filter(call=call).count(), committed_fen(call)) == (0, 0)
    propose(call, rows, [TEN, TEN, 0])
    assert [state(a) for a in rows] == ["proposed", "proposed", "not_proposed"]
    assert (committed_fen(call), check()) == (2 * TEN, [])


def test_one_fen_too_much_is_refused() -> None:
    call, rows = on_table(2, 2 * TEN - 1)
    with pytest.raises(Refused) as error:
        propose(call, rows, [TEN, TEN])
    assert refusal(error) == [("", "budget")]
    propose(call, rows, [TEN, TEN - 1])
    assert committed_fen(call) == 2 * TEN - 1


def test_sum_in_the_refusal_counts_earlier_decisions() -> None:
    call, rows = on_table(3, 2 * TEN)
    propose(call, rows[:2], [TEN, TEN])
    with pytest.raises(Refused) as error:
        propose(call, rows[2:], [TEN])
    assert "30 万元" in str(error.value)


def decision(application: Application, amount: int) -> Decision:
    return Decision(application=application, call=application.call, outcome="fund", amount_fen=amount)


def test_database_refuses_overspending_by_bulk_create() -> None:
    call, rows = on_table(3, 2 * TEN)
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Decision.objects.bulk_create([decision(a, TEN) for a in rows])
    Decision.objects.bulk_create([decision(a, TEN) for a in rows[:2]])
    assert committed_fen(call) == 2 * TEN


def test_database_refuses_overspending_by_update() -> None:
    call, rows = on_table(2, 2 * TEN)
    Decision.objects.bulk_create([decision(a, TEN) for a in rows])
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Decision.objects.filter(application=rows[0]).update(amount_fen=TEN + 1)
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Decision.objects.filter(call=call).update(amount_fen=TEN + 1)
    assert Decision.objects.filter(application=rows[0]).update(amount_fen=TEN - 1) == 1
    assert committed_fen(call) == 2 * TEN - 1


def test_database_refuses_a_refusal_turned_into_money() -> None:
    call, rows = on_table(2, TEN)
    propose(call, rows, [TEN, 0])
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Decision.objects.filter(application=rows[1]).update(outcome="fund", amount_fen=1)
    assert committed_fen(call) == TEN


def test_budget_is_not_lowered_below_what_is_decided() -> None:
    call, rows = on_table(2, 3 * TEN)
    propose(call, rows, [TEN, TEN])
    with pytest.raises(IntegrityError, match="headwater_overspent"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(budget_fen=2 * TEN - 1)
    assert Call.objects.filter(pk=call.pk).update(budget_fen=2 * TEN) == 1


# proposals


def test_amount_above_what_was_asked_is_refused() -> None:
    call, rows = on_table(1, 5 * TEN)
    with pytest.raises(Refused) as error:
        propose(call, rows, [TEN + 1])
    assert refusal(error) == [("amount_fen", "")]
    assert state(rows[0]) == "panel"
    propose(call, rows, [TEN])
    assert state(rows[0]) == "proposed"


def test_negative_amount_is_refused() -> None:
    call, rows = on_table(1, 5 * TEN)
    with pytest.raises(Refused):
        propose(call, rows, [-1])


def test_application_of_another_call_is_refused() -> None:
    call, _rows = on_table(1, 5 * TEN)
    _other, foreign = on_table(1, 5 * TEN)
    with pytest.raises(Refused):
        propose(call, foreign, [TEN])


@pytest.mark.parametrize(("since", "until", "barred"), [(0, None, True), (-9, 1, True), (-9, 0, False), (1, None, False)])
def test_sanctioned_leader_is_not_funded(since: int, until: int | None, barred: bool) -> None:
    call, rows = on_table(1, TEN)
    today = clock.today()
    end = None if until is None else today + timedelta(days=until)
    Sanction.objects.create(person=rows[0].leader, since=today + timedelta(days=since), until=end)
    if barred:
        with pytest.raises(Refused) as error:
            propose(call, rows, [TEN])
        assert refusal(error) == [("", "F13")]
        assert state(rows[0]) == "panel"
        propose(call, rows, [0])
        assert state(rows[0]) == "not_proposed"
    else:
        propose(call, rows, [TEN])
        assert state(rows[0]) == "proposed"


@pytest.mark.parametrize(("scope", "barred"), [("participate", True), ("review", False)])
def test_sanctioned_member_bars_the_application(scope: str, barred: bool) -> None:
    call, rows = on_table(2, 2 * TEN)
    member = new_person("成员")
    rows[0].participants.create(person=member, organisation=member.organisation, confirmed_at=clock.now())
    Sanction.objects.create(person=member, since=clock.today(), scope=scope)
    assert barred_applications(rows) == ([rows[0]] if barred else [])
    if barred:
        with pytest.raises(Refused) as error:
            propose(call, rows, [TEN, TEN])
        assert refusal(error) == [("", "F13")]
    else:
        propose(call, rows, [TEN, TEN])


def test_proposing_is_for_officers() -> None:
    call, rows = on_table(1, TEN)
    for username in ("committee", "finance", rows[0].leader.account.username):
        with pytest.raises(NotAllowed):
            propose(call, rows, [TEN], username)
    assert state(rows[0]) == "panel"


def test_reconsidered_decision_is_gone_and_its_money_free() -> None:
    call, rows = on_table(2, TEN)
    propose(call, rows, [TEN, 0])
    reconsider(application=rows[0], reason="重新评议", actor=actor("officer"))
    reconsider(application=rows[1], reason="重新评议", actor=actor("officer"))
    assert ([state(a) for a in rows], committed_fen(call)) == (["panel", "reviewed"], 0), "no panel has heard the second"
    Application.objects.filter(pk=rows[1].pk).update(state="panel")
    propose(call, rows, [0, TEN])
    approve_decisions(call=call, actor=actor("committee"))
    with pytest.raises(Refused, match="已核准"):
        reconsider(application=Application.objects.get(pk=rows[1].pk), reason="重新评议", actor=actor("officer"))


# approval


def test_proposer_cannot_approve() -> None:
    call, rows = on_table(1, TEN)
    propose(call, rows, [TEN])
    with pytest.raises(NotAllowed):
        approve_decisions(call=call, actor=actor("officer"))
    assert Decision.objects.get(call=call).approved_at is None
    with pytest.raises(IntegrityError, match="decision_two_people"), transaction.atomic():
        Decision.objects.filter(call=call).update(approved_by=actor("officer").account)
    assert approve_decisions(call=call, actor=actor("officer2")) == 1
    assert Decision.objects.get(call=call).approved_by.username == "officer2"


def test_approval_waits_until_everything_is_decided() -> None:
    call, rows = on_table(2, TEN)
    propose(call, rows[:1], [TEN])
    with pytest.raises(Refused, match="还有 1 项没有决定"):
        approve_decisions(call=call, actor=actor("committee"))
    propose(call, rows[1:], [0])
    assert approve_decisions(call=call, actor=actor("committee")) == 2
    with pytest.raises(Refused, match="没有待核准的决定"):
        approve_decisions(call=call, actor=actor("committee"))


# notice


def test_notice_needs_the_approval() -> None:
    call, rows = on_table(2, TEN)
    propose(call, rows, [TEN, 0])
    with pytest.raises(Refused, match="尚未核准"):
        publish_notice(call=call, actor=actor("officer"))
    approve_decisions(call=call, actor=actor("committee"))
    notice = publish_notice(call=call, actor=actor("officer"))
    assert list(notice.rows.values_list("application", "amount_fen")) == [(rows[0].pk, TEN)]
    assert [state(a) for a in rows] == ["publicity", "not_proposed"]
    with pytest.raises(Refused):
        publish_notice(call=call, actor=actor("officer"))


def test_notice_of_nothing_is_refused() -> None:
    call, _rows = on_table(1, TEN)
    with pytest.raises(Refused, match="不能公示"):
        publish_notice(call=call, actor=actor("officer"))


def test_notice_period_is_counted_in_working_days() -> None:
    with clock.at(clock.local(date(2026, 9, 28), 10)):  # National Day: 1 to 7 October 2026
        call, rows = on_table(1, TEN)
        someone = system("test")  # an officer of today had no role yet on every day
        propose_decisions(call=call, proposals=[Proposal(rows[0], TEN, 1)], actor=someone)
        approve_decisions(call=call, actor=someone)
        notice = publish_notice(call=call, actor=someone)
    last = clock.add_working_days(date(2026, 9, 28), 5)
    assert notice.ends_at == clock.end_of_day(last)
    assert last > date(2026, 10, 7)


# objections


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "周"),
        ("contact", "1234"),
        ("text", "抄袭抄袭抄袭抄"),
        ("name", "周" * 121),
        ("contact", "1" * 121),
        ("text", "抄" * 5001),
    ],
)
def test_objection_needs_every_field_within_its_length(field: str, value: str) -> None:
    _call, rows, notice = noticed([TEN])
    values = {"name": "周某", "contact": "zhou@x.cn", "text": TEXT, field: value}
    with pytest.raises(Refused) as error:
        file_objection(row=notice.rows.get(), actor=Actor(None, "test"), **values)
    assert refusal(error) == [(field, "")]
    assert state(rows[0]) == "publicity"


def test_objection_after_the_period_is_refused() -> None:
    _call, rows, notice = noticed([TEN])
    with clock.at(notice.ends_at + SECOND), pytest.raises(Refused, match="公示期已结束"):
        object_to(notice, rows[0])
    with clock.at(notice.ends_at):
        object_to(notice, rows[0])
    assert state(rows[0]) == "objection"


def test_objection_suspends_its_line_only() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    object_to(notice, rows[0])
    assert [state(a) for a in rows] == ["objection", "publicity"]
    assert check(["objection_suspends"]) == []


def test_upheld_objection_strikes_and_frees_the_money() -> None:
    call, rows, notice = noticed([TEN, TEN])
    answer(object_to(notice, rows[0]), uphold=True)
    assert [state(a) for a in rows] == ["objection", "publicity"]
    assert not Letter.objects.filter(application=rows[0]).exists()
    assert (committed_fen(call), check()) == (2 * TEN, [])
    close(notice)
    assert [state(a) for a in rows] == ["rejected", "approved"]
    decided = Decision.objects.get(application=rows[0])
    assert (decided.outcome, decided.amount_fen, decided.reason) == ("refuse", 0, "公示期间异议成立：经核查")
    assert Letter.objects.get(application=rows[0]).body["note"] == "公示期间异议成立：经核查"
    assert (committed_fen(call), check()) == (TEN, [])


def test_dismissed_objection_resumes() -> None:
    _call, rows, notice = noticed([TEN])
    answer(object_to(notice, rows[0]), uphold=False)
    assert state(rows[0]) == "publicity"
    assert Decision.objects.get(application=rows[0]).amount_fen == TEN


def test_two_objections_resume_only_after_both() -> None:
    _call, rows, notice = noticed([TEN])
    first, second = object_to(notice, rows[0]), object_to(notice, rows[0])
    answer(first, uphold=False)
    assert state(rows[0]) == "objection"
    answer(second, uphold=False)
    assert state(rows[0]) == "publicity"


def test_answer_to_an_objection_needs_a_text_and_an_officer() -> None:
    _call, rows, notice = noticed([TEN])
    objection = object_to(notice, rows[0])
    with pytest.raises(Refused) as error:
        answer_objection(objection=objection, uphold=True, answer=" ", actor=actor("officer"))
    assert refusal(error) == [("answer", "")]
    with pytest.raises(NotAllowed):
        answer_objection(objection=objection, uphold=True, answer="成立", actor=as_(rows[0].leader))
    assert state(rows[0]) == "objection"


def test_an_answer_is_corrected_until_the_release() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = object_to(notice, rows[0])
    reply(objection)
    answer_objection(objection=found(objection), uphold=False, answer="不成立", actor=actor("officer2"))
    assert state(rows[0]) == "publicity"
    answer_objection(objection=found(objection), uphold=True, answer="复核后成立", actor=actor("officer"))
    assert (state(rows[0]), found(objection).state) == ("objection", "proposed")
    events = Event.objects.filter(command="calls.answer_objection", subject_id=objection.pk).order_by("-id")
    assert events[0].before == {"state": "dismissed", "answer": "不成立"}
    settle_objection(objection=found(objection), agree=True, actor=actor("officer2"))
    answer_objection(objection=found(objection), uphold=False, answer="再核后不成立", actor=actor("officer2"))
    assert (state(rows[0]), found(objection).settled_at) == ("publicity", None)
    close(notice)
    with pytest.raises(Refused, match="不能再改"):
        answer_objection(objection=found(objection), uphold=True, answer="成立", actor=actor("officer"))


def test_who_proposed_a_line_does_not_dismiss_an_objection_to_it() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = object_to(notice, rows[0])
    with pytest.raises(NotAllowed):
        answer_objection(objection=found(objection), uphold=False, answer="不成立", actor=actor("officer"))
    address = f"/office/notices/{notice.pk}/"
    assert ['value="dismiss"' in client(who).get(address).content.decode() for who in ("officer", "officer2")] == [False, True]
    answer(objection, uphold=False)
    assert check(["objection_dismissed_by_another"]) == []
    Decision.objects.filter(application=rows[0]).update(proposed_by=actor("officer2").account)
    assert len(check(["objection_dismissed_by_another"])) == 1


def test_a_notice_asks_as_often_for_three_objections_as_for_one() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    browser, asked = client("officer2"), []
    for objections in (1, 3):
        while Objection.objects.filter(notice=notice).count() < objections:
            object_to(notice, rows[0])
        browser.get(f"/office/notices/{notice.pk}/")
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/office/notices/{notice.pk}/")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_an_objection_is_upheld_by_a_second_person_only() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = object_to(notice, rows[0])
    reply(objection)
    answer_objection(objection=found(objection), uphold=True, answer="成立", actor=actor("officer"))
    with pytest.raises(NotAllowed):
        settle_objection(objection=found(objection), agree=True, actor=actor("officer"))
    with pytest.raises(IntegrityError, match="objection_two_people"), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(settled_by=actor("officer").account, settled_at=clock.now())
    with pytest.raises(IntegrityError, match="objection_upheld_is_settled"), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(state="upheld")
    with pytest.raises(Refused, match="异议"):
        close(notice)
    settle_objection(objection=found(objection), agree=False, actor=actor("officer2"))
    assert found(objection).state == "open"
    assert Notification.objects.filter(account__username="officer", title__startswith="异议处理意见被退回").exists()


def test_the_applicant_is_told_what_was_objected_not_by_whom_and_replies() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = object_to(notice, rows[0])
    leader = rows[0].leader.account
    told = Notification.objects.get(account=leader, title__startswith="公示期间有人提出异议")
    assert told.url == f"/applications/{rows[0].pk}/objections/"
    browser = client(leader.username)
    page = browser.get(told.url).content.decode()
    assert (TEXT in page, "周某" in page, "zhou@x.cn" in page) == (True, False, False)
    with pytest.raises(Refused, match="陈述"):
        answer_objection(objection=found(objection), uphold=True, answer="成立", actor=actor("officer"))
    sent = {"objection": objection.pk, "text": "两项工作的问题和方法不同。"}
    assert client(rows[1].leader.account.username).post(told.url, sent).status_code == 404
    assert browser.post(told.url, sent).status_code == 302
    assert found(objection).reply == sent["text"]
    assert sent["text"] in client("officer").get(f"/office/notices/{notice.pk}/").content.decode()
    answer_objection(objection=found(objection), uphold=True, answer="成立", actor=actor("officer"))
    with pytest.raises(Refused):
        reply(objection)


def test_after_the_time_for_a_reply_an_objection_may_be_upheld() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = found(object_to(notice, rows[0]))
    with clock.at(objection.reply_by), pytest.raises(Refused):
        answer_objection(objection=objection, uphold=True, answer="成立", actor=actor("officer"))
    with clock.at(objection.reply_by + SECOND):
        with pytest.raises(Refused, match="陈述期限"):
            reply(objection)
        answer_objection(objection=objection, uphold=True, answer="成立", actor=actor("officer"))
    assert found(objection).state == "proposed"


def test_an_answer_is_shown_with_what_it_does_before_it_is_given() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = object_to(notice, rows[0])
    seen = seen_on(client("officer2").get(f"/office/notices/{notice.pk}/"))
    sent = {"objection": objection.pk, "answer": "经核查不成立", "decision": "dismiss", "seen": seen}
    shown = client("officer2").post(f"/office/notices/{notice.pk}/", sent).content.decode()
    assert "将会发生" in shown
    upheld = client("officer2").post(f"/office/notices/{notice.pk}/", sent | {"decision": "uphold"}).content.decode()
    assert "公示期间异议成立：经核查不成立" in upheld
    assert found(objection).state == "open"
    changed = sent | {"answer": "经核查，异议不成立", "confirmed": "1", "shown": sent["answer"]}
    assert "将会发生" in client("officer2").post(f"/office/notices/{notice.pk}/", changed).content.decode()
    assert found(objection).state == "open"
    client("officer2").post(f"/office/notices/{notice.pk}/", sent | {"confirmed": "1", "shown": sent["answer"]})
    assert found(objection).state == "dismissed"


# letters before the release


def test_every_sentence_is_seen_and_corrected_before_the_release() -> None:
    _call, rows, notice = noticed([TEN, 0, 0])
    Decision.objects.filter(application=rows[1]).update(reason="经通讯评审，未列入会议评审。")
    officer, page = client("officer"), f"/office/notices/{notice.pk}/release/"
    with clock.at(notice.ends_at + SECOND):
        shown = officer.get(page).content.decode()
        assert ("经通讯评审，未列入会议评审。" in shown, "决定予以立项，资助金额 10 万元" in shown) == (True, True)
        seen = release_sight(notice, actor("officer").account).token
        words = {"words": "经通讯评审，有效意见不一致，未列入会议评审。", "why": "补充说明"}
        assert officer.post(f"/office/applications/{rows[1].pk}/words/", words).status_code == 302
        assert "决定的理由" in officer.get(page).content.decode()
        officer.post(page, {"seen": seen})
        assert Notice.objects.get(pk=notice.pk).closed_at is None
        officer.post(page, {"seen": release_sight(notice, actor("officer").account).token})
    assert Letter.objects.get(application=rows[1]).body["note"] == words["words"]
    assert Decision.objects.get(application=rows[1]).reason == "经通讯评审，未列入会议评审。"
    event = Event.objects.get(command="calls.correct_words", subject_type="calls.decision")
    assert event.after == {"words": words["words"], "why": "补充说明"}
    with pytest.raises(Refused):
        correct_words(application=rows[1], words="再次更正", why="再次更正", actor=actor("officer"))


# stages


def test_nothing_is_decided_while_applications_may_still_come_in() -> None:
    call = new_call()
    rows = [placed(call, "panel") for _ in range(2)]
    with pytest.raises(Refused) as error:
        propose(call, rows, [TEN, 0])
    assert (refusal(error), len(error.value.reasons)) == ([("", "stage")], 1)
    for moment in (call.closes_at, call.endorse_by, call.recommend_by - SECOND):
        with clock.at(moment), pytest.raises(Refused, match="才截止"):
            propose(call, rows, [TEN, 0])
    with clock.at(call.recommend_by):
        propose(call, rows, [TEN, 0])
    with clock.at(call.recommend_by - SECOND):
        for work in (approve_decisions, publish_notice):
            with pytest.raises(Refused, match="才截止"):
                work(call=call, actor=actor("committee" if work is approve_decisions else "officer"))
    Decision.objects.filter(application=rows[0]).update(proposed_at=call.recommend_by - SECOND)
    assert [b.invariant.name for b in check(["decided_in_its_time"])] == ["decided_in_its_time"]


def test_a_rolling_call_decides_in_batches_while_it_is_open() -> None:
    call = new_call("im-direct", budget_fen=3 * TEN)
    first, second = placed(call, "panel"), placed(call, "panel")
    propose(call, [first], [TEN])
    approve_decisions(call=call, actor=actor("committee"))
    notice = publish_notice(call=call, actor=actor("officer"))
    assert list(notice.rows.values_list("application", flat=True)) == [first.pk]
    propose(call, [second], [TEN])
    approve_decisions(call=call, actor=actor("committee"))
    with pytest.raises(Refused, match="没有结束"):
        publish_notice(call=call, actor=actor("officer"))
    with clock.at(notice.ends_at + SECOND):
        release(notice=notice, actor=actor("officer"))
        later = publish_notice(call=call, actor=actor("officer"))
    assert [state(first), state(second)] == ["approved", "publicity"]
    assert list(later.rows.values_list("application", flat=True)) == [second.pk]
    assert check(["decided_in_its_time"]) == []


def test_the_public_phase_follows_the_call() -> None:
    call, rows = on_table(2, 2 * TEN)
    assert phase_of(call) == "reviewing"
    propose(call, rows, [TEN, 0])
    assert phase_of(call) == "reviewing"
    approve_decisions(call=call, actor=actor("committee"))
    assert phase_of(call) == "decided"
    notice = publish_notice(call=call, actor=actor("officer"))
    assert phase_of(call) == "notice"
    assert "公示中" in client(None).get(f"/calls/{call.code}/").content.decode()
    close(notice)
    assert phase_of(call) == "released"
    early = past_call()
    placed(early, "received")
    assert (phase_of(early), phase_of(new_call())) == ("checking", "open")


# release


def test_release_waits_for_the_end_of_the_period() -> None:
    _call, rows, notice = noticed([TEN])
    with clock.at(notice.ends_at), pytest.raises(Refused, match="尚未结束"):
        release(notice=notice, actor=actor("officer"))
    assert state(rows[0]) == "publicity"
    assert close(notice) == {"approved": 1, "rejected": 0}
    assert state(rows[0]) == "approved"


def test_release_waits_for_open_objections() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    objection = object_to(notice, rows[0])
    with pytest.raises(Refused, match="异议"):
        close(notice)
    assert [state(a) for a in rows] == ["objection", "publicity"]
    answer(objection, uphold=False)
    assert close(notice) == {"approved": 2, "rejected": 0}


def test_release_makes_awards_agreements_and_letters() -> None:
    call, rows, notice = noticed([TEN, TEN - 500, 0])
    assert close(notice) == {"approved": 2, "rejected": 1}
    assert [state(a) for a in rows] == ["approved", "approved", "rejected"]
    awards = list(Award.objects.filter(call=call).order_by("number"))
    assert [(a.number, a.application_id, a.amount_fen, a.state) for a in awards] == [
        (f"{rows[0].number}A", rows[0].pk, TEN, "agreement"),
        (f"{rows[1].number}A", rows[1].pk, TEN - 500, "agreement"),
    ]
    assert Agreement.objects.filter(award__call=call).count() == 2
    letters = Letter.objects.filter(application__call=call).order_by("application")
    assert [(x.application_id, x.kind, x.body.get("amount_fen")) for x in letters] == [
        (rows[0].pk, "approved", TEN),
        (rows[1].pk, "approved", TEN - 500),
        (rows[2].pk, "rejected", None),
    ]
    assert Notice.objects.get(pk=notice.pk).closed_at is not None
    assert check() == []


def test_a_letter_names_the_last_day_to_sign_and_its_message_the_project() -> None:
    call, rows, notice = noticed([TEN, 0])
    close(notice)
    award = Award.objects.get(call=call)
    day = clock.official_date(award.agreement_by)
    assert f"请于 {day} 前登录系统签订" in Letter.objects.get(application=rows[0]).body["said"]
    told = [Notification.objects.filter(account=a.leader.account, url="/letters/").latest("pk") for a in rows]
    assert [n.title for n in told] == [f"“{rows[0].title_zh}”：立项通知书", f"“{rows[1].title_zh}”：不予资助通知书"]
    assert [n.body for n in told] == [f"请在“我的通知书”中查看，并于 {day} 前登录系统签订。", "请在“我的通知书”中查看。"]


def test_the_filter_of_letters_offers_the_names_that_the_letters_have() -> None:
    call, rows, notice = noticed([TEN, 0])
    close(notice)
    for who, address in (("officer", f"/office/calls/{call.pk}/letters/"), (rows[0].leader.account.username, "/letters/")):
        page = client(who).get(address).content.decode()
        assert all(f">{name}</option>" in page for name in ("立项通知书", "不予资助通知书", "不予受理通知书", "复审决定书"))
        assert "批准的通知书" not in page


def test_release_twice_adds_nothing() -> None:
    call, _rows, notice = noticed([TEN, 0])
    close(notice)
    before = (Award.objects.count(), Letter.objects.count())
    assert close(notice, days=1) == {"approved": 0, "rejected": 0}
    assert (Award.objects.count(), Letter.objects.count()) == before
    assert Award.objects.filter(call=call).count() == 1


def test_struck_application_gets_no_award() -> None:
    call, rows, notice = noticed([TEN, TEN])
    answer(object_to(notice, rows[0]), uphold=True)
    assert close(notice) == {"approved": 1, "rejected": 1}
    assert list(Award.objects.filter(call=call).values_list("application", flat=True)) == [rows[1].pk]


def test_struck_application_gets_its_letter() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    answer(object_to(notice, rows[0]), uphold=True)
    close(notice)
    assert list(Letter.objects.filter(application=rows[0]).values_list("kind", flat=True)) == ["rejected"]


def test_second_call_of_a_scheme_in_a_year_is_released() -> None:
    one, _rows, first = noticed([TEN])
    two, _others, second = noticed([TEN])
    close(first)
    close(second)
    assert Award.objects.filter(call__in=[one, two]).count() == 2


def test_release_is_for_officers() -> None:
    _call, rows, notice = noticed([TEN])
    with clock.at(notice.ends_at + SECOND), pytest.raises(NotAllowed):
        release(notice=notice, actor=actor("committee"))
    assert state(rows[0]) == "publicity"
