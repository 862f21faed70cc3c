from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.calls.quotas import host_quota
from headwater.calls.rules import RULES, Facts, FieldFacts, LikenessFacts, Outcome, PersonFacts, Result, evaluate, parameters_of
from headwater.calls.schemes import RuleUse

P, F, U, S = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED

DEADLINE = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)
LEADER = PersonFacts(name="萨日娜", sex="f", birth_date=date(1990, 5, 1))
FACTS = Facts(year=2026, deadline=DEADLINE, leader=LEADER)
GIVEN: dict[str, dict[str, Any]] = {"max_age": {"parameter": "age_limit"}, "title_given": {"max_chars": 60}}
QUOTA = {"multiplier": 2, "window_years": 3, "floor_when_max_below": 3, "floor": 5}
AGES = {"age_limit": {"men": 35, "women": 40}}


def ask(rule: str, facts: Facts, **parameters: Any) -> Result:
    return RULES[rule].check(facts, GIVEN.get(rule, {}), parameters.get)


def led_by(**changes: Any) -> Facts:
    return replace(FACTS, leader=replace(LEADER, **changes))


def answer(length: int, *, required: bool = True, low: int = 0, high: int = 100) -> FieldFacts:
    return FieldFacts("研究目标", "Goals", length, required, low, high)


MEMBER = PersonFacts(name="巴特尔")
GOOD = replace(
    FACTS,
    leader=replace(LEADER, degree="博士"),
    members=(MEMBER,),
    fields=(answer(50),),
    title_length=20,
    discipline_level=2,
    amount_fen=10_000_000,
    months=36,
    submitted_at=DEADLINE - timedelta(hours=1),
    signed=frozenset({"applicant"}),
    likenesses=(),
)
PARAMETERS = {
    **AGES,
    "amount_fen": 10_000_000,
    "term_months": {"default": 36, "min": 36, "max": 36},
    "one_application_per_year": True,
    "similar_text_share": 0.3,
}


@pytest.mark.parametrize("name", RULES)
def test_rule_good_application_passes(name):
    result = ask(name, GOOD, **PARAMETERS)
    assert (result.rule, result.code, result.outcome) == (name, RULES[name].code, P)


@pytest.mark.parametrize(
    ("leader", "letters", "outcome"),
    [
        ({}, 0, F),
        ({}, 1, F),
        ({}, 2, P),
        ({}, 3, P),
        ({"degree": "硕士"}, 0, F),
        ({"degree": "博士"}, 0, P),
        ({"is_senior": True}, 0, P),
    ],
)
def test_qualified_title_degree_or_letters(leader, letters, outcome):
    facts = replace(led_by(**leader), attachments={"referee_letter": letters})
    assert ask("qualified", facts).outcome == outcome


def test_qualified_failure_names_what_is_missing():
    result = ask("qualified", replace(FACTS, attachments={"referee_letter": 1}))
    assert (result.code, result.inputs) == ("F06", {"senior": False, "degree": "", "letters": 1})
    assert result.en == "No senior title, no doctorate, 1 of 2 referee letters"


@pytest.mark.parametrize(("registered", "outcome"), [(True, P), (False, F)])
def test_registered_host_by_registration(registered, outcome):
    assert ask("registered_host", replace(FACTS, host_registered=registered)).outcome == outcome


@pytest.mark.parametrize(
    ("sex", "born", "outcome"),
    [
        pytest.param("m", date(1991, 1, 1), P, id="AG-1"),
        pytest.param("m", date(1990, 12, 31), F, id="AG-2"),
        pytest.param("f", date(1986, 1, 1), P, id="AG-3"),
        pytest.param("f", date(1985, 12, 31), F, id="AG-4"),
    ],
)
def test_max_age_national_vectors(sex, born, outcome):
    assert ask("max_age", led_by(sex=sex, birth_date=born), **AGES).outcome == outcome


@pytest.mark.parametrize(
    ("men", "women", "sex", "born", "outcome"),
    [
        pytest.param(38, 40, "m", date(1988, 1, 1), P, id="AG-5 eligible"),
        pytest.param(38, 40, "m", date(1987, 12, 31), F, id="AG-5 not"),
        pytest.param(45, 48, "f", date(1978, 1, 1), P, id="AG-6 woman"),
        pytest.param(45, 48, "m", date(1980, 12, 31), F, id="AG-6 man not"),
        pytest.param(45, 48, "m", date(1981, 1, 1), P, id="AG-6 man"),
    ],
)
def test_max_age_other_limits(men, women, sex, born, outcome):
    limits = {"men": men, "women": women}
    assert ask("max_age", led_by(sex=sex, birth_date=born), age_limit=limits).outcome == outcome


@given(year=st.integers(2000, 2100), limit=st.integers(18, 80), sex=st.sampled_from("mf"))
@settings(max_examples=100, deadline=None)
def test_max_age_boundary_is_first_of_january(year, limit, sex):
    limits = {"men": limit if sex == "m" else 0, "women": limit if sex == "f" else 0}
    first = date(year - limit, 1, 1)
    outcomes = [
        ask("max_age", replace(led_by(sex=sex, birth_date=day), year=year), age_limit=limits).outcome
        for day in (first, first - timedelta(days=1))
    ]
    assert outcomes == [P, F]


@pytest.mark.parametrize("missing", [{"birth_date": None}, {"sex": ""}, {"sex": "x"}])
def test_max_age_missing_fact_is_unknown(missing):
    assert ask("max_age", led_by(**missing), **AGES).outcome == U


def test_max_age_without_parameter_is_skipped():
    assert ask("max_age", led_by(birth_date=date(1900, 1, 1))).outcome == S


def test_max_age_reports_compared_dates():
    result = ask("max_age", led_by(sex="m", birth_date=date(1990, 12, 31)), **AGES)
    assert result.inputs == {"birth_date": "1990-12-31", "sex": "m", "earliest": "1991-01-01"}


@pytest.mark.parametrize(
    ("student", "attachments", "outcome"),
    [(False, {}, P), (True, {}, F), (True, {"supervisor_consent": 0}, F), (True, {"supervisor_consent": 1}, P)],
)
def test_not_student_needs_consent(student, attachments, outcome):
    facts = replace(led_by(is_student=student), attachments=attachments)
    assert ask("not_student", facts).outcome == outcome


@pytest.mark.parametrize(("rule", "fact", "code"), [("not_fund_staff", "is_fund_staff", "F14"), ("no_ban", "banned", "F13")])
def test_people_rules_leader_or_member_fails(rule, fact, code):
    member = replace(MEMBER, **{fact: True})
    found = [ask(rule, facts) for facts in (FACTS, led_by(**{fact: True}), replace(FACTS, members=(LEADER, member)))]
    assert [r.outcome for r in found] == [P, F, F]
    assert {r.code for r in found} == {code}


def test_no_ban_names_every_banned_person_and_no_cause():
    facts = replace(led_by(banned=True), members=(replace(MEMBER, banned=True), PersonFacts("其其格")))
    result = ask("no_ban", facts)
    assert result.zh == "萨日娜、巴特尔 在限制申报期内"
    assert result.inputs == {}


@pytest.mark.parametrize(("live", "outcome"), [((), P), (("MS2026001",), F), (("MS2026001", "QN2026002"), F)])
def test_one_per_year_other_applications(live, outcome):
    facts = replace(FACTS, other_live=live)
    assert ask("one_per_year", facts, one_application_per_year=True).outcome == outcome


def test_one_per_year_without_parameter_is_skipped():
    assert ask("one_per_year", replace(FACTS, other_live=("MS2026001",))).outcome == S


@pytest.mark.parametrize(("running", "outcome"), [((), P), (("MS2024001",), F)])
def test_no_running_project_as_leader(running, outcome):
    assert ask("no_running_project", replace(FACTS, running_projects=running)).outcome == outcome


def test_members_confirmed_counts_and_waits():
    waiting = replace(MEMBER, confirmed=False)
    facts = [
        FACTS,
        replace(FACTS, members=(MEMBER,) * 6, members_max=6),
        replace(FACTS, members=(MEMBER,) * 7, members_max=6),
        replace(FACTS, members=(MEMBER, waiting)),
    ]
    results = [ask("members_confirmed", f) for f in facts]
    assert [r.outcome for r in results] == [P, P, F, F]
    assert [r.en for r in results[2:]] == ["7 members, at most 6", "Not confirmed yet: 巴特尔"]


@pytest.mark.parametrize(
    ("field", "outcome", "text"),
    [
        (answer(0, required=False, low=10), P, "All sections are filled in"),
        (answer(10, low=10), P, "All sections are filled in"),
        (answer(100), P, "All sections are filled in"),
        (answer(0, low=10), F, "Goals is empty"),
        (answer(9, low=10), F, "Goals has fewer than 10 characters"),
        (answer(9, required=False, low=10), F, "Goals has fewer than 10 characters"),
        (answer(101), F, "Goals has more than 100 characters"),
    ],
)
def test_sections_complete_lengths(field, outcome, text):
    result = ask("sections_complete", replace(FACTS, fields=(field,)))
    assert (result.outcome, result.en) == (outcome, text)


def test_sections_complete_lists_every_mistake():
    facts = replace(FACTS, fields=(answer(101), answer(50), answer(0), answer(5, low=10)))
    result = ask("sections_complete", facts)
    assert result.zh == "研究目标 未填；研究目标 少于 10 字；研究目标 超过 100 字"
    assert len(result.en.split("; ")) == 3


@pytest.mark.parametrize(("length", "outcome"), [(0, F), (1, P), (60, P), (61, F)])
def test_title_given_length(length, outcome):
    assert ask("title_given", replace(FACTS, title_length=length)).outcome == outcome


@pytest.mark.parametrize(("level", "outcome"), [(None, F), (0, F), (1, F), (2, P), (3, P)])
def test_discipline_chosen_second_level(level, outcome):
    assert ask("discipline_chosen", replace(FACTS, discipline_level=level)).outcome == outcome


@pytest.mark.parametrize(
    ("flags", "attached", "outcome"),
    [
        (set(), 0, P),
        ({"field_work"}, 0, P),
        ({"human"}, 0, F),
        ({"animal"}, 0, F),
        ({"biosafety"}, 0, F),
        ({"human", "animal"}, 1, P),
    ],
)
def test_ethics_attached_when_declared(flags, attached, outcome):
    facts = replace(FACTS, flags=frozenset(flags), attachments={"ethics": attached})
    assert ask("ethics_attached", facts).outcome == outcome


@pytest.mark.parametrize(
    ("limits", "amount", "outcome"),
    [
        (10_000_000, 0, F),
        (10_000_000, -1, F),
        (10_000_000, 1, P),
        (10_000_000, 10_000_000, P),
        (10_000_000, 10_000_001, F),
        ({"min": 500, "max": 1000}, 499, F),
        ({"min": 500, "max": 1000}, 500, P),
        ({"min": 500, "max": 1000}, 1000, P),
        ({"min": 500, "max": 1000}, 1001, F),
        ({"max": 1000}, 0, F),
        ({"max": 1000}, 1, P),
        (None, 5, S),
    ],
)
def test_amount_in_range_limits(limits, amount, outcome):
    assert ask("amount_in_range", replace(FACTS, amount_fen=amount), amount_fen=limits).outcome == outcome


def test_amount_in_range_without_upper_limit():
    result = ask("amount_in_range", replace(FACTS, amount_fen=600), amount_fen={"min": 500})
    assert result.outcome == P


def test_amount_in_range_shows_yuan():
    result = ask("amount_in_range", replace(FACTS, amount_fen=8_050_000), amount_fen=10_000_000)
    assert (result.zh, result.en) == ("申请 8.05 万元，在 10 万元以内", "80,500 CNY, within 100,000")
    assert result.inputs == {"amount_fen": 8_050_000, "min": 1, "max": 10_000_000}


@pytest.mark.parametrize(("months", "outcome"), [(35, F), (36, P), (48, P), (49, F)])
def test_term_in_range_limits(months, outcome):
    facts = replace(FACTS, months=months)
    assert ask("term_in_range", facts, term_months={"min": 36, "max": 48}).outcome == outcome


@pytest.mark.parametrize(("high", "text"), [(36, "24 months; expected 36"), (48, "24 months; expected 36–48")])
def test_term_in_range_failure_names_the_span(high, text):
    limits = {"min": 36, "max": high}
    assert ask("term_in_range", replace(FACTS, months=24), term_months=limits).en == text


@pytest.mark.parametrize(("parties", "outcome"), [(set(), F), ({"host"}, F), ({"applicant", "host"}, P)])
def test_signed_by_applicant(parties, outcome):
    assert ask("signed", replace(FACTS, signed=frozenset(parties))).outcome == outcome


@pytest.mark.parametrize(
    ("submitted", "outcome"),
    [(None, U), (DEADLINE - timedelta(microseconds=1), P), (DEADLINE, F), (DEADLINE + timedelta(seconds=1), F)],
)
def test_on_time_against_deadline(submitted, outcome):
    assert ask("on_time", replace(FACTS, submitted_at=submitted)).outcome == outcome


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
def test_host_quota_vectors(history, quota):
    assert host_quota(history, 2026, QUOTA)[0] == quota


def test_host_quota_shows_its_sum():
    assert host_quota({2023: 7, 2024: 12}, 2026, QUOTA)[1] == {
        "years": {"2025": 0, "2024": 12, "2023": 7},
        "best": 12,
        "floor": False,
        "multiplier": 2,
    }


@given(approvals=st.lists(st.integers(0, 500), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_host_quota_never_below_the_floor(approvals):
    quota = host_quota(dict(zip((2023, 2024, 2025), approvals, strict=True)), 2026, QUOTA)[0]
    assert quota == (5 if max(approvals) < 3 else 2 * max(approvals))
    assert quota >= 5


def test_evaluate_keeps_order_and_blocks():
    uses = [RuleUse("signed", True, {}), RuleUse("title_given", False, {"max_chars": 5}), RuleUse("no_ban", True, {})]
    results = evaluate(uses, GOOD, PARAMETERS.get)
    assert [(r.rule, r.outcome, r.blocks) for r in results] == [
        ("signed", P, True),
        ("title_given", F, False),
        ("no_ban", P, True),
    ]


def test_evaluate_same_rule_twice_keeps_both_parameters():
    uses = [RuleUse("max_age", False, {"parameter": name}) for name in ("age_limit", "other")]
    results = evaluate(uses, led_by(sex="m", birth_date=date(1990, 1, 1)), AGES.get)
    assert [r.outcome for r in results] == [F, S]


def test_result_as_json_is_plain():
    result = ask("signed", FACTS).as_json()
    assert (type(result["outcome"]), result["outcome"], result["blocks"]) == (str, "failed", False)
    assert list(result) == ["rule", "code", "outcome", "zh", "en", "mend_zh", "mend_en", "inputs", "blocks"]


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("name", RULES)
def test_registry_texts_in_both_languages(name):
    rule = RULES[name]
    assert (rule.name, has_chinese(rule.zh), rule.en.isascii() and len(rule.en) > 2) == (name, True, True)
    assert rule.code[0] == "F"
    assert 1 <= int(rule.code[1:]) <= 19


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("facts", [FACTS, GOOD])
def test_registry_results_in_both_languages(name, facts):
    result = ask(name, facts, **PARAMETERS)
    assert (has_chinese(result.zh), result.en != "") == (True, True)
    assert (result.mend_zh == "") == (result.mend_en == "")


@pytest.mark.parametrize("name", RULES)
def test_registry_without_parameter_never_passes(name):
    asked = []

    def nothing(key: str) -> None:
        asked.append(key)

    result = RULES[name].check(GOOD, GIVEN.get(name, {}), nothing)
    assert result.outcome == (S if asked else P)


def test_registry_parameters_of_known_and_unknown():
    assert [parameters_of(n) for n in ("max_age", "title_given", "signed", "nothing")] == [
        {"parameter": str},
        {"max_chars": int},
        {},
        None,
    ]


@pytest.mark.parametrize(
    ("likenesses", "outcome"),
    [
        (None, U),
        ((), P),
        ((LikenessFacts("A1", 0.29, False),), P),
        ((LikenessFacts("A1", 0.3, False),), U),
        ((LikenessFacts("A1", 1.0, True),), P),
        ((LikenessFacts("A1", 1.0, True), LikenessFacts("A2", 0.4, False)), U),
    ],
)
def test_similar_text_is_for_a_person_to_judge(likenesses, outcome):
    result = ask("similar_text", replace(GOOD, likenesses=likenesses), similar_text_share=0.3)
    assert result.outcome == outcome
    assert ("A2" in result.zh) == (likenesses is not None and len(likenesses) == 2)
