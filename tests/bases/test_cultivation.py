"""Cultivated bases: readiness and the years in which they get there are pure; the gap table, support, targets and pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.bases.cultivation.declared import bars_of, targets
from headwater.bases.cultivation.queries import cultivated_kinds, programme, standings, steps_of
from headwater.bases.cultivation.readiness import Bar, pipeline, readiness, year_as_planned, year_at_pace
from headwater.bases.cultivation.services import take_known
from headwater.bases.models import Base, GapValue
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.parameters import Parameters
from headwater.registers.kinds import kinds_here
from headwater.registry.models import PriorityField
from headwater.registry.queries import region_code
from tests.make import actor, client, new_person, user_of
from tests.make.bases import COMPLETE, new_base
from tests.make.labs import put, put_fixed

D = Decimal
BARS = [Bar("staff", D(60)), Bar("papers", D(40)), Bar("accidents", D(2), lower=True)]


def test_readiness_is_the_mean_of_what_is_reached_and_names_what_is_missing() -> None:
    found = readiness(BARS, {"staff": D(30), "papers": D(80), "accidents": D(4)})
    assert found.percent == D("66.6")  # (1/2 + 1 + 1/2) / 3
    assert [(m.code, m.lacking) for m in found.missing] == [("staff", D(30)), ("accidents", D(2))]
    assert readiness(BARS, {"staff": D(60), "papers": D(40), "accidents": D(2)}).is_ready
    assert readiness(BARS, {}).percent == 0
    assert readiness([], {}).percent == 0


VALUES = st.none() | st.integers(0, 200).map(D)


@given(st.tuples(VALUES, VALUES, VALUES))
def test_readiness_is_whole_only_where_nothing_is_missing(values: tuple[Any, Any, Any]) -> None:
    now = dict(zip(("staff", "papers", "accidents"), values, strict=True))
    found = readiness(BARS, now)
    assert 0 <= found.percent <= 100
    assert (found.percent == 100) is found.is_ready


@given(st.integers(0, 59), st.integers(1, 60))
def test_more_of_what_is_missing_is_never_less_ready(now: int, more: int) -> None:
    before = readiness(BARS, {"staff": D(now)}).percent
    assert readiness(BARS, {"staff": D(now + more)}).percent >= before


def test_the_planned_year_is_the_first_in_which_all_bars_are_met() -> None:
    bars = BARS[:2]
    now = {"staff": {2025: D(30)}, "papers": {2025: D(45)}}
    plans = {"staff": {2026: D(45), 2028: D(60)}, "papers": {2027: D(20)}}
    assert year_as_planned(bars, now, plans, 2026) == 2028  # papers are reached and kept, whatever was planned
    assert year_as_planned(bars, now, {"staff": {2027: D(59)}}, 2026) is None
    assert year_as_planned(bars, {"staff": {2024: D(70)}, "papers": {2025: D(45)}}, {}, 2026) == 2026


def test_the_pace_is_the_mean_change_between_first_and_last_year() -> None:
    bar = [Bar("staff", D(60))]
    assert year_at_pace(bar, {"staff": {2022: D(30), 2025: D(45)}}, 2026) == 2028  # 5 a year, 15 lack
    assert year_at_pace(bar, {"staff": {2022: D(30), 2025: D(30)}}, 2026) is None
    assert year_at_pace(bar, {"staff": {2025: D(50)}}, 2026) is None
    assert year_at_pace(bar, {"staff": {2025: D(61)}}, 2026) == 2026
    assert year_at_pace(bar, {"staff": {2020: D(10), 2025: D(11)}}, 2026) is None  # beyond the horizon
    fewer = [Bar("accidents", D(2), lower=True)]
    assert year_at_pace(fewer, {"accidents": {2023: D(8), 2025: D(6)}}, 2026) == 2029
    assert year_at_pace([*bar, Bar("papers", D(9))], {"staff": {2025: D(61)}}, 2026) is None


@given(st.lists(st.none() | st.integers(2026, 2040), max_size=8), st.lists(st.none() | st.integers(2026, 2040), max_size=8))
def test_the_pipeline_never_falls_and_ends_with_all_that_get_there(planned: list[Any], paced: list[Any]) -> None:
    steps = pipeline(3, planned, paced, 2026, 2040)
    assert [s.year for s in steps] == list(range(2026, 2041))
    assert all(a.as_planned <= b.as_planned and a.at_pace <= b.at_pace for a, b in pairwise(steps))
    assert steps[-1].as_planned == 3 + sum(y is not None for y in planned)
    assert steps[-1].at_pace == 3 + sum(y is not None for y in paced)


def cultivated(field: str = "dairy", **more: Any) -> Base:
    extra = {"target_year": 2030}
    columns = {"field": PriorityField.objects.get(code=field)}
    return new_base("cultivation-base", answers=COMPLETE | extra, state="running", columns=columns, **more)


def value(base: Base, indicator: str, year: int, now: Any = None, plan: Any = None) -> Any:
    return put("gap", base, indicator=indicator, year=year, now=now, plan=plan)


@pytest.mark.django_db
def test_a_base_stands_where_its_values_say_against_the_bar_of_the_day() -> None:
    base = cultivated()
    bars = bars_of(kinds_here()[base.kind], Parameters(region_code(), clock.today()))
    assert {b.code for b in bars} >= {"fixed", "papers", "equipment"}
    this_year = clock.today().year
    for bar in bars:
        value(base, bar.code, this_year - 1, now=float(bar.bar / 2))
        value(base, bar.code, this_year + 3, plan=float(bar.bar))
    found = standings([base])[0]
    assert (found.ready.percent, found.planned, found.paced) == (D(50), this_year + 3, None)
    for bar in bars:
        value(base, bar.code, this_year, now=float(bar.bar * D("0.75")))
    found = standings([base])[0]
    assert (found.ready.percent, found.paced) == (D(75), this_year + 1)
    assert check() == []


@pytest.mark.django_db
def test_values_of_later_years_are_plans_and_one_line_stands_for_a_year() -> None:
    base = cultivated()
    value(base, "fixed", 2025, now=40)
    with pytest.raises(Refused) as refused:
        value(base, "fixed", 2025, now=41)
    assert [(r.field, r.code) for r in refused.value.reasons] == [("year", "broken")]
    with pytest.raises(Refused) as refused:
        value(base, "fixed", clock.today().year + 1, now=50)
    assert [r.field for r in refused.value.reasons] == ["now"]
    with pytest.raises(Refused):
        value(base, "fixed", 2024)


@pytest.mark.django_db
def test_what_the_house_knows_takes_its_place_in_the_table() -> None:
    base, year = cultivated(), clock.today().year
    put_fixed(base, new_person(is_senior=True), since=date(2024, 1, 1))
    put_fixed(base, since=date(2024, 1, 1))
    value(base, "fixed", year, now=99, plan=60)
    take_known(entry=base, year=year, actor=actor("officer"))
    rows = {r.indicator: (r.now, r.plan) for r in GapValue.objects.filter(entry=base, year=year)}
    assert (rows["fixed"], rows["senior"]) == ((D(2), D(60)), (D(1), None))
    with pytest.raises(Refused, match="没有变化"):
        take_known(entry=base, year=year, actor=actor("officer"))
    assert check() == []


@pytest.mark.django_db
def test_targets_come_from_the_policy_and_the_count_from_the_register() -> None:
    kind = cultivated_kinds()[0]
    found = programme(kind)
    assert [(t.least, t.most, t.by) for t, _n in found.targets] == [(4, 5, 2020), (8, 10, 2035)]
    assert (
        found.now
        == Base.objects.filter(
            kind__in=["national-key-lab", "province-ministry-lab"], group__in=["live", "watched"], invented=False
        ).count()
        > 0
    )
    assert len(found.themes) == 5
    steps = steps_of(found, standings(found.bases))
    assert steps[0].year == clock.today().year
    assert steps[-1].year >= 2035
    assert targets(["no-such"]) == []


@pytest.mark.django_db
def test_pages_of_the_cultivation_for_everybody_and_for_leaders() -> None:
    director = new_person()
    base = cultivated("rare-earth", keepers={"director": director})
    value(base, "fixed", 2025, now=30)
    put("support", base, title="人才专项", kind="people", year=2026, planned_fen=3_000_000)
    public = client(None).get("/bases/cultivation/").content.decode()
    assert (base.name_zh in public, "稀土" in public, "准备程度" in public) == (True, True, False)
    inside = client("leader").get("/office/bases/cultivation/").content.decode()
    assert ("准备程度" in inside, "逐年进程" in inside, base.name_zh in inside) == (True, True, True)
    assert client(user_of(director)).get("/office/bases/cultivation/").status_code == 403
    tab = client(user_of(director)).get(f"/office/registers/laboratories/{base.pk}/cultivation/").content.decode()
    assert ("应达到的要求" in tab, "人才专项" in tab) == (True, True)
    answer = client(user_of(director)).post(f"/office/bases/{base.pk}/known/2026/")
    assert answer.status_code == 302
