"""Pictures of calls: their numbers are those of the records, their table says what they draw, and nobody sees calls that are not theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from headwater.awards.models import Award
from headwater.calls.deciding.services.decisions import committed_for
from headwater.calls.indicators import accepted
from headwater.calls.models import Application, Call
from headwater.calls.pictures import pictures_of
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.models import Account, RoleGrant
from headwater.core.pictures import Bar, Picture, Series
from headwater.review.models import Opinion
from headwater.web.drawing import svg_of
from tests.make import (
    WAN,
    client,
    closed_notice,
    end_period,
    new_award,
    new_call,
    new_person,
    opinion_on,
    past_call,
    placed,
    signed_agreement,
    user_of,
)
from tests.pages import elements
from tests.test_queries import counted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def officer() -> Account:
    return Account.objects.get(username="officer")


def drawn(call: Call, account: Account | None = None) -> dict[str, Picture]:
    return {p.code: p for p in pictures_of(account or officer(), [call])}


def bars(picture: Picture) -> dict[str, tuple[float, ...]]:
    return {bar.label: bar.parts for bar in picture.bars}


@pytest.fixture
def call() -> Call:
    """A call with one application at each place of the way, and two awards: one signed, one given up."""
    call = past_call(budget_fen=100 * WAN)
    for state in ("draft", "host_review", "received", "not_accepted", "in_review", "panel", "rejected"):
        placed(call, state)
    placed(call, "expired", submitted_at=None)
    placed(call, "withdrawn", received_at=None)
    placed(call, "withdrawn", received_at=clock.now())
    signed_agreement(new_award(placed(call, "approved"), 30), after=DAY)
    new_award(placed(call, "approved"), 20, state=Award.State.AGREEMENT)
    new_award(placed(call, "approved"), 10, state=Award.State.LAPSED)
    return call


def test_the_funnel_tells_where_each_application_is_and_why_it_left(call: Call) -> None:
    picture = drawn(call)["funnel"]
    # went on, stands here, left here
    assert [bar.parts for bar in picture.bars] == [(10, 1, 1), (9, 1, 0), (6, 1, 2), (5, 1, 0), (3, 1, 1), (1, 1, 1), (1, 0, 0)]
    for before, after in zip(picture.bars, picture.bars[1:], strict=False):
        assert before.parts[0] == after.total  # who went on has come to the next step
    counts = Application.objects.filter(call=call).exclude(state=State.WITHDRAWN, received_at__isnull=True)
    assert picture.bars[0].total == counts.count()
    assert [bar.more for bar in picture.bars][2] == (9, "不予受理 1；已撤回 1")
    assert picture.bars[5].more == (3, "放弃或逾期未签 1")


def test_money_is_that_of_the_decisions_and_what_was_given_up_is_free_again(call: Call) -> None:
    picture = drawn(call)["money"]
    assert bars(picture) == {named(call, "title"): (30 * WAN, 20 * WAN, 50 * WAN)}
    assert sum(picture.bars[0].parts[:2]) == committed_for(officer(), call)
    assert picture.bars[0].more == ("100.00", "50.00")


def test_marks_are_counted_by_class_and_kept_from_leaders_until_results_are_public(call: Call) -> None:
    for total, kind in ((72, "free"), (100, "free"), (74.9, "goal")):
        opinion = opinion_on(placed(call, "in_review", research_class=kind))
        Opinion.objects.filter(pk=opinion.pk).update(total=total)
    opinion_on(placed(call, "in_review"), submitted=False)
    picture, leader = drawn(call)["marks"], Account.objects.get(username="leader")
    assert [str(s.name) for s in picture.series] == ["自由探索类", "目标导向类"]
    told = {label: parts for label, parts in bars(picture).items() if any(parts)}
    assert told == {"70": (1, 1), "95": (1, 0)}
    assert drawn(call, leader)["marks"].bars == []
    closed_notice(call)
    assert drawn(call, leader)["marks"].bars == picture.bars


def test_rates_are_those_of_the_indicator_by_field_host_and_place(call: Call) -> None:
    assert drawn(call)["host"].bars == []  # nothing is public yet
    closed_notice(call)
    approved = accepted(clock.today()).filter(call=call, state=State.APPROVED).count()
    whole = accepted(clock.today()).filter(call=call).count()
    for code in ("field", "host", "place"):
        picture = drawn(call)[code]
        assert (sum(b.more[0] for b in picture.bars), sum(b.more[1] for b in picture.bars)) == (approved, whole) == (3, 6)
        for bar in picture.bars:
            part, all_ = bar.more
            assert bar.parts == (round(100 * part / all_, 1),)
            assert f"{part} / {all_}" in bar.told


def test_what_is_late_names_who_by_when(call: Call) -> None:
    late = {bar.label: bar for bar in drawn(call)["late"].bars}
    assert late["单位审核 · 依托单位"].more[0] == 1
    assert late["单位审核 · 依托单位"].parts == ((clock.today() - clock.last_day(call.endorse_by)).days,)
    award = Award.objects.get(call=call, state=Award.State.AGREEMENT)
    assert f"签订任务书 · {named(award.host)}" in late
    quiet = drawn(new_call())["late"]
    assert quiet.bars == []


def test_the_own_case_of_an_officer_is_in_no_picture(call: Call) -> None:
    person = new_person()
    RoleGrant.objects.create(account=person.account, role="programme_officer", scope="all")

    def seen_by(username: str) -> dict[str, list[tuple[float, ...]]]:
        pictures = drawn(call, Account.objects.get(username=username))
        return {code: [bar.parts for bar in picture.bars] for code, picture in pictures.items()}

    closed_notice(call)
    name = user_of(person)
    before, of_others = seen_by(name), seen_by("officer")
    assert before == of_others
    own = placed(call, "approved", person)
    opinion_on(own)
    new_award(own, 40, state=Award.State.AGREEMENT)
    after = {code: parts for code, parts in seen_by(name).items() if code != "money"}  # what is approved is public
    assert after == {code: parts for code, parts in before.items() if code != "money"}
    now = seen_by("officer")
    assert {code for code, parts in now.items() if parts != of_others[code]} >= {"funnel", "marks", "money", "host", "field"}


def test_the_table_says_what_the_picture_draws(call: Call) -> None:
    page = client("officer").get(f"/office/calls/{call.pk}/statistics/")
    shown = page.content.decode()
    pictures = page.context["pictures"]
    assert [p.code for p in pictures] == ["funnel", "marks", "money", "field", "host", "place", "late"]
    charts = [e["aria-label"] or "" for e in elements(shown, role="img") if e.get("class") == "hw-chart"]
    filled = [p for p in pictures if p.bars]
    assert len(charts) == len(filled) >= 3
    for picture, label in zip(filled, charts, strict=True):
        for bar, row in zip(picture.bars, picture.table, strict=True):
            cells = [text for _head, _kind, text in row]
            assert cells[: 1 + len(bar.parts)] == [bar.label, *((picture.cell or picture.say)(n) for n in bar.parts)]
        assert str(picture.title) in label
        assert all(bar.label in label for bar in picture.drawn)
    assert "还没有公布结果的批次" in shown


def test_bars_are_as_long_as_their_numbers() -> None:
    picture = Picture(
        "p",
        "图",
        "行",
        "数",
        [Series("甲"), Series("乙", "warn")],
        [Bar("一", (30, 10)), Bar("二", (0, 8))],
        "来源",
        "口径",
        "空",
    )
    rects = [(e["class"], e["x"], e["width"]) for e in elements(svg_of(picture)) if e[""] == "rect"]
    assert rects == [("t-act", "0%", "75%"), ("t-warn", "75%", "25%"), ("t-warn", "0%", "20%")]


def test_officers_see_their_calls_leaders_all_and_nobody_else_any(call: Call) -> None:
    address = f"/office/calls/{call.pk}/statistics/"
    assert {name: client(name).get(address).status_code for name in ("officer", "leader", "committee")} == {
        "officer": 200,
        "leader": 200,
        "committee": 403,
    }
    person = new_person()
    RoleGrant.objects.create(account=person.account, role="programme_officer", scope="call", scope_id=new_call().pk)
    assert client(user_of(person)).get(address).status_code in {403, 404}

    def of_page(name: str) -> list[Any]:
        return client(name).get(f"/lead/?year={call.year}").context["pictures"]

    titles = {bar.label for p in of_page("leader") if p.code == "money" for bar in p.bars}
    assert named(call, "title") in titles
    assert named(call, "title") not in {bar.label for p in of_page(user_of(person)) for bar in p.bars}
    assert of_page("committee") == []


def test_pages_of_pictures_ask_as_often_for_many_rows(call: Call) -> None:
    closed_notice(call)

    def questions(address: str) -> int:
        browser = client("officer")
        browser.get(address)
        with counted() as found:
            browser.get(address)
        return len(found)

    addresses = [f"/office/calls/{call.pk}/statistics/", f"/lead/?year={call.year}", f"/office/calls/{call.pk}/"]
    before = [questions(a) for a in addresses]
    for state in ("in_review", "approved", "rejected"):
        for _n in range(3):
            opinion_on(placed(call, state, new_person()))
    new_award(placed(call, "approved"), 5, state=Award.State.AGREEMENT)
    more = [past_call(year=call.year) for _n in range(3)]
    for other in more:
        placed(end_period(other), "received")
    assert [questions(a) for a in addresses] == before
    assert before[0] <= 60
