"""A deadline's day is its local day, wherever a moment is turned into one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone

import headwater
from headwater.calls.models import Call
from headwater.calls.terms import terms_of
from headwater.core import clock
from headwater.core.duties import Duty
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.core.remaining import time_left
from headwater.review.terms import weights_of
from tests.calls.made import FACTS
from tests.make import new_call

SOURCE = Path(headwater.__file__).parent
MOMENTS = re.compile(r"(?<!localtime\()\b(?:\w+\.)*\w*(?:_at|_by|due|deadline|moment)\.date\(\)")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 19, 16, 0, 1, tzinfo=UTC), date(2026, 3, 20)),
        (datetime(2026, 3, 20, 9, 0, tzinfo=UTC), date(2026, 3, 20)),
        (datetime(2026, 3, 20, 15, 59, 59, tzinfo=UTC), date(2026, 3, 20)),
        (datetime(2026, 3, 20, 16, 0, tzinfo=UTC), date(2026, 3, 20)),
        (datetime(2026, 3, 20, 16, 0, 1, tzinfo=UTC), date(2026, 3, 21)),
    ],
)
def test_the_last_day_of_a_deadline_is_local_and_midnight_ends_the_day_before(moment: datetime, day: date) -> None:
    assert clock.last_day(moment) == day
    assert Duty("", "", moment).days_left == (day - clock.today()).days
    assert type(FACTS)(year=2026, deadline=timezone.localtime(moment), leader=FACTS.leader).deadline_day == day


def test_a_moment_that_is_no_deadline_has_the_day_it_is_in() -> None:
    assert clock.local_day(datetime(2026, 3, 20, 16, 0, tzinfo=UTC)) == date(2026, 3, 21)


def test_no_moment_is_turned_into_its_day_elsewhere() -> None:
    """The database gives moments in UTC: `.date()` of one is yesterday until eight in the morning."""
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if MOMENTS.search(line)
    ]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 1, 7, 9, 17, 23])
def test_the_parameters_of_a_call_are_those_of_its_local_last_day(hour: int) -> None:
    """A value that begins on a day holds for a deadline at any hour of it, and not for one at the midnight that it begins with."""
    call = new_call()
    day = clock.local_day(call.closes_at)
    old = Parameter.objects.filter(key="review_weights_free", applies_to=call.scheme.code).order_by("-valid_from")[0]
    Parameter.objects.filter(pk=old.pk).update(valid_to=day)
    Parameter.objects.create(
        region=old.region, key=old.key, applies_to=old.applies_to, value=old.value | {"originality": 77}, valid_from=day
    )
    forget_parameters()
    Call.objects.filter(pk=call.pk).update(closes_at=clock.local(day, hour))
    fresh = Call.objects.select_related("scheme").get(pk=call.pk)
    try:
        assert (weights_of(fresh, "free")["originality"] == 77) == (hour > 0)
        assert (terms_of(fresh)("review_weights_free")["originality"] == 77) == (hour > 0)
    finally:
        forget_parameters()


NOW = clock.local(date(2026, 3, 20), 10)


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (clock.local(date(2026, 4, 17), 9), "还有 28 天"),  # 27 times 24 hours and a bit: the days of the calendar count
        (clock.local(date(2026, 4, 17), 16), "还有 28 天"),
        (date(2026, 4, 17), "还有 28 天"),
        (clock.local(date(2026, 3, 22), 9), "还有 2 天"),
        (clock.local(date(2026, 3, 21), 16), "还有 30 小时"),
        (clock.local(date(2026, 3, 20), 10, 30), "还有 30 分钟"),
        (clock.local(date(2026, 3, 20), 9), "已截止"),
        (clock.local(date(2026, 3, 18), 9), "已过 2 天"),
        (clock.local(date(2026, 3, 21)), "还有 14 小时"),  # 24:00 of today
        (date(2026, 3, 20), "今天"),
        (date(2026, 3, 21), "还有 1 天"),
        (None, ""),
    ],
)
def test_one_deadline_has_one_count(until: date | datetime | None, told: str) -> None:
    with clock.at(NOW):
        assert time_left(until) == told
        shown = Template("{{ until|days_left }};{% days_to until %}").render(Context({"until": until}))
        assert re.sub(r"<[^>]*>", "", shown) == f"{told};{told}"
        if isinstance(until, datetime):
            assert Duty("", "", until).days_left == clock.days_left(until)


def test_days_are_counted_nowhere_else() -> None:
    """A page, a mail or a file that subtracts dates by itself tells another number for the same deadline."""
    counted = re.compile(r"- clock\.(?:today|now)\(\)\)\.(?:days|total_seconds)")
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if counted.search(line) and path.name not in {"clock.py", "remaining.py"}
    ]
    assert found == []
