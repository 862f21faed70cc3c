"""Field stations: plots, sensors, programmes and counts; the map of the site; what a station has to meet; its report."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from headwater.bases.models import Base
from headwater.bases.standards.bars import held_against
from headwater.bases.standards.shown import figures_of
from headwater.bases.stations import tables
from headwater.bases.stations.models import ObservationCount, Plot, Programme
from headwater.bases.stations.tabs import items_of, site_of
from headwater.bases.tables.services import put_line, remove_line
from headwater.casework.reports.kinds import sources_of
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.registers.services.acting import apply_verb
from tests.make import actor, client, new_person, user_of
from tests.make.bases import ACCEPTED, done, new_base, register_of

pytestmark = pytest.mark.django_db
STATION = {"ecosystem": "grassland", "years": 5, "fixed": 9}
SQUARE = [[111.0, 40.0], [111.01, 40.0], [111.01, 40.01], [111.0, 40.01]]
LAST = clock.today().year - 1


def station(**more: Any) -> Base:
    given = {"answers": STATION, "state": "running", "since": date(2018, 5, 1)}
    return new_base(kind="field-station", name="测试野外站", **given | more)


def put(base: Base, table: str, **values: Any) -> Any:
    return put_line(table=table, base=base, values=values, actor=actor("officer"))


def plot(base: Base, name: str = "一号样地", **more: Any) -> Plot:
    values = {"name": name, "latitude": Decimal("40.0"), "longitude": Decimal("111.0"), "land": "own", "area_ha": Decimal(20)}
    row: Plot = put(base, "plots", **values | more)
    return row


def programme(base: Base, item: str = "气温", **more: Any) -> Programme:
    values = {"item": item, "every": "day", "times": 1, "since": date(2019, 1, 1)}
    row: Programme = put(base, "programmes", **values | more)
    return row


def reasons(base: Base, table: str, **values: Any) -> set[str]:
    with pytest.raises(Refused) as refused:
        put(base, table, **values)
    return {r.field for r in refused.value.reasons}


def test_what_is_wrong_with_a_row_stands_beside_its_column() -> None:
    base = station()
    assert reasons(base, "plots", name="空", land="own") == {"latitude"}
    assert reasons(base, "plots", name="租", land="lease", outline=SQUARE) == {"land_until"}
    here = plot(base)
    assert reasons(base, "plots", name="一号样地", land="own", outline=SQUARE) == {"name"}
    sensor = {"name": "塔", "kind": "flux", "plot": here, "installed_on": date(2020, 1, 1)}
    assert reasons(base, "sensors", **sensor, state="gone") == {"removed_on"}
    assert reasons(base, "sensors", **sensor | {"kind": "telescope"}, state="working") == {"kind"}
    put(base, "sensors", **sensor, state="working")
    with pytest.raises(Refused, match="还有传感器"):
        remove_line(table="plots", base=base, row=here.pk, seen=1, reason="登记错误", actor=actor("officer"))


def test_counts_are_held_against_the_rhythm_of_their_programme() -> None:
    base = station()
    daily = programme(base)
    row = put(base, "observations", programme=daily, year=LAST, month=6, observed=26)
    assert (row.expected, items_of(base)[0].complete) == (30, Decimal("86.67"))
    assert reasons(base, "observations", programme=daily, year=LAST, month=7, observed=32) == {"observed"}
    assert reasons(base, "observations", programme=daily, year=LAST, month=6, observed=3) == {"month"}
    assert reasons(base, "observations", programme=daily, year=LAST, observed=3) == {"month"}  # months and a whole year
    assert reasons(base, "observations", programme=daily, year=clock.today().year, observed=3) == {"year"}
    assert reasons(base, "observations", programme=daily, year=2018, month=1, observed=0) == {"year"}
    other = programme(base, "植被", every="year", times=60)
    put(base, "observations", programme=other, year=LAST, observed=60)
    values = {k.of.label.zh: k.value for k in figures_of(base, clock.today(), tables.COUNTS, tables.PROGRAMMES)}
    assert (values["观测项目"], values["上年有观测的项目"], values["上年有效观测数（自报）"]) == (2, 2, 86)
    assert values["上年观测完整率（自报）"] == Decimal("95.56")  # 86 of 90
    assert ObservationCount.objects.filter(base=base).count() == 2
    assert check() == []


def test_a_station_is_accepted_when_it_meets_every_bar_and_not_before() -> None:
    base = station(state="building", since=None, keepers={"director": new_person()}, answers=STATION | {"fixed": 7, "years": 2})
    soon = clock.today() + timedelta(days=365)
    plot(base, land="lease", land_until=soon)

    def accept() -> None:
        register = register_of(base.kind)
        apply_verb(register=register, entries=[base.pk], verb="accept", reason="验收", values=ACCEPTED, actor=actor("officer"))

    with pytest.raises(Refused) as refused:
        accept()
    text = str(refused.value)
    assert [
        w in text for w in ("固定人员应达到 8 人，现为 7 人", "已有连续数据应达到 3", "土地可使用年限（最短的样地）应达到 10")
    ] == [True] * 3
    Base.objects.filter(pk=base.pk).update(answers=STATION)
    row = Plot.objects.get(base=base)
    put_line(table="plots", base=base, values={"land": "own", "land_until": None}, row=row.pk, seen=1, actor=actor("officer"))
    assert all(h.met for h in held_against(Base.objects.get(pk=base.pk), clock.today()))
    assert done(base, "accept", values=ACCEPTED).state == "running"


def test_the_page_draws_the_site_and_the_public_reads_figures_but_no_tables() -> None:
    director = new_person()
    base = station(keepers={"director": director})
    plot(base, outline=SQUARE)
    plot(base, "远处的样地", latitude=Decimal("40.02"), longitude=Decimal("111.03"))
    programme(base, "土壤水分")
    drawn = site_of(base)
    assert drawn is not None
    assert [bool(m.path) for m in drawn.marks] == [True, False]
    browser = client(user_of(director))
    page = browser.get(f"/office/registers/stations/{base.pk}/site/").content.decode()
    assert all(words in page for words in ("hw-site", "远处的样地", "土壤水分", "登记样地", "固定人员"))
    public = client(None).get(f"/registers/stations/{base.number}/").content.decode()
    assert "hw-site" in public
    assert "土壤水分" in public
    assert "登记样地" not in public
    sent = {"name": "三号", "land": "own", "outline": "111.0, 40.0\n111.1", "seen": "0"}
    answer = browser.post(f"/office/bases/lines/{base.pk}/plots/new/", sent)
    assert answer.status_code == 422
    assert "第 2 行应为“经度, 纬度”两个数" in answer.content.decode()
    sent["outline"] = "111.0, 40.0\n111.01, 40.0\n111.01, 40.01\n111.0, 40.01"
    assert browser.post(f"/office/bases/lines/{base.pk}/plots/new/", sent).status_code == 302
    assert Plot.objects.get(base=base, name="三号").area_ha == pytest.approx(Decimal("94.7"), abs=Decimal("0.3"))
    answer = browser.post(
        f"/office/bases/lines/{base.pk}/sensors/new/",
        {"name": "塔", "kind": "flux", "plot": "三号", "installed_on": "2021-04-01", "state": "working", "seen": "0"},
    )
    assert answer.status_code == 302


def test_what_the_house_knows_of_a_site_answers_the_report() -> None:
    base = station()
    plot(base, area_ha=Decimal("12.50"))
    put(base, "observations", programme=programme(base), year=LAST, observed=300)
    known = sources_of("bases.base")["site"].read([base.pk], date(LAST, 1, 1), date(LAST, 12, 31))[base.pk]
    days = (date(LAST, 12, 31) - date(LAST, 1, 1)).days + 1
    assert (known["plots"], known["area"], known["items"], known["achieved"]) == (1, Decimal("12.50"), 1, 1)
    assert known["complete"] == (Decimal(30000) / days).quantize(Decimal("0.01"))
