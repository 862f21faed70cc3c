"""Periods: each day of a calendar lies in one, and is due once."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.casework.reports.periods import (
    CALENDAR,
    HALF_YEAR,
    YEAR,
    Period,
    calendar_period,
    calendar_periods,
    due_day,
    is_owed,
)

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
EVERY = st.sampled_from(sorted(CALENDAR))


@given(EVERY, DAYS)
def test_each_day_lies_in_its_period(every: str, day: date) -> None:
    period = calendar_period(every, day)
    assert period.since <= day <= period.until
    assert calendar_period(every, period.since) == calendar_period(every, period.until) == period


@given(EVERY, DAYS, st.integers(0, 2000))
def test_periods_follow_each_other_without_gap_or_overlap(every: str, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    periods = list(calendar_periods(every, first, last))
    assert all(first <= p.until <= last for p in periods)
    assert all(b.since == a.until + timedelta(days=1) for a, b in itertools.pairwise(periods))
    ends = {calendar_period(every, first + timedelta(days=n)).until for n in range(days + 1)}
    assert {p.until for p in periods} == {end for end in ends if end <= last}


@given(st.integers(2000, 2060))
def test_a_year_has_two_half_years(year: int) -> None:
    halves = list(calendar_periods(HALF_YEAR, date(year, 1, 1), date(year, 12, 31)))
    (whole,) = calendar_periods(YEAR, date(year, 1, 1), date(year, 12, 31))
    assert [p.code(HALF_YEAR) for p in halves] == [f"{year}-1", f"{year}-2"]
    assert sum(p.days for p in halves) == whole.days
    assert (halves[0].since, halves[1].until) == (whole.since, whole.until)


@pytest.mark.parametrize(
    ("until", "value", "due"),
    [
        (date(2026, 12, 31), "01-31", date(2027, 1, 31)),
        (date(2026, 12, 31), "03-31", date(2027, 3, 31)),
        (date(2026, 6, 30), ["01-31", "07-31"], date(2026, 7, 31)),
        (date(2026, 12, 31), ["01-31", "07-31"], date(2027, 1, 31)),
        (date(2026, 6, 30), "01-31", date(2027, 1, 31)),
        (date(2027, 12, 31), "02-29", date(2028, 2, 29)),
        (date(2026, 12, 31), "02-29", date(2027, 2, 28)),
        (date(2026, 12, 31), 30, date(2027, 1, 30)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_the_last_day(until: date, value: object, due: date) -> None:
    assert due_day(until, value) == due


@pytest.mark.parametrize("value", ["31-01", "1-31", "", [], None, True, -1, 1.5, ["01-31", 3]])
def test_what_names_no_day_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected days after the period"):
        due_day(date(2026, 12, 31), value)


@given(DAYS, st.sampled_from(["01-31", "06-30", "12-31", "02-29", ["01-15", "07-15"]]))
def test_a_day_of_the_year_lies_within_a_year_after_the_period(until: date, value: object) -> None:
    assert until < due_day(until, value) <= until + timedelta(days=366)


@given(DAYS, st.integers(1, 400), st.integers(2000, 2060))
def test_the_first_year_is_owed_when_it_was_long_enough(since: date, least: int, year: int) -> None:
    period = Period(date(year, 1, 1), date(year, 12, 31))
    at_work = (period.until - max(since, period.since)).days + 1
    assert is_owed(since, None, period, least) == (at_work >= min(least, period.days) and at_work > 0)


def test_who_ended_within_a_period_owes_none_for_it() -> None:
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    assert is_owed(date(2020, 1, 1), date(2026, 12, 31), period, 1)
    assert not is_owed(date(2020, 1, 1), date(2026, 12, 30), period, 1)
    assert not is_owed(None, None, period, 1)
