"""Points and grades by a sheet, against the worked example and the quotas of the handbook (resources 1.5, vectors in formulas.json)."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.evaluations.grading import Standing, Why, grade, places_of
from headwater.evaluations.points import Facts, points_of, trimmed
from headwater.evaluations.sheets import GradeRule, Sheet, read_sheet

EXAMPLE: list[tuple[str, str, int, str, str]] = [
    ("A1", "A", 4, "82.50", "3.3000"), ("A2", "A", 3, "100", "3.0000"), ("A3", "A", 4, "90", "3.6000"),
    ("A4", "A", 4, "85", "3.4000"), ("B1", "B", 20, "86", "17.2000"), ("B2", "B", 8, "100", "8.0000"),
    ("B3", "B", 6, "70", "4.2000"), ("B4", "B", 6, "50", "3.0000"), ("C1", "C", 8, "90", "7.2000"),
    ("C2", "C", 6, "82", "4.9200"), ("C3", "C", 5, "66.67", "3.3333"), ("C4", "C", 6, "100", "6.0000"),
    ("D1", "D", 6, "80", "4.8000"), ("D2", "D", 5, "70", "3.5000"), ("D3", "D", 3, "75", "2.2500"),
    ("D4", "D", 4, "100", "4.0000"), ("D5", "D", 2, "100", "2.0000"),
]  # fmt: skip
EXPERTS, CHECKS = {"B1", "B3", "C1", "C2", "D3"}, {"D4"}


def definition() -> dict[str, Any]:
    def name(code: str) -> dict[str, Any]:
        return {"code": code, "name_zh": code, "name_en": code}

    indicators = []
    for code, head, weight, _score, _points in EXAMPLE:
        kind = "expert" if code in EXPERTS else "checklist" if code in CHECKS else "quantity"
        row = {**name(code), "head": head, "kind": kind, "weight": weight}
        if kind == "quantity":
            row |= {"norm": {"academic": 3 if code == "C3" else 20_000_000}, "source": code.lower()}
        if kind == "checklist":
            row["item"] = [{"code": c, "zh": c, "en": c} for c in ("met", "rules")]
        indicators.append(row)
    return {
        "sheet": {**name("lab"), "ties": ["B", "D"]},
        "type": [{"code": "academic", "zh": "学科类", "en": "Academic"}],
        "head": [name(c) for c in "ABCD"],
        "indicator": indicators,
        "grade": [
            {**name("excellent"), "quota": 0.2, "floor": 85}, {**name("good"), "quota": 0.4, "floor": 75},
            {**name("pass"), "floor": 60}, name("failed"),
        ],
        "veto": [{"code": "fraud", "zh": "造假", "en": "Fabrication"}],
    }  # fmt: skip


def sheet_of(**changes: Any) -> Sheet:
    sheet, problems = read_sheet(definition() | changes)
    assert problems == []
    return sheet


def example_facts() -> Facts:
    values = {c: Decimal(s) * 200_000 for c, _h, _w, s, _p in EXAMPLE if c not in EXPERTS | CHECKS} | {"C3": Decimal(2)}
    marks = {c: [Decimal(s)] * 5 for c, _h, _w, s, _p in EXAMPLE if c in EXPERTS}
    return Facts(values, marks, {"D4": {"met", "rules"}})


def test_the_worked_example_gives_its_points_line_by_line_and_its_total() -> None:
    points = points_of(sheet_of(), "academic", example_facts())
    assert [(line.indicator.code, str(line.points)) for line in points.lines] == [(c, p) for c, _h, _w, _s, p in EXAMPLE]
    assert str(points.total) == "83.7033"
    assert [str(points.of_head(h)) for h in "ABCD"] == ["13.3000", "32.4000", "21.4533", "16.5500"]
    assert str(points.lines[10].shown_score) == "66.67"


def test_marks_of_experts_are_trimmed_at_both_ends() -> None:
    marks = [Decimal(m) for m in ("88.5", "92", "79", "90.5", "85", "87", "96")]
    kept = trimmed(marks, 1, 5)
    assert sum(kept) / len(kept) == Decimal("88.6")
    assert trimmed(marks[:4], 1, 5) == tuple(sorted(marks[:4]))


def test_what_is_missing_scores_nothing_and_is_said() -> None:
    points = points_of(sheet_of(), "academic", Facts({"A1": Decimal(0)}))
    assert points.total == 0
    assert "A1" not in {i.code for i in points.missing}
    assert {"A2", "B1", "D4"} <= {i.code for i in points.missing}


@pytest.mark.parametrize(("value", "score"), [("-5", "0.00"), ("3", "100.00"), ("9", "100.00"), ("1.5", "50.00")])
def test_a_quantity_scores_from_0_to_100(value: str, score: str) -> None:
    lines = points_of(sheet_of(), "academic", Facts({"C3": Decimal(value)})).lines
    assert str(next(x for x in lines if x.indicator.code == "C3").shown_score) == score


@pytest.mark.parametrize(("n", "most"), [(63, 12), (156, 31), (11, 2), (4, 0)])
def test_a_quota_is_the_whole_part_of_its_share(n: int, most: int) -> None:
    assert places_of(GradeRule("excellent", sheet_of().name, Decimal("0.2")), n) == most


def test_eleven_laboratories_get_the_grades_of_the_example() -> None:
    totals = ["91.2", "88.4", "88.4", "84.9", "82.0", "79.3", "76.0", "71.5", "66.0", "60.0", "58.9"]
    group = [Standing(n, Decimal(t), (Decimal(40 - n),)) for n, t in enumerate(totals, 1)]
    result = {g.key: (g.grade, g.why, g.passed_over) for g in grade(sheet_of(), group)}
    words = ["excellent"] * 2 + ["good"] * 4 + ["pass"] * 4 + ["failed"]
    assert [result[n][0] for n in range(1, 12)] == words
    assert result[3][1:] == (Why.QUOTA, "excellent")
    assert result[7][1:] == (Why.QUOTA, "good")
    assert result[11][1] == Why.REST


def test_equal_entries_are_not_divided_by_a_quota() -> None:
    group = [Standing(n, Decimal(t), (Decimal(30),)) for n, t in enumerate(["95", "90", "90", "80", "70"] * 1, 1)]
    group += [Standing(n, Decimal(61), (Decimal(1),)) for n in range(6, 11)]
    result = {g.key: g for g in grade(sheet_of(), group)}  # ten: two places
    assert [result[n].grade for n in (1, 2, 3)] == ["excellent", "good", "good"]
    assert [result[n].why for n in (2, 3)] == [Why.TIE, Why.TIE]
    assert [result[n].rank for n in (1, 2, 3, 4)] == [1, 2, 2, 4]


def test_a_veto_is_the_worst_grade_whatever_the_points_and_frees_no_place() -> None:
    group = [Standing(n, Decimal(96 - n), (), ("fraud",) if n == 1 else ()) for n in range(1, 6)]
    result = {g.key: g for g in grade(sheet_of(), group)}
    assert (result[1].grade, result[1].why, result[1].rank) == ("failed", Why.VETO, None)
    assert [result[n].grade for n in (2, 3, 4, 5)] == ["excellent", "good", "good", "pass"]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5), st.booleans()), max_size=80))
def test_grades_keep_quota_floor_and_order(rows: list[tuple[int, int, bool]]) -> None:
    sheet = sheet_of()
    group = [
        Standing(n, Decimal(total), (Decimal(head),), ("fraud",) if veto else ()) for n, (total, head, veto) in enumerate(rows)
    ]
    result = grade(sheet, group)
    by_key = {s.key: s for s in group}
    order = [g.code for g in sheet.grades]
    assert sorted(g.key for g in result) == sorted(by_key)
    for rule in sheet.grades:
        members = [by_key[g.key] for g in result if g.grade == rule.code]
        most = places_of(rule, len(group))
        assert most is None or len(members) <= most
        assert rule.floor is None or all(m.total >= rule.floor for m in members)
    ranked = [g for g in result if g.rank]
    places = [order.index(g.grade) for g in ranked]
    assert places == sorted(places)
    equal: dict[tuple[Decimal, ...], set[str]] = {}
    for g in ranked:
        equal.setdefault(by_key[g.key].order, set()).add(g.grade)
    assert all(len(grades) == 1 for grades in equal.values())


@pytest.mark.parametrize(
    ("change", "key", "expected"),
    [
        (lambda d: d["indicator"][0].update(weight=5), "indicator.weight", "add up to 101"),
        (lambda d: d["indicator"][0].update(head="X"), "indicator[0].head", "unknown head 'X'"),
        (lambda d: d["indicator"][0].update(kind="guess"), "indicator[0].kind", "known: quantity"),
        (lambda d: d["indicator"][0].update(norm=0), "indicator[0].norm", "more than 0"),
        (lambda d: d["indicator"][0].pop("norm"), "indicator[0].norm", "required"),
        (lambda d: d["indicator"][0].update(norm={"other": 1}), "indicator[0].norm.other", "unknown type"),
        (lambda d: d["indicator"][4].update(norm=3), "indicator[4].norm", "only a quantity"),
        (lambda d: d["indicator"][0].update(colour="red"), "indicator[0].colour", "unknown key"),
        (lambda d: d["grade"][3].update(floor=10), "grade", "neither quota nor floor"),
        (lambda d: d["grade"][0].update(floor=70), "grade.floor", "best grade first"),
        (lambda d: d["grade"][0].update(quota=1.5), "grade[0].quota", "up to 1"),
        (lambda d: d["sheet"].update(ties=["Z"]), "sheet.ties", "unknown head 'Z'"),
        (lambda d: d["sheet"].update(drop=3), "sheet.drop_from", "more than twice"),
    ],
)
def test_every_mistake_of_a_sheet_is_said_with_its_key(change: Any, key: str, expected: str) -> None:
    table = copy.deepcopy(definition())
    change(table)
    _sheet, problems = read_sheet(table)
    assert any(k == key and expected in text for k, text in problems), problems
