"""Figures of bases as of a day: laboratories at work, their staff, committees that met, reports in time, calls."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from headwater.bases.models import Base
from headwater.core import clock
from headwater.core.indicators import INDICATORS
from headwater.policy.models import Evidence
from tests.make import new_person
from tests.make.bases import new_base
from tests.make.labs import give_committee, put_call, put_fixed

pytestmark = pytest.mark.django_db
KIND = "key-lab-academic"
ONLY = {"base_kind": [KIND]}


def figure(code: str, on: date | None = None) -> float | None:
    return INDICATORS[code].figure(on or clock.today(), ONLY).value


def test_laboratories_count_from_the_day_they_run_to_the_day_they_end() -> None:
    new_base(KIND, state="running", since=date(2020, 5, 1))
    before = figure("bases.laboratories", date(2024, 6, 1)) or 0
    new_base(KIND, state="running", since=date(2024, 1, 1))
    new_base(KIND)  # being built
    ended = new_base(KIND, state="removed", since=date(2021, 1, 1), until=date(2024, 9, 1))
    assert ended.group == "ended"
    days = (date(2023, 6, 1), date(2024, 6, 1), date(2024, 9, 2))
    found = [figure("bases.laboratories", day) for day in days]
    assert found == [2, before + 2, 2]
    rows = INDICATORS["bases.laboratories"].figure(date(2024, 6, 1), ONLY).records.rows
    assert len(rows) == found[1]


def test_staff_committees_and_calls_of_laboratories_at_work() -> None:
    one = new_base(KIND, state="running", since=date(2020, 5, 1))
    new_base(KIND, state="running", since=date(2020, 5, 1))
    person = new_person()
    put_fixed(one, person, since=date(2024, 1, 1), until=date(2025, 1, 1))
    put_fixed(one, since=date(2024, 1, 1))
    put_fixed(one, kind="mobile", role="visitor", since=date(2024, 1, 1))
    assert [figure("bases.fixed_staff", day) for day in (date(2023, 1, 1), date(2024, 6, 1), date(2025, 1, 1))] == [None, 2, 1]
    assert figure("bases.committees_met") == 0
    give_committee(one)
    total = Base.objects.filter(kind=KIND, invented=False, group="live").count()
    assert figure("bases.committees_met") == pytest.approx(100 / total)
    put_call(one)
    assert (figure("bases.open_calls"), figure("bases.open_calls", clock.today() - timedelta(days=1))) == (1, None)


def test_a_report_that_nobody_began_was_not_in_time() -> None:
    new_base(KIND, state="running", since=date(2020, 5, 1))
    assert figure("bases.reports_in_time", date(2026, 5, 1)) == 0


def test_the_articles_of_the_policy_name_them() -> None:
    named = set(Evidence.objects.filter(indicator__startswith="bases.").values_list("article__number", "indicator"))
    assert {(2, "bases.laboratories"), (7, "bases.laboratories"), (8, "bases.committees_met")} <= named
    national = Evidence.objects.filter(code="I-01").first()
    assert national is not None
    assert (INDICATORS["bases.laboratories"].figure(clock.today(), national.only).value or 0) >= 3
