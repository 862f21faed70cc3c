"""The pure rules of bases: graduation, completeness, outlines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.bases.incubation import rules as incubation
from headwater.bases.stations import geometry
from headwater.bases.stations import rules as observing

BARS = incubation.Bars(financed_fen=500_000_000, revenue_fen=1_000_000_000)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (incubation.Facts(), []),
        (incubation.Facts(recognised="high_tech"), ["recognised"]),
        (incubation.Facts(financed_fen=499_999_999), []),
        (incubation.Facts(financed_fen=500_000_000), ["financed"]),
        (incubation.Facts(revenue_fen=1_000_000_000, sold="listed"), ["revenue", "sold"]),
    ],
)
def test_any_one_ground_is_a_graduation(facts: incubation.Facts, found: list[str]) -> None:
    assert incubation.grounds(facts, BARS) == found


def test_without_a_bar_money_is_no_ground() -> None:
    assert incubation.grounds(incubation.Facts(financed_fen=10**12), incubation.Bars(None, None)) == []


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=40))
def test_the_largest_field_is_at_least_an_equal_part_of_those_that_are_named(fields: list[str]) -> None:
    found = incubation.concentration(fields)
    named = [f for f in fields if f]
    assert (found is None) == (not named)
    if found is not None:
        assert named.count(found.industry) == max(named.count(f) for f in named)
        assert found.share == (Decimal(named.count(found.industry)) * 100 / len(fields)).quantize(Decimal("0.1"))


JUNE = (date(2025, 6, 1), date(2025, 6, 30))


@pytest.mark.parametrize(
    ("every", "times", "expected"),
    [
        ("half_hour", 1, 1440),
        ("hour", 2, 1440),
        ("day", 1, 30),
        ("week", 7, 30),
        ("ten_days", 1, 3),
        ("month", 4, 4),
        ("quarter", 3, 1),
        ("year", 12, 1),
    ],
)
def test_what_a_programme_should_give_in_a_month(every: str, times: int, expected: int) -> None:
    assert observing.expected(observing.Rhythm(every, times, date(2020, 1, 1)), *JUNE) == expected


def test_days_before_a_programme_began_and_after_it_ended_do_not_count() -> None:
    rhythm = observing.Rhythm("day", 1, date(2025, 6, 11), date(2025, 6, 20))
    assert observing.expected(rhythm, *JUNE) == 10
    assert observing.expected(rhythm, date(2025, 7, 1), date(2025, 7, 31)) == 0


def test_the_example_of_the_handbook() -> None:
    assert observing.completeness([(26, 30)]) == Decimal("86.67")
    assert observing.completeness([]) is None


@given(
    every=st.sampled_from(observing.EVERY),
    times=st.integers(1, 100),
    start=st.dates(date(2015, 1, 1), date(2025, 1, 1)),
    days=st.integers(1, 900),
    cut=st.integers(0, 900),
)
def test_two_parts_of_a_period_expect_what_the_whole_does(every: str, times: int, start: date, days: int, cut: int) -> None:
    rhythm, end = observing.Rhythm(every, times, date(2016, 1, 1)), start + timedelta(days=days)
    middle = min(end, start + timedelta(days=cut))
    parts = observing.expected(rhythm, start, middle) + observing.expected(rhythm, middle + timedelta(days=1), end)
    assert abs(parts - observing.expected(rhythm, start, end)) <= 1  # each part is rounded by itself


SQUARE = "111.0000, 40.0000\n111.0100, 40.0000\n111.0100, 40.0100\n111.0000, 40.0100\n111.0000, 40.0000"


def test_an_outline_is_read_as_people_write_it() -> None:
    corners = geometry.read_outline(SQUARE)
    assert len(corners) == 4  # the last one, which repeats the first, is left out
    assert corners == geometry.read_outline(SQUARE.replace("\n", "；").replace(", ", "，"))
    assert geometry.hectares(corners) == pytest.approx(94.7, abs=0.3)  # 0.01° of latitude by 0.01° at 40°


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("111, 40\n111.1", "pair", 2),
        ("111, 40\n40.1, 111.1\n1, 1", "range", 2),
        ("111, 40\n111.1, 40.1", "few", 0),
        ("北纬四十度", "pair", 1),
    ],
)
def test_what_is_wrong_with_an_outline_is_told_with_its_line(text: str, why: str, line: int) -> None:
    with pytest.raises(geometry.BadOutline) as bad:
        geometry.read_outline(text)
    assert (bad.value.why, bad.value.line) == (why, line)


@given(st.lists(st.tuples(st.floats(110, 112), st.floats(40, 42)), min_size=1, max_size=20))
def test_everything_of_a_site_lies_within_its_drawing(places: list[tuple[float, float]]) -> None:
    drawn = geometry.drawing([geometry.Mark("点", [place]) for place in places])
    assert drawn is not None
    assert all(0 <= m.x <= drawn.width and 0 <= m.y <= drawn.height for m in drawn.marks)
    assert 0 < drawn.bar <= drawn.width / 2
