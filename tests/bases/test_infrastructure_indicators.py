"""Indicators of bases from their records, as of a date; what is real and what is made up are never added up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.bases.models import Base
from headwater.bases.tables.services import put_line
from headwater.core import clock
from headwater.core.indicators import INDICATORS, Figure
from tests.make import actor
from tests.make.bases import new_base

pytestmark = pytest.mark.django_db
BEFORE = date(1991, 1, 1)
"""A day before which the demo has no bases: only those of a test are counted on it."""


def figure(code: str, on: date | None = None, **only: Any) -> Figure:
    return INDICATORS[code].figure(on or clock.today(), {name: [value] for name, value in only.items()})


def made_up(kind: str, **more: Any) -> Base:
    base = new_base(kind=kind, answers=more.pop("answers", {}), **more)
    Base.objects.filter(pk=base.pk).update(invented=True)
    return Base.objects.get(pk=base.pk)


def test_bases_are_counted_from_the_day_on_which_they_began_and_real_ones_apart() -> None:
    before = figure("bases.count", kind="makerspace").value or 0
    made_up("makerspace", state="active", since=date(1990, 6, 1))
    made_up("makerspace")  # filed, and not at work
    new_base(kind="makerspace", answers={}, state="active", since=date(1990, 6, 1))  # real: not of the demo's figures
    found = figure("bases.count", kind="makerspace")
    assert found.value == before + 1
    assert "演示虚构" in str(found.note)
    assert len(found.records.rows) == found.value
    assert figure("bases.count", BEFORE, kind="makerspace").value == 1
    assert figure("bases.count", date(1990, 5, 31), kind="makerspace").value is None
    assert figure("bases.places", BEFORE).value == 1
    assert figure("bases.place_share", BEFORE, place="150100").value == 100.0
    assert figure("bases.place_share", BEFORE, place="nmg-east").value == 0.0
    places = figure("bases.count", BEFORE).places
    assert places is not None
    assert sum(n for _p, n, _fen in places()) == 1


def test_money_of_leagues_and_of_society_is_a_share_of_what_has_come() -> None:
    base = made_up("infrastructure", state="running", since=date(1990, 1, 1))
    for source, paid in (("region", 600), ("league", 300), ("society", 100), ("host", 0)):
        values = {"source": source, "year": 1990, "planned_fen": 1000_000_000, "paid_fen": paid * 1_000_000}
        put_line(table="funding", base=base, values=values, actor=actor("officer"))
    count = INDICATORS["facilities.source_share"]
    assert count.figure(BEFORE, {"source": ["league", "society"]}).value == 40.0
    assert figure("facilities.paid", BEFORE).value == 1000
    assert figure("facilities.paid", BEFORE, source="league").value == 300
    assert figure("facilities.paid", date(1989, 1, 1)).value is None


def test_tenants_and_graduates_are_counted_on_the_day() -> None:
    base = made_up("incubator", state="active", since=date(1989, 1, 1))
    here = {"kind": "team", "industry": "digital", "entered_on": date(1990, 1, 1)}
    put_line(table="tenants", base=base, values={"name": "甲", **here}, actor=actor("officer"))
    gone = {"left_on": date(1990, 12, 1), "left_as": "graduated", "sold": "listed", "evidence": "上市公告"}
    put_line(table="tenants", base=base, values={"name": "乙", **here, **gone}, actor=actor("officer"))
    assert (figure("incubators.tenants", BEFORE).value, figure("incubators.graduates", BEFORE).value) == (1, 1)
    assert (figure("incubators.tenants", date(1990, 6, 1)).value, figure("incubators.graduates", date(1990, 6, 1)).value) == (
        2,
        None,
    )


def test_completeness_is_that_of_the_last_whole_year() -> None:
    base = made_up("field-station", state="running", since=date(1985, 1, 1))
    values = {"item": "气温", "every": "day", "times": 1, "since": date(1985, 1, 1)}
    programme = put_line(table="programmes", base=base, values=values, actor=actor("officer"))
    count = {"programme": programme, "year": 1990, "observed": 292}
    put_line(table="observations", base=base, values=count, actor=actor("officer"))
    assert figure("stations.complete", BEFORE).value == 80.0
    assert figure("stations.complete", date(1990, 12, 31)).value is None


def test_every_indicator_of_bases_can_be_read_on_any_day() -> None:
    for code in INDICATORS:
        if code.partition(".")[0] in {"bases", "facilities", "stations", "incubators", "postdocs", "commissions"}:
            for on in (BEFORE, clock.today()):
                found = figure(code, on)
                assert found.value is None or found.value >= 0
                assert isinstance(list(found.records.rows), list)
