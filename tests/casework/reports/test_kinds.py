"""Kinds of reports are read whole: every mistake is told with its key."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.casework.reports.kinds import REPORTS, undeclared_in
from headwater.core.roles import ROLES
from tests.casework.reports.world import ANNUAL, FORM, SUBJECT, declared, kind_of, parsed


def keys(problems: list[tuple[str, str]]) -> set[str]:
    return {key for key, _text in problems}


def test_a_kind_is_read() -> None:
    kind = kind_of()
    assert (kind.code, kind.every, [link.role for link in kind.chain]) == (
        "annual",
        "year",
        ["host_manager", "programme_officer"],
    )
    assert [(r.after_days, r.does, r.what) for r in kind.late] == [(10, "remind_host", ""), (30, "block", "requests")]
    assert kind.sourced == {"staff": ("people", "staff"), "instruments": ("instruments", "count")}
    assert [f.code for f in kind.figures] == ["staff", "instruments", "income"]
    assert kind.parameters == {"t_annual_due", "t_annual_least_days", "t_jump_percent"}


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"code": "Annual"}, "code", "lower-case"),
        ({"every": "month"}, "every", "half_year, year, term, once"),
        ({"due": ""}, "due", "must not be empty"),
        ({"chain": ["host_manager", 3]}, "chain[1]", "expected a role"),
        ({"chain": [{"role": "host_manager", "least": 0}]}, "chain[0].least", "at least 1"),
        ({"chain": [{"role": "host_manager", "lest": 2}]}, "chain[0].lest", "unknown key"),
        ({"late": [{"after_days": 0, "does": "remind_host"}]}, "late[0].after_days", "at least 1 day"),
        ({"late": [{"after_days": 5, "does": "block"}]}, "late[0].what", "expected what is blocked"),
        ({"late": [{"after_days": 5, "does": "remind_host", "what": "requests"}]}, "late[0].what", "nothing else"),
        ({"compare": ["stuff"]}, "compare", "'stuff'"),
        ({"compare": ["projects.name"]}, "compare", "no figure"),
        ({"compare": ["summary"]}, "compare", "no figure"),
        ({"dew": "x"}, "dew", "unknown key"),
        ({"name_en": "x" * 200}, "name_en", "at most 120"),
    ],
)
def test_a_mistake_is_told_with_its_key(change: dict[str, Any], key: str, words: str) -> None:
    _kind, problems = parsed(ANNUAL, **change)
    assert [text for k, text in problems if k == key and words in text], problems


def test_every_mistake_of_a_kind_is_told_at_once() -> None:
    text = ANNUAL.replace('type = "number"', 'type = "numbr"', 1).replace("sum(projects.arrived)", "sum(projects.arived)")
    text = text.replace('prefill = "earlier.rules"', 'prefill = "earlier.ruls"')
    _kind, problems = parsed(text, every="month")
    assert {"every", "form.section[0].field[0].type", "form.check[0].expr", "form.section[0].field[3].prefill"} <= keys(problems)


def test_a_form_may_name_the_period_and_what_its_subject_gives() -> None:
    check = """
[[form.check]]
code = "grown"
expr = 'staff >= 1 or kind == "institute" or period.year < 2000'
message_zh = "有人员"
message_en = "There are people"
"""
    assert kind_of(ANNUAL + check).form.checks[-1].code == "grown"
    _kind, problems = parsed(ANNUAL + check.replace("period.year", "period.yaer"))
    assert keys(problems) == {"form.check[2].expr"}
    _kind, problems = parsed(ANNUAL.replace('code = "staff"', 'code = "period"'))
    assert "form.section[0].field[0].code" in keys(problems)


def test_what_nobody_declares_is_told() -> None:
    with declared():
        of = REPORTS[SUBJECT]

        def told(**changes: Any) -> dict[str, str]:
            return dict(undeclared_in(kind_of(ANNUAL, **changes), of, roles=ROLES, parameters=PARAMETERS))

        assert told() == {}
        assert "unknown role 'hots_manager'" in told(chain=["hots_manager"])["chain[0]"]
        assert "unknown effect 'shout'" in told(late=[{"after_days": 3, "does": "shout"}])["late[0].does"]
        assert "writes no report" in told(writes=["host_manager"])[".writes"]
        assert "'t_other_due'" in told(due="t_other_due")[""]
        assert "form.section[0].field[1].prefill" in told(expects=[])
        wrong = ANNUAL.replace('prefill = "people.staff"', 'prefill = "people.stuff"')
        assert dict(undeclared_in(kind_of(wrong), of, roles=ROLES))["form.section[0].field[0].prefill"].startswith(
            "expected one of"
        )
        text = ANNUAL.replace('prefill = "earlier.rules"', 'prefill = "people.staff"')
        assert "cannot take it" in dict(undeclared_in(kind_of(text), of, roles=ROLES))["form.section[0].field[3].prefill"]


PARAMETERS: dict[str, list[Any]] = {"t_annual_due": ["01-31", 30], "t_annual_least_days": [90], "t_jump_percent": [50, 37.5]}


def test_a_value_that_means_nothing_is_told() -> None:
    with declared():
        for key, value in (("t_annual_due", "31-01"), ("t_annual_least_days", "90"), ("t_jump_percent", True)):
            told = list(undeclared_in(kind_of(), REPORTS[SUBJECT], roles=ROLES, parameters=PARAMETERS | {key: [value]}))
            assert [repr(key) in text and repr(value) in text for _key, text in told] == [True]


def test_a_source_that_comes_is_checked_from_then_on() -> None:
    """What a form expects is not known yet; once an app has it, its parts must fit."""
    text = ANNUAL.replace('prefill = "instruments.count"', 'prefill = "instruments.sets"')
    with declared():
        assert not list(undeclared_in(kind_of(text), REPORTS[SUBJECT], roles=ROLES))
    with declared(instruments=True):
        assert list(undeclared_in(kind_of(text), REPORTS[SUBJECT], roles=ROLES))


def test_a_form_is_required() -> None:
    _kind, problems = parsed(ANNUAL.replace(FORM, ""))
    assert "form" in keys(problems)
