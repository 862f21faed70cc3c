"""A deadline's day is its local day, wherever a moment is turned into one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.utils import timezone

import headwater
from headwater.calls.models import Call
from headwater.calls.terms import terms_of
from headwater.core import clock
from headwater.core.duties import Duty
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
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
