"""Compiled loops for whole rounds of the auction: everybody in the queue bids, then every expert keeps the best bids.

A round reads prices only and writes bids, then writes experts only, so that both halves run in threads; the answer does not depend
on how many.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.assignment.kernels import BIDS, HEAD, Book, Desk, Market, choose, drop, enqueue, take
from headwater.algorithms.compiled import bare, loop


@bare
def count_empty(b: Book, queue: Any, offset: Any) -> None:
    """`offset` (queue + 1,): running sum of the empty places of the queued proposals."""
    offset[0] = 0
    for n in range(queue.shape[0]):
        empty = 0
        for at in range(b.place[queue[n]], b.place[queue[n] + 1]):
            if b.held[at] < 0:
                empty += 1
        offset[n + 1] = offset[n] + empty


@bare
def offers(
    m: Market, b: Book, d: Desk, eps: float, floor: float, offset: Any, expert: Any, level: Any, first: int, last: int
) -> None:
    """Bids of the queued proposals `first` to `last`; those of the n-th in the queue stand from `offset[n]` on, -1 for none."""
    step, least = np.float32(eps), np.float32(floor)
    for n in range(first, last):
        had, many = choose(m, b, d, b.queue[n], least)
        at = offset[n]
        for t in range(had, many):
            expert[at], level[at] = d.taken[t], d.values[t] - max(d.others[t], least) + step
            at += 1
        for t in range(at, offset[n + 1]):
            expert[t] = -1


@bare
def by_expert(expert: Any, start: Any, order: Any) -> None:
    """Counting sort: `order[start[j]:start[j + 1]]` are the bids for expert j, in the order they were made."""
    for j in range(start.shape[0]):
        start[j] = 0
    for t in range(expert.shape[0]):
        if expert[t] >= 0:
            start[expert[t] + 1] += 1
    for j in range(start.shape[0] - 1):
        start[j + 1] += start[j]
    for t in range(expert.shape[0] - 1, -1, -1):
        j = expert[t]
        if j >= 0:
            start[j + 1] -= 1
            order[start[j + 1]] = t
    # Every start has moved down by its own count, to the place of the one before it.
    for j in range(start.shape[0] - 1):
        start[j] = start[j + 1]
    total = 0
    for t in range(expert.shape[0]):
        if expert[t] >= 0:
            total += 1
    start[start.shape[0] - 1] = total


@loop
def settle(
    m: Market, b: Book, bidder: Any, level: Any, start: Any, order: Any, won: Any, lost: Any, first: int, last: int
) -> None:
    """Experts `first` to `last` keep the best of their old and new bids. `won[t]` tells of a new bid, `lost` names old holders let go.

    The places of an expert from the lower load on open only to bids of zero and more.
    """
    for j in range(first, last):
        new = start[j + 1] - start[j]
        if new == 0:
            continue
        base, old = b.stall[j], b.size[j]
        levels = np.empty(old + new, dtype=np.float32)
        for n in range(old):
            levels[n] = -b.level[base + n]
        for n in range(new):
            levels[old + n] = -level[order[start[j] + n]]
        ranked = np.argsort(levels, kind="mergesort")
        keep = 0
        while keep < old + new and keep < m.upper[j] and (keep < m.lower[j] or levels[ranked[keep]] <= 0):
            keep += 1
        holders = b.holder[base : base + old].copy()
        for n in range(keep, old + new):
            if ranked[n] < old:
                lost[start[j] + n - keep] = holders[ranked[n]]
        for n in range(keep):
            at = ranked[n]
            # The lowest bid comes first: an ascending run is a heap.
            slot = base + keep - 1 - n
            b.level[slot] = -levels[at]
            if at < old:
                b.holder[slot] = holders[at]
            else:
                t = order[start[j] + at - old]
                b.holder[slot] = bidder[t]
                won[t] = 1
        b.size[j] = keep
        root = b.level[base]
        if keep == m.upper[j]:
            b.price[j] = max(b.price[j], root)
        elif keep >= m.lower[j] and b.price[j] < 0:
            b.price[j] = min(root, np.float32(0.0))


@bare
def conclude(b: Book, bidder: Any, expert: Any, start: Any, won: Any, lost: Any) -> None:
    """Write the outcome of a round to the proposals, and queue those with an empty place that wished or lost one."""
    b.tally[HEAD] = 0
    for j in range(start.shape[0] - 1):
        for n in range(start[j], start[j + 1]):
            if lost[n] >= 0:
                drop(b.place, b.held, lost[n], j)
                enqueue(b.queue, b.queued, b.tally, lost[n])
    for t in range(expert.shape[0]):
        if expert[t] < 0:
            continue
        b.tally[BIDS] += 1
        if won[t]:
            take(b.place, b.held, bidder[t], expert[t])
        else:
            enqueue(b.queue, b.queued, b.tally, bidder[t])
