"""The sheet of an evaluation: heads, indicators with their weights, grades with quotas and floors, ties, vetoes. Shapes and reader.

A sheet is a file of a region package (`evaluations/*.toml`). A round freezes it: what it was judged by stays readable for good.
Handbook of resources, 1.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.reading import Problem, Reader
from headwater.forms.codes import CODE, Choice, read_choice, unique

QUANTITY, EXPERT, COMPUTED, CHECKLIST = KINDS = ("quantity", "expert", "computed", "checklist")
"""How an indicator gets its score: a quantity against its norm; marks of experts; a score that the house computes from records; a list of
points that are met or not."""
FULL = Decimal(100)


@dataclass(frozen=True)
class Head:
    code: str
    name: Bilingual


@dataclass(frozen=True)
class Indicator:
    """One line of a sheet. `weights` and `norms` by type of entry; `source` names the question of the self-report, or the record, that
    gives the value; `items` are the points of a checklist.
    """

    code: str
    head: str
    name: Bilingual
    kind: str
    weights: Mapping[str, Decimal]
    norms: Mapping[str, Decimal]
    source: str = ""
    unit: Bilingual = NOTHING
    items: tuple[Choice, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class GradeRule:
    """A grade, best first: at most `quota` of the entries of a group (a share), none with fewer points than `floor`."""

    code: str
    name: Bilingual
    quota: Decimal | None = None
    floor: Decimal | None = None


@dataclass(frozen=True)
class Sheet:
    """`drop` marks are left out at either end where an entry has at least `drop_from` of them. `ties` are heads, the first decides first."""

    code: str
    name: Bilingual
    types: tuple[Choice, ...]
    heads: tuple[Head, ...]
    indicators: tuple[Indicator, ...]
    grades: tuple[GradeRule, ...]
    ties: tuple[str, ...] = ()
    vetoes: tuple[Choice, ...] = ()
    drop: int = 1
    drop_from: int = 5

    @cached_property
    def worst(self) -> str:
        return self.grades[-1].code

    def of_type(self, code: str) -> tuple[Indicator, ...]:
        """Return the indicators that count for a type of entry."""
        return tuple(i for i in self.indicators if i.weights.get(code))

    def indicator(self, code: str) -> Indicator | None:
        return next((i for i in self.indicators if i.code == code), None)


def read_sheet(definition: dict[str, Any]) -> tuple[Sheet, list[Problem]]:
    """Return the sheet, usable only where there are no problems, and every problem found as (key, what was expected)."""
    problems: list[Problem] = []
    top = Reader(definition, problems)
    head = top.table_at("sheet", required=True)
    types = tuple(read_choice(r) for r in top.tables("type", required=True))
    codes = tuple(code for code, _words in types)
    sheet = Sheet(
        code=head.text("code", required=True),
        name=_name(head),
        types=types,
        heads=tuple(_read_head(r) for r in top.tables("head", required=True)),
        indicators=tuple(_read_indicator(r, codes) for r in top.tables("indicator", required=True)),
        grades=tuple(_read_grade(r) for r in top.tables("grade", required=True)),
        ties=tuple(head.get("ties", list, [])),
        vetoes=tuple(read_choice(r) for r in top.tables("veto")),
        drop=head.get("drop", int, 1),
        drop_from=head.get("drop_from", int, 5),
    )
    head.done()
    top.done()
    _hold_together(sheet, codes, problems)
    return sheet, problems


def _name(r: Reader) -> Bilingual:
    return Bilingual(r.text("name_zh", required=True), r.text("name_en", required=True))


def _read_head(r: Reader) -> Head:
    head = Head(r.text("code", required=True), _name(r))
    r.done()
    return head


def _read_indicator(r: Reader, types: tuple[str, ...]) -> Indicator:
    kind = r.text("kind", required=True)
    if kind and kind not in KINDS:
        r.problems.append((r.path("kind"), f"unknown kind {kind!r}; known: {', '.join(KINDS)}"))
    indicator = Indicator(
        code=r.text("code", required=True),
        head=r.text("head", required=True),
        name=_name(r),
        kind=kind,
        weights=_by_type(r, "weight", types, required=True),
        norms=_by_type(r, "norm", types, required=kind == QUANTITY),
        source=r.text("source", required=kind in {QUANTITY, COMPUTED}),
        unit=Bilingual(r.text("unit_zh"), r.text("unit_en")),
        items=tuple(read_choice(i) for i in r.tables("item", required=kind == CHECKLIST)),
        where=r.where,
    )
    if kind == QUANTITY:
        for code, norm in indicator.norms.items():
            if norm <= 0:
                r.problems.append((r.path("norm"), f"expected more than 0 for {code}, found {norm}"))
    elif "norm" in r.table:
        r.problems.append((r.path("norm"), "only a quantity has a norm"))
    r.done()
    return indicator


def _by_type(r: Reader, key: str, types: tuple[str, ...], *, required: bool) -> dict[str, Decimal]:
    """Read a number for all types, or a table of numbers by type."""
    value = r.get(key, (int, float, dict), {}, required=required)
    table = value if isinstance(value, dict) else dict.fromkeys(types, value)
    numbers: dict[str, Decimal] = {}
    for code, number in table.items():
        if code not in types:
            r.problems.append((f"{r.path(key)}.{code}", f"unknown type; known: {', '.join(types)}"))
        elif isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
            r.problems.append((f"{r.path(key)}.{code}", f"expected a number from 0, found {number!r}"))
        else:
            numbers[code] = Decimal(str(number))
    return numbers


def _read_grade(r: Reader) -> GradeRule:
    quota, floor = (_number(r, key) for key in ("quota", "floor"))
    if quota is not None and not 0 < quota <= 1:
        r.problems.append((r.path("quota"), f"expected a share above 0 up to 1, found {quota}"))
    grade = GradeRule(r.text("code", required=True), _name(r), quota, floor)
    r.done()
    return grade


def _number(r: Reader, key: str) -> Decimal | None:
    value = r.get(key, (int, float), None)
    return None if value is None else Decimal(str(value))


def _hold_together(sheet: Sheet, types: tuple[str, ...], problems: list[Problem]) -> None:
    """Report what only the whole sheet tells: weights that do not add up, unknown heads, grades in the wrong order."""
    heads = {h.code for h in sheet.heads}
    unique(problems, "head", [h.code for h in sheet.heads])
    unique(problems, "indicator", [i.code for i in sheet.indicators])
    unique(problems, "grade", [g.code for g in sheet.grades])
    for i in sheet.indicators:
        if i.head not in heads:
            problems.append((f"{i.where}.head", f"unknown head {i.head!r}; known: {', '.join(sorted(heads))}"))
    for code in types:
        total = sum((i.weights.get(code, Decimal(0)) for i in sheet.indicators), Decimal(0))
        if total != FULL:
            problems.append(("indicator.weight", f"the weights for {code} add up to {total}, expected 100"))
        short = [i.code for i in sheet.of_type(code) if i.kind == QUANTITY and code not in i.norms]
        if short:
            problems.append(("indicator.norm", f"no norm for {code}: {', '.join(short)}"))
    problems += [("sheet.ties", f"unknown head {code!r}") for code in sheet.ties if code not in heads]
    _ordered_grades(sheet.grades, problems)
    for code in [g.code for g in sheet.grades]:
        if code and not CODE.fullmatch(code):
            problems.append(("grade.code", f"expected lower-case letters, digits and underscores, found {code!r}"))
    if sheet.drop < 0 or sheet.drop_from <= 2 * sheet.drop:
        problems.append(("sheet.drop_from", f"expected more than twice the {sheet.drop} marks that are dropped at either end"))


def _ordered_grades(grades: tuple[GradeRule, ...], problems: list[Problem]) -> None:
    floors = [g.floor for g in grades if g.floor is not None]
    if len(grades) < 2:
        problems.append(("grade", "expected at least two"))
    elif grades[-1].floor is not None or grades[-1].quota is not None:
        problems.append(("grade", f"the last grade takes what no other takes: {grades[-1].code!r} has neither quota nor floor"))
    if floors != sorted(floors, reverse=True):
        problems.append(("grade.floor", "expected the best grade first: each floor below the one before"))
