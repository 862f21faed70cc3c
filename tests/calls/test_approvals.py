"""What is confirmed is what was seen: a change between looking and confirming is named, and nothing is done."""

from __future__ import annotations

import pytest

from headwater.calls.deciding.services import decisions, sights
from headwater.calls.models import Call, Decision, Notice
from headwater.calls.publishing.services.calls import ask_call_approval, save_call
from headwater.calls.states import CallState
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.money import wan_column
from tests.approvals import approve_decisions, confirmed, publish_notice, seen_on
from tests.calls.test_decisions import SECOND, TEN, actor, close, on_table, propose
from tests.calls.test_drafting import cloned
from tests.make import client

pytestmark = pytest.mark.django_db


def test_decisions_are_listed_before_they_are_approved_and_a_change_between_is_named() -> None:
    call, rows = on_table(2, 2 * TEN)
    propose(call, rows, [TEN, 0])
    url, browser = f"/office/calls/{call.pk}/decide/", client("committee")
    page = browser.post(url, {"do": "approve"})
    text = page.content.decode()
    assert all(str(row.title_zh) in text for row in rows)
    assert f'data-label="金额（万元）">{wan_column(TEN)}<' in text
    assert not Decision.objects.filter(call=call, approved_at__isnull=False).exists()
    seen = seen_on(page)
    Decision.objects.filter(application=rows[0]).update(amount_fen=TEN - 100)
    answer = browser.post(url, {"do": "approve", "confirmed": "1", "seen": seen})
    assert f"您核对之后有变化，没有办理：{rows[0].number or rows[0].pk}" in answer.content.decode()
    assert not Decision.objects.filter(call=call, approved_at__isnull=False).exists()
    assert browser.post(url, {"do": "approve", "confirmed": "1", "seen": seen_on(answer)}).status_code == 302
    assert Decision.objects.filter(call=call, approved_at__isnull=False).count() == 2


@pytest.mark.parametrize("change", ["reason", "rank", "deviation", "amount_fen"])
def test_any_part_of_a_decision_counts(change: str) -> None:
    call, rows = on_table(2, 2 * TEN)
    propose(call, rows, [TEN, TEN])
    seen = sights.decisions_sight(call).token
    changed: dict[str, object] = {change: 7 if change in {"rank", "amount_fen"} else "另一个"}
    if change == "deviation":
        changed = {"deviation": "other", "deviation_words": "另一个"}
    Decision.objects.filter(application=rows[1]).update(**changed)
    with pytest.raises(Refused, match="您核对之后有变化"):
        decisions.approve_decisions(call=call, actor=actor("committee"), seen=seen)


def test_a_notice_shows_its_lines_first_and_a_changed_line_stops_it() -> None:
    call, rows = on_table(2, 2 * TEN)
    propose(call, rows, [TEN, TEN])
    approve_decisions(call=call, actor=actor("committee"))
    url, browser = f"/office/calls/{call.pk}/decide/", client("officer")
    page = browser.post(url, {"do": "notice"})
    assert not Notice.objects.filter(call=call).exists()
    type(rows[0]).objects.filter(pk=rows[0].pk).update(title_zh="另一个题目")
    answer = browser.post(url, {"do": "notice", "confirmed": "1", "seen": seen_on(page)})
    assert "您核对之后有变化" in answer.content.decode()
    assert not Notice.objects.filter(call=call).exists()
    browser.post(url, {"do": "notice", "confirmed": "1", "seen": seen_on(answer)})
    assert Notice.objects.get(call=call).rows.count() == 2


def test_a_release_is_of_the_reasons_that_were_seen() -> None:
    call, rows = on_table(2, 2 * TEN)
    propose(call, rows, [TEN, 0])
    approve_decisions(call=call, actor=actor("committee"))
    notice = publish_notice(call=call, actor=actor("officer"))
    seen = seen_on(client("officer").get(f"/office/notices/{notice.pk}/release/"))
    Decision.objects.filter(application=rows[1]).update(reason="另一个理由")
    with clock.at(notice.ends_at + SECOND), pytest.raises(Refused, match="您核对之后有变化"):
        decisions.release(notice=Notice.objects.get(pk=notice.pk), actor=actor("officer"), seen=seen)
    assert close(notice) == {"approved": 1, "rejected": 1}


def test_a_call_that_was_changed_after_it_was_read_is_not_published() -> None:
    call = save_call(call=cloned(), actor=actor("officer"))
    ask_call_approval(call=call, actor=actor("officer"))
    board, second = f"/office/calls/{call.pk}/", client("officer2")
    seen = seen_on(second.get(board))
    Call.objects.filter(pk=call.pk).update(budget_fen=call.budget_fen + 100)
    answer = second.post(f"{board}step/publish/", {"seen": seen}, follow=True)
    assert "您核对之后有变化，没有办理：预算（万元）" in answer.content.decode()
    assert Call.objects.get(pk=call.pk).state == CallState.APPROVAL
    assert "请在页面上核对内容后再办理" in second.post(f"{board}step/publish/", {}, follow=True).content.decode()
    assert confirmed(second, f"{board}step/publish/", {"seen": seen_on(second.get(board))}).status_code == 302
    assert Call.objects.get(pk=call.pk).state == CallState.PUBLISHED
