"""Grades that stand, for everybody."""

from __future__ import annotations

from typing import Any

from headwater.core.open_data import OPEN_DATA, Dataset
from headwater.evaluations.models import Grade
from headwater.evaluations.showing import grade_name

HEADING = (
    "number",
    "name_zh",
    "name_en",
    "host",
    "kind",
    "round",
    "since",
    "until",
    "group",
    "grade",
    "grade_zh",
    "grade_en",
    "settled_on",
)


def rows() -> list[list[Any]]:
    found = (
        Grade.objects.public()
        .select_related("entrant__round__call", "entrant__host")
        .order_by("entrant__round_id", "entrant__number")
    )
    lines = []
    for g in found:
        e = g.entrant
        name = grade_name(e.round.of, g.grade)
        host = e.host.name_zh if e.host else ""
        period = [e.round.call.code, e.round.since, e.round.until]
        lines.append([e.number, e.name_zh, e.name_en, host, e.kind, *period, e.group_zh, g.grade, name.zh, name.en, g.settled_at])
    return lines


OPEN_DATA.add("grades", Dataset("评估等次", "Grades of evaluations", HEADING, rows, lambda: Grade.objects.public().count()))
