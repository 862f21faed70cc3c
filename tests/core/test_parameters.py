"""A number that the house works with always has a value: that in force, or before its first day the first one."""

from __future__ import annotations

from datetime import date

import pytest

from headwater.core.models import Parameter
from headwater.core.parameters import Parameters

pytestmark = pytest.mark.django_db


def give(key: str, start: date, value: int, scheme: str = "", end: date | None = None) -> None:
    Parameter.objects.create(region="r", key=key, applies_to=scheme, valid_from=start, valid_to=end, value=value)


def test_the_row_in_force_counts_and_that_of_the_scheme_before_the_general_one() -> None:
    give("some_days", date(2020, 1, 1), 10)
    give("some_days", date(2024, 1, 1), 12)
    give("some_days", date(2022, 1, 1), 30, "s")
    found = [Parameters("r", day).number("some_days", "s") for day in (date(2021, 1, 1), date(2022, 1, 1), date(2025, 1, 1))]
    assert found == [10, 30, 30]
    assert Parameters("r", date(2025, 1, 1)).number("some_days") == 12


def test_before_its_first_day_the_first_row_counts() -> None:
    give("some_days", date(2022, 1, 1), 12, end=date(2024, 1, 1))
    give("some_days", date(2024, 1, 1), 14)
    early = Parameters("r", date(2019, 1, 1))
    assert (early.number("some_days", "s"), early.get("some_days", "s")) == (12, None)


def test_a_number_that_no_row_gives_is_named_with_its_region() -> None:
    give("some_days", date(2022, 1, 1), 12, "other")
    with pytest.raises(LookupError, match=r"region 'r' gives no parameter 'some_days' for 's'"):
        Parameters("r", date(2025, 1, 1)).number("some_days", "s")
