"""The register of rules, and the formal check of the material."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from headwater.calls.states import JUDGED, REFUSAL_CODES
from headwater.schemes import RuleUse
from headwater.schemes.rules import RULES, Ban, LikenessFacts, PersonFacts, RefereeFacts, evaluation, parameters_of
from headwater.schemes.rules.values import shape_of
from tests.calls.made import (
    DAY,
    DEADLINE,
    ELSEWHERE,
    FACTS,
    GIVEN,
    GOOD,
    MEMBER,
    SIGNED,
    F,
    P,
    S,
    U,
    answer,
    applying,
    ask,
    ask_shipped,
    led_by,
    running,
    shipped,
)

UNSIGNED = replace(SIGNED, waiting=("甲",))
HELD = [running("nsfc-key", 2026, 2029, plan="a", group="x"), applying("nsfc-key", plan="a", group="x")]
WORST = PersonFacts(
    name="某人",
    sex="m",
    birth_date=date(1950, 1, 1),
    is_student=True,
    is_fund_staff=True,
    is_civil_servant=True,
    has_document=False,
    has_job=False,
    post="",
    stations=frozenset({9}),
    mentors=("王某",),
    bans=(Ban(DAY),),
    holdings=(*HELD, running("nsfc-key", 2020, 2023, closed=False)),
    confirmed=False,
)
BAD = replace(
    FACTS,
    leader=WORST,
    members=tuple(replace(WORST, organisation=n) for n in range(11)),
    scheme="nsfc-key",
    group="x",
    plan="a",
    host_registered=False,
    host_is_entity=False,
    quota=1,
    endorsed=2,
    is_endorsed=True,
    documents=(UNSIGNED,),
    flags=frozenset({"human", "overseas", "other_funding", "ai_used"}),
    fields=(answer(0), answer(99_999, code="plan")),
    submitted_at=DEADLINE,
    months=36,
    refused_files=("意见.docx",),
)


@pytest.mark.parametrize("name", sorted(RULES.keys() - ELSEWHERE))
def test_rule_good_application_passes(name):
    result = ask_shipped(name, replace(GOOD, scheme="im-gen"))
    assert (result.rule, result.code, result.outcome) == (name, RULES[name].code, P)


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


@pytest.mark.parametrize("rule", ["overseas_consent", "other_funding"])
def test_declared_needs_its_paper(rule):
    flag = {"overseas_consent": "overseas", "other_funding": "other_funding"}[rule]
    declared = replace(FACTS, flags=frozenset({flag}))
    found = [ask(rule, facts).outcome for facts in (FACTS, declared, replace(declared, attachments={rule: 1}))]
    assert found == [P, F, P]


def test_note_filled_where_declared():
    given = {"flag": "ai_used", "field": "note"}
    flagged = frozenset({"ai_used"})
    empty, full = ((answer(n, required=False, code="note"),) for n in (0, 9))
    cases = [((), empty), (flagged, empty), (flagged, full), (flagged, ())]
    results = [ask("note_filled", replace(FACTS, flags=frozenset(f), fields=x), given) for f, x in cases]
    assert [r.outcome for r in results] == [P, F, P, F]
    assert (results[1].code, results[1].zh) == ("F04", "已声明，但未填写“研究目标”")


@pytest.mark.parametrize(("attached", "outcome"), [(0, F), (1, P)])
def test_cofunding_attached(attached, outcome):
    result = ask("cofunding_attached", replace(FACTS, attachments={"cofunding": attached}))
    assert (result.outcome, result.code) == (outcome, "F18")


@pytest.mark.parametrize(
    ("leader", "member", "outcome"),
    [
        ({"degree": "博士"}, {}, P),
        ({}, {}, F),
        ({"degree": "博士"}, {"degree": ""}, F),
        ({"degree": "博士", "has_job": False}, {}, F),
        ({"degree": "博士", "has_job": False, "organisation": 1}, {}, P),
    ],
)
def test_history_given_of_everybody(leader, member, outcome):
    assert ask("history_given", replace(led_by(**leader), members=(replace(MEMBER, **member),))).outcome == outcome


def test_nothing_secret_by_the_commitment_or_by_a_person():
    assert [ask("nothing_secret", f).outcome for f in (FACTS, replace(FACTS, documents=(SIGNED,)))] == [U, P]


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


@pytest.mark.parametrize(
    ("documents", "outcome", "words"),
    [
        ([SIGNED], P, "1 份"),
        ([UNSIGNED], F, "甲 尚未签署《科研诚信承诺书》"),
        ([replace(SIGNED, outdated=("乙",))], F, "乙 签署的《科研诚信承诺书》文本已更新"),
        ([SIGNED, replace(UNSIGNED, party="member")], F, "甲 尚未签署"),
    ],
)
def test_signed_by_applicant_and_members_as_it_reads_now(documents, outcome, words):
    result = ask("signed", replace(FACTS, documents=tuple(documents)))
    assert (result.outcome, words in result.zh) == (outcome, True)


@pytest.mark.parametrize(("senior", "field", "counts"), [(True, True, True), (True, False, False), (False, True, False)])
def test_qualified_counts_a_letter_only_of_a_senior_referee_in_the_field(senior, field, counts):
    facts = replace(led_by(degree="硕士"), attachments={"referee_letter": 1}, referees=(RefereeFacts("王某", senior, field),))
    result = ask("qualified", facts, referee_letters=2, doctoral_degrees=["博士"])
    assert (result.outcome, "王某" in result.zh) == ((P, False) if counts else (F, True))


def test_qualified_tells_how_many_referees_have_not_answered():
    result = ask("qualified", replace(led_by(degree="硕士"), referees_waiting=2), referee_letters=2, doctoral_degrees=["博士"])
    assert (result.outcome, result.inputs["letters"]) == (F, 0)
    assert "2 名专家尚未提交" in result.zh
    assert "2 have not written yet" in result.en


def test_a_member_who_declines_is_told_apart_from_one_who_waits():
    facts = replace(FACTS, members=(replace(MEMBER, confirmed=False, declined=True),))
    result = ask("members_confirmed", facts)
    assert (result.outcome, result.zh) == (F, "巴特尔 谢绝参与")


@pytest.mark.parametrize(
    ("submitted", "outcome"),
    [(None, U), (DEADLINE - timedelta(microseconds=1), P), (DEADLINE, F), (DEADLINE + timedelta(seconds=1), F)],
)
def test_on_time_against_deadline(submitted, outcome):
    assert ask("on_time", replace(FACTS, submitted_at=submitted)).outcome == outcome


def test_evaluation_keeps_order_and_blocks():
    uses = [RuleUse("signed", True, {}), RuleUse("title_given", False, {"max_chars": 5}), RuleUse("no_ban", True, {})]
    results = evaluation(uses, shipped())(GOOD)
    assert [(r.rule, r.outcome, r.blocks) for r in results] == [
        ("signed", P, True),
        ("title_given", F, False),
        ("no_ban", P, True),
    ]


def test_evaluation_same_rule_twice_keeps_both_parameters():
    uses = [RuleUse("max_age", False, {"parameter": name}) for name in ("age_limit_youth_c", "other")]
    results = evaluation(uses, shipped())(led_by(sex="m", birth_date=date(1990, 1, 1)))
    assert [r.outcome for r in results] == [F, S]


def test_result_as_json_is_plain_and_without_what_is_empty():
    result = ask("signed", replace(FACTS, documents=(UNSIGNED,))).as_json()
    assert (type(result["outcome"]), result["outcome"]) == (str, "failed")
    assert list(result) == ["rule", "code", "outcome", "zh", "en", "mend_zh", "mend_en", "inputs", "ref"]
    passed = ask("signed", replace(FACTS, documents=(SIGNED,))).as_json()
    assert "mend_zh" not in passed
    assert "blocks" in evaluation([RuleUse("signed", True, {})], lambda _key: None)(FACTS)[0].as_json()


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("name", RULES)
def test_registry_texts_in_both_languages(name):
    rule = RULES[name]
    assert (rule.name, has_chinese(rule.title.zh), rule.title.en.isascii() and len(rule.title.en) > 2) == (name, True, True)
    assert rule.ref
    assert rule.code in REFUSAL_CODES


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("facts", [FACTS, GOOD, BAD])
def test_registry_results_carry_inputs_words_and_what_to_do(name, facts):
    result = ask_shipped(name, facts)
    assert (result.rule, has_chinese(result.zh), result.en != "", result.ref) == (name, True, True, RULES[name].ref)
    assert result.inputs
    assert (result.mend_zh == "") == (result.mend_en == "") == (result.outcome in {P})
    json.dumps(result.as_json())


def test_registry_bad_application_passes_hardly_anything():
    passed = {name for name in RULES if ask_shipped(name, BAD).outcome == P}
    assert passed == {"young_track", "experience", "part_time"}


@pytest.mark.parametrize("name", RULES)
def test_registry_without_parameter_is_skipped(name):
    result = ask(name, GOOD)
    keys = RULES[name].keys(GIVEN.get(name, {}))
    assert result.outcome == (S if keys else P)
    assert not keys or result.inputs == {"missing": keys, "day": "2026-03-20"}


@pytest.mark.parametrize("name", RULES)
def test_registry_parameters_have_a_shape(name):
    assert [key for key in RULES[name].keys(GIVEN.get(name, {})) if shape_of(key) is None] == []


def test_registry_reason_codes_are_whole():
    """Every statutory and operational code is there; each has a rule that gives it or is left to an officer."""
    given = {rule.code for rule in RULES.values()}
    assert set(REFUSAL_CODES) == {f"F{n:02d}" for n in range(1, 20)} | {"R1", "R2", "R3", "R4"}
    assert set(REFUSAL_CODES) - given == JUDGED
    parents = {code: parent for code, (parent, _words) in REFUSAL_CODES.items()}
    assert [c for c, p in parents.items() if p == "R1"] == ["F06", "F07", "F12", "R1"]
    assert [c for c, p in parents.items() if p in {"R3", "R4"}] == ["F11", "F13", "R3", "R4"]


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
