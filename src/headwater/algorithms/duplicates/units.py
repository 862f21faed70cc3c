"""Compiled loops that turn characters into units, units into fingerprints, and count how common wordings are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.compiled import bare, loop
from headwater.algorithms.duplicates.characters import IDEOGRAPH, LETTER, PASSED, STOP

COUNT_BITS = 20
"""The table of wordings has 2**20 counters; it is shared by all trigrams, which adds about 2**-12 to each share."""
PER_ABSTRACT = 256
"""Frequencies are taken per so many units, about an abstract, whatever the length of the documents."""
COMMON, RARE = 6.0, 10.0
"""A trigram in more than 1 of 2**6 such stretches weighs nothing, in less than 1 of 2**10 one; between them linear in the logarithm."""
FEWEST = 1024.0
"""A small index is taken as part of a collection of so many stretches: nothing is rare in ten documents."""
KEY_BITS = 40
NEW_END, OLD_END = 1, 2
"""Units that end a section; no character has them, and those of new and old differ, so no run crosses a section."""
WORD = 0x80000000


class Cut(NamedTuple):
    """How texts are cut: character table, gram, windows, sorted keys of templates."""

    kind: NDArray[np.uint8]
    value: NDArray[np.uint16]
    gram: int
    window: int
    long_units: int
    long_window: int
    templates: NDArray[np.uint64]


@bare
def mixed(x: Any) -> Any:
    """A 64-bit number whose every bit depends on all bits of x."""
    x ^= x >> np.uint64(31)
    x *= np.uint64(0x7FB5D329728EA185)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x81DADEF4BC2DD44D)
    return x ^ (x >> np.uint64(33))


@bare
def units_of(raw: Any, first: int, last: int, kind: Any, value: Any, units: Any, begin: Any, end: Any, stop: Any, n: int) -> int:
    """Append the units of raw[first:last], their offsets from `first`, and whether a sentence begins; returns the new length."""
    i, fresh = first, True
    while i < last:
        what = kind[raw[i]]
        if what == IDEOGRAPH:
            units[n], begin[n], end[n], stop[n] = value[raw[i]], i - first, i + 1 - first, fresh
            n += 1
            fresh = False
        elif what == LETTER:
            packed, letters = np.uint32(0), 0
            begin[n], stop[n] = i - first, fresh
            while i < last and letters < 4:
                what = kind[raw[i]]
                if what == LETTER:
                    packed = packed * np.uint32(0x01000193) + np.uint32(value[raw[i]])
                    letters += 1
                elif what != PASSED:
                    break
                i += 1
            units[n], end[n] = packed | np.uint32(WORD), i - first
            n += 1
            fresh = False
            continue
        elif what == STOP:  # a point inside a number or name ends no sentence
            fresh = fresh or not (i > first and i + 1 < last and kind[raw[i - 1]] == LETTER and kind[raw[i + 1]] == LETTER)
        i += 1
    return n


@bare
def document_units(
    raw: Any,
    part_start: Any,
    first: int,
    last: int,
    mark: int,
    cut: Cut,
    units: Any,
    begin: Any,
    end: Any,
    stop: Any,
    bounds: Any,
) -> int:
    """Units of parts first..last, each part ended by `mark`; bounds[j] is where the j-th part begins. Returns the length."""
    n = 0
    for part in range(first, last):
        bounds[part - first] = n
        n = units_of(raw, part_start[part], part_start[part + 1], cut.kind, cut.value, units, begin, end, stop, n)
        units[n], begin[n], end[n], stop[n] = mark, 0, 0, True
        n += 1
    bounds[last - first] = n
    return n


@bare
def gram_hashes(units: Any, first: int, last: int, gram: int, hashes: Any) -> int:
    """Keys of the grams of units[first:last] into hashes[0:...]; returns how many."""
    base, top, h = np.uint64(0x9E3779B97F4A7C15), np.uint64(1), np.uint64(0)
    if last - first < gram:
        return 0
    for i in range(gram):
        h = h * base + np.uint64(units[first + i] + 1)
        top *= base
    n = 0
    for i in range(first + gram, last + 1):
        hashes[n] = mixed(h) >> np.uint64(64 - KEY_BITS)
        n += 1
        if i < last:
            h = h * base + np.uint64(units[i] + 1) - top * np.uint64(units[i - gram] + 1)
    return n


@bare
def winnow(hashes: Any, n: int, window: int, chosen: Any) -> int:
    """Positions of the least hash of each window, the rightmost of equals; returns how many."""
    if n == 0:
        return 0
    window = min(window, n)
    best, m = -1, 0
    for start in range(n - window + 1):
        fresh = start + window - 1
        if best < start:
            best = start
            for j in range(start + 1, fresh + 1):
                if hashes[j] <= hashes[best]:
                    best = j
        elif hashes[fresh] <= hashes[best]:
            best = fresh
        else:
            continue
        if m == 0 or chosen[m - 1] != best:
            chosen[m] = best
            m += 1
    return m


@bare
def trigram(a: Any, b: Any, c: Any) -> Any:
    """The counter of three units."""
    h = (np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(c)
    return np.int64(mixed(h) >> np.uint64(64 - COUNT_BITS))


@bare
def stands_in(key: Any, table: Any) -> bool:
    """Whether a sorted table holds the key."""
    low, high = 0, table.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if table[middle] < key:
            low = middle + 1
        else:
            high = middle
    return bool(low < table.shape[0] and table[low] == key)


@loop
def document_fingerprints(
    raw: Any, part_start: Any, doc_part: Any, first: int, last: int, ordinal: int, cut: Cut, counts: Any, tops: Any, postings: Any
) -> Any:
    """Fingerprints of documents first..last, the first of which has number `ordinal`; trigrams are added to `counts`.

    A posting is the lower 32 bits of a key and a number of a document; `tops` has the upper 8 bits. Returns how many, how many
    documents have none, and how many units there are.
    """
    most, sections = 1, 1
    for d in range(first, last):
        length = part_start[doc_part[d + 1]] - part_start[doc_part[d]]
        most = max(most, length + doc_part[d + 1] - doc_part[d])
        sections = max(sections, doc_part[d + 1] - doc_part[d])
    units, begin, end = np.empty(most, np.uint32), np.empty(most, np.int32), np.empty(most, np.int32)
    stop = np.empty(most, np.bool_)
    hashes, chosen, bounds = np.empty(most, np.uint64), np.empty(most, np.int64), np.empty(sections + 1, np.int64)
    count, short, total = 0, 0, 0
    for d in range(first, last):
        parts, before = doc_part[d + 1] - doc_part[d], count
        n = document_units(raw, part_start, doc_part[d], doc_part[d + 1], OLD_END, cut, units, begin, end, stop, bounds)
        window = cut.long_window if n > cut.long_units else cut.window
        total += n - parts
        for part in range(parts):
            a, b = bounds[part], bounds[part + 1] - 1
            for i in range(a, b - 2):
                counts[trigram(units[i], units[i + 1], units[i + 2])] += np.uint32(1)
            m = winnow(hashes, gram_hashes(units, a, b, cut.gram, hashes), window, chosen)
            for j in range(m):
                key = hashes[chosen[j]]
                if cut.templates.shape[0] and stands_in(key, cut.templates):
                    continue
                tops[count] = np.uint8(key >> np.uint64(32))
                postings[count] = key << np.uint64(32) | np.uint64(ordinal + d - first)
                count += 1
        short += count == before
    return count, short, total


@loop
def template_keys(raw: Any, part_start: Any, cut: Cut) -> Any:
    """Keys of all grams of some texts, sorted, each once."""
    most = raw.shape[0] + 1
    units, begin, end = np.empty(most, np.uint32), np.empty(most, np.int32), np.empty(most, np.int32)
    stop = np.empty(most, np.bool_)
    keys, hashes, n = np.empty(most, np.uint64), np.empty(most, np.uint64), 0
    for part in range(part_start.shape[0] - 1):
        m = units_of(raw, part_start[part], part_start[part + 1], cut.kind, cut.value, units, begin, end, stop, 0)
        found = gram_hashes(units, 0, m, cut.gram, hashes)
        keys[n : n + found] = hashes[:found]
        n += found
    return np.unique(keys[:n])


@bare
def unit_weights(units: Any, first: int, last: int, counts: Any, stretches: float, cut: Cut, hashes: Any, weights: Any) -> None:
    """Weights 0..1 of units[first:last]: the mean of the trigrams that hold a unit, 0 inside a template.

    One occurrence is taken off each count: that of the old text itself, if it is there.
    """
    for i in range(first, last):
        weights[i] = 0.0
    if last - first < 3:
        return
    scale = 1.0 / (RARE - COMMON)
    for i in range(first, last - 2):
        seen = max(1.0, np.float64(counts[trigram(units[i], units[i + 1], units[i + 2])]))
        w = min(1.0, max(0.0, (np.log2(max(stretches, FEWEST) / seen) - COMMON) * scale))
        for j in range(3):
            weights[i + j] += w
    for i in range(first, last):
        weights[i] /= min(3, i - first + 1, last - i, last - first - 2)
    if cut.templates.shape[0]:
        n = gram_hashes(units, first, last, cut.gram, hashes)
        for i in range(n):
            if stands_in(hashes[i], cut.templates):
                for j in range(first + i, first + i + cut.gram):
                    weights[j] = 0.0


class Queries(NamedTuple):
    """New documents cut into units, end to end. By document: where its units, parts and keys start. By unit: unit, offsets, whether a
    sentence begins, part
    (from the document's first), and the sum of the weights before it (one more than units). By key: key and weight.
    """

    unit_start: Any
    part_first: Any
    key_start: Any
    units: Any
    begin: Any
    end: Any
    stop: Any
    part: Any
    before: Any
    keys: Any
    key_weight: Any


@loop
def prepare(raw: Any, part_start: Any, doc_part: Any, first: int, last: int, cut: Cut, counts: Any, stretches: float) -> Any:
    """Cut and weigh documents first..last of a set."""
    parts = doc_part[last] - doc_part[first]
    most = part_start[doc_part[last]] - part_start[doc_part[first]] + parts + 1
    units, begin, end = np.empty(most, np.uint32), np.empty(most, np.int32), np.empty(most, np.int32)
    stop = np.empty(most, np.bool_)
    part_of, weights, before = np.zeros(most, np.int32), np.zeros(most), np.zeros(most + 1)
    keys, key_weight = np.empty(most, np.uint64), np.empty(most)
    hashes, chosen, bounds = np.empty(most, np.uint64), np.empty(most, np.int64), np.empty(parts + 1, np.int64)
    unit_start, key_start = np.zeros(last - first + 1, np.int64), np.zeros(last - first + 1, np.int64)
    n, count = 0, 0
    for d in range(first, last):
        a, b = doc_part[d], doc_part[d + 1]
        m = document_units(raw, part_start, a, b, NEW_END, cut, units[n:], begin[n:], end[n:], stop[n:], bounds)
        window = cut.long_window if m > cut.long_units else cut.window
        for part in range(b - a):
            low, high = n + bounds[part], n + bounds[part + 1] - 1
            unit_weights(units, low, high, counts, stretches, cut, hashes, weights)
            weights[high] = 0.0
            for i in range(low, high + 1):
                part_of[i] = part
                before[i + 1] = before[i] + weights[i]
            found = winnow(hashes, gram_hashes(units, low, high, cut.gram, hashes), window, chosen)
            for j in range(found):
                at = low + chosen[j]
                keys[count], key_weight[count] = hashes[chosen[j]], (before[at + cut.gram] - before[at]) / cut.gram
                count += 1
        n += m
        unit_start[d - first + 1], key_start[d - first + 1] = n, count
    return Queries(
        unit_start,
        doc_part[first : last + 1] - doc_part[first],
        key_start,
        units[:n],
        begin[:n],
        end[:n],
        stop[:n],
        part_of[:n],
        before[: n + 1],
        keys[:count],
        key_weight[:count],
    )
