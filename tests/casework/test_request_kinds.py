"""Kinds of requests from their tables: every mistake is found, and says under which key."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from headwater.casework.requests.kinds import AT_ONCE, Known, read_request, undeclared_in
from headwater.core.reading import Reader
from headwater.forms.expressions import Type
from tests.make.requests import ADDRESS, NOTE, kind


def mistakes(**changes: Any) -> dict[str, str]:
    problems: list[tuple[str, str]] = []
    table = {**deepcopy(ADDRESS), **changes}
    read_request(
        Reader({k: v for k, v in table.items() if v is not None}, problems),
        built_in={"opened_on": Type("date")},
        record=("address",),
    )
    return dict(problems)


def test_a_kind_says_who_proposes_who_agrees_and_what_changes() -> None:
    read = kind(ADDRESS)
    assert (read.by, [c.role for c in read.chain], read.start) == (
        ("host_manager", "head"),
        ["recommender", "programme_officer"],
        "moved_on",
    )
    assert (dict(read.sets), read.prefilled, read.parameters) == (
        {"address": "new_address"},
        {"new_address": "address"},
        {"objection_reply_days"},
    )
    assert read.letter is not None
    assert read.letter.paragraphs("zh", {"name": "某校", "day": "3月", "number": "1"}) == [
        "同意某校自3月起变更通信地址（1）。",
        "此函。",
    ]
    plain = kind(NOTE)
    assert (plain.start, plain.chain, plain.alone, plain.form.fields) == (AT_ONCE, (), False, ())


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"code": "Change"}, "code", "lower-case"),
        ({"name_en": None}, "name_en", "required"),
        ({"by": []}, "by", "at least one"),
        ({"by": [3]}, "by[0]", "expected text"),
        ({"chain": [{"role": "committee", "least": 0}]}, "chain[0].least", "at least 1"),
        ({"sets": {"address": "nowhere"}}, "sets.address", "no question of the form is called 'nowhere'"),
        ({"sets": {"address": 3}}, "sets.address", "code of a question"),
        ({"from": "new_address"}, "from", "required question of type date"),
        ({"from": "later"}, "from", "required question of type date"),
        ({"number": "DZ-{year}"}, "number", "{serial}"),
        ({"number": "DZ-{serial"}, "number", "{serial}"),
        ({"purpose_zh": "长" * 501}, "purpose_zh", "at most 500"),
        ({"colour": "red"}, "colour", "unknown key"),
        (
            {"letter": {"heading_zh": "函", "heading_en": "Letter", "text_zh": "{who}", "text_en": "x"}},
            "letter.text_zh",
            "unknown name 'who'",
        ),
        ({"letter": {"heading_zh": "函", "heading_en": "Letter", "text_zh": "{", "text_en": "x"}}, "letter.text_zh", "braces"),
    ],
)
def test_every_mistake_names_its_key(changes: dict[str, Any], key: str, words: str) -> None:
    found = mistakes(**changes)
    assert list(found) == [key]
    assert words in found[key]


def test_mistakes_of_the_form_are_found_too() -> None:
    form = deepcopy(ADDRESS["form"])
    form["check"][0]["expr"] = "moved_on >= nothing"
    form["section"][0]["field"][0]["prefill"] = "record.nothing"
    assert set(mistakes(form=form)) == {"form.check[0].expr", "form.section[0].field[0].prefill"}


def test_all_mistakes_come_at_once() -> None:
    assert set(mistakes(code="X", by=[], number="", sets={"a": "b"})) == {"code", "by", "number", "sets.a"}


def test_what_a_kind_names_is_there() -> None:
    known = Known(
        {"host_manager", "recommender", "programme_officer", "head"},
        {"still_there"},
        {"address"},
        set(),
        {"host"},
        {"objection_reply_days"},
    )
    assert list(undeclared_in(kind(ADDRESS), known)) == []
    nothing = Known(set(), set(), set(), {"other"}, set(), set())
    found = list(undeclared_in(kind(ADDRESS), nothing)) + list(undeclared_in(kind(NOTE), nothing))
    assert [key for key, _words in found] == [
        *(".by", ".by", ".guards", ".sets", "chain[0]", "chain[1]", "chain[1]"),
        *(".by", ".effects", ".from_states"),
    ]
    assert (".effects", "unknown effect 'mark'; known: other") in found
