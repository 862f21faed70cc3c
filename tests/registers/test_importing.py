"""Tables of entries: a dry run that changes nothing, one error for each bad cell, new and known entries, answers by label."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.bases.models import Base
from headwater.core.errors import NotAllowed
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.core.sheets import write_csv, write_xlsx
from headwater.registry.tables import IMPORTS, ImportResult
from tests.make import actor, new_person, real_host
from tests.make.bases import new_base

pytestmark = pytest.mark.django_db
HEADING = (
    "种类",
    "名称",
    "编号",
    "状态",
    "依托单位",
    "所在地",
    "优先领域",
    "运行起始",
    "主任",
    "固定人员",
    "实验用房面积",
    "ROR",
    "纬度",
    "经度",
)


def row(**given: str) -> list[str]:
    usual = {
        "种类": "自治区重点实验室（学科类）",
        "名称": "导入实验室",
        "状态": "运行",
        "依托单位": real_host().name_zh,
        "所在地": "呼和浩特市",
    }
    values = usual | {"运行起始": "2020-05-01", "固定人员": "25", "实验用房面积": "1200"} | given
    return [values.get(name, "") for name in HEADING]


def imported(rows: list[list[str]], dry: bool = False, form: str = "csv", who: str = "officer", **more: Any) -> ImportResult:
    content = write_csv(HEADING, rows) if form == "csv" else write_xlsx("laboratories", HEADING, rows)
    return IMPORTS["laboratories"].work(name=f"t.{form}", content=content, actor=actor(who), dry_run=dry, **more)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_dry_run_changes_nothing_and_a_run_opens_entries(form: str) -> None:
    before, events = Base.objects.count(), Event.objects.count()
    person = new_person("导入主任")
    rows = [row(编号="SYSX-2020-801", 主任=f"导入主任 {person.organisation.name_zh}"), row(名称="另一个", 种类="key-lab-joint")]
    result = imported(rows, dry=True, form=form)
    assert (result.errors, result.added, Base.objects.count(), Event.objects.count()) == ([], 2, before, events)
    result = imported(rows, form=form)
    base = Base.objects.get(number="SYSX-2020-801")
    assert (base.state, base.since, base.place.code, base.director_id) == ("running", date(2020, 5, 1), "150100", person.pk)  # type: ignore[union-attr]
    assert (base.answers, base.origin) == ({"fixed": 25, "area": 1200}, "import")
    assert Base.objects.get(name_zh="另一个").number.startswith("SYSL-2020-")
    assert check(["entry_state_declared", "entry_host_leads", "rows_as_written", "keepers_of_kinds"]) == []


def test_every_bad_cell_is_told_with_its_line_and_what_was_expected() -> None:
    rows = [
        row(种类="星际实验室"),
        row(状态="飞行"),
        row(依托单位="没有的大学", 所在地="火星"),
        row(运行起始="2020-13-01", 固定人员="很多"),
        row(ROR="0000", 纬度="120", 经度="x"),
        row(主任="没有这个人", 名称=""),
        row(编号="SYSX-2020-802"),
        row(编号="SYSX-2020-802"),
    ]
    result = imported(rows, dry=True)
    assert [(e.row, e.column) for e in result.errors] == [
        (2, "种类"),
        (3, "状态"),
        (4, "依托单位"),
        (4, "所在地"),
        (5, "运行起始"),
        (5, "固定人员"),
        (6, "纬度"),
        (6, "经度"),
        (6, "ROR"),
        (7, "主任"),
        (7, "名称"),
        (9, "编号"),
    ]
    assert result.added == 1
    assert "建设期" in result.errors[1].message
    count = Base.objects.count()
    imported(rows)
    assert Base.objects.count() == count  # all or nothing
    assert imported(rows, skip_bad=True).added == 1


def test_a_known_entry_is_corrected_by_its_number_and_its_state_is_not() -> None:
    base = new_base()
    given = {"编号": base.number, "状态": "", "名称": "更正的名称", "运行起始": "", "固定人员": "31", "依托单位": ""}
    result = imported([row(**given)])
    assert (result.errors, result.added, result.changed) == ([], 0, 1)
    after = Base.objects.get(pk=base.pk)
    assert (after.name_zh, after.state, after.answers["fixed"], after.host_id) == ("更正的名称", "building", 31, base.host_id)
    assert after.answers["equipment"] == base.answers["equipment"]  # an empty cell leaves what is on record
    result = imported([row(**given | {"状态": "运行"})], dry=True)
    assert [(e.column, "不能用表格改变" in e.message) for e in result.errors] == [("编号", True)]


def test_who_may_not_import_is_refused() -> None:
    with pytest.raises(NotAllowed):
        imported([row()], who="leader")


def test_a_long_table_takes_as_many_statements_as_a_short_one() -> None:
    imported([row(名称="首次")])  # what is read once per process
    counts = []
    for n in (3, 60):
        rows = [row(名称=f"长表{n}-{i}") for i in range(n)]
        with CaptureQueriesContext(connection) as queries:
            imported(rows)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 40
