"""Limits: the vectors LM-a to LM-m and Q-1 to Q-3 of the handbook (10.4) with the parameters that ship, and what the pack counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.calls.quotas import host_quota
from headwater.calls.states import REFUSAL_CODES
from headwater.schemes.rules import Facts, Holding, PersonFacts
from headwater.schemes.rules.limits import count_roles, is_running, kept_as, outlasts
from tests.calls.made import DEADLINE, FACTS, LEADER, ROWS, F, P, S, applying, ask, ask_shipped, running, shipped

GEN, KEY, JOINT, YOUTH = "nsfc-gen", "nsfc-key", "nsfc-joint", "nsfc-youth-c"
QUOTA = shipped()("host_quota")


def apply(scheme: str, *holdings: Holding, members: tuple[PersonFacts, ...] = (), **person: Any) -> Facts:
    """An application of 2026 for a national scheme; the applicant has `holdings`."""
    leader = replace(LEADER, holdings=holdings, **person)
    return replace(FACTS, scheme=scheme, group="nsfc", months=48, leader=leader, members=members)


def total(facts: Facts) -> Any:
    return ask_shipped("limit_total", facts)


OF_2024 = {"approved_on": date(2024, 8, 23)}


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param(
            apply(JOINT, running(GEN, 2024, 2027), running(KEY, 2025, 2029, "member", **OF_2024), is_senior=True), F, id="LM-a"
        ),
        pytest.param(apply(JOINT, running(GEN, 2024, 2027), is_senior=True), P, id="LM-b"),
        pytest.param(
            apply(JOINT, running(GEN, 2024, 2027), running(KEY, 2020, 2026, "member"), is_senior=True), P, id="LM-c approved 2019"
        ),
        pytest.param(
            apply(JOINT, running(GEN, 2024, 2027), running(KEY, 2021, 2026, "member"), is_senior=True), F, id="LM-c approved 2020"
        ),
        pytest.param(apply(GEN, running(YOUTH, 2025, 2027)), F, id="LM-d"),
        pytest.param(apply(GEN, running(GEN, 2024, 2027, "member"), running(KEY, 2025, 2029, "member")), P, id="LM-e"),
        pytest.param(
            apply(
                GEN,
                is_senior=True,
                members=(PersonFacts("乌云", holdings=(running(GEN, 2024, 2027, "member"), running(KEY, 2025, 2029, "member"))),),
            ),
            F,
            id="LM-f",
        ),
        pytest.param(
            apply(
                GEN, running(YOUTH, 2024, 2026), running(GEN, 2024, 2027, "member"), is_senior=True, senior_since=date(2025, 1, 1)
            ),
            P,
            id="LM-g",
        ),
        pytest.param(
            apply(
                GEN, running(YOUTH, 2024, 2026), running(GEN, 2026, 2029, "member"), is_senior=True, senior_since=date(2025, 1, 1)
            ),
            F,
            id="LM-g joined after the promotion",
        ),
        pytest.param(apply(GEN, running("nsfc-tianyuan", 2026, 2027), running("nsfc-foreign-scholar", 2025, 2027)), P, id="LM-k"),
    ],
)
def test_limit_total_vectors(facts: Facts, outcome: str) -> None:
    result = total(facts)
    assert (result.outcome, REFUSAL_CODES[result.code][0]) == (outcome, "R4")


def test_limit_total_names_who_is_over_and_by_how_much() -> None:
    result = total(apply(GEN, running(YOUTH, 2025, 2027)))
    assert result.en == "萨日娜 leads 2 and takes part in 0; at most 1 as leader, at most 2 as member"
    assert result.inputs == {"萨日娜": {"senior": False, "leader": 2, "member": 0, "most": {"leader": 1, "member": 2}}}
    assert result.mend_zh == "撤回其中一项，或更换参与者"


@pytest.mark.parametrize(
    ("holding", "counts"),
    [
        (running(GEN, 2022, 2025), False),
        (running(GEN, 2022, 2026), True),
        (replace(running(GEN, 2024, 2027), state="terminated"), False),
        (replace(running(GEN, 2024, 2027), state="lapsed"), False),
        (running(GEN, 2025, 2025, months=12, ends_on=date(2026, 6, 30)), False),
        (running(GEN, 2025, 2026, months=13), True),
        (applying(KEY), True),
        (applying("nsfc-instrument"), True),
        (applying("nsfc-instrument", advanced=False), False),
        (replace(applying(KEY), state="refused"), False),
        (replace(applying(KEY), state="approved"), False),
    ],
)
def test_limit_total_counts_what_applies_or_runs(holding: Holding, counts: bool) -> None:
    assert total(apply(GEN, holding)).outcome == (F if counts else P)


def test_limit_total_before_2024_was_three() -> None:
    values = shipped(date(2023, 3, 20))
    assert (values("limit_senior")["total"], shipped()("limit_senior")["total"]) == (3, 2)
    facts = replace(apply(GEN, running(GEN, 2024, 2027)), deadline=datetime(2015, 3, 20, 8, tzinfo=DEADLINE.tzinfo))
    result = total(facts)
    assert (result.outcome, result.inputs["missing"]) == (S, ["limit_senior", "limit_junior", "limit_not_counted"])


def test_limit_total_project_that_is_not_counted_passes() -> None:
    assert total(replace(apply("nsfc-tianyuan", *[running(GEN, 2024, 2027)] * 5))).outcome == P


@pytest.mark.parametrize(
    ("ends", "key", "all_"), [pytest.param(2026, P, F, id="LM-h"), pytest.param(2027, F, F, id="LM-i"), (2025, P, P)]
)
def test_limit_key_ends_this_year(ends: int, key: str, all_: str) -> None:
    facts = apply(KEY, running(KEY, 2022, ends))
    assert (ask_shipped("limit_key", facts).outcome, total(facts).outcome) == (key, all_)


def test_limit_key_counts_an_application_and_no_other_type() -> None:
    assert ask_shipped("limit_key", apply(KEY, applying(KEY))).outcome == F
    assert ask_shipped("limit_key", apply(KEY, running(GEN, 2024, 2029))).outcome == P
    assert ask_shipped("limit_key", apply(GEN, running(GEN, 2024, 2029))).outcome == P


@pytest.mark.parametrize(
    ("holdings", "outcome"),
    [
        pytest.param((applying(GEN),), F, id="LM-j"),
        pytest.param(
            (replace(applying(GEN, year=2024), state="refused"), replace(applying(GEN, year=2025), state="refused")), P, id="LM-l"
        ),
        ((applying(KEY),), P),
        ((applying(GEN, "member"),), P),
        ((replace(applying(GEN), state="refused"),), F),
    ],
)
def test_limit_same_type_vectors(holdings: tuple[Holding, ...], outcome: str) -> None:
    assert ask_shipped("limit_same_type", apply(GEN, *holdings)).outcome == outcome


def test_lm_l_nothing_else_counts_earlier_refusals() -> None:
    facts = apply(GEN, *(replace(applying(GEN, year=y), state="refused") for y in (2024, 2025)))
    rules = ("limit_total", "limit_key", "limit_rest_year", "limit_plans")
    assert [ask_shipped(rule, facts).outcome for rule in rules] == [P] * 4


def test_lm_j_a_host_is_nowhere_in_a_holding() -> None:
    assert not {"host", "organisation", "account", "email"} & set(Holding.__dataclass_fields__)


def test_limit_same_type_exempt() -> None:
    facts = apply("nsfc-exchange", applying("nsfc-exchange"))
    assert ask_shipped("limit_same_type", facts).outcome == P


@pytest.mark.parametrize(("approved", "outcome"), [(2025, F), (2024, P)])
def test_limit_rest_year(approved: int, outcome: str) -> None:
    won = running(GEN, approved + 1, approved + 4)
    assert ask_shipped("limit_rest_year", apply(GEN, won)).outcome == outcome
    assert ask_shipped("limit_rest_year", apply("nsfc-youth-b", replace(won, scheme="nsfc-youth-b"))).outcome == P


@pytest.mark.parametrize(
    ("plan", "holdings", "outcome"),
    [
        pytest.param("national", (applying("plan-a", plan="national"),), F, id="LM-m"),
        ("national", (running("plan-a", 2024, 2028, plan="national"),), F),
        ("national", (running("plan-a", 2020, 2025, plan="national"),), P),
        ("national", (applying("plan-a", plan="national", year=2025),), P),
        ("national", (applying("plan-r", plan="region"), running(GEN, 2024, 2027)), P),
        ("", (applying("plan-a", plan="national"),), P),
    ],
)
def test_limit_plans_vectors(plan: str, holdings: tuple[Holding, ...], outcome: str) -> None:
    assert ask_shipped("limit_plans", replace(apply("plan-b", *holdings), plan=plan)).outcome == outcome


def regional(scheme: str, *holdings: Holding) -> Facts:
    return replace(apply(scheme, *holdings), group="im", months=36)


@pytest.mark.parametrize(
    ("holding", "outcome"),
    [
        (applying("im-youth", group="im"), F),
        (replace(applying("im-youth", group="im"), state="refused"), F),
        (replace(applying("im-youth", group="im"), state="approved"), F),
        (applying("im-youth", group="im", year=2025), P),
        (applying("im-youth", "member", group="im"), P),
        (applying(GEN, group="nsfc"), P),
    ],
)
def test_one_per_year_over_the_family(holding: Holding, outcome: str) -> None:
    assert ask_shipped("one_per_year", regional("im-gen", holding)).outcome == outcome


def test_one_per_year_dated_off_and_missing() -> None:
    facts = regional("im-gen", applying("im-youth", group="im"))
    assert ask("one_per_year", facts, one_application_per_year=False).outcome == P
    assert ask("one_per_year", facts).outcome == S


TYPE = {"max": 1, "exempt": ["x"]}


@pytest.mark.parametrize(
    ("group", "rules", "values", "key"),
    [
        ("im", ["one_per_year"], {"one_application_per_year": True}, "im"),
        ("im:outline", ["one_per_year"], {"one_application_per_year": True}, "im:outline"),
        ("im", ["one_per_year"], {"one_application_per_year": False}, "none"),
        ("im", ["one_per_year"], {}, "none"),
        ("im", [], {"one_application_per_year": True}, "none"),
        ("none", ["one_per_year"], {"one_application_per_year": True}, "none"),
        ("im", ["limit_same_type"], {"limit_same_type": TYPE}, "type:a"),
        ("im:outline", ["limit_same_type"], {"limit_same_type": TYPE}, "type:a:outline"),
        ("im", ["limit_same_type"], {"limit_same_type": TYPE | {"exempt": ["a"]}}, "none"),
        ("im", ["limit_same_type"], {"limit_same_type": TYPE | {"max": 2}}, "none"),
        ("im", ["limit_same_type"], {}, "none"),
        (
            "im",
            ["limit_same_type", "one_per_year"],
            {"one_application_per_year": True, "limit_same_type": TYPE | {"max": 2}},
            "im",
        ),
        ("im", ["limit_same_type", "one_per_year"], {"one_application_per_year": False, "limit_same_type": TYPE}, "type:a"),
    ],
)
def test_the_database_keeps_no_more_than_the_rules_ask(group: str, rules: list[str], values: dict[str, Any], key: str) -> None:
    assert kept_as(group, "a", rules, values.get) == key


@pytest.mark.parametrize(
    ("scheme", "holding", "outcome"),
    [
        ("im-gen", running("im-gen", 2024, 2026, group="im"), F),
        ("im-gen", running("im-gen", 2023, 2025, group="im"), P),
        ("im-gen", running("im-test", 2024, 2026, group="im"), P),
        ("im-gen", running("im-gen", 2024, 2026, "member", group="im"), P),
        ("im-gen", running(GEN, 2024, 2027, group="nsfc"), P),
        ("im-gen", replace(running("im-gen", 2024, 2026, group="im"), state="lapsed"), P),
        pytest.param("im-key", running("im-gen", 2024, 2026, group="im"), P, id="higher type in the last year"),
        pytest.param("im-key", running("im-gen", 2024, 2027, group="im"), F, id="higher type a year earlier"),
        pytest.param("im-youth", running("im-key", 2024, 2026, group="im"), F, id="lower type in the last year"),
    ],
)
def test_no_running_project_of_the_family(scheme: str, holding: Holding, outcome: str) -> None:
    assert ask_shipped("no_running_project", regional(scheme, holding)).outcome == outcome


@pytest.mark.parametrize(
    ("history", "quota"),
    [
        pytest.param({2023: 7, 2024: 12, 2025: 9}, 24, id="Q-1"),
        pytest.param({2023: 0, 2024: 2, 2025: 1}, 5, id="Q-2"),
        pytest.param({}, 5, id="Q-2 newly registered"),
        pytest.param({2023: 3, 2024: 1, 2025: 2}, 6, id="Q-3"),
        pytest.param({2022: 50, 2023: 4, 2026: 50}, 8, id="other years do not count"),
    ],
)
def test_host_quota_vectors(history: dict[int, int], quota: int) -> None:
    assert host_quota(history, 2026, QUOTA)[0] == quota


def test_host_quota_shows_its_sum() -> None:
    assert host_quota({2023: 7, 2024: 12}, 2026, QUOTA)[1] == {
        "years": {"2025": 0, "2024": 12, "2023": 7},
        "best": 12,
        "floor": False,
        "multiplier": 2,
    }


@given(approvals=st.lists(st.integers(0, 500), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_host_quota_never_below_the_floor(approvals: list[int]) -> None:
    quota = host_quota(dict(zip((2023, 2024, 2025), approvals, strict=True)), 2026, QUOTA)[0]
    assert quota == (5 if max(approvals) < 3 else 2 * max(approvals))


@pytest.mark.parametrize(
    ("quota", "endorsed", "is_endorsed", "outcome"),
    [
        (24, 24, True, "passed"),
        (24, 25, True, "failed"),
        (24, 23, False, "passed"),
        (24, 24, False, "unknown"),
        (None, 99, True, "passed"),
    ],
)
def test_within_quota(quota: int | None, endorsed: int, is_endorsed: bool, outcome: str) -> None:
    facts = replace(FACTS, quota=quota, endorsed=endorsed, is_endorsed=is_endorsed)
    assert ask_shipped("within_quota", facts).outcome == outcome


def test_within_quota_exempt_type() -> None:
    facts = replace(FACTS, scheme="im-test", quota=1, endorsed=9, is_endorsed=True)
    assert ask("within_quota", facts, host_quota=QUOTA).outcome == P


SCHEMES = st.sampled_from([GEN, KEY, JOINT, YOUTH, "im-gen", "im-key", "nsfc-tianyuan", "nsfc-instrument"])
HOLDINGS = st.builds(
    Holding,
    SCHEMES,
    st.sampled_from(["leader", "member"]),
    st.sampled_from(["applying", "running", "refused", "approved", "lapsed"]),
    number=st.text("0123456789", min_size=4, max_size=8),
    group=st.sampled_from(["nsfc", "im"]),
    year=st.integers(2024, 2026),
    approved_on=st.none() | st.dates(date(2015, 1, 1), date(2026, 3, 1)),
    ends_on=st.none() | st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    months=st.integers(6, 60),
    advanced=st.booleans(),
)
LIMITS = sorted({"limit_same_type", "limit_total", "limit_key", "limit_rest_year", "one_per_year", "no_running_project"})


@given(holdings=st.lists(HOLDINGS, max_size=6), more=HOLDINGS, scheme=SCHEMES, senior=st.booleans())
@settings(max_examples=150, deadline=None)
def test_one_more_holding_never_mends_a_limit(holdings: list[Holding], more: Holding, scheme: str, senior: bool) -> None:
    before, after = (apply(scheme, *rows, is_senior=senior) for rows in (holdings, [*holdings, more]))
    for rule in LIMITS:
        if ask_shipped(rule, before).outcome == F:
            assert ask_shipped(rule, after).outcome == F


@given(holdings=st.lists(HOLDINGS, max_size=6), scheme=SCHEMES, order=st.randoms())
@settings(max_examples=100, deadline=None)
def test_limits_do_not_depend_on_the_host_nor_on_the_order(holdings: list[Holding], scheme: str, order: Any) -> None:
    one = apply(scheme, *holdings)
    order.shuffle(holdings)
    other = replace(apply(scheme, *holdings, post="dual", organisation=7), host=7, host_registered=False)
    assert [ask_shipped(r, one).outcome for r in LIMITS] == [ask_shipped(r, other).outcome for r in LIMITS]


@given(holding=HOLDINGS, year=st.integers(2020, 2030))
@settings(max_examples=100, deadline=None)
def test_what_outlasts_a_year_runs_in_it(holding: Holding, year: int) -> None:
    assert is_running(holding, year) or not outlasts(holding, year)


@given(holdings=st.lists(HOLDINGS, max_size=6))
@settings(max_examples=100, deadline=None)
def test_count_roles_counts_this_one(holdings: list[Holding]) -> None:
    values = shipped()
    rules = (values("limit_senior"), values("limit_junior"), values("limit_not_counted"))
    count = count_roles(replace(LEADER, holdings=tuple(holdings)), applying(GEN), 2026, rules)
    assert count.leads[-1] == applying(GEN)


def test_every_limit_has_a_source_and_a_confidence() -> None:
    keys = {r["key"] for r in ROWS if r["source"] and r["confidence"]}
    assert {"limit_senior", "limit_junior", "limit_not_counted", "limit_key", "limit_plans", "running_project_bar"} <= keys
