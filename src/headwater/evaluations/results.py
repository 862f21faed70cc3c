"""Points and grades of a round as they would be now, and each line of them as a draft freezes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.evaluations.grading import Graded, grade, places_of
from headwater.evaluations.material import Material, material_of, standing_of
from headwater.evaluations.models import Entrant, Grade, Round
from headwater.evaluations.points import Line, Points
from headwater.evaluations.sheets import GradeRule, Sheet
from headwater.registers.lineage import chains


@dataclass(frozen=True)
class Result:
    """An entry with its points and its grade among its group."""

    material: Material
    points: Points
    graded: Graded

    @property
    def entrant(self) -> Entrant:
        return self.material.entrant


@dataclass(frozen=True)
class Quota:
    """The line at the end of a grade in a group: how many places it has, how many took one, and who stands right above and below it."""

    rule: GradeRule
    places: int | None
    taken: int
    last_in: Result | None
    first_out: Result | None


def results_of(round_: Round) -> list[Result]:
    """Return the results of a round, group by group, the best of each group first (a fixed number of queries)."""
    return results_from(round_, material_of(round_))


def results_from(round_: Round, materials: Mapping[int, Material]) -> list[Result]:
    sheet = round_.of
    points = {pk: m.points(sheet) for pk, m in materials.items()}
    groups: dict[str, list[Material]] = {}
    for m in materials.values():
        groups.setdefault(m.entrant.group, []).append(m)
    results = []
    for _code, members in sorted(groups.items()):
        standings = [standing_of(round_, m, points[m.entrant.pk]) for m in members]
        results += [Result(materials[g.key], points[g.key], g) for g in grade(sheet, standings)]
    return results


def quotas_of(sheet: Sheet, group: Sequence[Result]) -> list[Quota]:
    """Return the lines of a group: for every grade with a quota who took its last place and who stands first behind it."""
    lines = []
    for n, rule in enumerate(sheet.grades):
        most = places_of(rule, len(group))
        if most is None:
            continue
        better = {g.code for g in sheet.grades[: n + 1]}
        inside = [r for r in group if r.graded.grade in better and r.graded.rank is not None]
        outside = [r for r in group if r.graded.grade not in better and r.graded.rank is not None]
        taken = sum(1 for r in group if r.graded.grade == rule.code)
        lines.append(Quota(rule, most, taken, inside[-1] if inside else None, outside[0] if outside else None))
    return lines


def frozen_line(line: Line, material: Material) -> dict[str, Any]:
    """Return a line of points as a draft keeps it: everything that it came from, but not who gave which mark."""
    i = line.indicator
    verified = material.verified.get(i.code)
    kept: dict[str, Any] = {
        "indicator": i.code,
        "weight": str(line.weight),
        "score": None if line.shown_score is None else str(line.shown_score),
        "points": str(line.points),
    }
    for key, value in (("value", line.value), ("norm", line.norm), ("reported", material.given.get(i.code))):
        if value is not None:
            kept[key] = str(value)
    if line.marks:
        kept |= {"marks": [str(m) for m in sorted(line.marks)], "kept": [str(m) for m in line.kept]}
    if i.code in material.facts.met:
        kept["met"] = list(line.met)
    if verified is not None:
        kept["verified"] = verified.note
    return kept


def last_grades(round_: Round) -> dict[int, str]:
    """Return the grade of the last round before this one by entry, also where an entry came from another record (2 queries)."""
    keys = list(round_.entrants.values_list("subject_id", flat=True))
    came_from = chains(round_.subject_kind, keys)
    now = {before: pk for pk, chain in came_from.items() for before in chain}
    rows = Grade.objects.filter(
        state=Grade.State.FINAL,
        entrant__subject_kind=round_.subject_kind,
        entrant__subject_id__in=now,
        entrant__round__until__lt=round_.until,
    )
    found: dict[int, str] = {}
    for subject, code in rows.order_by("entrant__round__until", "pk").values_list("entrant__subject_id", "grade"):
        found[now[subject]] = code
    return found
