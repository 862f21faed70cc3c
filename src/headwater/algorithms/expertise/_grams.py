"""Compiled loops over code points: units (a Chinese character, a Latin word), their n-grams, hashed and counted per text.

A text is cut into runs at punctuation; spaces, hyphens and apostrophes do not cut. English plurals lose their s.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.compiled import loop

MOST = 1023
"""Counts above this are taken as this."""
SKIP, CUT, WORD, SIGN = 0, 1, 2, 3
_A, _B, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xBF58476D1CE4E5B9)


@loop
def kind_of(c: Any) -> Any:
    """What a code point is: skipped, a cut, part of a word, or a sign that stands for itself."""
    if c < 0x80:
        if 48 <= c <= 57 or 97 <= c <= 122 or 65 <= c <= 90:
            return WORD
        return SKIP if c <= 32 or c == 45 or c == 39 else CUT
    if 0x3400 <= c <= 0x9FFF or 0x3041 <= c <= 0x30FF or 0xAC00 <= c <= 0xD7A3 or 0xF900 <= c <= 0xFAFF or c >= 0x20000:
        return SIGN
    if c == 0xA0 or c == 0x3000 or 0x2000 <= c <= 0x2011 or c == 0x2019:
        return SKIP
    if c < 0xC0 or c == 0xD7 or c == 0xF7 or 0x2012 <= c <= 0x206F or 0x2190 <= c <= 0x303F or c >= 0xFE10:
        return CUT
    return WORD


@loop
def _narrow(c: Any) -> Any:
    """Full-width letters, digits and marks as their ASCII ones."""
    return c - 0xFEE0 if 0xFF01 <= c <= 0xFF5E else c


@loop
def _stem(codes: Any, start: int, end: int) -> Any:
    """Where a word ends without the s of an English plural, and whether "ies" became "y"."""
    if end - start < 4 or codes[end - 1] != 115:
        return end, False
    before = codes[end - 2]
    if before == 115 or before == 117 or (before == 105):
        return end, False
    if before == 101 and codes[end - 3] == 105 and end - start > 4:
        return end - 3, True
    return end - 1, False


@loop
def units_of(codes: Any, start: int, end: int, units: Any, first: Any, last: Any) -> int:
    """Units of one text, their code point ranges, and a 0 unit at each cut; returns how many there are."""
    n, i = 0, start
    while i < end:
        c = _narrow(codes[i])
        kind = kind_of(c)
        if kind == SIGN:
            units[n], first[n], last[n] = (np.uint64(c) + np.uint64(1)) * _A, i, i + 1
            n += 1
        elif kind == CUT:
            if n and units[n - 1]:
                units[n], first[n], last[n] = np.uint64(0), i, i + 1
                n += 1
        elif kind == WORD:
            j = i
            while j < end and kind_of(_narrow(codes[j])) == WORD:
                j += 1
            stop, ies = _stem(codes, i, j)
            number = np.uint64(0xCBF29CE484222325)
            for m in range(i, stop):
                number = (number ^ np.uint64(_narrow(codes[m]))) * np.uint64(0x100000001B3)
            if ies:
                number = (number ^ np.uint64(121)) * np.uint64(0x100000001B3)
            units[n], first[n], last[n] = number | np.uint64(1), i, j
            n += 1
            i = j - 1
        i += 1
    return n


@loop
def gram_at(units: Any, n: int, i: int, order: int, shift: Any) -> Any:
    """Bucket of the n-gram of `order` units at i, or -1 where a cut or the end is in it."""
    if i + order > n:
        return -1
    mixed = np.uint64(order)
    for m in range(i, i + order):
        if units[m] == 0:
            return -1
        mixed = (mixed ^ units[m]) * _B
        mixed ^= mixed >> np.uint64(31)
    mixed *= _MIX
    mixed ^= mixed >> np.uint64(29)
    return np.int64((mixed * _A) >> shift)


@loop
def count_grams(codes: Any, starts: Any, orders: int, bits: int, pointer: Any, buckets: Any, counts: Any) -> None:
    """Distinct n-grams of 1..orders units of each text and how often each occurs, in order of first occurrence.

    `codes` (uint32) holds all texts, `starts` (int64, texts + 1) their bounds. Fills `pointer` (int64, texts + 1), `buckets` (uint32)
    and `counts` (uint16); these must have room for orders x code points.
    """
    longest = 0
    for t in range(len(starts) - 1):
        longest = max(longest, starts[t + 1] - starts[t])
    units, first, last = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    size = 16
    while size < 2 * orders * longest:
        size *= 2
    slots, seen = np.empty(size, np.int64), np.full(size, -1, np.int64)
    shift, at = np.uint64(64 - bits), 0
    for t in range(len(starts) - 1):
        pointer[t] = at
        n = units_of(codes, starts[t], starts[t + 1], units, first, last)
        for order in range(1, orders + 1):
            for i in range(n - order + 1):
                bucket = gram_at(units, n, i, order, shift)
                if bucket < 0:
                    continue
                slot = (bucket * 0x9E3779B1 >> 7) & (size - 1)
                while seen[slot] == t and buckets[slots[slot]] != bucket:
                    slot = (slot + 1) & (size - 1)
                if seen[slot] == t:
                    if counts[slots[slot]] < MOST:
                        counts[slots[slot]] += 1
                else:
                    seen[slot], slots[slot] = t, at
                    buckets[at], counts[at] = bucket, 1
                    at += 1
    pointer[len(starts) - 1] = at


@loop
def place_grams(codes: Any, orders: int, bits: int, buckets: Any, units: Any, first: Any, last: Any) -> Any:
    """Where the n-grams of one text are: buckets[i, n - 1] is that of the n units from unit i on, -1 where there is none.

    `units` get hashes (0 for a cut), `first` and `last` the code points of each unit; returns how many units there are.
    """
    n = units_of(codes, 0, len(codes), units, first, last)
    for i in range(n):
        for order in range(1, orders + 1):
            buckets[i, order - 1] = gram_at(units, n, i, order, np.uint64(64 - bits))
    return n


@loop
def add_frequencies(buckets: Any, frequency: Any) -> None:
    """Add one for each (distinct) n-gram of a text to the number of texts that have it."""
    for i in range(len(buckets)):
        frequency[buckets[i]] += 1


@loop
def weigh(pointer: Any, buckets: Any, counts: Any, idf: Any, weights: Any) -> None:
    """(1 + ln count) x idf of each n-gram; rows of unit length."""
    for t in range(len(pointer) - 1):
        total = 0.0
        for i in range(pointer[t], pointer[t + 1]):
            w = (1.0 + np.log(counts[i])) * idf[buckets[i]]
            weights[i] = w
            total += w * w
        if total > 0.0:
            scale = 1.0 / np.sqrt(total)
            for i in range(pointer[t], pointer[t + 1]):
                weights[i] *= scale
