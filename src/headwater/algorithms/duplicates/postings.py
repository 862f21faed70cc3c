"""Compiled loops over postings: sorting them into a segment, finding those of a key, gathering candidates.

A segment is one sorted array. A posting is the lower 32 bits of a 40-bit key and the number of a document; the upper bits of the key
choose a bucket, directory[b]..directory[b + 1]. Within a bucket postings are in order of key and document.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.compiled import bare, loop
from headwater.algorithms.duplicates.units import FEWEST, KEY_BITS

LOW, TOPS = np.uint64(0xFFFFFFFF), 256
SLOTS = 1 << 16
LEAST_WEIGHT = 0.05
"""Fingerprints that weigh less are not looked up."""


@loop
def top_counts(tops: Any) -> Any:
    """How many postings have each upper byte."""
    found = np.zeros(TOPS, np.int64)
    for top in tops:
        found[top] += 1
    return found


@loop
def scatter(tops: Any, postings: Any, at: Any, out: Any) -> None:
    """Put postings where those of their upper byte go; `at` is moved on."""
    for i in range(tops.shape[0]):
        top = tops[i]
        out[at[top]] = postings[i]
        at[top] += 1


@loop
def tidy(sorted_postings: Any, limit: int, removed: Any) -> Any:
    """Drop doubles, postings of removed documents and keys in more than `limit` documents, in place, from sorted postings with one
    upper byte. Returns how many stay, and the lower halves of the dropped keys with their counts.
    """
    n, kept = sorted_postings.shape[0], 0
    keys, counts, dropped = np.empty(n // (limit + 1) + 1, np.uint64), np.empty(n // (limit + 1) + 1, np.int64), 0
    i = 0
    while i < n:
        key, start, last = sorted_postings[i] >> np.uint64(32), kept, np.uint64(0)
        first = True
        while i < n and sorted_postings[i] >> np.uint64(32) == key:
            posting = sorted_postings[i]
            if (first or posting != last) and not removed[np.int64(posting & LOW)]:
                sorted_postings[kept] = posting
                kept += 1
            first, last = False, posting
            i += 1
        if kept - start > limit:
            keys[dropped], counts[dropped] = key, kept - start
            dropped += 1
            kept = start
    return kept, keys[:dropped], counts[:dropped]


@loop
def fill_directory(postings: Any, top: int, bits: int, directory: Any) -> None:
    """Count the postings of one upper byte by bucket, into directory[bucket + 1]."""
    shift = np.uint64(KEY_BITS - bits)
    for posting in postings:
        key = np.uint64(top) << np.uint64(32) | posting >> np.uint64(32)
        directory[np.int64(key >> shift) + 1] += np.uint32(1)


@bare
def lower_bound(postings: Any, low: int, high: int, value: Any) -> int:
    while low < high:
        middle = (low + high) >> 1
        if postings[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


class Stored(NamedTuple):
    """The arrays of a segment: (2**bits + 1,) directory of buckets, (postings,) in order, and keys that are not kept, ascending, with
    the number of their documents.
    """

    bits: int
    directory: NDArray[np.uint32]
    postings: NDArray[np.uint64]
    frequent: NDArray[np.uint64]
    frequent_count: NDArray[np.int64]


class Spans(NamedTuple):
    """Where the postings of each key stand in a segment, (keys,): start[i]:end[i]."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]


@loop
def locate(stored: Stored, keys: Any, weight: Any, spans: Spans, df: Any) -> None:
    """Where the postings of each key stand in a segment; their number, and that of the ones not kept, is added to `df`."""
    bits, directory, postings, frequent, frequent_count = stored
    start, end = spans
    shift = np.uint64(KEY_BITS - bits)
    for i in range(keys.shape[0]):
        start[i] = end[i] = 0
        if weight[i] < LEAST_WEIGHT:
            continue
        key = keys[i]
        bucket = np.int64(key >> shift)
        low, high = np.int64(directory[bucket]), np.int64(directory[bucket + 1])
        if low < high:
            a = lower_bound(postings, low, high, key << np.uint64(32))
            b = a
            if a < high and postings[a] >> np.uint64(32) == key & LOW:
                b = lower_bound(postings, a, high, (key << np.uint64(32)) | LOW)
                if b < high and postings[b] == ((key << np.uint64(32)) | LOW):
                    b += 1
            start[i], end[i] = a, b
            df[i] += b - a
        if frequent.shape[0]:
            at = lower_bound(frequent, 0, frequent.shape[0], key)
            if at < frequent.shape[0] and frequent[at] == key:
                df[i] += frequent_count[at]


@loop
def choose(key_start: Any, weight: Any, df: Any, documents: int, limit: int, effort: int) -> Any:
    """Keys in the order in which their postings are read, rarest first within each document, and what a shared key weighs.

    A key that is too common, or whose postings would exceed `effort`, weighs 0.
    """
    order, out = np.empty(df.shape[0], np.int64), np.zeros(df.shape[0], np.float32)
    stretches = np.log2(max(np.float64(documents), FEWEST) + 1.0)
    for d in range(key_start.shape[0] - 1):
        a, b = key_start[d], key_start[d + 1]
        order[a:b] = a + np.argsort(df[a:b], kind="mergesort")
        budget = effort
        for i in order[a:b]:
            if df[i] == 0 or df[i] > limit or weight[i] < LEAST_WEIGHT:
                continue
            budget -= df[i]
            if budget < 0 and budget + df[i] < effort:
                break
            out[i] = weight[i] * min(1.0, max(0.1, (stretches - np.log2(df[i] + 1.0)) / 10.0))
    return order, out


class Workspace(NamedTuple):
    """A hash table from documents to weights for one thread: number + 1 or 0, weight, used slots."""

    number: NDArray[np.uint32]
    weight: NDArray[np.float32]
    used: NDArray[np.int64]


def workspace() -> Workspace:
    return Workspace(np.zeros(SLOTS, np.uint32), np.zeros(SLOTS, np.float32), np.zeros(SLOTS, np.int64))


class Candidates(NamedTuple):
    """The best documents by each query, a heap with the worst in front: weight, number, how many, (queries, places)."""

    weight: NDArray[np.float32]
    number: NDArray[np.int64]
    held: NDArray[np.int64]


def no_candidates(queries: int, places: int) -> Candidates:
    return Candidates(np.zeros((queries, places), np.float32), np.zeros((queries, places), np.int64), np.zeros(queries, np.int64))


@bare
def worse(weight: Any, number: Any, a: int, b: int) -> bool:
    return bool(weight[a] < weight[b] or (weight[a] == weight[b] and number[a] > number[b]))


@bare
def swap(weight: Any, number: Any, a: int, b: int) -> None:
    weight[a], weight[b] = weight[b], weight[a]
    number[a], number[b] = number[b], number[a]


@bare
def offer(weight: Any, number: Any, n: int, w: Any, d: int) -> int:
    """Put a document into a heap of the best; returns how many it holds."""
    places = weight.shape[0]
    if n < places:
        weight[n], number[n] = w, d
        i = n
        while i and worse(weight, number, i, (i - 1) >> 1):
            swap(weight, number, i, (i - 1) >> 1)
            i = (i - 1) >> 1
        return n + 1
    if w < weight[0] or (w == weight[0] and d > number[0]):
        return n
    weight[0], number[0] = w, d
    i = 0
    while True:
        child = 2 * i + 1
        if child >= n:
            return n
        if child + 1 < n and worse(weight, number, child + 1, child):
            child += 1
        if not worse(weight, number, child, i):
            return n
        swap(weight, number, i, child)
        i = child


@bare
def credit(space: Workspace, d: int, w: Any, used: int) -> int:
    """Add weight to a document; a full table takes no new ones. Returns how many slots are used."""
    slot = np.int64((np.uint64(d) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48))
    while space.number[slot]:
        if space.number[slot] == d + 1:
            space.weight[slot] += w
            return used
        slot = (slot + 1) & (SLOTS - 1)
    if used > SLOTS * 3 // 4:
        return used
    space.number[slot], space.weight[slot], space.used[used] = d + 1, w, slot
    return used + 1


class Wish(NamedTuple):
    """What the first stage looks for.

    Attributes:
        key_start: (queries + 1,) where the keys of each query begin in `order`.
        order, weight: (keys,) which are read one after the other, and what each weighs when it is shared.
        skip: (queries,) the document that a query must not find (itself), or -1.
        least: (queries,) the least weight of a candidate.
    """

    key_start: NDArray[np.int64]
    order: NDArray[np.int64]
    weight: NDArray[np.float32]
    skip: NDArray[np.int64]
    least: NDArray[np.float64]


@loop
def gather(
    wish: Wish, postings: Any, spans: Spans, first: int, last: int, removed: Any, space: Workspace, best: Candidates
) -> None:
    """Offer the documents first..last of a segment that share keys with each query to its candidates."""
    key_start, order, weight, skip, least = wish
    start, end = spans
    for q in range(key_start.shape[0] - 1):
        used = 0
        for i in order[key_start[q] : key_start[q + 1]]:
            if weight[i] > 0.0:
                for at in range(start[i], end[i]):
                    used = credit(space, np.int64(postings[at] & LOW), weight[i], used)
        count = best.held[q]
        for j in range(used):
            slot = space.used[j]
            d, w = np.int64(space.number[slot]) - 1, space.weight[slot]
            space.number[slot] = 0
            if w >= least[q] and d != skip[q] and first <= d < last and not removed[d]:
                count = offer(best.weight[q], best.number[q], count, w, d)
        best.held[q] = count
