"""Compiled loops of the search: a plan per proposal, a filter over all profiles by bits and lists, exact scores of what passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.compiled import loop
from headwater.algorithms.expertise._bits import LANES, PLANES, WORDS, add16, ask16, prefetch, unpack
from headwater.algorithms.expertise._build import LIST_BITS, RISE
from headwater.algorithms.expertise.arrays import Barred, Levels, Measure, Passed, Plans, Profiles, Room, Shortlists

ROOM, LIST_ROOM, CODE_ROOM = 24_000.0, 20_000.0, 12_000.0
"""What counters (below 2**15 with the rounding), lists and codes may add up to: together below 2**16."""
FINE = 24.0
"""Steps of the counters in a standard deviation of the scores."""
LEAST_GAIN = 1e-5
"""A row is added when it explains at least this share of the variance of the scores."""
AHEAD = 24
_LN = (1.0 + np.log(np.arange(1, 1025))).astype(np.float32)


@loop
def _step(terms: Any, weights: Any, share: Any, head: int) -> Any:
    """The size of a counter's step for one proposal and the variance of its scores over profiles, terms taken as independent.

    `share` (terms, steps) is the share of the profiles in a term's row.
    """
    variance, most = 0.0, 0.0
    for i in range(len(terms)):
        t, w = terms[i], weights[i]
        for s in range(len(RISE) if t < head else 1):
            f = share[t, s]
            variance += (w * RISE[s]) ** 2 * f * (1.0 - f)
            most += w * RISE[s] if f > 0.0 and t < head else 0.0
    return max(np.sqrt(variance) / FINE, most / ROOM, 1e-6), variance


@loop
def _digits(rest: float, value: float) -> int:
    """At most two binary digits for a weight in steps, each only when it earns LEAST_GAIN; `value` x rest^2 is its share of the variance."""
    mask = 0
    for _ in range(2):
        if rest < 0.5:
            break
        # The exponent of rest / 0.75: the nearest power of two.
        exponent: Any = np.float32(rest / 0.75).view(np.uint32) >> np.uint32(23)
        power = 1 << max(0, int(exponent) - 127)
        left = abs(rest - power)
        if (rest * rest - left * left) * value < LEAST_GAIN:
            break
        mask += power
        rest -= power
    return mask


@loop
def _pick(terms: Any, weights: Any, profiles: Profiles, step: float, variance: float, room: Room, size: Any) -> Any:
    """Rows of a proposal's frequent terms and the planes (bits of a mask) that each is added at; counts rows by plane in `size`.

    Returns how many rows there are, and what the rounding leaves out of the score of a mean profile.
    """
    share, row, rows, masks = profiles.share, profiles.row, room.picked, room.masks
    n, head, lost, scale = 0, row.shape[0], 0.0, step * step / max(variance, 1e-12)
    size[:] = 0
    for i in range(len(terms)):
        t = terms[i]
        if t >= head:
            continue
        for s in range(row.shape[1]):
            if row[t, s] < 0:
                break
            f, w = share[t, s], weights[i] * RISE[s]
            mask = _digits(w / step, f * (1.0 - f) * scale)
            lost += f * (w - mask * step)
            if mask:
                rows[n], masks[n] = row[t, s], mask
                n += 1
                k = 0
                while mask:
                    size[k] += mask & 1
                    mask >>= 1
                    k += 1
    return n, lost


@loop
def plan(terms: Any, weights: Any, profiles: Profiles, plans: Plans, at: int, room: Room) -> Any:
    """What to add for one proposal, in groups of 16 from group `at` on: rows[16 at:] and the plane of each group.

    First come groups of rows of bits, filled up with the empty row; group n of the proposal leaves its carry in slot n + 1. Then come
    groups of such slots, filled up with slot 0, which is zero. Returns the step, where the first and the second kind end,
    and what rounding leaves out of a mean score.
    """
    rows, plane, picked, masks, waiting = plans.rows, plans.plane, room.picked, room.masks, room.waiting
    step, variance = _step(terms, weights, profiles.share, profiles.row.shape[0])
    size, place, used, start = np.zeros(PLANES, np.int64), np.zeros(PLANES, np.int64), np.zeros(PLANES + 4, np.int64), at
    n, lost = _pick(terms, weights, profiles, step, variance, room, size)
    for k in range(PLANES):
        place[k] = 16 * at
        for _ in range((size[k] + 15) // 16):
            plane[at], waiting[k + 4, used[k + 4]] = k, at - start + 1
            used[k + 4] += 1
            at += 1
    for i in range(n):
        mask, k = masks[i], 0
        while mask:
            if mask & 1:
                rows[place[k]] = picked[i]
                place[k] += 1
            mask >>= 1
            k += 1
    for k in range(PLANES):
        while place[k] % 16:
            rows[place[k]] = profiles.empty
            place[k] += 1
    middle = at
    for k in range(PLANES):
        for i in range(0, used[k], 16):
            for m in range(i, i + 16):
                rows[16 * at + m - i] = waiting[k, m] if m < used[k] else 0
            plane[at], waiting[k + 4, used[k + 4]] = k, at - start + 1
            used[k + 4] += 1
            at += 1
    return step, middle, at, lost


@loop
def sum_rows(bits: Any, base: int, rows: Any, plane: Any, start: int, middle: int, end: int, planes: Any, carries: Any) -> None:
    """Counters of the 512 profiles of a tile by a plan. Rows are asked for AHEAD groups before their turn: most lie in the third cache."""
    planes[:] = 0
    for g in range(start, middle):
        ask16(bits, base, rows, 16 * (g + AHEAD))
        add16(bits, base, rows, 16 * g, planes, plane[g], carries, g - start + 1)
    for g in range(middle, end):
        add16(carries, 0, rows, 16 * g, planes, plane[g], carries, g - start + 1)


@loop
def spread(terms: Any, weights: Any, head: int, list_first: Any, lists: Any, step: float, extra: Any) -> None:
    """Weights of rare terms, added up for the profiles that have them (uint16, in steps, at most LIST_ROOM)."""
    extra[:] = 0
    low, most = np.uint32((1 << LIST_BITS) - 1), np.uint32(LIST_ROOM)
    for i in range(len(terms)):
        t = terms[i] - head
        if t < 0:
            continue
        w = weights[i] / step
        once = np.uint32(min(w + 0.5, LIST_ROOM))
        for j in range(list_first[t], list_first[t + 1]):
            entry = lists[j]
            times = entry >> np.uint32(LIST_BITS)
            more = once if times == 1 else np.uint32(min(w * _LN[times - 1] + 0.5, LIST_ROOM))
            extra[entry & low] = min(np.uint32(extra[entry & low]) + more, most)


@loop
def highest_first(keys: Any, n: int, k: int) -> None:
    """Reorder keys[:n] so that the k highest come first."""
    low, high = 0, n - 1
    while low < high:
        a, b, c = keys[low], keys[(low + high) // 2], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] > pivot:
                i += 1
            while keys[j] < pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            high = j
        elif k - 1 >= i:
            low = i
        else:
            return


@loop
def make_key(score: Any, low: Any) -> Any:
    """A number that sorts by a score (float32, not negative), then by `low` (below 2**32)."""
    return np.uint64(np.float32(score).view(np.uint32)) << np.uint64(32) | np.uint64(low)


@loop
def score_of(key: Any) -> Any:
    return np.uint32(key >> np.uint64(32)).view(np.float32)


@loop
def _cut_back(keys: Any, n: int, short: int, weight: float, worth: Any, mixed: Any, spare: Any) -> float:
    """Keep the `short` best of keys[:n] by text + weight x worth of the shared levels of codes; returns the lowest such score."""
    if n <= short:
        return 0.0
    if weight == 0.0:
        highest_first(keys, n, short)
        lowest = keys[0]
        for i in range(1, short):
            lowest = min(lowest, keys[i])
        return float(score_of(lowest))
    for i in range(n):
        mixed[i] = make_key(score_of(keys[i]) + weight * worth[keys[i] >> np.uint64(LIST_BITS) & np.uint64(63)], i)
    highest_first(mixed, n, short)
    lowest = mixed[0]
    for i in range(short):
        lowest = min(lowest, mixed[i])
        spare[i] = keys[mixed[i] & np.uint64(0xFFFFFFFF)]
    for i in range(short):
        keys[i] = spare[i]
    return float(score_of(lowest))


@loop
def has_bit(bits: Any, base: int, row: int, lane: int) -> Any:
    """Whether a lane's bit is set in a row: byte lane % 64, bit lane // 64."""
    byte = lane & 63
    return bits[base + row * WORDS + (byte >> 3)] >> np.uint64(8 * (byte & 7) + (lane >> 6)) & np.uint64(1)


@loop
def is_forbidden(columns: Any, low: int, high: int, column: int) -> bool:
    """Whether a column is among the sorted columns[low:high]."""
    end = high
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < column:
            low = middle + 1
        else:
            high = middle
    return low < end and columns[low] == column


@loop
def _ask_ahead(bits: Any, height: int, tile: int, tiles: int, extra: Any, q: int, proposals: int) -> None:
    """Ask for what comes next: this proposal's part of the next tile's rows, and the next proposal's scores of rare terms."""
    count = height // proposals + 1
    if tile + 1 < tiles:
        for row in range(q * count, min(height, (q + 1) * count)):
            prefetch(bits, ((tile + 1) * height + row) * WORDS)
    if q + 1 < proposals:
        for line in range(0, LANES, 32):
            prefetch(extra, (q + 1) * extra.shape[1] + tile * LANES + line)


@loop
def _add_codes(bits: Any, base: int, rows: Any, q: int, bonus: Any, extra: Any, at: int) -> None:
    """Add what shared discipline codes are worth to the 512 profiles of a tile."""
    for level in range(rows.shape[1]):
        if rows[q, level] < 0 or bonus[level] == 0:
            continue
        more = np.uint16(bonus[level])
        start = base + rows[q, level] * WORDS
        for word in range(WORDS):
            w = bits[start + word]
            for byte in range(8):
                for bit in range(8):
                    extra[q, at + 64 * bit + 8 * word + byte] += more * np.uint16(w >> np.uint64(8 * byte + bit) & np.uint64(1))


@loop
def _aligned(words: int) -> Any:
    """Zeros that begin on a cache line, so that a row never lies in two."""
    raw = np.zeros(words + 8, np.uint64)
    skip = (-raw.ctypes.data % 64) // 8
    return raw[skip : skip + words]


@loop
def _passing(totals: Any, groups: Any, bar: Any, passing: Any) -> int:
    """Lanes with totals of at least `bar`, looked for only in the groups of 64 that have one."""
    n, group = 0, 0
    while groups:
        if groups & np.uint64(1):
            for lane in range(64 * group, 64 * group + 64):
                passing[n] = lane
                n += totals[lane] >= bar
        groups >>= np.uint64(1)
        group += 1
    return n


@loop
def shared_levels(bits: Any, base: int, rows: Any, q: int, lane: int) -> int:
    """A bit for each level of the tree of codes at which a profile shares the proposal's code."""
    mask = 0
    for level in range(rows.shape[1]):
        if rows[q, level] >= 0 and has_bit(bits, base, rows[q, level], lane):
            mask |= 1 << level
    return mask


@loop
def _keep_top(top: Any, q: int, key: Any) -> None:
    """Put a key in its place in the descending row top[q], whose last one goes."""
    i = top.shape[1] - 1
    while i and top[q, i - 1] < key:
        top[q, i] = top[q, i - 1]
        i -= 1
    top[q, i] = key


@loop
def _collect(
    passed: Passed, measure: Measure, q: int, profiles: Profiles, levels: Levels, bonus: Any, barred: Barred, found: Shortlists
) -> Any:
    """Add the profiles of a tile whose totals passed to a shortlist; returns its new length."""
    lanes, totals, start, base = passed.lanes, passed.totals, passed.start, passed.base
    bits, norms, order, code_rows, worth = profiles.bits, profiles.norms, profiles.order, levels.rows, levels.worth
    barred_first, columns, keys, top = barred.first, barred.columns, found.keys, found.top
    step, lost, least, weight, coded, used = (
        measure.step,
        measure.lost,
        measure.least,
        measure.weight,
        levels.ratio > 0.0,
        found.used[q],
    )
    for i in range(passed.found):
        lane = lanes[i]
        place = start + lane
        if place >= len(norms):
            break
        raw, mask = np.int64(totals[lane]), 0
        if coded:
            mask = shared_levels(bits, base, code_rows, q, lane)
            for level in range(len(bonus)):
                raw -= bonus[level] if mask >> level & 1 else 0
        similar = np.float32(max(raw * step + lost, 0.0) / norms[place])
        enough = similar + weight * worth[mask] > least
        key = make_key(similar, place | mask << LIST_BITS)
        if not (enough or key > top[q, -1]) or is_forbidden(columns, barred_first[q], barred_first[q + 1], order[place]):
            continue
        if key > top[q, -1]:
            _keep_top(top, q, key)
        if enough:
            keys[q, used] = key
            used += 1
    return used


@loop
def scan(profiles: Profiles, plans: Plans, levels: Levels, barred: Barred, found: Shortlists, short: int) -> None:
    """Shortlists of a block of proposals: the `short` best of all profiles by the counters, as keys of text score, levels and place.

    A shortlist is cut back whenever less than a tile is free in its row; from then on only lanes that hold a better total are looked
    into, or one of the best by text alone.
    """
    bits, height, norms = profiles.bits, profiles.height, profiles.norms
    rows, plane, bound, step, lost, extra = plans
    code_rows, rises, worth, ratio = levels
    keys, used, top = found
    tiles, longest = -(-len(norms) // LANES), 0
    for q in range(len(step)):
        longest = max(longest, bound[q, 2] - bound[q, 0])
    carries, planes = _aligned((longest + 1) * WORDS), _aligned((PLANES + 4) * WORDS)
    totals, passing = _aligned(LANES // 4).view(np.uint16), np.zeros(LANES + 1, np.int64)
    mixed, spare = np.zeros(keys.shape[1], np.uint64), np.zeros(keys.shape[1], np.uint64)
    bonus, least, weight = np.zeros(len(rises), np.int64), np.zeros(len(step)), np.zeros(len(step))
    for tile in range(tiles):
        base, start = tile * height * WORDS, tile * LANES
        low, high = norms[start], norms[min(start + LANES, len(norms)) - 1]
        for q in range(len(step)):
            _ask_ahead(bits, height, tile, tiles, extra, q, len(step))
            sum_rows(bits, base, rows, plane, bound[q, 0], bound[q, 1], bound[q, 2], planes, carries)
            for level in range(len(rises)):
                worth_here = min(weight[q] * high / step[q], CODE_ROOM)
                bonus[level] = np.int64(worth_here * rises[level])
            if weight[q] > 0.0:
                _add_codes(bits, base, code_rows, q, bonus, extra, start)
            wanted = min(least[q], score_of(top[q, -1])) if weight[q] > 0.0 else least[q]
            bar = np.uint16(max(0.0, min(65_535.0, (wanted * low - lost[q]) / step[q])))
            groups = unpack(planes, extra, q * extra.shape[1] + start, totals, bar)
            if groups == 0:
                continue
            passed = Passed(passing, _passing(totals, groups, bar, passing), totals, start, base)
            used[q] = _collect(passed, Measure(step[q], lost[q], least[q], weight[q]), q, profiles, levels, bonus, barred, found)
            if used[q] + LANES > keys.shape[1]:
                weight[q] = ratio * score_of(top[q, 0])
                least[q] = _cut_back(keys[q], used[q], short, weight[q], worth, mixed, spare)
                used[q] = min(used[q], short)
    for q in range(len(step)):
        _cut_back(keys[q], used[q], short, ratio * score_of(top[q, 0]), worth, mixed, spare)
        used[q] = min(used[q], short)
