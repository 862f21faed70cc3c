"""Postdoctoral stations: entry, exit, who stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.bases.models import Base
from headwater.bases.standards.shown import figures_of
from headwater.bases.tables.services import put_line
from headwater.core import clock
from headwater.core.errors import Refused
from tests.make import actor, client
from tests.make.bases import new_base

pytestmark = pytest.mark.django_db
STAY = {"entered_on": date(2023, 7, 1), "planned_exit": date(2025, 7, 1), "supervisor": "导师", "kind": "full"}


def postdoc(base: Base, name: str, **more: Any) -> None:
    put_line(table="postdocs", base=base, values={"name": name, **STAY, **more}, actor=actor("officer"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"planned_exit": date(2023, 7, 1)}, {"planned_exit"}),
        ({"planned_exit": date(2027, 7, 2)}, {"planned_exit"}),  # four years at most
        ({"left_on": date(2025, 7, 1)}, {"left_as"}),
        ({"left_as": "finished"}, {"left_on"}),
        ({"stays": True}, {"stays"}),
        ({"born_year": 1987}, {"born_year"}),
        ({"doctor_on": date(2020, 6, 30)}, {"doctor_on"}),
        ({"doctor_on": date(2023, 7, 2)}, {"doctor_on"}),
    ],
)
def test_what_is_wrong_stands_beside_its_column(changed: dict[str, Any], field: set[str]) -> None:
    base = new_base(kind="postdoc-work", answers={}, state="running")
    with pytest.raises(Refused) as refused:
        postdoc(base, "某人", **changed)
    assert {r.field for r in refused.value.reasons} == field


def test_figures_say_who_is_there_and_who_stayed() -> None:
    base = new_base(kind="postdoc-work", answers={}, state="running")
    postdoc(base, "还在站")
    left = {"left_on": date(2025, 7, 1), "left_as": "finished"}
    postdoc(base, "留下的", **left, stays=True)
    postdoc(base, "离开的", **left, stays=False)
    postdoc(base, "不知道的", **left)
    values = {k.of.label.zh: k.value for k in figures_of(base, clock.today(), "postdocs")}
    assert [float(v or 0) for v in values.values()] == [1, 1, 3, 50.0]
    page = client("officer").get(f"/office/registers/postdocs/{base.pk}/postdocs/").content.decode()
    assert "50 %" in page
    assert "留下的" in page
    public = client(None).get(f"/registers/postdocs/{base.number}/").content.decode()
    assert "留下的" not in public
