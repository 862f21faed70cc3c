"""Grades of the entries of one group: by total, with floors and quotas, ties and vetoes. Pure; each grade says why.

The entries are sorted by their total, equal ones by the heads that the sheet names. From the best grade on, each takes those that reach its
floor, at most the whole part of quota x n, n being all entries of the group; who is over the quota falls to the next grade. Entries that
stand equal in everything are not divided by a quota: all of them fall, and somebody is asked to look. A veto, or no material, means the
worst grade. Handbook of resources, 1.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from headwater.evaluations.sheets import GradeRule, Sheet


class Why(StrEnum):
    """What gave an entry its grade."""

    FLOOR = "floor"
    QUOTA = "quota"
    TIE = "tie"
    VETO = "veto"
    REST = "rest"


@dataclass(frozen=True)
class Standing:
    """An entry as it is graded: `key` names it, `heads` are its points under the heads that break ties, in their order."""

    key: int
    total: Decimal
    heads: tuple[Decimal, ...] = ()
    vetoes: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[Decimal, ...]:
        return (self.total, *self.heads)


@dataclass(frozen=True)
class Graded:
    """`rank` counts from 1, equal entries share it; vetoed ones come last without one. `passed_over` is the better grade that the
    quota, or a tie at its end, kept from it.
    """

    key: int
    grade: str
    why: Why
    rank: int | None = None
    passed_over: str = ""


def places_of(rule: GradeRule, n: int) -> int | None:
    """Return how many of `n` entries a grade takes at most; None where it has no quota."""
    return None if rule.quota is None else int(rule.quota * n)


def grade(sheet: Sheet, group: Sequence[Standing]) -> list[Graded]:
    """Return the grade of every entry of a group, the best first."""
    clean = sorted((s for s in group if not s.vetoes), key=lambda s: (tuple(-x for x in s.order), s.key))
    blocks = [list(block) for _order, block in groupby(clean, key=lambda s: s.order)]
    taken = dict.fromkeys((g.code for g in sheet.grades), 0)
    graded: list[Graded] = []
    best = 0
    for block in blocks:
        best, result = _place(sheet, block, len(group), taken, best, len(graded) + 1)
        graded += result
    return graded + [Graded(s.key, sheet.worst, Why.VETO) for s in sorted(group, key=lambda s: s.key) if s.vetoes]


def _place(sheet: Sheet, block: list[Standing], n: int, taken: dict[str, int], best: int, rank: int) -> tuple[int, list[Graded]]:
    """Place entries that stand equal into the first grade, from number `best` on, that has room for all of them."""
    passed_over, why = "", Why.FLOOR
    for number, rule in enumerate(sheet.grades):
        if rule.floor is not None and block[0].total < rule.floor:
            continue
        most = places_of(rule, n)
        room = most is None or taken[rule.code] + len(block) <= most
        if room and number >= best:
            taken[rule.code] += len(block)
            why = Why.REST if rule.code == sheet.worst and not passed_over else why
            return number, [Graded(s.key, rule.code, why, rank, passed_over) for s in block]
        if not passed_over:
            passed_over = rule.code
            why = Why.TIE if most is not None and taken[rule.code] < most and len(block) > 1 else Why.QUOTA
    raise ValueError("the last grade of a sheet takes every entry")
