from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.calls.clocks import after
from headwater.core import clock

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


def test_at_nests_and_restores():
    first, second = clock.local(date(2026, 3, 1), 8), clock.local(date(2026, 3, 2), 8)
    seen = []
    with clock.at(first):
        seen.append(clock.now())
        with clock.at(second):
            seen.append(clock.now())
        seen.append(clock.now())
    assert seen == [first, second, first]
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


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
