"""Every indicator against rows that were made, and counted, by hand."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from headwater.awards.models import Award
from headwater.calls.models import Call
from headwater.policy.services import record_indicators
from headwater.registry.models import Organisation, Place, ReviewGroup
from tests.make import (
    WAN,
    ballots_on,
    checked,
    client,
    closed_notice,
    conflict_with,
    new_award,
    new_call,
    new_host,
    new_objection,
    new_person,
    nothing_played,
    opinion_on,
    past_call,
    placed,
    signed_agreement,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner_connection")]
DAY = timedelta(days=1)


def funded(call: Call, host: Organisation, wan: int, sex: str, age: int | None, **more: str) -> Award:
    """An award whose leader becomes `age` in the year of the call (None: no date of birth on record)."""
    born = None if age is None else date(call.year - age, 12, 31)
    leader = new_person("负责人", host, sex=sex, birth_date=born)
    award_state = more.pop("award_state", "running")
    row = placed(call, "approved", leader, **more)
    return new_award(row, wan, state=award_state)


@pytest.fixture
def by_hand() -> dict[str, float]:
    """Two released calls of grants, one that supports talent, one still under review; and the figures that follow, counted by hand."""
    nothing_played()
    leagues = list(Place.objects.filter(level="league").order_by("code")[:2])
    one, two = (new_host("甲大学", place=leagues[0]), new_host("乙研究院", place=leagues[1]))
    nowhere, neighbour = new_host("丙研究院"), new_host("丁大学", place=leagues[0])
    groups = [g.code for g in ReviewGroup.objects.order_by("code")[:2]]
    youth, key = past_call("im-youth", budget_fen=1000 * WAN), past_call("im-key", budget_fen=500 * WAN)
    talent, hidden = new_call("im-talent", budget_fen=1000 * WAN), new_call("im-gen")
    new_call(state="draft", published_at=None)
    new_call(state="cancelled")
    first, goal = {"review_group": groups[0]}, {"research_class": "goal"}

    a = funded(youth, one, 60, "f", 30, **first)
    funded(youth, one, 40, "m", 45, priority_field="biomedicine", **first, **goal)
    b = funded(key, two, 100, "f", 46, priority_field="none", review_group=groups[1], **goal)
    funded(key, nowhere, 40, "m", None, **first)
    funded(key, neighbour, 20, "m", 50, **first, **goal)
    given_up = funded(youth, one, 70, "f", 30, award_state="lapsed", **first)
    funded(talent, one, 500, "f", 30, **first)
    rejected, refused = placed(youth, "rejected"), [placed(c, "not_accepted") for c in (youth, key, key)]
    placed(key, "draft", number="")
    inside = placed(hidden, "in_review", new_person("未公布", one))
    for call in (youth, key):
        closed_notice(call)
    notice = closed_notice(talent, a.application, b.application, rejected, closed_at=None)

    checked(refused[0], after=10 * DAY)
    checked(rejected, after=20 * DAY)
    checked(inside, after=100 * DAY)
    for row in (a.application, a.application, b.application, inside):
        opinion_on(row)
    opinion_on(b.application, submitted=False)
    for row in (a.application, rejected, inside):
        conflict_with(row)
    ballots_on(a.application, 3)
    ballots_on(inside, 2)
    for row, state in zip(notice.rows.all(), ("upheld", "dismissed", "open"), strict=True):
        new_objection(row, state)
    signed_agreement(a, after=10 * DAY)
    signed_agreement(b, after=20 * DAY)
    assert given_up.state == "lapsed"
    return {
        "awards.count": 5,  # 60 + 40 + 100 + 40 + 20; what was given up and the support of talent are no grants
        "awards.money": 260,
        "awards.youth": 2,
        "awards.key": 3,
        "people.under45": 100 * 2 / 4,  # 30 and 45 of 30, 45, 46 and 50; one without a date of birth
        "people.women": 100 * 2 / 5,
        "fields.priority": 100 * 1 / 5,
        "fields.diversity": 5 / 4**0.8,  # four of five in one field: exp(-(4/5 ln 4/5 + 1/5 ln 1/5))
        "leagues.reached": 2,
        "hosts.cr3": 100 * 4 / 5,  # 2, 1, 1 and 1
        "check.days": 15,
        "check.refused": 100 * 3 / 10,
        "review.rate": 100 * 6 / 7,  # with the one that was given up afterwards
        "review.opinions": 3 / 2,
        "review.conflicts_kept_out": 2,
        "review.conflict_breaches": 0,
        "review.classes": 100 * 3 / 5,
        "panel.ballots": 3,
        "objections.answered": 100 * 2 / 3,
        "agreements.days": 15,
        "agreements.signed": 100 * 2 / 7,
        "calls.guides": 4,
        "decisions.within_budget": 100 * 260 / 1500,
    }


def table(address: str) -> list[dict[str, str]]:
    """A file of the portal as anybody downloads it."""
    return list(csv.DictReader(io.StringIO(client(None).get(address).content.decode("utf-8-sig"))))


def test_figures_are_what_was_counted_by_hand(by_hand: dict[str, float]) -> None:
    record_indicators()
    published = {row["code"]: row["value"] for row in table("/data/indicators.csv")}
    assert {code: float(value) for code, value in published.items() if value} == pytest.approx(by_hand)
    assert {code for code, value in published.items() if not value} == {f"outcomes.{name}" for name in OUTCOMES}


OUTCOMES = {
    "support": "im-talent",
    "challenge": "im-bounty",
    "commission": "im-direct",
    "designation": "im-lab",
    "recommendation": "im-instr",
    "subsidy": "im-share",
    "prize": "im-prize",
    "topic": "im-need",
}
"""A scheme of each outcome that is no grant."""


def test_outcomes_that_are_no_grants_are_counted_each_by_itself() -> None:
    nothing_played()
    for number, scheme in enumerate(OUTCOMES.values(), start=1):
        call, running = new_call(scheme), new_call(scheme, year=2040)
        for _n in range(number):
            placed(call, "approved")
        placed(call, "rejected")
        placed(running, "approved")
        closed_notice(call)
        closed_notice(running, closed_at=None)
    record_indicators()
    published = {row["code"]: row["value"] for row in table("/data/indicators.csv")}
    counted = {f"outcomes.{name}": float(number) for number, name in enumerate(OUTCOMES, start=1)}
    assert {code: float(published[code]) for code in counted} == counted
    assert {code: len(table(f"/indicators/{code}/?format=csv")) for code in counted} == counted


def test_nothing_can_be_said_of_nothing() -> None:
    nothing_played()
    record_indicators()
    assert {row["code"]: row["value"] for row in table("/data/indicators.csv") if row["value"]} == {}


RECORDS = {
    "awards.count": 5,
    "awards.money": 5,
    "awards.youth": 2,
    "awards.key": 3,
    "fields.priority": 1,
    "agreements.days": 2,
    "calls.guides": 4,
}
"""Indicators whose records are the rows that they count."""


@pytest.mark.parametrize("code", sorted(RECORDS))
def test_the_records_behind_a_figure_are_those_counted(code: str, by_hand: dict[str, float]) -> None:
    rows = table(f"/indicators/{code}/?format=csv")
    assert len(rows) == RECORDS[code]
    page = client(None).get(f"/indicators/{code}/")
    assert (page.context["list"].total, len(page.context["rows"])) == (RECORDS[code], RECORDS[code])
    assert all(next(iter(row.values())) in page.content.decode() for row in rows)


def test_money_behind_a_figure_adds_up_to_it(by_hand: dict[str, float]) -> None:
    rows = table("/indicators/awards.money/?format=csv")
    assert sum(float(row["金额（万元）"]) for row in rows) == by_hand["awards.money"]


def test_what_is_under_review_is_in_no_figure_and_no_record(by_hand: dict[str, float]) -> None:
    record_indicators()
    for code in by_hand:
        assert "未公布" not in client(None).get(f"/indicators/{code}/").content.decode()
