"""Compiled loops before and after the filter: what a proposal asks for, and exact scores of its shortlist."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.compiled import loop
from headwater.algorithms.expertise._bits import LANES, PLANES, WORDS, prefetch
from headwater.algorithms.expertise._build import COUNT_BITS, LIST_BITS
from headwater.algorithms.expertise._search import is_forbidden, make_key, plan, shared_levels, spread
from headwater.algorithms.expertise.arrays import Answer, Barred, Levels, Plans, Profiles, Room, Shortlists, Terms

HOT = 1 << 16
"""Ids below this are looked up at once, the others only when a small sieve lets them pass."""
_LN = (1.0 + np.log(np.arange(1, 1025))).astype(np.float32)


@loop
def ask(pointer: Any, buckets: Any, counts: Any, rank: Any, idf: Any, asked: Terms) -> None:
    """Known terms of each proposal with the weight (1 + ln count) idf^2 that a profile's (1 + ln count) is multiplied by."""
    first, terms, weights, norms = asked
    at = 0
    for q in range(len(pointer) - 1):
        first[q] = at
        total = 0.0
        for i in range(pointer[q], pointer[q + 1]):
            t = rank[buckets[i]]
            if t >= 0:
                w = (1.0 + np.log(counts[i])) * idf[t]
                total += w * w
                terms[at], weights[at] = t, w * idf[t]
                at += 1
        norms[q] = np.sqrt(total)
    first[len(pointer) - 1] = at


@loop
def prepare(asked: Terms, profiles: Profiles, plans: Plans) -> None:
    """Plans of a block of proposals, their ends in `bound`, and their rare terms spread over the profiles in `extra`."""
    first, terms, weights = asked.first, asked.terms, asked.weights
    bound, step, lost, extra = plans.bound, plans.step, plans.lost, plans.extra
    most, at = 0, 0
    for q in range(len(step)):
        most = max(most, first[q + 1] - first[q])
    picked, masks = np.empty(4 * most + 1, np.uint16), np.empty(4 * most + 1, np.int64)
    room = Room(picked, masks, np.empty((PLANES + 4, most + 2 * PLANES), np.uint16))
    for q in range(len(step)):
        own, theirs = terms[first[q] : first[q + 1]], weights[first[q] : first[q + 1]]
        bound[q, 0] = at
        step[q], bound[q, 1], at, lost[q] = plan(own, theirs, profiles, plans, at, room)
        bound[q, 2] = at
        spread(own, theirs, profiles.row.shape[0], profiles.list_first, profiles.lists, step[q], extra[q])


@loop
def everyone(profiles: Profiles, levels: Levels, barred: Barred, found: Shortlists) -> None:
    """Shortlists of all profiles, for registers so small that a filter saves nothing."""
    bits, height, order, keys, used = profiles.bits, profiles.height, profiles.order, found.keys, found.used
    for q in range(len(used)):
        n = 0
        for place in range(len(order)):
            if is_forbidden(barred.columns, barred.first[q], barred.first[q + 1], order[place]):
                continue
            base = (place // LANES) * height * WORDS
            keys[q, n] = make_key(0.0, place | shared_levels(bits, base, levels.rows, q, place % LANES) << LIST_BITS)
            n += 1
        used[q] = n


@loop
def exact(entries: Any, i: int, n: int, table: Any, sieve: Any, then: int) -> float:
    """Dot product of a profile, entries[i:n], before its norm, with a proposal whose weights are in `table`; `sieve` has a bit for its
    rare terms. Asks for entries from `then` on in the same measure as it reads: each profile lies elsewhere in memory.
    """
    bits, mask = np.uint32(COUNT_BITS), np.uint32((1 << COUNT_BITS) - 1)
    hot = np.uint32(HOT << COUNT_BITS)
    a, b, c, d = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    while i + 16 <= n and entries[i + 15] < hot:
        prefetch(entries, then)
        then += 16
        for _ in range(4):
            p, q, r, s = entries[i], entries[i + 1], entries[i + 2], entries[i + 3]
            a += table[p >> bits] * _LN[p & mask]
            b += table[q >> bits] * _LN[q & mask]
            c += table[r >> bits] * _LN[r & mask]
            d += table[s >> bits] * _LN[s & mask]
            i += 4
    prefetch(entries, then)
    while i < n:
        p = entries[i]
        t = p >> bits
        if sieve[(t & np.uint32(0x7FFF)) >> np.uint32(6)] >> np.uint64(t & np.uint32(63)) & np.uint64(1):
            a += table[t] * _LN[p & mask]
        i += 1
        if i & 15 == 0:
            then += 16
            prefetch(entries, then)
    return float(a + b) + float(c + d)


@loop
def _load(terms: Any, weights: Any, table: Any, sieve: Any) -> None:
    for i in range(len(terms)):
        t = terms[i]
        table[t] = weights[i]
        sieve[(t & 0x7FFF) >> 6] |= np.uint64(1) << np.uint64(t & 63)


@loop
def _score_all(keys: Any, n: int, profiles: Profiles, asked: float, table: Any, sieve: Any, out: Any) -> None:
    """Cosines of keys[:n] with a proposal whose norm is `asked`."""
    order, starts, entries, norms = profiles.order, profiles.starts, profiles.entries, profiles.norms
    low = np.uint64((1 << LIST_BITS) - 1)
    for i in range(n):
        place = keys[i] & low
        d, length = order[place], norms[place] * asked
        then = starts[order[keys[min(i + 1, n - 1)] & low]]
        out[i] = exact(entries, starts[d], starts[d + 1], table, sieve, then) / length if length > 0.0 else 0.0


@loop
def _insert(columns: Any, scores: Any, size: int, keep: int, column: int, score: float) -> int:
    """Keep the best in a heap whose root is the worst kept; of equal scores the lower column is the better."""
    if size < keep:
        i = size
        size += 1
        while i and _worse(score, column, scores[(i - 1) // 2], columns[(i - 1) // 2]):
            columns[i], scores[i] = columns[(i - 1) // 2], scores[(i - 1) // 2]
            i = (i - 1) // 2
    elif _worse(scores[0], columns[0], score, column):
        i = 0
        while 2 * i + 1 < size:
            child = 2 * i + 1
            if child + 1 < size and _worse(scores[child + 1], columns[child + 1], scores[child], columns[child]):
                child += 1
            if not _worse(scores[child], columns[child], score, column):
                break
            columns[i], scores[i] = columns[child], scores[child]
            i = child
    else:
        return size
    columns[i], scores[i] = column, score
    return size


@loop
def _worse(a: float, i: int, b: float, j: int) -> bool:
    return a < b or (a == b and i > j)


@loop
def _sort(columns: Any, scores: Any, n: int) -> None:
    """Sort the first n pairs by column (Shell's sort)."""
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap:
        for i in range(gap, n):
            column, score, j = columns[i], scores[i], i
            while j >= gap and columns[j - gap] > column:
                columns[j], scores[j] = columns[j - gap], scores[j - gap]
                j -= gap
            columns[j], scores[j] = column, score
        gap //= 3


@loop
def finish(
    asked: Terms, profiles: Profiles, found: Shortlists, worth: Any, share: tuple[float, float], table: Any, answer: Answer
) -> None:
    """Exact scores of the shortlists, the best columns.shape[1] of each, by column; `share` is (text, codes).

    The best text scores by the counters (`top`) are made exact too: text is measured by the highest when codes count.
    `table` (float32, terms) must be zero and is left so.
    """
    first, terms, weights, norms = asked
    keys, used, top = found
    columns, scores, count = answer
    order = profiles.order
    sieve, keep, low = np.zeros(512, np.uint64), columns.shape[1], np.uint64((1 << LIST_BITS) - 1)
    cosines = np.zeros(keys.shape[1] + top.shape[1])
    for q in range(len(used)):
        own = terms[first[q] : first[q + 1]]
        _load(own, weights[first[q] : first[q + 1]], table, sieve)
        n = used[q]
        _score_all(keys[q], n, profiles, norms[q], table, sieve, cosines)
        scale = share[0]
        if share[1] > 0.0:
            few, best = 0, 0.0
            while few < top.shape[1] and top[q, few]:
                few += 1
            _score_all(top[q], few, profiles, norms[q], table, sieve, cosines[n:])
            for i in range(n + few):
                best = max(best, cosines[i])
            scale = share[0] / best if best > 0.0 else 0.0
        for t in own:
            table[t] = 0.0
        sieve[:] = 0
        size = 0
        for i in range(n):
            value = np.float32(scale * cosines[i] + share[1] * worth[keys[q, i] >> np.uint64(LIST_BITS) & np.uint64(63)])
            if value > 0.0:
                size = _insert(columns[q], scores[q], size, keep, order[keys[q, i] & low], value)
        count[q] = size
        _sort(columns[q], scores[q], size)
