"""Rules of real funders: refusals in a row, running projects of a level, quotas by topic and place, the share of young leaders."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from headwater.calls.quotas import host_quota
from headwater.schemes.rules import RULES, Facts, Holding, PersonFacts
from headwater.schemes.rules.base import Peers

DEADLINE = datetime(2030, 4, 30, 8, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "limit_refused": {"in_a_row": 2, "rest_years": 1},
    "limit_running": {"leads": 2, "in_all": 3, "first": 3},
    "topic_quota": {"each": 2, "own": {"T9": 1}},
    "place_quota": {"each": 3, "own": {"150100": 5}},
    "host_young_share": {"numerator": 1, "denominator": 2, "age": 40},
}


def outcome(rule: str, facts: Facts) -> str:
    use = {"name": rule}
    return str(RULES[rule].prepare(use, VALUES.get, True)(facts).outcome)


def facts(*holdings: Holding, **more: Any) -> Facts:
    return Facts(
        year=2030, deadline=DEADLINE, leader=PersonFacts("甲", holdings=holdings), scheme="x-gen", plan="province", **more
    )


def tried(year: int, state: str = "refused", scheme: str = "x-gen") -> Holding:
    return Holding(scheme, "leader", state, f"N{year}", year=year)


@pytest.mark.parametrize(
    ("holdings", "found"),
    [
        ([], "passed"),
        ([tried(2029)], "passed"),
        ([tried(2028), tried(2029)], "failed"),
        ([tried(2027), tried(2028)], "passed"),  # the year of rest was 2029
        ([tried(2027), tried(2029)], "passed"),
        ([tried(2028), tried(2029, "approved")], "passed"),
        ([tried(2028, scheme="x-key"), tried(2029)], "passed"),
    ],
)
def test_row_1_two_refusals_in_a_row_rest_a_year(holdings: list[Holding], found: str) -> None:
    assert outcome("limit_refused", facts(*holdings)) == found


def runs(role: str, place: int, plan: str = "province") -> Holding:
    return Holding("y", role, "running", f"{role}{place}", ends_on=date(2031, 12, 31), plan=plan, place=place)


@pytest.mark.parametrize(
    ("holdings", "found"),
    [
        ([runs("leader", 1), runs("member", 2)], "passed"),
        ([runs("leader", 1), runs("leader", 1)], "failed"),
        ([runs("leader", 1), runs("member", 2), runs("member", 3)], "failed"),
        ([runs("leader", 1), runs("member", 4), runs("member", 9)], "passed"),
        ([runs("leader", 1), runs("leader", 1, "country")], "passed"),
    ],
)
def test_row_2_running_projects_over_all_plans_of_a_level(holdings: list[Holding], found: str) -> None:
    assert outcome("limit_running", facts(*holdings)) == found


@pytest.mark.parametrize(
    ("topic", "count", "endorsed", "found"),
    [
        ("T1", 2, True, "passed"),
        ("T1", 3, True, "failed"),
        ("T1", 2, False, "unknown"),
        ("T9", 2, True, "failed"),
        ("", 9, True, "passed"),
    ],
)
def test_row_4_a_quota_by_guide_topic(topic: str, count: int, endorsed: bool, found: str) -> None:
    assert outcome("within_topic_quota", facts(topic=topic, is_endorsed=endorsed, peers=Peers(count, 0, ()))) == found


@pytest.mark.parametrize(("place", "count", "found"), [("150200", 3, "passed"), ("150200", 4, "failed"), ("150100", 5, "passed")])
def test_row_4_a_quota_by_place(place: str, count: int, found: str) -> None:
    assert outcome("within_place_quota", facts(place=place, is_endorsed=True, peers=Peers(0, count, ()))) == found


def test_row_4_a_fixed_quota_for_a_kind_of_host() -> None:
    rule = {"multiplier": 3, "window_years": 5, "floor_when_max_below": 4, "floor": 15, "by_kind": {"hospital": 6}}
    assert host_quota({2029: 9}, 2030, rule, "hospital") == (6, {"kind": "hospital"})
    assert host_quota({2029: 9}, 2030, rule, "university")[0] == 27


@pytest.mark.parametrize(
    ("births", "found"),
    [
        ([], "passed"),
        ([date(1989, 4, 30), date(1960, 1, 1)], "failed"),  # 41 on the last day
        ([date(1989, 5, 1), date(1960, 1, 1)], "passed"),  # 40 on the last day
        ([date(1995, 1, 1), date(1960, 1, 1), date(1961, 1, 1)], "failed"),
        ([None, date(1995, 1, 1)], "passed"),
    ],
)
def test_row_5_half_of_what_a_host_recommends_is_led_by_young_people(births: list[date | None], found: str) -> None:
    assert outcome("host_young_share", facts(is_endorsed=True, peers=Peers(0, 0, tuple(births)))) == found
