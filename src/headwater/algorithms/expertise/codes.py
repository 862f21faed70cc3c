"""Discipline codes as a tree: how near two codes are, by the longest prefix that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.errors import BadInput


@dataclass(frozen=True)
class CodeTree:
    """Levels of a tree of codes: `cuts` are lengths of prefixes, `worth` what agreement down to each level counts.

    The default is the tree of the NSFC: department "C" 0.15, level 1 "C03" 0.5, level 2 "C0305" 1. Deeper digits are not looked at.
    """

    cuts: tuple[int, ...] = (1, 3, 5)
    worth: tuple[float, ...] = (0.15, 0.5, 1.0)

    def __post_init__(self) -> None:
        if len(self.cuts) != len(self.worth) or not self.cuts:
            raise BadInput("cuts and worth of a code tree must have the same length, at least 1")
        if len(self.cuts) > 6:
            raise BadInput("a code tree has at most 6 levels")
        if any(a >= b for a, b in zip(self.cuts, self.cuts[1:], strict=False)) or self.cuts[0] < 1:
            raise BadInput("cuts of a code tree must be positive and ascend")
        if any(not 0.0 <= a <= b <= 1.0 for a, b in zip(self.worth, (*self.worth[1:], 1.0), strict=True)):
            raise BadInput("worth of a code tree must be within 0..1 and not fall")

    @property
    def rises(self) -> tuple[float, ...]:
        """What each level adds: because shared prefixes nest, overlap is the sum of the rises of the shared levels."""
        return tuple(b - a for a, b in zip((0.0, *self.worth), self.worth, strict=False))

    def prefixes(self, code: str) -> list[tuple[int, str]]:
        """The code at each level; nothing for an empty code."""
        return [(level, code[:cut]) for level, cut in enumerate(self.cuts)] if code else []

    def overlap(self, left: str, right: str) -> float:
        """How near two codes are, 0..1; an empty code is near nothing."""
        shared = [w for w, a, b in zip(self.worth, self.prefixes(left), self.prefixes(right), strict=False) if a == b]
        return shared[-1] if shared else 0.0


NSFC = CodeTree()


def check_codes(codes: Sequence[Sequence[str]], rows: int, name: str) -> None:
    """
    Raises:
        BadInput: not one list of codes for each row, or something that is not text.
    """
    if len(codes) != rows:
        raise BadInput(f"{name}: {len(codes)} rows, {rows} expected")
    for row, some in enumerate(codes):
        if isinstance(some, str) or any(not isinstance(c, str) for c in some):
            raise BadInput(f"{name}: row {row} must be a list of codes (text)")


def code_overlap(left: Sequence[str], right: Sequence[Sequence[str]], *, tree: CodeTree = NSFC) -> NDArray[np.float32]:
    """Agreement of discipline codes, (len(left), len(right)), float32 in 0..1.

    `left` has one code for each proposal ("" for none), `right` the codes of each expert; the best pair counts.

    Raises:
        BadInput: something that is not a code, with its row.
    """
    check_codes([[c] for c in left], len(left), "left")
    check_codes(right, len(right), "right")
    holders: dict[tuple[int, str], list[int]] = {}
    for expert, codes in enumerate(right):
        for prefix in {p for c in codes for p in tree.prefixes(c)}:
            holders.setdefault(prefix, []).append(expert)
    rises, lines = tree.rises, {}
    for code in set(left):
        line = np.zeros(len(right), dtype=np.float32)
        for level, start in tree.prefixes(code):
            line[holders.get((level, start), [])] += rises[level]
        lines[code] = line
    return np.stack([lines[c] for c in left]) if left else np.zeros((0, len(right)), dtype=np.float32)
