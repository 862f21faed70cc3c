from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.calls.clocks import after
from headwater.core import clock
from tests.calls.made import shipped
from tests.faked import shift

DAYS = st.dates(date(2015, 1, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param(date(2026, 3, 1), -30, date(2026, 1, 30), id="CK-1"),
        pytest.param(date(2026, 3, 20), 45, date(2026, 5, 4), id="CK-2"),
        pytest.param(date(2026, 4, 29), 15, date(2026, 5, 14), id="CK-3"),
        pytest.param(date(2026, 5, 14), 60, date(2026, 7, 13), id="CK-4"),
        pytest.param(date(2026, 8, 27), 20, date(2026, 9, 16), id="CK-5"),
        pytest.param(date(2025, 12, 31), 60, date(2026, 3, 1), id="CK-6"),
        pytest.param(date(2026, 5, 10), 30, date(2026, 6, 9), id="CK-7"),
    ],
)
def test_add_days_legal_clocks(start, days, end):
    assert clock.add_days(start, days) == end


def test_add_days_guide_41_days_before_the_window():
    assert clock.add_days(date(2026, 3, 1), -41) == date(2026, 1, 19)


@pytest.mark.parametrize(
    ("moment", "days", "end"),
    [
        pytest.param(clock.local(date(2026, 3, 20), 16), 45, date(2026, 5, 4), id="CK-2"),
        pytest.param(clock.local(date(2026, 4, 29), 9, 30), 15, date(2026, 5, 14), id="CK-3"),
        pytest.param(clock.local(date(2026, 5, 14)), 60, date(2026, 7, 13), id="CK-4"),
        pytest.param(datetime(2026, 5, 13, 16, 0, tzinfo=UTC), 60, date(2026, 7, 13), id="CK-4 at local midnight"),
        pytest.param(datetime(2026, 5, 14, 15, 59, tzinfo=UTC), 60, date(2026, 7, 13), id="CK-4 before midnight"),
    ],
)
def test_after_ends_with_the_local_day(moment, days, end):
    assert after(moment, days) == clock.end_of_day(end)


def test_end_of_day_last_second_in_region():
    assert clock.end_of_day(date(2026, 5, 4)) == datetime(2026, 5, 4, 15, 59, 59, 999999, tzinfo=UTC)


def test_local_hour_in_region():
    assert clock.local(date(2026, 3, 20), 16, 30) == datetime(2026, 3, 20, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2025, 9, 26), 10, date(2025, 10, 16)),
        pytest.param(date(2026, 3, 2), 15, date(2026, 3, 23), id="CK-8"),
        (date(2025, 9, 26), 1, date(2025, 9, 28)),
        (date(2025, 9, 26), 0, date(2025, 9, 26)),
    ],
)
def test_add_working_days_with_holidays_and_make_up_days(start, days, end):
    assert clock.add_working_days(start, days) == end


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 9, 28), True),
        (date(2025, 10, 1), False),
        (date(2025, 10, 11), True),
        (date(2025, 10, 12), False),
        (date(1999, 10, 1), True),
        (date(1999, 10, 2), False),
    ],
)
def test_is_workday_by_calendar_or_weekday(day, works):
    assert clock.is_workday(day) == works


@given(start=DAYS, days=st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_add_working_days_counts_working_days(start, days):
    end = clock.add_working_days(start, days)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(clock.is_workday(d) for d in between) == days
    assert clock.is_workday(end)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        pytest.param(date(2026, 3, 23), 6, date(2026, 9, 23), id="CK-10"),
        pytest.param(date(2026, 3, 15), 36, date(2029, 3, 15), id="CK-9 first free day"),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_add_months_same_day_or_last_of_the_month(start, months, end):
    assert clock.add_months(start, months) == end


@given(start=st.dates(date(1990, 1, 1), date(2060, 12, 31)), months=st.integers(0, 240))
@settings(max_examples=100, deadline=None)
def test_add_months_ends_in_the_right_month(start, months):
    end = clock.add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        pytest.param("guide_lead_days", date(2026, 1, 30), date(2026, 3, 1), id="CK-1"),
        pytest.param("formal_check_days", date(2026, 3, 20), date(2026, 5, 4), id="CK-2"),
        pytest.param("recheck_request_days", date(2026, 4, 29), date(2026, 5, 14), id="CK-3"),
        pytest.param("recheck_answer_days", date(2026, 5, 14), date(2026, 7, 13), id="CK-4"),
        pytest.param("taskbook_days", date(2026, 8, 27), date(2026, 9, 16), id="CK-5"),
        pytest.param("closing_report_days", date(2025, 12, 31), date(2026, 3, 1), id="CK-6"),
    ],
)
def test_due_with_the_parameters_that_ship(key, start, end):
    assert clock.due(start, key, shipped(start)(key)) == clock.Due(end)


@pytest.mark.parametrize(
    ("key", "value", "start", "end"),
    [
        pytest.param("payment_days", 30, date(2026, 5, 10), date(2026, 6, 9), id="CK-7"),
        pytest.param("integrity_acceptance_working_days", 15, date(2026, 3, 2), date(2026, 3, 23), id="CK-8"),
        pytest.param("investigation_months", 6, date(2026, 3, 23), date(2026, 9, 23), id="CK-10"),
    ],
)
def test_due_of_the_handbook_where_nothing_reads_it_yet(key, value, start, end):
    assert clock.due(start, key, value) == clock.Due(end)


@pytest.mark.parametrize(
    ("start", "days", "found"),
    [
        (date(2026, 12, 25), 4, clock.Due(date(2026, 12, 31))),
        (date(2026, 12, 25), 5, clock.Due(date(2027, 1, 1), 2027)),
        (date(2031, 5, 1), 5, clock.Due(date(2031, 5, 8), 2031)),
        (date(2003, 12, 30), 5, clock.Due(date(2004, 1, 7), 2003)),
    ],
)
def test_due_says_which_calendar_is_missing(start, days, found, monkeypatch):
    """New Year's Day of a year without a calendar counts as a working day: the date is provisional, and the answer says so."""
    monkeypatch.setattr(clock, "has_calendar", lambda year: 2004 <= year <= 2026)
    assert clock.due(start, "publicity_working_days", days) == found


def test_due_needs_a_unit():
    with pytest.raises(ValueError, match="_working_days, _months or _days"):
        clock.due(date(2026, 3, 1), "host_quota", 5)


@pytest.mark.parametrize(("year", "known"), [(2003, False), (2004, True), (2026, True), (2099, False)])
def test_has_calendar(year, known):
    assert clock.has_calendar(year) == known


def test_at_nests_and_restores():
    first, second = clock.local(date(2026, 3, 1), 8), clock.local(date(2026, 3, 2), 8)
    seen = []
    with clock.at(first):
        seen.append(clock.now())
        with clock.at(second):
            seen.append(clock.now())
        seen.append(clock.now())
    assert seen == [first, second, first]
    assert abs(clock.now() - datetime.now(UTC) - shift()) < timedelta(minutes=1)


def test_at_restores_after_an_error():
    outer = clock.local(date(2026, 3, 1))
    with clock.at(outer):
        with pytest.raises(ZeroDivisionError), clock.at(clock.local(date(2026, 3, 2))):
            _ = 1 / 0
        assert clock.now() == outer


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 19, 15, 59, tzinfo=UTC), date(2026, 3, 19)),
        (datetime(2026, 3, 19, 16, 0, tzinfo=UTC), date(2026, 3, 20)),
    ],
)
def test_today_is_the_local_day(moment, day):
    with clock.at(moment):
        assert clock.today() == day
