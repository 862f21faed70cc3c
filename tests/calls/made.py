"""Facts made for tests of rules, and the parameters that ship with the first region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import headwater.regions
from headwater.forms.results import FieldFacts, Result, Verdict
from headwater.regions.check import read_package
from headwater.schemes.rules import RULES, DocumentFacts, Facts, Holding, PersonFacts

P, F, U, S = Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN, Verdict.SKIPPED
DEADLINE = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)
LEADER = PersonFacts(name="萨日娜", sex="f", birth_date=date(1990, 5, 1))
MEMBER = PersonFacts(name="巴特尔", degree="硕士")
FACTS = Facts(year=2026, deadline=DEADLINE, leader=LEADER, host=1)


SIGNED = DocumentFacts("科研诚信承诺书", "Commitment to Research Integrity")


def answer(length: int, *, required: bool = True, low: int = 0, high: int = 100, code: str = "goals") -> FieldFacts:
    return FieldFacts("研究目标", "Goals", length, required, low, high, code, "研" * length)


GOOD = replace(
    FACTS,
    leader=replace(LEADER, degree="博士"),
    members=(MEMBER,),
    attachments={"cofunding": 1},
    fields=(answer(50),),
    title_length=20,
    discipline_level=2,
    amount_fen=10_000_000,
    months=36,
    submitted_at=DEADLINE - timedelta(hours=1),
    documents=(SIGNED,),
    likenesses=(),
)
GIVEN: dict[str, dict[str, Any]] = {
    "max_age": {"parameter": "age_limit_youth_c"},
    "young_track": {"parameter": "age_limit_youth_a_track"},
    "title_given": {"max_chars": 60},
    "mentors_named": {"field": "goals"},
    "note_filled": {"flag": "ai_used", "field": "goals"},
    "part_time": {"field": "goals"},
}
PACKAGE = Path(headwater.regions.__file__).parent / "nmg"
ROWS = read_package(PACKAGE).tables["parameters"]["parameter"]


DAY = DEADLINE.date()

ELSEWHERE = {"limit_refused", "limit_running", "within_topic_quota", "within_place_quota", "host_young_share"}
"""Rules whose parameters no shipped region gives: see `tests/schemes/test_rows.py`."""

CLASSES = {
    "age_limit_youth_a": {"men": 45, "women": 48},
    "age_limit_youth_b": {"men": 38, "women": 40},
    "age_limit_youth_c": {"men": 35, "women": 40},
}
"""Ages of the three classes of the national youth fund (handbook 2.1), which no shipped scheme asks."""


def shipped(day: date = DAY, scheme: str = "im-gen") -> Callable[[str], Any]:
    """The region's values in force on a day, as `Parameters` would give them."""
    rows = [r for r in ROWS if r["valid_from"] <= day <= r.get("valid_to", day)]
    values = {(r["key"], code): r["value"] for r in rows for code in r.get("applies_to") or [""]}
    values |= {(key, ""): limits for key, limits in CLASSES.items()}
    return lambda key: values.get((key, scheme), values.get((key, "")))


def ask(rule: str, facts: Facts, given: dict[str, Any] | None = None, **parameters: Any) -> Result:
    """One rule with exactly these parameters."""
    return RULES[rule].prepare(GIVEN.get(rule, {}) if given is None else given, parameters.get)(facts)


def ask_shipped(rule: str, facts: Facts, given: dict[str, Any] | None = None) -> Result:
    """One rule with the parameters that ship."""
    found = shipped(facts.deadline.date(), facts.scheme or "im-gen")
    return RULES[rule].prepare(GIVEN.get(rule, {}) if given is None else given, found)(facts)


def led_by(**changes: Any) -> Facts:
    return replace(FACTS, leader=replace(LEADER, **changes))


def running(scheme: str, first: int, last: int, role: str = "leader", **more: Any) -> Holding:
    """An award that runs from January of `first` to the end of `last`, approved in the August before."""
    fields = {"number": f"{scheme}-{first}", "approved_on": date(first - 1, 8, 27), "ends_on": date(last, 12, 31)} | more
    return Holding(scheme, role, "running", **fields)


def applying(scheme: str, role: str = "leader", year: int = 2026, **more: Any) -> Holding:
    return Holding(scheme, role, "applying", **{"number": f"{scheme}-{year}", "year": year} | more)
