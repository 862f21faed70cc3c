"""Who may apply: EL-01 to EL-17 with the parameters that ship; the vectors AG-1 to AG-7 of the handbook (10.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.core import clock
from headwater.forms.results import FieldFacts
from headwater.schemes.rules import Ban, PersonFacts
from headwater.schemes.rules.sanctions import blocked
from tests.calls.made import DAY, DEADLINE, FACTS, LEADER, MEMBER, F, P, S, U, answer, applying, ask, ask_shipped, led_by, running

A, B, C, TRACK = ({"parameter": f"age_limit_youth_{name}"} for name in ("a", "b", "c", "a_track"))


@pytest.mark.parametrize(
    ("kind", "sex", "born", "outcome"),
    [
        pytest.param(C, "m", date(1991, 1, 1), P, id="AG-1"),
        pytest.param(C, "m", date(1990, 12, 31), F, id="AG-2"),
        pytest.param(C, "f", date(1986, 1, 1), P, id="AG-3"),
        pytest.param(C, "f", date(1985, 12, 31), F, id="AG-4"),
        pytest.param(B, "m", date(1988, 1, 1), P, id="AG-5 eligible"),
        pytest.param(B, "m", date(1987, 12, 31), F, id="AG-5 not"),
        pytest.param(A, "f", date(1978, 1, 1), P, id="AG-6 woman"),
        pytest.param(A, "m", date(1980, 12, 31), F, id="AG-6 man not"),
        pytest.param(A, "m", date(1981, 1, 1), P, id="AG-6 man"),
    ],
)
def test_max_age_vectors(kind: dict[str, str], sex: str, born: date, outcome: str) -> None:
    assert ask_shipped("max_age", led_by(sex=sex, birth_date=born), kind).outcome == outcome


@pytest.mark.parametrize(
    ("sex", "born", "track"),
    [
        pytest.param("m", date(1991, 1, 1), "young", id="AG-7 man"),
        pytest.param("f", date(1988, 1, 1), "young", id="AG-7 woman"),
        pytest.param("m", date(1990, 12, 31), "ordinary", id="AG-7 ordinary"),
    ],
)
def test_young_track_vectors(sex: str, born: date, track: str) -> None:
    facts = led_by(sex=sex, birth_date=born)
    result = ask_shipped("young_track", facts, TRACK)
    assert (ask_shipped("max_age", facts, A).outcome, result.outcome, result.inputs["track"]) == (P, P, track)


def test_young_track_began_in_2026() -> None:
    facts = replace(led_by(sex="m", birth_date=date(1995, 1, 1)), deadline=datetime(2025, 3, 20, 8, tzinfo=DEADLINE.tzinfo))
    result = ask_shipped("young_track", facts, TRACK)
    assert (result.outcome, result.zh) == (S, "2025-03-20 没有可用的参数（age_limit_youth_a_track），未检查")


@given(year=st.integers(2000, 2100), limit=st.integers(18, 80), sex=st.sampled_from("mf"))
@settings(max_examples=100, deadline=None)
def test_max_age_boundary_is_first_of_january(year: int, limit: int, sex: str) -> None:
    limits = {"men": limit if sex == "m" else 0, "women": limit if sex == "f" else 0}
    first = date(year - limit, 1, 1)
    people = [replace(led_by(sex=sex, birth_date=day), year=year) for day in (first, first - timedelta(days=1))]
    assert [ask("max_age", x, age_limit_youth_c=limits).outcome for x in people] == [P, F]


@pytest.mark.parametrize("missing", [{"birth_date": None}, {"sex": ""}, {"sex": "x"}])
@pytest.mark.parametrize("rule", ["max_age", "young_track"])
def test_age_missing_fact_is_unknown(rule: str, missing: dict[str, Any]) -> None:
    result = ask_shipped(rule, led_by(**missing))
    assert (result.outcome, result.mend_zh) == (U, "请单位在登记库中补全")


@pytest.mark.parametrize(
    ("day", "limits"),
    [
        (date(1991, 9, 1), {"month": 9}),
        (date(1991, 1, 15), {"day": 15}),
        (date(1991, 2, 28), {"month": 2, "day": 30}),
        (date(1991, 1, 1), {}),
    ],
)
def test_max_age_counts_from_the_day_of_the_parameter(day: date, limits: dict[str, int]) -> None:
    limits = {"men": 35, "women": 35, **limits}
    people = [led_by(sex="m", birth_date=day - timedelta(days=n)) for n in (0, 1)]
    assert [ask("max_age", x, age_limit_youth_c=limits).outcome for x in people] == [P, F]


def test_max_age_reports_compared_dates() -> None:
    result = ask_shipped("max_age", led_by(sex="m", birth_date=date(1990, 12, 31)))
    assert result.inputs == {"birth_date": "1990-12-31", "sex": "m", "earliest": "1991-01-01"}


@pytest.mark.parametrize(
    ("leader", "flags", "outcome"),
    [
        ({}, (), U),
        ({}, ("experience",), P),
        ({"papers": 1}, (), P),
        ({"degree": "博士"}, (), P),
        ({"holdings": (running("im-gen", 2020, 2022, "member"),)}, (), P),
        ({"holdings": (applying("im-gen"),)}, (), U),
    ],
)
def test_experience_by_record_or_declaration(leader: dict[str, Any], flags: tuple[str, ...], outcome: str) -> None:
    assert ask_shipped("experience", replace(led_by(**leader), flags=frozenset(flags))).outcome == outcome


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
def test_qualified_title_degree_or_letters(leader: dict[str, Any], letters: int, outcome: str) -> None:
    facts = replace(led_by(**leader), attachments={"referee_letter": letters})
    assert ask_shipped("qualified", facts).outcome == outcome


def test_qualified_failure_names_what_is_missing() -> None:
    result = ask_shipped("qualified", replace(FACTS, attachments={"referee_letter": 1}))
    asked = {"senior": False, "degree": "", "letters": 1, "least": 2, "written": 0, "not_counted": [], "waiting": 0}
    assert (result.code, result.inputs) == ("F06", asked)
    assert result.en == "No senior title, no doctorate, 1 of 2 referee letters"


@pytest.mark.parametrize(("registered", "outcome"), [(True, P), (False, F)])
def test_registered_host_by_registration(registered: bool, outcome: str) -> None:
    assert ask("registered_host", replace(FACTS, host_registered=registered)).outcome == outcome


def test_host_without_a_credit_code_is_for_a_person_to_look_at() -> None:
    assert [ask("host_is_entity", replace(FACTS, host_is_entity=known)).outcome for known in (True, False)] == [P, U]


@pytest.mark.parametrize(
    ("post", "letters", "outcome"), [("full", 0, P), ("dual", 0, P), ("postdoc", 0, P), ("", 0, F), ("", 1, P)]
)
def test_employed_by_host_or_with_its_consent(post: str, letters: int, outcome: str) -> None:
    facts = replace(led_by(post=post), attachments={"host_consent": letters})
    assert ask("employed_by_host", facts).outcome == outcome


@pytest.mark.parametrize(
    ("stations", "letters", "promise", "outcome"),
    [((), 0, True, P), ((1,), 1, True, P), ((1,), 0, True, F), ((1,), 0, False, P), ((2,), 1, True, F), ((1, 2), 1, True, P)],
)
def test_postdoc_applies_through_the_station(stations: tuple[int, ...], letters: int, promise: bool, outcome: str) -> None:
    facts = replace(led_by(stations=frozenset(stations)), attachments={"postdoc_promise": letters})
    assert ask("postdoc", facts, postdoc_promise=promise).outcome == outcome


@pytest.mark.parametrize(
    ("student", "job", "letters", "outcome"), [(False, False, 0, P), (True, True, 0, F), (True, True, 1, P), (True, False, 1, F)]
)
def test_not_student_full_time_or_beside_a_job(student: bool, job: bool, letters: int, outcome: str) -> None:
    facts = replace(led_by(is_student=student, has_job=job), attachments={"supervisor_consent": letters})
    result = ask("not_student", facts)
    assert (result.outcome, result.code) == (outcome, "F07")


@pytest.mark.parametrize(
    ("post", "months", "contracts", "outcome"),
    [
        ("full", "", 0, P),
        ("dual", "9", 1, P),
        ("dual", "8", 1, F),
        ("flexible", "12", 0, F),
        ("flexible", "", 1, F),
        ("dual", "九", 1, F),
        ("dual", "9999", 1, F),
    ],
)
def test_part_time_contract_and_months(post: str, months: str, contracts: int, outcome: str) -> None:
    field = FieldFacts("月数", "Months", len(months), False, 0, 3, "months_at_host", months)
    facts = replace(led_by(post=post), fields=(field,), attachments={"contract": contracts})
    assert ask_shipped("part_time", facts, {"field": "months_at_host"}).outcome == outcome


@pytest.mark.parametrize(
    ("staff", "outcomes"), [("is_fund_staff", [P, F, F]), ("bans", [P, F, F]), ("is_civil_servant", [P, F, P])]
)
def test_people_rules_leader_or_member(staff: str, outcomes: list[str]) -> None:
    rule = {"is_fund_staff": "not_fund_staff", "bans": "no_ban", "is_civil_servant": "not_civil_servant"}[staff]
    value = (Ban(DAY),) if staff == "bans" else True
    facts = (FACTS, led_by(**{staff: value}), replace(FACTS, members=(LEADER, replace(MEMBER, **{staff: value}))))
    assert [ask_shipped(rule, x).outcome for x in facts] == outcomes


def test_not_civil_servant_may_be_switched_off() -> None:
    facts = led_by(is_civil_servant=True)
    assert ask("not_civil_servant", facts, civil_servants_excluded=False).outcome == P


def test_no_ban_names_every_barred_person_and_no_cause() -> None:
    ban = (Ban(date(2026, 3, 15), date(2029, 3, 15)),)
    facts = replace(led_by(bans=ban), members=(replace(MEMBER, bans=ban), PersonFacts("其其格")))
    result = ask("no_ban", facts)
    assert (result.zh, result.code) == ("萨日娜、巴特尔 在限制申报期内", "F13")
    assert result.inputs == {"day": "2026-03-20", "people": 3}


@pytest.mark.parametrize(
    ("day", "barred"),
    [
        (date(2026, 3, 14), False),
        (date(2026, 3, 15), True),
        pytest.param(date(2029, 3, 14), True, id="CK-9 last day"),
        pytest.param(date(2029, 3, 15), False, id="CK-9 allowed"),
    ],
)
def test_ban_of_three_years_is_half_open(day: date, barred: bool) -> None:
    since = date(2026, 3, 15)
    ban = Ban(since, clock.add_months(since, 36))
    assert (ban.until, blocked([ban], day)) == (date(2029, 3, 15), barred)


@pytest.mark.parametrize(
    ("scope", "barred"), [("all", True), ("all_fiscal", True), ("apply", True), ("participate", True), ("review", False)]
)
def test_ban_by_scope(scope: str, barred: bool) -> None:
    assert blocked([Ban(DAY, None, scope)], DAY) == barred


@given(since=st.dates(date(2000, 1, 1), date(2050, 1, 1)), years=st.integers(1, 10), after=st.integers(-5, 4000))
@settings(max_examples=100, deadline=None)
def test_ban_blocks_exactly_its_days(since: date, years: int, after: int) -> None:
    until, day = clock.add_months(since, 12 * years), since + timedelta(days=after)
    assert blocked([Ban(since, until)], day) == (since <= day < until)


@pytest.mark.parametrize(
    ("ends", "closed", "outcome"),
    [
        (date(2026, 1, 20), None, P),
        (date(2026, 1, 19), None, P),
        (date(2026, 1, 18), None, U),
        (date(2026, 1, 18), False, F),
        (date(2026, 1, 18), True, P),
    ],
)
def test_no_overdue_report(ends: date, closed: bool | None, outcome: str) -> None:
    """Sixty days before the deadline of 20 March is 19 January."""
    held = running("im-gen", 2023, 2025, ends_on=ends, closed=closed)
    assert ask_shipped("no_overdue_report", led_by(holdings=(held,))).outcome == outcome


def test_no_overdue_report_of_projects_led() -> None:
    held = running("im-gen", 2020, 2022, "member", closed=False)
    assert ask_shipped("no_overdue_report", led_by(holdings=(held,))).outcome == P


@pytest.mark.parametrize(
    ("text", "mentors", "outcome"), [("", (), F), ("无", (), P), ("王某", ("王某",), P), ("无", ("王某",), F)]
)
def test_mentors_named(text: str, mentors: tuple[str, ...], outcome: str) -> None:
    field = FieldFacts("导师", "Supervisors", len(text), False, 0, 50, "mentors", text)
    assert ask("mentors_named", replace(led_by(mentors=mentors), fields=(field,)), {"field": "mentors"}).outcome == outcome


@pytest.mark.parametrize(("units", "outcome"), [([1, 1], P), ([1, 2, 3], P), ([2, 2, 2], P), ([2, 3, 4], F), ([None, 2, 3], P)])
def test_partner_units_besides_the_host(units: list[int | None], outcome: str) -> None:
    members = tuple(replace(MEMBER, organisation=unit) for unit in units)
    assert ask_shipped("partner_units", replace(FACTS, members=members)).outcome == outcome


@pytest.mark.parametrize(("length", "outcome"), [(36_000, P), (36_001, F)])
def test_body_length_thirty_pages(length: int, outcome: str) -> None:
    assert ask_shipped("body_length", replace(FACTS, fields=(answer(length),))).outcome == outcome


@pytest.mark.parametrize(
    ("leader", "member", "outcome"), [(True, True, P), (False, True, F), (True, False, U), (False, False, F)]
)
def test_identity_known(leader: bool, member: bool, outcome: str) -> None:
    facts = replace(led_by(has_document=leader), members=(replace(MEMBER, has_document=member),))
    assert ask("identity_known", facts).outcome == outcome
