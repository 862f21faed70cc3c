"""Compiled loops that build the index of profiles: forward rows, rows of bits for frequent n-grams, lists for rare ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.compiled import loop

COUNT_BITS = 10
"""A forward entry is id << 10 | count - 1."""
LIST_BITS = 26
"""An entry of a list is min(count, 63) << 26 | profile."""
STEPS = np.array([1, 2, 4, 8])
"""Counts that have a row of their own: a profile is in row (n-gram, s) when it has the n-gram s times or more."""
RISE = np.array([1.0, 0.75, 0.8, 0.7], dtype=np.float32)
"""What each row adds to the weight, close to 1 + ln count at 1, 2-3, 4-7 and 8 or more."""


@loop
def forward_rows(pointer: Any, buckets: Any, counts: Any, rank: Any, idf: Any, first: Any, entries: Any, norms: Any) -> None:
    """Entries of a block of texts, sorted by id, at first[t] in `entries`; norms of their TF-IDF vectors."""
    for t in range(len(pointer) - 1):
        at, total = first[t], 0.0
        for i in range(pointer[t], pointer[t + 1]):
            term = rank[buckets[i]]
            w = (1.0 + np.log(counts[i])) * idf[term]
            total += w * w
            entries[at] = np.uint32(term) << np.uint32(COUNT_BITS) | np.uint32(counts[i] - 1)
            at += 1
        entries[first[t] : at].sort()
        norms[t] = np.sqrt(total)


@loop
def count_steps(entries: Any, head: int, found: Any) -> None:
    """found[id, s] = profiles that have the n-gram STEPS[s] times or more, for ids below `head`."""
    for e in entries:
        term = e >> np.uint32(COUNT_BITS)
        if term < head:
            count = (e & np.uint32((1 << COUNT_BITS) - 1)) + 1
            for s in range(1, len(STEPS)):
                if count >= STEPS[s]:
                    found[term, s] += 1


@loop
def fill_tiles(
    order: Any, first: Any, entries: Any, row: Any, codes_first: Any, codes: Any, tiles: Any, start: int, end: int
) -> None:
    """Set the bits of tiles start..end. `tiles` (tiles, rows, 64 bytes); `row` (head, steps) is a row or -1; `codes` are rows of codes."""
    head = row.shape[0]
    for tile in range(start, end):
        for lane in range(512):
            at = tile * 512 + lane
            if at >= len(order):
                break
            d, byte, bit = order[at], lane & 63, np.uint8(1 << (lane >> 6))
            for i in range(first[d], first[d + 1]):
                term = entries[i] >> np.uint32(COUNT_BITS)
                if term >= head:
                    break
                count = (entries[i] & np.uint32((1 << COUNT_BITS) - 1)) + 1
                for s in range(len(STEPS)):
                    if count < STEPS[s]:
                        break
                    if row[term, s] >= 0:
                        tiles[tile, row[term, s], byte] |= bit
            for i in range(codes_first[d], codes_first[d + 1]):
                tiles[tile, codes[i], byte] |= bit


@loop
def fill_lists(order: Any, first: Any, entries: Any, head: int, list_first: Any, lists: Any) -> None:
    """Profiles (by place in `order`) of each id >= head, ascending; list_first (ids - head + 1) must hold the starts."""
    place = list_first[:-1].copy()
    for at in range(len(order)):
        d = order[at]
        low, high = first[d], first[d + 1]
        while low < high:
            middle = (low + high) // 2
            if entries[middle] >> np.uint32(COUNT_BITS) < head:
                low = middle + 1
            else:
                high = middle
        for i in range(low, first[d + 1]):
            term = (entries[i] >> np.uint32(COUNT_BITS)) - head
            count = min(63, (entries[i] & np.uint32((1 << COUNT_BITS) - 1)) + 1)
            lists[place[term]] = np.uint32(at) | np.uint32(count) << np.uint32(LIST_BITS)
            place[term] += 1
