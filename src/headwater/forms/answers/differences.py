"""Differences of two texts or two tables, by words: Chinese by characters, other scripts by words, so that a reader sees what was meant.

Differences are looked for between sentences first and then inside the sentences that changed; a handful of equal words between
two changes belongs to one change. So nobody reads a mosaic of single characters, and texts of 50,000 characters take milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

WORD = re.compile(r"[A-Za-z0-9_]+|\r?\n|[^\S\n]+|.", re.DOTALL)
INSIDE = 250_000
"""Two stretches are compared word by word while the product of their lengths is below this; else one replaces the other."""
ENDS = frozenset("。！？；!?;\n") | {"\r\n"}
BETWEEN = 3
"""So many equal words, or fewer, between two changes are part of the change."""

Change = tuple[int, int, int, int]
"""old[a:b] was replaced by new[c:d]; (a, b, c, d)."""
Piece = tuple[str, str]
"""("=", "-" or "+", text)"""


def words(text: str) -> list[str]:
    return WORD.findall(text)


def sentences(text: str) -> list[str]:
    return _sentences(words(text))[0]


def changes(old: Sequence[str], new: Sequence[str], between: int = BETWEEN) -> list[Change]:
    """The changes from `old` to `new` (lists of words), in order, with more than `between` equal words from one to the next."""
    low = 0
    while low < min(len(old), len(new)) and old[low] == new[low]:
        low += 1
    high = 0
    while high < min(len(old), len(new)) - low and old[-1 - high] == new[-1 - high]:
        high += 1
    a, b = old[low : len(old) - high], new[low : len(new) - high]
    if not a and not b:
        return []
    small = len(a) * len(b) <= INSIDE
    rewrites = _inside(a, b) if small else _by_sentence(a, b)
    return _join_near(_slide(old, new, [(i + low, j + low, m + low, n + low) for i, j, m, n in rewrites]), between)


def _inside(a: Sequence[str], b: Sequence[str]) -> list[Change]:
    if not a or not b or len(a) * len(b) > INSIDE:
        return [(0, len(a), 0, len(b))]
    return [(i, j, m, n) for tag, i, j, m, n in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if tag != "equal"]


def _by_sentence(a: Sequence[str], b: Sequence[str]) -> list[Change]:
    """Changes between the equal sentences of two texts, by words."""
    (olds, old_at), (news, new_at) = _sentences(a), _sentences(b)
    rewrites: list[Change] = []
    for tag, i, j, m, n in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if tag != "equal":
            x, y = old_at[i], new_at[m]
            rewrites += [(p + x, q + x, r + y, s + y) for p, q, r, s in _inside(a[x : old_at[j]], b[y : new_at[n]])]
    return rewrites


def _sentences(tokens: Sequence[str]) -> tuple[list[str], list[int]]:
    """The sentences, and at which word each begins (with the end as last)."""
    parts, at, start = [], [0], 0
    for n, word in enumerate(tokens):
        if word in ENDS:
            parts.append("".join(tokens[start : n + 1]))
            start = n + 1
            at.append(start)
    if start < len(tokens):
        parts.append("".join(tokens[start:]))
        at.append(len(tokens))
    return parts, at


def _slide(old: Sequence[str], new: Sequence[str], rewrites: list[Change]) -> list[Change]:
    """Move pure insertions and removals as far to the end as they can stand, so that one change always has one place."""
    result: list[Change] = []
    for n, (i, j, m, k) in enumerate(rewrites):
        limit, by = rewrites[n + 1][0] if n + 1 < len(rewrites) else len(old), 0
        while j + by < limit and ((i == j and old[j + by] == new[m + by]) or (m == k and old[i + by] == old[j + by])):
            by += 1
        result.append((i + by, j + by, m + by, k + by))
    return result


def _join_near(rewrites: list[Change], between: int) -> list[Change]:
    result: list[Change] = []
    for change in rewrites:
        if result and change[0] - result[-1][1] <= between:
            result[-1] = (result[-1][0], change[1], result[-1][2], change[3])
        else:
            result.append(change)
    return result


def pieces(old: str, new: str) -> list[Piece]:
    """The way from one text to the other: what stays, goes and comes, in reading order."""
    a, b = words(old), words(new)
    parts: list[Piece] = []
    at = 0
    for i, j, m, n in changes(a, b):
        parts += [(sign, "".join(part)) for sign, part in (("=", a[at:i]), ("-", a[i:j]), ("+", b[m:n])) if part]
        at = j
    return [*parts, ("=", "".join(a[at:]))] if at < len(a) else parts


@dataclass(frozen=True)
class Pairing:
    """How the rows of two tables belong together: `of` gives for an old row its new one; `added` are new rows without an old one."""

    of: Mapping[int, int]
    added: Sequence[int]


def key(row: Any) -> Hashable:
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


def pair_rows(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Pairing:
    """Equal rows belong together, wherever they stand; of the others, those in the same gap that share most."""
    a, b = [key(r) for r in old], [key(r) for r in new]
    of: dict[int, int] = {}
    gaps: list[tuple[range, range]] = []
    for tag, i, j, m, n in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            of |= dict(zip(range(i, j), range(m, n), strict=True))
        else:
            gaps.append((range(i, j), range(m, n)))
    rest = {m for _olds, news in gaps for m in news}
    for i in (i for olds, _news in gaps for i in olds):
        twin = next((m for m in sorted(rest) if a[i] == b[m]), None)
        if twin is not None:
            of[i] = twin
            rest.discard(twin)
    for olds, news in gaps:
        free, open_rows = [m for m in news if m in rest], [i for i in olds if i not in of]
        same = len(free) == len(open_rows)
        for n, i in enumerate(open_rows):
            best = free[n] if same else max((m for m in free if m in rest), key=lambda m: _shared(old[i], new[m]), default=None)
            if best is not None and (same or _shared(old[i], new[best]) > 0):
                of[i] = best
                rest.discard(best)
    return Pairing(of, sorted(rest))


def _shared(a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
    return sum(1 for k, v in a.items() if b.get(k) == v)
