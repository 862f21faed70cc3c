"""Kinds of register: what their files may say, and what is wrong with them, told with file, line and key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.regions.check import find_package, read_package
from headwater.regions.declared import undeclared
from headwater.registers.parsing import parse_kind

LAB = "registers/key-lab-academic.toml"
LIFE = "lives/lab.toml"
FORM = "forms/lab.toml"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_package("nmg"), tmp_path / "nmg"))


@pytest.fixture
def told(package: Path) -> Callable[..., list[tuple[str, str]]]:
    """What the check says after a change of a file: (file:line: key, expectation)."""

    def check(name: str, old: str, new: str) -> list[tuple[str, str]]:
        text = (package / name).read_text(encoding="utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        read = read_package(package)
        mistakes = read.mistakes or undeclared(read)
        return [(f"{m.file}:{m.line}: {m.key}", m.expected) for m in mistakes]

    return check


def minimal(**more: Any) -> dict[str, Any]:
    head = {"code": "x", "register": "laboratories", "name_zh": "甲", "name_en": "A", "number": "X-{serial:03}", "first": "on"}
    states = [{"code": "on", "zh": "在", "en": "On", "group": "live"}]
    return {"kind": head | more.pop("kind", {}), "state": states, **more}


@pytest.mark.parametrize("name", ["nmg", "atoll"])
def test_the_kinds_that_ship_have_no_mistake(name: str) -> None:
    package = read_package(find_package(name))
    assert (package.mistakes, undeclared(package)) == ([], [])
    assert len(package.kinds) == {"nmg": 17, "atoll": 2}[name]


def test_a_minimal_kind_is_read() -> None:
    kind, problems = parse_kind(minimal())
    assert problems == []
    assert (kind.code, kind.first, kind.holders, kind.public, kind.form.fields) == ("x", "on", {"lead": 1}, (), ())


@pytest.mark.parametrize(
    ("definition", "key", "words"),
    [
        ({"kind": {"number": "X-{year}"}}, "kind.number", "that has {serial}"),
        ({"kind": {"number": "X/{serial}"}}, "kind.number", "without blanks or slashes"),
        ({"kind": {"first": "off"}}, "kind.first", "no state 'off'; known: on"),
        ({"kind": {"holders": {"lead": 2}}}, "kind.holders.lead", "one holder answers"),
        ({"kind": {"holders": {"lead": 1, "owner": 1}}}, "kind.holders.owner", "lead, partner, builder"),
        ({"kind": {"colour": "red"}}, "kind.colour", "unknown key"),
        (
            {"verb": [{"code": "end", "zh": "止", "en": "End", "from": ["on"], "to": "off"}]},
            "verb[0].to",
            "leads nowhere: no state",
        ),
        ({"verb": [{"code": "end", "zh": "止", "en": "End", "from": [], "to": "on"}]}, "verb[0].from", "at least one state"),
        ({"evaluate": {}}, "evaluate", "unknown key"),
        ({"reward": [{}]}, "reward", "unknown key"),
    ],
)
def test_a_mistake_is_told_with_its_key(definition: dict[str, Any], key: str, words: str) -> None:
    _kind, problems = parse_kind(minimal(**definition))
    assert [k for k, text in problems if words in text] == [key], problems


def test_a_state_that_nobody_reaches_is_told(told: Callable[..., list[tuple[str, str]]]) -> None:
    mistakes = told(LIFE, 'to = "suspended"', 'to = "rectifying"')
    assert mistakes == [("lives/lab.toml:31: state[4].code", "nothing leads from 'building' to the state 'suspended'")]


def test_a_mistake_in_a_file_that_several_kinds_take_is_told_once_in_that_file(
    told: Callable[..., list[tuple[str, str]]],
) -> None:
    mistakes = told(FORM, 'type = "money"', 'type = "gold"')
    once = [words for where, words in mistakes if where == "forms/lab.toml:28: section[0].field[2].type"]
    assert len(once) == 1
    assert "unknown field type 'gold'" in once[0]


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "words"),
    [
        (
            LIFE,
            '"has_director"',
            '"has_directer"',
            "lives/lab.toml:64: verb[0].guards",
            "did you mean 'has_director'? known: has_host",
        ),
        (LAB, 'register = "laboratories"', 'register = "labs"', f"{LAB}:7: kind.register", "known: laboratories, infrastructure"),
        (LAB, '"secretary"]', '"keeper"]', f"{LAB}:20: kind.roles", "unknown role of an entry 'keeper'"),
        (LAB, '["name_en", "host"', '["contact", "host"', f"{LAB}:17: kind.public", "'contact' is restricted"),
        (
            LAB,
            '["number", "host", "director"',
            '["number", "hosts", "director"',
            f"{LAB}:18: kind.columns",
            "unknown name 'hosts'",
        ),
        (
            LIFE,
            '"programme_officer", "committee"',
            '"programme_officer", "expert"',
            "lives/lab.toml:62: verb[0].chain[1]",
            "sees no entry",
        ),
    ],
)
def test_what_no_app_declares_is_told(
    told: Callable[..., list[tuple[str, str]]], name: str, old: str, new: str, where: str, words: str
) -> None:
    found = [(at, words in text) for at, text in told(name, old, new)]
    assert found[0] == (where, True)
    assert len(found) == 1 or "roles" in where  # a role that is gone is missed by the requests that it makes


def test_a_role_of_a_chain_that_may_not_see_a_restricted_answer_is_told(told: Callable[..., list[tuple[str, str]]]) -> None:
    mistakes = told("forms/acceptance.toml", 'code = "conclusion"', 'code = "conclusion"\nrestricted = true')
    words = "'committee' may not see the restricted conclusion of the form on which it answers"
    assert mistakes == [
        ("lives/lab.toml:62: verb[0].chain[1]", words),
        ("registers/field-station.toml:51: verb[0].chain[1]", words),
    ]


def test_a_parameter_without_a_row_is_told(told: Callable[..., list[tuple[str, str]]]) -> None:
    mistakes = told(LIFE, 'term = "lab_building_months"', 'term = "lab_dreaming_months"')
    assert mistakes[0][0] == "lives/lab.toml:8: state[0].term"
    assert "no parameter 'lab_dreaming_months'" in mistakes[0][1]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('scheme = "im-lab"', 'scheme = "im-gen"', "'im-gen' designates nothing: its outcome is 'award'"),
        ('scheme = "im-lab"', 'scheme = "im-nothing"', "no scheme 'im-nothing'"),
        ("shape ==", "shapes ==", "no answer is called 'shapes'"),
    ],
)
def test_what_opens_entries_must_be_a_scheme_that_designates(
    told: Callable[..., list[tuple[str, str]]], old: str, new: str, words: str
) -> None:
    assert [words in text for _where, text in told(LAB, old, new)] == [True]


def test_a_file_outside_of_the_package_is_refused(told: Callable[..., list[tuple[str, str]]]) -> None:
    mistakes = told(LAB, '"forms/lab.toml"', '"../atoll/forms/lab.toml"')
    assert ("kind.form", True) in [(at.rpartition(" ")[2], "within the package" in text) for at, text in mistakes]


def test_a_fact_with_an_unknown_state_host_or_column_is_told(told: Callable[..., list[tuple[str, str]]]) -> None:
    facts = "entries/laboratories.toml"
    assert told(facts, 'host = "imu"', 'host = "umi"') == [(f"{facts}:33: entry[2].host", "no host with code 'umi'")]
