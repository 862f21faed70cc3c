"""Another region's kinds use the tables, bars, requests and bodies of bases without a line of code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from headwater.bases.facilities.models import MachineTime
from headwater.bases.models import Base
from headwater.bases.standards.bars import held_against
from headwater.bases.tables.parts import table_of, tables_of
from headwater.bases.tables.services import put_line
from headwater.casework.requests.services.proposing import propose, submit
from headwater.casework.requests.stores import STORE
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.forms.sheets import sheet_of
from headwater.regions.check import find_package, read_package
from headwater.regions.declared import undeclared
from headwater.regions.load import load_region
from headwater.registers.declared import REGISTERS
from headwater.registers.kinds import kinds_here
from headwater.registers.services.opening import Draft, open_entry
from tests.make import actor, client, new_person, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    load_region(package=read_package(find_package("atoll")), actor=system("test"))
    for module in (
        "headwater.registry.queries",
        "headwater.registers.kinds",
        "headwater.registers.services.opening",
        "headwater.bases.tables.services",
        "headwater.bases.standards.bars",
    ):
        monkeypatch.setattr(f"{module}.region_code", lambda: "atoll")


def opened(kind: str, state: str, **more: Any) -> Base:
    draft = Draft(kind=kind, name_zh="异地的基地", state=state, since=date(2020, 1, 1), **more)
    return open_entry(register=REGISTERS[kinds_here()[kind].register], draft=draft, actor=actor("officer"))


@pytest.mark.usefixtures("elsewhere")
def test_a_station_of_its_own_has_buoys_for_plots_and_a_bar_of_its_own() -> None:
    base = opened("at-tide-station", "measuring")
    of, kind = table_of(base, "plots") or (None, None)
    assert of is not None
    assert kind is not None
    assert of.called(kind).zh == "浮标"
    assert table_of(base, "sensors") is None
    values = {"latitude": Decimal(1), "longitude": Decimal(2), "land": "own"}
    for n in range(2):
        put_line(table="plots", base=base, values={"name": f"浮标{n}", **values}, actor=actor("officer"))
    assert [(h.bar.code, h.met) for h in held_against(base, clock.today())] == [("buoys", False)]
    put_line(table="plots", base=base, values={"name": "浮标3", **values}, actor=actor("officer"))
    assert [h.met for h in held_against(base, clock.today())] == [True]
    page = client("officer").get(f"/office/bases/lines/{base.pk}/plots/").content.decode()
    assert "浮标3" in page


@pytest.mark.usefixtures("elsewhere")
def test_a_laboratory_of_its_own_has_its_sources_of_money_and_lends_its_ship() -> None:
    director, user = new_person("船长"), new_person("水手")
    answers = {"boats": 2, "supply": 400}
    base = opened("at-reef-lab", "moored", answers=answers, keepers={"director": director})
    assert set(tables_of(kinds_here()["at-reef-lab"])) == {"funding", "machine_time"}
    money = {"year": 2025, "planned_fen": 100}
    put_line(table="funding", base=base, values={"source": "fishers", **money}, actor=actor("officer"))
    with pytest.raises(Refused, match="没有这个代码"):
        put_line(table="funding", base=base, values={"source": "region", **money}, actor=actor("officer"))
    asked = {"time_year": clock.today().year, "hours": 300}
    request = propose(subject=base, kind="ship_time", values=asked, actor=actor(user_of(user)))
    revision = sheet_of(STORE.of(request.pk)).revision
    submit(request=request, reason="出海", revision=revision, actor=actor(user_of(user)))
    case = open_case(request)
    assert case is not None
    answer(case=case, verdict="approve", seen=case_sight(case).token, note="", actor=actor(user_of(director)))
    assert MachineTime.objects.get(base=base).given == 300


def test_what_a_kind_names_and_nobody_has_is_told_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    package = read_package(find_package("atoll"))
    assert undeclared(package) == []
    kind = next(f.kind for f in package.kinds if f.kind and f.kind.code == "at-tide-station")
    parts = dict(kind.parts)
    from dataclasses import replace

    from headwater.registers.parts import PART_CHECKS

    def told(**changed: Any) -> list[str]:
        other = replace(kind, parts={**parts, **changed})
        return [text for check in PART_CHECKS.values() for _key, text in check(other)]

    table, bar = parts["table"][0], parts["bar"][0]
    assert "no table 'boats'" in told(table=(replace(table, code="boats"),))[0]
    assert any("has no codes" in text for text in told(table=(replace(table, choices={"land": {}}),)))
    assert any("no figure 'plots.weight'" in text for text in told(bar=(replace(bar, figure="plots.weight"),)))
    assert any("needs the table 'sensors'" in text for text in told(bar=(replace(bar, figure="sensors.count"),)))
    assert any("no question 'staff'" in text for text in told(bar=(replace(bar, figure="", answer="staff"),)))
