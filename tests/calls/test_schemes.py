import copy
from typing import Any

import pytest

from headwater.core.i18n import Bilingual
from headwater.regions.check import find_package, read_package
from headwater.schemes import parse_scheme
from headwater.schemes.rules import parameters_of

SCHEMES = {s["scheme"]["code"]: s for s in read_package(find_package("nmg")).schemes}

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
    "document": [
        {
            "code": who,
            "title_zh": "承诺书",
            "title_en": "Commitment",
            "text_zh": "本人承诺",
            "text_en": "I promise",
            "signs": [who],
        }
        for who in ("applicant", "member", "host", "expert")
    ],
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


@pytest.mark.parametrize("code", SCHEMES)
def test_parse_scheme_shipped_has_no_problems(code):
    scheme, problems = parse_scheme(SCHEMES[code], parameters_of)
    assert (scheme.code, problems) == (code, [])


def test_parse_scheme_shipped_youth_content():
    scheme, _problems = parse_scheme(SCHEMES["im-youth"], parameters_of)
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
    assert kind.choices == (("a", Bilingual("甲", "A")), ("b", Bilingual("乙", "B")))
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
        ("document", REMOVE, ["document", *["document"] * 4]),
        ("document.2", REMOVE, ["document"]),
        ("document.2.text_en", REMOVE, ["document[2].text_en"]),
        ("document.2.text_xx", "…", ["document[2].text_xx"]),
        ("document.2.code", "Host 1", ["document[2].code"]),
        ("document.2.code", "member", ["document"]),
        ("document.2.signs", ["host", "guest"], ["document[2].signs"]),
        ("document.2.signs", [], ["document[2].signs", "document"]),
        ("document.2.signs", ["host", "host"], ["document[2].signs"]),
        ("document.2.signs", ["host", "referee"], ["document[2].signs"]),
        ("document.2.required", False, ["document"]),
        ("document.2.when", 'kind == "a"', ["document"]),
        ("document.1.when", 'kind == "c"', ["document[1].when", "document"]),
        ("document.1.when", '"animal" in flags', ["document[1].when", "document"]),
        ("scheme.members_max", 0, ["document[1].signs"]),
        ("referees", {"most": 0}, ["referees.most", "document"]),
        ("referees", {"most": 2, "min_chars": 9, "max_chars": 8}, ["referees.min_chars", "document"]),
        ("referees", {"least": 2}, ["referees.most", "referees.least", "document"]),
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


FIELD = {"code": "x", "type": "line", "label_zh": "某", "label_en": "X"}
COLUMNS = [
    {"code": "price", "type": "money", "label_zh": "价", "label_en": "P"},
    {"code": "n", "type": "number", "label_zh": "数", "label_en": "N"},
]
TABLE = FIELD | {"code": "items", "type": "table", "column": COLUMNS}
CHECK = {"code": "c", "expr": "sum(items.price) <= amount", "message_zh": "…", "message_en": "…"}


def with_fields(*fields: dict[str, Any], **top: Any) -> list[tuple[str, str]]:
    """Problems of the good definition with further questions (from section[0].field[2] on) and tables."""
    definition = copy.deepcopy(GOOD)
    definition["section"][0]["field"] += copy.deepcopy(list(fields))
    return problems_of(definition | copy.deepcopy(top))


def test_parse_scheme_good_new_keys():
    worked = FIELD | {"code": "total", "type": "money", "value": "sum(items.price * items.n)"}
    more = FIELD | {"code": "why", "type": "rich", "when": 'kind == "a" and total > 50万元', "prefill": "earlier.why"}
    row = FIELD | {"code": "sum", "type": "money", "value": "price * n"}
    table = TABLE | {"column": [*COLUMNS, row], "min_rows": 1, "max_rows": 5}
    steps = FIELD | {"code": "steps", "type": "milestones", "money": True}
    budget = FIELD | {"code": "budget", "type": "budget", "regime": "budget3"}
    paper = FIELD | {"code": "paper", "type": "file", "kind": "ethics"}
    host = FIELD | {"code": "unit", "type": "organisation", "prefill": "host.name", "outside": True}
    check = CHECK | {"when": "filled(items)", "reason": "F19", "blocks": False}
    last = CHECK | {"code": "d", "expr": "budget.total == amount and max(steps.due) > starts_on"}
    assert with_fields(table, worked, more, steps, budget, paper, host, check=[check, last]) == []


HERE = "section[0].field[2]"


@pytest.mark.parametrize(
    ("field", "key", "words"),
    [
        ({"type": "money", "min_fen": 5, "max_fen": 4}, "min_fen", "is above max_fen (4)"),
        ({"type": "money", "min_fen": 0.5}, "min_fen", "expected a whole number"),
        ({"type": "money", "min": 5}, "min", "unknown key"),
        ({"type": "number", "decimals": 9}, "decimals", "expected 0 to 6"),
        ({"type": "line", "decimals": 1}, "decimals", "unknown key"),
        ({"type": "text", "max_chars": 0}, "max_chars", "expected 1 to 50000"),
        ({"type": "choices"}, "choice", "at least one choice"),
        ({"type": "file", "kind": "stamp"}, "kind", "no attachment of kind 'stamp'"),
        ({"type": "file"}, "kind", "required"),
        ({"type": "budget", "regime": "block2"}, "regime", "expected one of lump, budget3, block"),
        ({"type": "table"}, "column", "required"),
        ({"type": "table", "column": []}, "column", "expected 1 to 12 columns"),
        ({"type": "table", "column": COLUMNS, "min_rows": 9, "max_rows": 3}, "min_rows", "expected 0 to max_rows (3)"),
        ({"type": "table", "column": [FIELD | {"type": "text"}]}, "column[0].type", "unknown field type 'text'"),
        ({"type": "table", "column": [FIELD | {"when": "true"}]}, "column[0].when", "unknown key"),
        ({"type": "table", "column": [*COLUMNS, COLUMNS[0]]}, "column", "code 'price' is used twice"),
        ({"when": "kind = 1"}, "when", "at character 6: unexpected '= 1'"),
        ({"when": 'kind == "z"'}, "when", "at character 9: 'z' is not one of a, b"),
        ({"when": "amount"}, "when", "expected an expression that gives yes-or-no, this gives money"),
        ({"when": "knd == goals"}, "when", "at character 1: no answer is called 'knd'"),
        ({"when": "filled(x)"}, "when", "depends on itself"),
        ({"type": "money", "value": "months * 2"}, "value", "gives money, this gives number"),
        ({"type": "line", "value": "goals"}, "value", "unknown key"),
        ({"type": "number", "value": "months", "prefill": "earlier.x"}, "prefill", "no effect on a calculated value"),
        ({"prefill": "person.salary"}, "prefill", "expected one of person.name"),
        ({"prefill": "father.name"}, "prefill", "expected person.…, host.… or earlier.…"),
        ({"type": "number", "prefill": "person.name"}, "prefill", "cannot take it"),
        ({"code": "amount"}, "code", "has a meaning of its own"),
        ({"code": "title_zh"}, "code", "has a meaning of its own"),
        ({"code": "My-Field"}, "code", "expected lower-case letters"),
    ],
)
def test_parse_scheme_mistake_in_a_question(field, key, words):
    found = with_fields(FIELD | field)
    assert [k for k, _w in found] == [f"{HERE}.{key}"]
    assert words in found[0][1]


def test_parse_scheme_mistake_in_a_calculated_column():
    row = FIELD | {"code": "sum", "type": "money", "value": "price * months"}
    found = with_fields(TABLE | {"column": [*COLUMNS, row]})
    assert [(k, w.partition(";")[0]) for k, w in found] == [
        (f"{HERE}.column[2].value", "at character 9: no answer is called 'months'")
    ]


def test_parse_scheme_circle_of_conditions():
    one, two = FIELD | {"code": "one", "when": "filled(two)"}, FIELD | {"code": "two", "when": "filled(one)"}
    assert with_fields(one, two) == [
        ("section[0].field[2].when", "depends on itself, through one, two"),
        ("section[0].field[3].when", "depends on itself, through one, two"),
    ]


@pytest.mark.parametrize(
    ("check", "key"),
    [
        ({"expr": "sum(items.price)"}, "expr"),
        ({"expr": "items.price > 1元"}, "expr"),
        ({"when": "months"}, "when"),
        ({"reason": "R2"}, "reason"),
        ({"message_en": ""}, "message_en"),
        ({"mend": "…"}, "mend"),
    ],
)
def test_parse_scheme_mistake_in_a_check(check, key):
    assert [k for k, _w in with_fields(TABLE, check=[CHECK | check])] == [f"check[0].{key}"]


def test_parse_scheme_strange_stage_and_asks():
    definition = changed("section.0.stage", "second")
    definition["scheme"]["asks"] = ["money"]
    assert sorted(k for k, _w in problems_of(definition)) == ["scheme.asks", "section[0].stage"]


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
    assert [k for k in keys if "." not in k] == ["scheme", "section", "rule", *["document"] * 5]


def test_parse_scheme_unknown_key_in_choice():
    definition = changed("section.0.field.1.choice.0.label", "A")
    assert [key for key, _expected in problems_of(definition)] == ["section[0].field[1].choice[0].label"]


def test_parse_scheme_choice_code_twice():
    assert len(problems_of(changed("section.0.field.1.choice.1.code", "a"))) == 1


def test_parse_scheme_required_text_of_wrong_type():
    assert problems_of(changed("scheme.name_en", 5)) == [("scheme.name_en", "expected text, found int 5")]
