import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

import headwater.regions
from headwater.calls.rules import parameters_of
from headwater.calls.schemes import parse_scheme

SCHEMES = sorted((Path(headwater.regions.__file__).parent / "nmg" / "schemes").glob("*.toml"))

GOOD: dict[str, Any] = {
    "scheme": {
        "code": "x-gen",
        "name_zh": "面上项目",
        "name_en": "General",
        "articles": [4, 10],
        "outcome": "award",
        "limit_group": "x",
        "prefix": "MS",
    },
    "commitments": {f"{who}_{lang}": "…" for who in ("applicant", "member", "host", "expert") for lang in ("zh", "en")},
    "rule": [{"name": "title_given", "blocks": True, "max_chars": 60}, {"name": "max_age", "parameter": "age_limit"}],
    "section": [
        {
            "code": "plan",
            "title_zh": "方案",
            "title_en": "Plan",
            "field": [
                {"code": "goals", "type": "text", "label_zh": "目标", "label_en": "Goals", "min_chars": 40},
                {
                    "code": "kind",
                    "type": "choice",
                    "label_zh": "类别",
                    "label_en": "Kind",
                    "choice": [{"code": "a", "zh": "甲", "en": "A"}, {"code": "b", "zh": "乙", "en": "B"}],
                },
            ],
        }
    ],
    "attachment": [{"kind": "ethics", "label_zh": "伦理", "label_en": "Ethics"}],
    "flag": [{"code": "human", "zh": "涉及人", "en": "Human"}],
}

REMOVE = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good definition with the value at `path` (keys and indices joined by dots) replaced, added or removed."""
    definition = copy.deepcopy(GOOD)
    *steps, last = [int(p) if p.isdecimal() else p for p in path.split(".")]
    at: Any = definition
    for step in steps:
        at = at[step]
    if value is REMOVE:
        del at[last]
    else:
        at[last] = value
    return definition


def problems_of(definition: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_scheme(definition, parameters_of)[1]


@pytest.mark.parametrize("file", SCHEMES, ids=lambda f: f.stem)
def test_parse_scheme_shipped_has_no_problems(file):
    scheme, problems = parse_scheme(tomllib.loads(file.read_text(encoding="utf-8")), parameters_of)
    assert (scheme.code, problems) == (file.stem, [])


def test_parse_scheme_shipped_youth_content():
    file = next(f for f in SCHEMES if f.stem == "im-youth")
    scheme, _problems = parse_scheme(tomllib.loads(file.read_text(encoding="utf-8")), parameters_of)
    assert (scheme.prefix, scheme.members_max, scheme.limit_group) == ("QN", 6, "im")
    assert [s.code for s in scheme.sections] == ["basis", "plan", "foundation"]
    assert [r.params for r in scheme.rules if r.name == "max_age"] == [{"parameter": "age_limit_youth"}]
    assert [f.required for s in scheme.sections for f in s.fields] == [True] * 7 + [False] * 2


def test_parse_scheme_good_and_its_defaults():
    scheme, problems = parse_scheme(GOOD, parameters_of)
    goals, kind = scheme.sections[0].fields
    assert problems == []
    assert (scheme.members_max, scheme.research_classes, scheme.purpose_zh) == (10, ("free", "goal"), "")
    assert scheme.plan == ""
    assert (goals.required, goals.min_chars, goals.max_chars, goals.choices) == (False, 40, 4000, ())
    assert kind.choices == (("a", "甲", "A"), ("b", "乙", "B"))
    assert [(r.name, r.blocks) for r in scheme.rules] == [("title_given", True), ("max_age", False)]


def test_scheme_section_by_code():
    scheme, _problems = parse_scheme(GOOD, parameters_of)
    assert (scheme.section("plan"), scheme.section("nothing")) == (scheme.sections[0], None)


@pytest.mark.parametrize(
    ("path", "value", "keys"),
    [
        ("rule.0.name", "no_such_rule", ["rule[0].name"]),
        ("rule.0.max_chars", "60", ["rule[0].max_chars"]),
        ("rule.0.max_chars", True, ["rule[0].max_chars"]),
        ("rule.0.max_chars", REMOVE, ["rule[0].max_chars"]),
        ("rule.1.parameter", 35, ["rule[1].parameter"]),
        ("rule.1.parametre", "age", ["rule[1].parametre"]),
        ("rule.1.blocks", "yes", ["rule[1].blocks"]),
        ("rule", REMOVE, ["rule"]),
        ("rule.0", "title_given", ["rule[0]"]),
        ("scheme.name_en", REMOVE, ["scheme.name_en"]),
        ("scheme.name_en", "", ["scheme.name_en"]),
        ("scheme.colour", "red", ["scheme.colour"]),
        ("scheme.articles", [0], ["scheme.articles"]),
        ("scheme.articles", ["four", 4], ["scheme.articles"]),
        ("scheme.articles", 4, ["scheme.articles"]),
        ("scheme.outcome", "medal", ["scheme.outcome"]),
        ("scheme.outcome", REMOVE, ["scheme.outcome"]),
        ("scheme.members_max", 6.5, ["scheme.members_max"]),
        ("colour", "red", ["colour"]),
        ("commitments.host_en", REMOVE, ["commitments.host_en"]),
        ("commitments.guest_en", "…", ["commitments.guest_en"]),
        ("section.0.field.0.type", "essay", ["section[0].field[0].type"]),
        ("section.0.field.0.label_en", REMOVE, ["section[0].field[0].label_en"]),
        ("section.0.field.0.max_char", 10, ["section[0].field[0].max_char"]),
        ("section.0.field.0.max_chars", 39, ["section[0].field[0].min_chars"]),
        ("section.0.field.0.required", 1, ["section[0].field[0].required"]),
        ("section.0.field.1.choice", REMOVE, ["section[0].field[1].choice"]),
        ("section.0.field.1.choice", [], ["section[0].field[1].choice"]),
        ("section.0.field.1.choice.1.en", REMOVE, ["section[0].field[1].choice[1].en"]),
        ("section.0.field.1.code", "goals", ["section.field"]),
        ("section.0.field", REMOVE, ["section[0].field"]),
        ("section.0.titel", "Plan", ["section[0].titel"]),
        ("attachment.0.label_zh", REMOVE, ["attachment[0].label_zh"]),
        ("attachment.0.size", 5, ["attachment[0].size"]),
        ("flag.0.en", REMOVE, ["flag[0].en"]),
        ("flag.0.note", "…", ["flag[0].note"]),
    ],
)
def test_parse_scheme_mistake_reports_its_key(path, value, keys):
    assert [key for key, _expected in problems_of(changed(path, value))] == keys


def test_parse_scheme_section_code_twice():
    other = {"code": "plan", "title_zh": "又", "title_en": "Again", "field": []}
    definition = changed("section", [*GOOD["section"], other])
    assert problems_of(definition) == [("section", "code 'plan' is used twice")]


def test_parse_scheme_field_code_twice_across_sections():
    other = {"code": "more", "title_zh": "又", "title_en": "More", "field": [GOOD["section"][0]["field"][0]]}
    definition = changed("section", [*GOOD["section"], other])
    assert problems_of(definition) == [("section.field", "code 'goals' is used twice")]


def test_parse_scheme_says_what_was_expected():
    assert problems_of(changed("rule.0.max_chars", "60")) == [("rule[0].max_chars", "expected a whole number, found str '60'")]
    assert problems_of(changed("section.0.field.0.max_chars", 39)) == [
        ("section[0].field[0].min_chars", "is above max_chars (39)")
    ]


def test_parse_scheme_reports_every_mistake():
    definition = changed("rule.0.name", "no_such_rule")
    definition["scheme"]["outcome"] = "medal"
    del definition["flag"][0]["zh"]
    assert sorted(key for key, _expected in problems_of(definition)) == ["flag[0].zh", "rule[0].name", "scheme.outcome"]


def test_parse_scheme_empty_definition_reports_the_parts():
    keys = [key for key, _expected in problems_of({})]
    assert [k for k in keys if "." not in k] == ["scheme", "section", "rule", "commitments"]


def test_parse_scheme_unknown_key_in_choice():
    definition = changed("section.0.field.1.choice.0.label", "A")
    assert [key for key, _expected in problems_of(definition)] == ["section[0].field[1].choice[0].label"]


def test_parse_scheme_choice_code_twice():
    assert len(problems_of(changed("section.0.field.1.choice.1.code", "a"))) == 1


def test_parse_scheme_required_text_of_wrong_type():
    assert problems_of(changed("scheme.name_en", 5)) == [("scheme.name_en", "expected text, found int 5")]
