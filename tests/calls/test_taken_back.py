"""Who had something in an application or a call is told when somebody else takes it back."""

from __future__ import annotations

import pytest

from headwater.calls.applying.services.applications import add_members, remove_member
from headwater.calls.deciding.services.decisions import reconsider
from headwater.calls.models import CallChange
from headwater.calls.publishing.services.calls import ask_call_approval, send_call_back
from headwater.calls.publishing.services.changing import amend_problems, drop_change, propose_change
from headwater.core.models import Account, Notification
from tests.calls.test_decisions import TEN, on_table, propose
from tests.make import actor, as_, draft_of, new_call, new_person, past_call, placed

pytestmark = pytest.mark.django_db


def told(account: Account | None, start: str) -> int:
    return Notification.objects.filter(account=account, title__startswith=start).count()


def test_a_removed_member_is_told() -> None:
    leader, member = new_person(), new_person("成员")
    row = draft_of(new_call(), leader)
    participant = add_members(application=row, members=[(member, 6)], actor=as_(leader))[0]
    remove_member(participant=participant, actor=as_(leader))
    assert told(member.account, "您已不再是") == 1


def test_who_proposed_is_told_when_another_takes_the_decision_back() -> None:
    call, rows = on_table(2, 2 * TEN)
    propose(call, rows, [TEN, 0])
    before = told(actor("officer").account, "您提出的决定已被撤回")
    reconsider(application=rows[0], reason="重新评议", actor=actor("officer"))
    assert told(actor("officer").account, "您提出的决定已被撤回") == before
    reconsider(application=rows[1], reason="重新评议", actor=actor("officer2"))
    assert told(actor("officer").account, "您提出的决定已被撤回") == before + 1


def test_who_drafted_is_told_when_the_call_comes_back() -> None:
    officer = actor("officer").account
    call = new_call(state="draft", drafted_by=officer, edited_by=[officer.pk])
    ask_call_approval(call=call, actor=actor("officer"))
    send_call_back(call=call, actor=actor("officer2"))
    assert told(officer, f"批次已退回修改：{call.title_zh}") == 1


def test_who_proposed_a_change_is_told_when_it_is_dropped() -> None:
    call = new_call(contact="0471-1")
    change = propose_change(call=call, values={"contact": "0471-2"}, reason="电话变更", actor=actor("officer"))
    drop_change(change=CallChange.objects.select_related("call").get(pk=change.pk), actor=actor("officer2"))
    assert told(actor("officer").account, f"您提出的批次变更已被放弃：{call.title_zh}") == 1


def test_deadlines_are_not_moved_behind_a_review_that_has_begun() -> None:
    call = new_call()
    placed(call, "in_review")
    later = {"recommend_by": call.recommend_by.replace(year=call.recommend_by.year + 1)}
    assert [r.field for r in amend_problems(call, later)] == ["recommend_by"]
    quiet = past_call()
    placed(quiet, "accepted")
    assert amend_problems(quiet, {"recommend_by": later["recommend_by"]}) == []
