"""Compiled search for alternating paths: fills places that prices left empty, and shows why the rest must stay empty."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.assignment.kernels import Book, Market, drop, fits, push, take, use
from headwater.algorithms.compiled import bare


class Search(NamedTuple):
    """Marks of a search: experts seen, by which proposal and in place of whom, the queue of experts, when a proposal was asked."""

    seen: NDArray[np.uint8]
    origin: NDArray[np.int32]
    before: NDArray[np.int32]
    queue: NDArray[np.int32]
    asked: NDArray[np.int64]


def search_room(m: Market) -> Search:
    n = len(m.upper)
    return Search(
        np.zeros(n, dtype=np.uint8),
        np.empty(n, dtype=np.int32),
        np.empty(n, dtype=np.int32),
        np.empty(n + 1, dtype=np.int32),
        np.zeros(len(m.demand), dtype=np.int64),
    )


@bare
def where(b: Book, i: int, j: int) -> int:
    """The place of a proposal that an expert has, or -1."""
    at = b.place[i + 1] - 1
    while at >= b.place[i] and b.held[at] != j:
        at -= 1
    return at if at >= b.place[i] else -1


@bare
def open_experts(m: Market, b: Book, s: Search, count: Any, i: int, instead: int, tail: int) -> Any:
    """Queue the unseen experts that a proposal may take in place of `instead` (-1: for an empty place); (tail, one with room or -1)."""
    for limit in range(count.shape[0]):
        count[limit, 0] = 0
    for n in range(b.place[i], b.place[i + 1]):
        if b.held[n] >= 0 and b.held[n] != instead:
            use(m.group, count, b.held[n])
    for c in range(m.indptr[i], m.indptr[i + 1]):
        j = m.column[c]
        if m.status[c] != 0 or s.seen[j] or where(b, i, j) >= 0 or not fits(m.group, m.most, count, j):
            continue
        s.seen[j], s.origin[j], s.before[j] = 1, i, instead
        if b.size[j] < m.upper[j]:
            return tail, j
        s.queue[tail] = j
        tail += 1
    return tail, -1


@bare
def leave(b: Book, i: int, j: int) -> None:
    """Take a proposal out of an expert's bids; the rest stay a heap once `mend` has run."""
    base = b.stall[j]
    for n in range(b.size[j]):
        if b.holder[base + n] == i:
            last = base + b.size[j] - 1
            b.level[base + n], b.holder[base + n] = b.level[last], b.holder[last]
            b.size[j] -= 1
            break
    size = b.size[j]
    b.size[j] = 0
    for n in range(size):
        level, who = b.level[base + n], b.holder[base + n]
        push(b.level, b.holder, base, n, level, who)
        b.size[j] = n + 1


@bare
def augment(b: Book, s: Search, j: int) -> None:
    """Move everybody along the path that ends at an expert with room."""
    while True:
        i, old = s.origin[j], s.before[j]
        if old >= 0:
            drop(b.place, b.held, i, old)
            leave(b, i, old)
        take(b.place, b.held, i, j)
        push(b.level, b.holder, b.stall[j], b.size[j], b.price[j], i)
        b.size[j] += 1
        if old < 0:
            return
        j = old


@bare
def search(m: Market, b: Book, s: Search, count: Any, root: int, stamp: int) -> Any:
    """Fill one empty place of a proposal by a shortest alternating path; (filled, experts that were seen in vain).

    What was seen in vain stays marked: no later search can succeed through it (Hungarian trees). After a success the marks of
    this search are taken back. Each proposal moves once at most, so that limits hold along the whole path.
    """
    tail, found = open_experts(m, b, s, count, root, -1, 0)
    head = 0
    while found < 0 and head < tail:
        j = s.queue[head]
        head += 1
        for n in range(b.size[j]):
            i = b.holder[b.stall[j] + n]
            if i == root or s.asked[i] == stamp:
                continue
            s.asked[i] = stamp
            tail, found = open_experts(m, b, s, count, i, j, tail)
            if found >= 0:
                break
    if found >= 0:
        for n in range(tail):
            s.seen[s.queue[n]] = 0
        s.seen[found] = 0
        augment(b, s, found)
        return True, 0
    return False, tail


@bare
def fill(m: Market, b: Book, count: Any, s: Search) -> int:
    """Fill every empty place that alternating paths can fill; returns how many were filled."""
    filled, stamp = 0, 0
    for i in range(m.demand.shape[0]):
        for n in range(b.place[i], b.place[i + 1]):
            if b.held[n] >= 0:
                continue
            stamp += 1
            done, _seen = search(m, b, s, count, i, stamp)
            if not done:
                break
            filled += 1
    return filled
