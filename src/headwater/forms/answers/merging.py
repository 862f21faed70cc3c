"""Three-way merge of answers: what two people made of the same earlier answer, in one, without losing the words of either.

Changes in different places are both taken. Where both changed the same place, the later writer's words stand, and the merge says so
(`clash`); the other's words are then kept by the version of the save. `both` holds the words of the two, one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.forms.answers.differences import BETWEEN, Change, Pairing, changes, key, pair_rows, sentences, words


@dataclass(frozen=True)
class Merged:
    """`value` to store; whether words of the other writer are missing in it, and the value that has both (None: there is none)."""

    value: Any
    clash: bool = False
    both: Any = None


def same(a: Any, b: Any) -> bool:
    """Whether two stored answers say the same; an answer that was taken away is like one never given."""
    return a == b or (a in (None, "", []) and b in (None, "", []))


def merge(base: Any, theirs: Any, mine: Any) -> Merged:
    """Merge what is stored now (`theirs`) with what its later writer sends (`mine`); both come from `base`.

    Texts merge by words, lists of records by rows and cells, lists of codes or names as sets, records by their parts.
    """
    if same(base, theirs) or same(theirs, mine):
        return Merged(mine)
    if same(base, mine):
        return Merged(theirs)
    kinds = [v for v in (base, theirs, mine) if v is not None and v != ""]
    if all(isinstance(v, str) for v in kinds) and isinstance(theirs, str) and isinstance(mine, str):
        return merge_texts(base or "", theirs, mine)
    if all(isinstance(v, list) for v in kinds):
        sides = (base or [], theirs or [], mine or [])
        if all(isinstance(row, dict) for side in sides for row in side):
            return merge_rows(*sides)
        return _sets(*sides)
    if all(isinstance(v, dict) and ("rows" in v or "promise" in v) for v in kinds):
        return _records(base or {}, theirs or {}, mine or {})
    return Merged(mine, clash=True)


def merge_texts(base: str, theirs: str, mine: str) -> Merged:
    """By words. What both insert at one place stands one after the other; the same change made by both counts once.

    `both` is by sentences: a sentence of the one, then that of the other.
    """
    value, clash = _weave(words(base), words(theirs), words(mine), BETWEEN, both=False)
    if not clash:
        return Merged(value)
    return Merged(value, True, _weave(sentences(base), sentences(theirs), sentences(mine), 0, both=True)[0])


def _weave(b: list[str], t: list[str], m: list[str], between: int, *, both: bool) -> tuple[str, bool]:
    """(the merged text, whether there was a clash); where there is one, the words of both stand in it, or only mine."""
    words: list[str] = []
    clash = False
    at = 0
    for low, high, left, right in _regions(changes(b, t, between), changes(b, m, between)):
        old, their, my = b[low:high], _side(b, t, left, low, high), _side(b, m, right, low, high)
        stretch = _join(old, their, my)
        clash = clash or stretch is None
        words += b[at:low] + (([*their, *my] if both else my) if stretch is None else stretch)
        at = high
    return "".join(words + b[at:]), clash


def _regions(left: Sequence[Change], right: Sequence[Change]) -> list[tuple[int, int, list[Change], list[Change]]]:
    """Stretches of the base that either side changed, those that overlap joined; with the changes of each side."""
    changes_by_side = sorted([(c[0], c[1], 0, c) for c in left] + [(c[0], c[1], 1, c) for c in right])
    regions: list[tuple[int, int, list[Change], list[Change]]] = []
    for low, high, side, change in changes_by_side:
        start, end, ours, others = regions.pop() if regions else (low, high, [], [])
        if (ours or others) and not (low < end or low == start == end or low == high == end):
            regions.append((start, end, ours, others))
            start, end, ours, others = low, high, [], []
        (others if side else ours).append(change)
        regions.append((start, max(end, high), ours, others))
    return regions


def _side(base: Sequence[str], tokens: Sequence[str], own: Sequence[Change], low: int, high: int) -> list[str]:
    """The words of one side in place of base[low:high]."""
    if not own:
        return list(base[low:high])
    start, end = own[0][2] - (own[0][0] - low), own[-1][3] + (high - own[-1][1])
    return list(tokens[start:end])


def _join(old: list[str], their: list[str], my: list[str]) -> list[str] | None:
    """Join one stretch of both sides without loss; None where that cannot be."""
    if their in (my, old):
        return my
    if my == old:
        return their
    pairs = ((their, my), (my, their))
    if not old:
        return next((one for one, other in pairs if one[: len(other)] == other), [*their, *my])
    for one, other in pairs:
        if one[: len(old)] == old and other[len(other) - len(old) :] == old:  # one added behind it, the other before it
            return [*other[: len(other) - len(old)], *one]
    return None


def _sets(base: list[Any], theirs: list[Any], mine: list[Any]) -> Merged:
    """The union of both additions, without what either side removed."""
    removals = [v for v in base if v not in theirs or v not in mine]
    return Merged([v for v in (*theirs, *(v for v in mine if v not in theirs)) if v not in removals])


def _records(base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> Merged:
    parts = {k: merge(base.get(k), theirs.get(k), mine.get(k)) for k in {**theirs, **mine}}
    clash = any(p.clash for p in parts.values())
    both = {k: p.value if p.both is None else p.both for k, p in parts.items()}
    return Merged(
        {k: p.value for k, p in parts.items()}, clash, both if any(p.both is not None for p in parts.values()) else None
    )


Rows = list[dict[str, Any]]


def merge_rows(base: Rows, theirs: Rows, mine: Rows) -> Merged:
    """By rows, and within a row by cells. A row that one side removed and the other changed stays, changed."""
    left, right = pair_rows(base, theirs), pair_rows(base, mine)
    merged_rows = {
        n: _row(row, theirs[left.of[n]] if n in left.of else None, mine[right.of[n]] if n in right.of else None)
        for n, row in enumerate(base)
    }
    order, extra = _order(base, left.of, right.of), {key(theirs[m]) for m in left.added}
    value: Rows = []
    both: Rows = []
    clash = False

    def put(rows: list[dict[str, Any]]) -> None:
        value.extend(rows)
        both.extend(rows)

    put(_after(-1, theirs, left) + _after(-1, mine, right, but=extra))
    for n in order:
        cells = merged_rows[n]
        if cells is not None:
            clash = clash or cells.clash
            value.append(cells.value)
            both.extend(cells.both if cells.both is not None else [cells.value])
        put(_after(n, theirs, left) + _after(n, mine, right, but=extra))
    return Merged(value, clash, both if clash else None)


def _row(old: dict[str, Any], theirs: dict[str, Any] | None, mine: dict[str, Any] | None) -> Merged | None:
    """One row from both sides; None when it is gone. `both` is then a list of the two rows."""
    if theirs is None or mine is None:
        changed = theirs or mine
        return Merged(changed) if changed is not None and changed != old else None
    cells = {k: merge(old.get(k), theirs.get(k), mine.get(k)) for k in {**theirs, **mine}}
    clash = any(c.clash for c in cells.values())
    value = {k: c.value for k, c in cells.items() if c.value not in (None, "")}
    return Merged(value, clash, [theirs, value] if clash else None)


def _order(base: Rows, left: Mapping[int, int], right: Mapping[int, int]) -> list[int]:
    """The rows of the base in the order of the side that moved some: mine, else theirs."""
    mine = sorted(right, key=lambda n: right[n])
    side = right if mine != sorted(mine) else left
    order = sorted(side, key=lambda n: side[n])
    for n in range(len(base)):
        if n not in side:
            before = order.index(n - 1) + 1 if n - 1 in order else 0
            order.insert(before, n)
    return order


def _after(n: int, rows: Rows, pairing: Pairing, but: Collection[Hashable] = frozenset()) -> Rows:
    """The rows that one side added right behind row `n` of the base (-1: before the first)."""
    back = {m: i for i, m in pairing.of.items()}
    result = []
    for m in pairing.added:
        at = m - 1
        while at >= 0 and at not in back:
            at -= 1
        if (back[at] if at >= 0 else -1) == n and key(rows[m]) not in but:
            result.append(rows[m])
    return result
