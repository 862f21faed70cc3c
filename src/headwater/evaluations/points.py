"""Points of one entry by a sheet: pure, exact, and each with what it came from.

A quantity scores min(100, value / norm x 100); experts' marks score their trimmed mean; a checklist the share of its points that are met;
a computed score comes from records. Points are weight x score / 100, to four decimals, half up; a total is the sum of the points that are
shown. Handbook of resources, 1.5 and 10.4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor

from headwater.evaluations.sheets import CHECKLIST, COMPUTED, EXPERT, FULL, QUANTITY, Indicator, Sheet

PLACES = 4
"""Decimals of points."""
NONE = Decimal("0.0000")


@dataclass(frozen=True)
class Facts:
    """What is known of an entry: `values` of quantities and computed scores by indicator, experts' `marks` (0 to 100), `met` points of
    checklists. What is missing is missing, not 0: it scores nothing and is said to be missing.
    """

    values: Mapping[str, Decimal | None] = field(default_factory=dict)
    marks: Mapping[str, Sequence[Decimal]] = field(default_factory=dict)
    met: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """An indicator of an entry: its score (0 to 100, exact; None where something is missing), its points, and what they came from."""

    indicator: Indicator
    weight: Decimal
    score: Fraction | None
    points: Decimal
    value: Decimal | None = None
    norm: Decimal | None = None
    marks: tuple[Decimal, ...] = ()
    kept: tuple[Decimal, ...] = ()
    met: tuple[str, ...] = ()

    @property
    def shown_score(self) -> Decimal | None:
        """Return the score to two decimals."""
        return None if self.score is None else rounded(self.score, 2)


@dataclass(frozen=True)
class Points:
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.points for line in self.lines), NONE)

    def of_head(self, code: str) -> Decimal:
        return sum((line.points for line in self.lines if line.indicator.head == code), NONE)

    @property
    def missing(self) -> list[Indicator]:
        return [line.indicator for line in self.lines if line.score is None]


def rounded(value: Fraction, places: int = PLACES) -> Decimal:
    """Return a value that is not negative, rounded half up, exactly, with so many decimals."""
    return Decimal(floor(value * 10**places + Fraction(1, 2))).scaleb(-places)


def points_of(sheet: Sheet, kind: str, facts: Facts) -> Points:
    """Return the points of an entry of type `kind`, line by line."""
    return Points(tuple(_line(sheet, i, kind, facts) for i in sheet.of_type(kind)))


def _line(sheet: Sheet, i: Indicator, kind: str, facts: Facts) -> Line:
    weight = i.weights[kind]
    if i.kind == EXPERT:
        marks = tuple(facts.marks.get(i.code, ()))
        kept = trimmed(marks, sheet.drop, sheet.drop_from)
        score = Fraction(sum(map(Fraction, kept))) / len(kept) if kept else None
        return Line(i, weight, score, _points(weight, score), marks=marks, kept=kept)
    if i.kind == CHECKLIST:
        known = i.code in facts.met
        met = tuple(code for code, _words in i.items if code in facts.met.get(i.code, ()))
        score = Fraction(100 * len(met), len(i.items)) if known else None
        return Line(i, weight, score, _points(weight, score), met=met)
    value = facts.values.get(i.code)
    norm = i.norms.get(kind) if i.kind == QUANTITY else None
    score = None if value is None else _score(i.kind, value, norm)
    return Line(i, weight, score, _points(weight, score), value=value, norm=norm)


def _score(kind: str, value: Decimal, norm: Decimal | None) -> Fraction:
    """Return the score of a quantity against its norm, or a computed score as it is; both from 0 to 100."""
    raw = Fraction(value) if kind == COMPUTED else Fraction(value) / Fraction(norm or 1) * 100
    return max(Fraction(0), min(Fraction(FULL), raw))


def _points(weight: Decimal, score: Fraction | None) -> Decimal:
    return NONE if score is None else rounded(Fraction(weight) * score / 100)


def trimmed(marks: Sequence[Decimal], drop: int, drop_from: int) -> tuple[Decimal, ...]:
    """Return the marks, sorted, without the `drop` lowest and highest where there are at least `drop_from` of them."""
    ordered = tuple(sorted(marks))
    return ordered[drop : len(ordered) - drop] if drop and len(ordered) >= drop_from else ordered
