"""The draw among equals: who is drawn, with which proof, and what follows for those who were not."""

from __future__ import annotations

import re

import pytest

from headwater.algorithms.calibration.lottery import Lottery, verify_lottery
from headwater.calls.models import Application, Call, Decision
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.core.permission import may
from headwater.review.models import Draw
from headwater.review.services.deciding import propose, unfinished
from headwater.review.services.drawing import draw_equals, to_draw
from headwater.review.services.suggesting import suggest
from tests.approvals import approve_decisions, confirmed, publish_notice
from tests.make import actor, client, refusal
from tests.review.variants import call_of, reviewed

pytestmark = pytest.mark.django_db
NONE = {"review": {"stages": ["written"]}}


def drawing(marks: list[float], **decision: object) -> tuple[Call, list[Application]]:
    call = call_of(**NONE, decision={"ties": "draw", **decision})
    return call, reviewed(call, marks)


def test_those_who_stand_equal_at_the_end_of_the_quota_are_drawn() -> None:
    call, rows = drawing([90, 80, 80, 80, 70], quota=2)
    (line,) = to_draw(call)
    assert ([a.pk for a in line.sure], {a.pk for a in line.equals}, line.open_places) == (
        [rows[0].pk],
        {r.pk for r in rows[1:4]},
        1,
    )
    assert suggest(call).funded == {rows[0].pk}
    assert [r.code for r in unfinished(call)] == ["draw"]
    (draw,) = draw_equals(call=call, actor=actor("officer"), public="体彩 26130 期 0 9 3 1 7")
    winner = Application.objects.get(number=draw.record["winners"][0])
    assert suggest(call).funded == {rows[0].pk, winner.pk}
    assert (to_draw(call), unfinished(call)) == ([], [])


def test_the_draw_can_be_replayed_from_what_is_kept() -> None:
    call, rows = drawing([80, 80, 80], quota=1)
    (draw,) = draw_equals(call=call, actor=actor("officer"), public="随机种子")
    proof = Lottery(**{k: tuple(v) if isinstance(v, list) else v for k, v in draw.record.items()})
    assert verify_lottery(proof, [r.number for r in rows]) == []
    assert verify_lottery(proof, [r.number for r in rows[:2]]) != []
    event = Event.objects.get(command="review.draw_equals", subject_type="review.draw", subject_id=draw.pk)
    assert (event.after["public"], event.after["winners"]) == ("随机种子", list(draw.record["winners"]))
    assert check() == []


def test_the_same_seed_draws_the_same_and_another_may_not() -> None:
    call, rows = drawing([80] * 8, quota=4)
    orders = []
    for seed in ("甲", "甲", "乙"):
        Draw.objects.filter(call=call).delete()
        orders.append(draw_equals(call=call, actor=actor("officer"), public=seed)[0].record["order"])
    assert orders[0] == orders[1] != orders[2]
    assert set(orders[0]) == {r.number for r in rows}


def test_nobody_draws_twice_and_nothing_is_drawn_without_equals() -> None:
    call, _rows = drawing([80, 80], quota=1)
    draw_equals(call=call, actor=actor("officer"))
    assert len(Draw.objects.get(call=call).public) == 32
    with pytest.raises(Refused):
        draw_equals(call=call, actor=actor("officer"))
    clear, _others = drawing([90, 80], quota=1)
    with pytest.raises(Refused):
        draw_equals(call=clear, actor=actor("officer"))


def test_points_within_which_marks_count_as_equal() -> None:
    call, rows = drawing([90, 81, 80, 79, 60], quota=2, within=1)
    (line,) = to_draw(call)
    assert {a.pk for a in line.equals} == {rows[1].pk, rows[2].pk}


def test_the_end_of_the_money_is_a_line_too() -> None:
    call = call_of(**NONE, decision={"ties": "draw"}, budget_fen=25_000_000)
    rows = reviewed(call, [90, 80, 80, 80])  # each asks for 10,000,000
    (line,) = to_draw(call)
    assert ({a.pk for a in line.equals}, line.open_money) == ({r.pk for r in rows[1:]}, 15_000_000)
    (draw,) = draw_equals(call=call, actor=actor("officer"))
    assert len(draw.record["winners"]) == 1
    funded = suggest(call).funded
    propose(call=call, funded=funded, actor=actor("officer"))
    assert len(funded) == 2


def test_whoever_was_not_drawn_is_told_so_and_cannot_be_funded() -> None:
    call, rows = drawing([80, 80], quota=1)
    (draw,) = draw_equals(call=call, actor=actor("officer"), public="随机种子")
    lost = next(r for r in rows if r.number not in draw.record["winners"])
    with pytest.raises(Refused) as error:
        propose(call=call, funded={lost.pk}, actor=actor("officer"))
    assert refusal(error) == [("", "rule")]
    propose(call=call, funded=suggest(call).funded, actor=actor("officer"))
    assert Decision.objects.get(application=lost).reason == (
        "经通讯评审，共有 3 份有效评审意见，与得分相同的申请一起抽签，未中签（公开种子：随机种子）。"
    )


def test_decisions_wait_for_the_draw() -> None:
    call, rows = drawing([80, 80], quota=1)
    with pytest.raises(Refused) as error:
        propose(call=call, funded={rows[0].pk}, actor=actor("officer"))
    assert refusal(error) == [("", "draw")]


def test_the_board_shows_the_equals_draws_them_and_shows_the_proof() -> None:
    call, rows = drawing([80, 80], quota=1)
    page = client("officer")
    board = f"/office/calls/{call.pk}/decide/"
    text = page.get(board).content.decode()
    assert all(r.number in text for r in rows)
    assert re.search(r'name="do"\s+value="draw"', text)
    shown = page.post(board, {"do": "draw", "public": "公开的号码"}).content.decode()
    assert (all(r.number in shown for r in rows), Draw.objects.exists()) == (True, False)
    assert confirmed(page, board, {"do": "draw", "public": "公开的号码"}).status_code == 302
    text = page.get(board).content.decode()
    assert ("公开的号码" in text, "中签" in text, 'value="draw"' in text) == (True, True, False)
    assert not may(actor("leader").account, "review.draw", call)


def test_the_notice_publishes_the_seed_and_who_was_drawn_but_nobody_else() -> None:
    call, rows = drawing([80, 80], quota=1)
    (draw,) = draw_equals(call=call, actor=actor("officer"), public="公开的号码")
    lost = next(r for r in rows if r.number not in draw.record["winners"])
    propose(call=call, funded=suggest(call).funded, actor=actor("officer"))
    approve_decisions(call=call, actor=actor("committee"))
    notice = publish_notice(call=call, actor=actor("officer"))
    text = client(None).get(f"/notices/{notice.pk}/").content.decode()
    assert [part in text for part in ("公开的号码", draw.record["digest"], draw.record["winners"][0])] == [True] * 3
    assert lost.number not in text
