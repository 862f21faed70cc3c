"""The grammar of judging: what a scheme can say, what it says by saying nothing, and what this version refuses to promise."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from headwater.schemes import OUTCOMES, parse_scheme
from headwater.schemes.judging import Judging, usual_judging
from headwater.schemes.rules import parameters_of
from headwater.schemes.running import GRAMMAR, LATER, RUNS
from tests.calls.test_schemes import GOOD

TWO = [
    {"code": "staff", "label_zh": "队伍", "label_en": "Staff", "weight": 60},
    {"code": "rooms", "label_zh": "条件", "label_en": "Rooms", "weight": {"free": 40, "goal": 30}},
]


def told(**tables: Any) -> list[tuple[str, str]]:
    return parse_scheme({**copy.deepcopy(GOOD), **tables}, parameters_of)[1]


def judging(**tables: Any) -> Judging:
    scheme, problems = parse_scheme({**copy.deepcopy(GOOD), **tables}, parameters_of)
    assert problems == []
    return scheme.judging


def test_a_scheme_that_says_nothing_is_judged_as_before() -> None:
    usual = judging()
    assert usual == usual_judging()
    codes = ["originality", "value", "feasibility", "team", "chain", "performance"]
    assert [c.code for c in usual.criteria] == codes
    assert (usual.values, usual.widest, usual.review.stages, usual.own_weights("free")) == (
        (3, 2, 1),
        2,
        ("written", "panel"),
        None,
    )
    assert (usual.decision.by, usual.decision.quota, usual.decision.pass_mark, usual.has_panel) == ("rank", None, None, True)


def test_criteria_weights_and_grades_belong_to_the_scheme() -> None:
    grades = [
        {"value": 1, "zh": "差", "en": "Poor"},
        {"value": 4, "zh": "优", "en": "Excellent"},
        {"value": 2, "zh": "中", "en": "Fair"},
    ]
    own = judging(criterion=TWO, grade=grades)
    assert own.own_weights("free") == {"staff": 60, "rooms": 40}
    assert own.own_weights("goal") == {"staff": 60, "rooms": 30}
    assert ([(g.value, g.zh) for g in own.grades], own.widest) == ([(4, "优"), (2, "中"), (1, "差")], 3)


def test_a_panel_and_a_decision_are_declared() -> None:
    own = judging(
        review={"opinions": 7, "needed": 4},
        panel={"size": 5, "quorum": ">=3/4", "majority": ">=2/3"},
        decision={"pass_mark": 75, "quota": 3, "quota_per": "host", "ties": "draw", "within": 1.5},
    )
    assert (own.review.opinions, own.review.needed) == (7, 4)
    assert (own.panel.size, own.panel.quorum, own.panel.majority) == (5, ">=3/4", ">=2/3")
    assert (own.decision.pass_mark, own.decision.quota, own.decision.quota_per, own.decision.draws) == (75, 3, "host", True)


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({"criterion": []}, "criterion"),
        ({"criterion": [TWO[0], TWO[0]]}, "criterion"),
        ({"criterion": [{**TWO[0], "code": "Staff 1"}]}, "criterion[0].code"),
        ({"criterion": [{**TWO[0], "weight": 101}]}, "criterion[0].weight"),
        ({"criterion": [{**TWO[0], "weight": {"basic": 5}}]}, "criterion[0].weight"),
        ({"criterion": [{**TWO[0], "weight": {"free": 5}}]}, "criterion"),
        ({"criterion": [{**TWO[0], "wieght": 5}]}, "criterion[0].wieght"),
        ({"criterion": [TWO[0], {k: v for k, v in TWO[1].items() if k != "weight"}]}, "criterion"),
        ({"criterion": [{**TWO[0], "anchor": [{"points": 120, "zh": "好", "en": "Good"}]}]}, "criterion[0].anchor[0].points"),
        ({"grade": [{"value": 1, "zh": "差", "en": "Poor"}]}, "grade"),
        ({"grade": [{"value": 1, "zh": "差"}, {"value": 2}]}, "grade[0].en"),
        ({"grade": [{"value": 1}, {"value": 12}]}, "grade[1].value"),
        ({"grade": [{"value": 1}, {"value": 7}]}, "grade"),
        ({"review": {"stages": ["panel"]}}, "review.stages"),
        ({"review": {"stages": []}}, "review.stages"),
        ({"review": {"opinions": 3, "needed": 4}}, "review.needed"),
        ({"review": {"opinions": 0}}, "review.opinions"),
        ({"review": {"stages": ["written"]}, "panel": {"size": 5}}, "panel"),
        ({"panel": {"quorum": "2/3"}}, "panel.quorum"),
        ({"panel": {"majority": ">3/2"}}, "panel.majority"),
        ({"panel": {"size": 0}}, "panel.size"),
        ({"decision": {"pass_mark": 101}}, "decision.pass_mark"),
        ({"decision": {"quota": 0}}, "decision.quota"),
        ({"decision": {"quota_per": "host"}}, "decision.quota_per"),
        ({"decision": {"within": 3}}, "decision.within"),
        ({"decision": {"quota": 3, "quota_per": "agency"}}, "decision.quota_per"),
        ({"endorsement": {"by": "anybody"}}, "endorsement.by"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tables: dict[str, Any], key: str) -> None:
    assert key in [at for at, _told in told(**tables)]


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        pytest.param({"endorsement": {"by": "host"}}, "endorsement.by", id="host only"),
        pytest.param({"endorsement": {"by": "local"}}, "endorsement.by", id="bureau of the place"),
        pytest.param({"endorsement": {"by": "none"}}, "endorsement.by", id="nobody endorses"),
        pytest.param({"endorsement": {"order": "parallel"}}, "endorsement.order", id="in parallel"),
        pytest.param({"review": {"stages": ["written", "interview"]}}, "review.stages", id="interview"),
        pytest.param({"review": {"stages": ["written", "site_visit", "panel"]}}, "review.stages", id="site visit"),
        pytest.param({"criterion": [{**TWO[0], "kind": "yes_no"}]}, "criterion[0].kind", id="yes or no"),
        pytest.param({"criterion": [{**TWO[0], "kind": "grade"}]}, "criterion[0].kind", id="grade by criterion"),
        pytest.param({"criterion": [{**TWO[0], "kind": "text"}]}, "criterion[0].kind", id="text by criterion"),
        pytest.param({"decision": {"by": "computed"}}, "decision.by", id="computed points (row 9)"),
        pytest.param({"report": [{"code": "r", "kind": "annual", "zh": "年报", "en": "Report"}]}, "report[0].kind", id="reports"),
        pytest.param({"conversion": {}}, "conversion", id="another project after an evaluation (row 10)"),
        pytest.param({"payment": {}}, "payment", id="paid after the fact (row 11)"),
        pytest.param({"voucher": {}}, "voucher", id="vouchers (row 13)"),
        pytest.param({"budget_caps": {}}, "budget_caps", id="caps of one's own (row 15)"),
        pytest.param({"anonymous": {}}, "anonymous", id="anonymous body (row 16)"),
        pytest.param({"rule": [{"name": "once_held"}]}, "rule[0].name", id="never again (row 3)"),
        pytest.param({"rule": [{"name": "most_for_enterprise"}]}, "rule[0].name", id="cap for an enterprise (row 13)"),
    ],
)
def test_what_the_grammar_knows_and_nothing_runs_is_not_in_this_version(tables: dict[str, Any], key: str) -> None:
    assert any(at == key and LATER in text for at, text in told(**tables)), told(**tables)


def test_what_runs_is_part_of_the_grammar() -> None:
    assert RUNS.keys() == GRAMMAR.keys()
    assert all(RUNS[of] <= set(GRAMMAR[of]) for of in GRAMMAR)
    assert {effect for kind in OUTCOMES.values() for effect in kind.release} <= RUNS["release"]


def test_every_effect_of_a_release_is_registered() -> None:
    from headwater.calls.deciding.services.decisions import ON_RELEASE

    assert set(ON_RELEASE) == RUNS["release"]


def test_an_unknown_rule_names_the_nearest_and_all_known() -> None:
    ((_key, text),) = list(told(rule=[{"name": "title_givn", "max_chars": 60}]))
    assert text.startswith("unknown rule 'title_givn'; did you mean 'title_given'? known: ")
    assert "max_age" in text


def test_what_experts_are_found_by_must_be_asked() -> None:
    definition = copy.deepcopy(GOOD)
    definition["scheme"]["asks"] = ["amount"]
    assert parse_scheme(definition, parameters_of)[1] == []  # its questions hold a text
    definition["section"][0]["field"] = definition["section"][0]["field"][1:]
    assert [key for key, _told in parse_scheme(definition, parameters_of)[1]] == ["scheme.asks"]


def test_a_second_discipline_goes_with_a_first() -> None:
    definition = copy.deepcopy(GOOD)
    definition["scheme"]["asks"] = ["second_discipline", "abstract"]
    assert [key for key, _told in parse_scheme(definition, parameters_of)[1]] == ["scheme.asks"]
    definition["scheme"]["asks"].append("discipline")
    assert parse_scheme(definition, parameters_of)[1] == []


def test_unknown_research_class_is_told() -> None:
    definition = copy.deepcopy(GOOD)
    definition["scheme"]["research_classes"] = ["free", "applied"]
    assert [key for key, _told in parse_scheme(definition, parameters_of)[1]] == ["scheme.research_classes"]
