"""Compiled loops of the second stage: runs that stand in both texts are chained into passages, and passages are weighed.

A passage is a chain of common runs that follow each other in both texts. A gap costs by its length, and more when the two texts differ in
it; starting a passage costs five distinctive units, less where it begins or ends
with a sentence in both texts. So a copied sentence with words replaced stays one passage, while a phrase
that many texts share, or one long technical term, weighs little.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from headwater.algorithms.compiled import bare, loop
from headwater.algorithms.duplicates.units import OLD_END, Cut, Queries, document_units, mixed

START, SIDE, GAP, SHIFT, REACH, FLOOR = 5.0, 2.0, 0.2, 1.0, 30, 4.0
"""Cost of a passage, what is given back for each side on which a sentence begins or ends in both texts, cost of a unit of gap and of a
unit by which the gaps differ; longest gap; least evidence of a passage."""
SEED, LONG_SEED, LONG = 4, 6, 4000
"""Units of the shortest run that is looked for, and its length in new documents of more than LONG units."""
BASE = np.uint64(0x9E3779B97F4A7C15)
SEED_WEIGHT = 0.5
"""A run is found by a seed that weighs at least this much, so that stock phrases alone start nothing."""
MOST_REPEATS = 32
"""Places of one seed in the new text that are looked at; this and the next two bound what a text of one repeated phrase costs."""
MOST_ALIVE = 512
"""Runs that a later one may follow; again only repetition makes more."""
MOST_RUNS = 1 << 14
"""Runs that are kept for one pair of documents; more only arise where a document repeats itself hundreds of times."""


class Runs(NamedTuple):
    """Common runs of a pair in order of the new text, with the best chain that goes through each (`best`) and ends
    there (`value`). `trim` units at the front of a run
    already belong to its predecessor.
    """

    new: Any
    old: Any
    length: Any
    best: Any
    value: Any
    before: Any
    trim: Any
    used: Any
    active: Any
    key: Any


class Found(NamedTuple):
    """By passage: first and last run, units that agree, evidence. `chain` lists the runs of each passage, last to first."""

    start: Any
    chain: Any
    matched: Any
    evidence: Any


@loop
def new_runs() -> Any:
    """Room for the runs of a pair."""
    return Runs(
        np.empty(MOST_RUNS, np.int64),
        np.empty(MOST_RUNS, np.int64),
        np.empty(MOST_RUNS, np.int64),
        np.empty(MOST_RUNS),
        np.empty(MOST_RUNS),
        np.empty(MOST_RUNS, np.int64),
        np.empty(MOST_RUNS, np.int64),
        np.empty(MOST_RUNS, np.bool_),
        np.empty(MOST_RUNS, np.int64),
        np.empty(MOST_RUNS, np.int64),
    )


class Seeds(NamedTuple):
    """A hash table (2**bits) of the seeds of a new document that weigh enough: head by hash, next by position, seeded by position.

    `marks` has a bit for eight times as many hashes: most seeds of an old document are none of these and cost one look.
    """

    bits: int
    head: Any
    after: Any
    seeded: Any
    marks: Any


@bare
def seed_sum(units: Any, at: int, seed: int) -> Any:
    h = np.uint64(0)
    for j in range(seed):
        h = h * BASE + np.uint64(units[at + j])
    return h


@loop
def seed_table(units: Any, before: Any, seed: int) -> Any:
    n = units.shape[0]
    bits = 6
    while (1 << bits) < 2 * n:
        bits += 1
    head, after, seeded = np.full(1 << bits, -1, np.int32), np.empty(n + 1, np.int32), np.zeros(n + 1, np.bool_)
    marks = np.zeros(1 << bits, np.uint8)
    for i in range(n - seed, -1, -1):
        if before[i + seed] - before[i] >= SEED_WEIGHT:
            h = mixed(seed_sum(units, i, seed)) >> np.uint64(61 - bits)
            slot = np.int64(h >> np.uint64(3))
            after[i], head[slot], seeded[i] = head[slot], i, True
            marks[slot] |= np.uint8(1 << np.int64(h & np.uint64(7)))
    return Seeds(bits, head, after, seeded, marks)


@bare
def find_runs(new: Any, old: Any, m: int, seed: int, table: Any, runs: Runs) -> int:
    """Longest common runs that hold a seed; returns how many."""
    head, after, seeded, n, top = table.head, table.after, table.seeded, 0, np.uint64(1)
    if m < seed:
        return 0
    for _ in range(seed):
        top *= BASE
    total = seed_sum(old, 0, seed)
    for i in range(m - seed + 1):
        h = mixed(total) >> np.uint64(61 - table.bits)
        slot = np.int64(h >> np.uint64(3))
        if i + seed < m:
            total = total * BASE + np.uint64(old[i + seed]) - top * np.uint64(old[i])
        if not table.marks[slot] >> np.int64(h & np.uint64(7)) & 1:
            continue
        q, places = np.int64(head[slot]), 0
        while q >= 0 and places < MOST_REPEATS:
            places += 1
            same = not (q and i and seeded[q - 1] and new[q - 1] == old[i - 1])  # else found one unit earlier
            j = 0
            while same and j < seed:
                same = new[q + j] == old[i + j]
                j += 1
            if same and n < MOST_RUNS:
                a, b = q, i
                while a and b and new[a - 1] == old[b - 1]:
                    a, b = a - 1, b - 1
                c, d = q + seed, i + seed
                while c < new.shape[0] and d < m and new[c] == old[d]:
                    c, d = c + 1, d + 1
                runs.new[n], runs.old[n], runs.length[n] = a, b, c - a
                n += 1
            q = np.int64(after[q])
    return n


@loop
def in_order(runs: Runs, n: int) -> int:
    """Sort runs by the new text, then the old one, and drop doubles; returns how many stay."""
    for j in range(n):
        runs.key[j] = runs.new[j] << 32 | runs.old[j]
    order = np.argsort(runs.key[:n], kind="mergesort")
    new, old, length = runs.new[:n][order], runs.old[:n][order], runs.length[:n][order]
    kept = 0
    for j in range(n):
        if kept and new[j] == runs.new[kept - 1] and old[j] == runs.old[kept - 1]:
            continue
        runs.new[kept], runs.old[kept], runs.length[kept] = new[j], old[j], length[j]
        kept += 1
    return kept


class Side(NamedTuple):
    """One of the two texts: units, section part of each, where sentences begin."""

    units: Any
    part: Any
    stop: Any


@bare
def link(runs: Runs, i: int, j: int, before: Any, new: Any, old: Any) -> Any:
    """Evidence of the best chain through run i that ends in run j, and the units of j that i already covers; -1 if they do not fit."""
    a, b = runs.new[j], runs.old[j]
    end, old_end = runs.new[i] + runs.length[i], runs.old[i] + runs.length[i]
    if new.part[runs.new[i]] != new.part[a] or old.part[runs.old[i]] != old.part[b]:
        return -1.0, 0
    trim = max(0, end - a, old_end - b)
    gap, old_gap = a + trim - end, b + trim - old_end
    if trim >= runs.length[j] or gap > REACH or old_gap > REACH or b < runs.old[i]:
        return -1.0, 0
    weight = before[a + runs.length[j]] - before[a + trim]
    return runs.best[i] + weight - GAP * max(gap, old_gap) - SHIFT * abs(gap - old_gap), trim


@bare
def chain(runs: Runs, n: int, before: Any, new: Any, old: Any) -> None:
    """The best chain that ends in each run, by dynamic programming over the runs that end within reach."""
    alive = 0
    for j in range(n):
        a, b, length = runs.new[j], runs.old[j], runs.length[j]
        runs.best[j], runs.before[j], runs.trim[j] = before[a + length] - before[a] - START, -1, 0
        if new.stop[a] and old.stop[b]:
            runs.best[j] += SIDE
        still = 0
        for at in range(max(0, alive - MOST_ALIVE), alive):
            i = runs.active[at]
            if runs.new[i] + runs.length[i] + REACH < a:
                continue
            runs.active[still] = i
            still += 1
            value, trim = link(runs, i, j, before, new, old)
            if value > runs.best[j]:
                runs.best[j], runs.before[j], runs.trim[j] = value, i, trim
        runs.value[j] = runs.best[j] + (SIDE if new.stop[a + length] and old.stop[b + length] else 0.0)
        runs.active[still] = j
        alive = still + 1


@bare
def walk(runs: Runs, j: int, covered: Any, listed: Any, at: int) -> Any:
    """List the runs of the chain that ends in j up to a run already used; how many, units, units not covered, evidence taken before."""
    n, units, fresh, low = 0, 0, 0, 0.0
    while j >= 0:
        if runs.used[j]:
            low = runs.best[j]
            break
        a = runs.new[j] + (runs.trim[j] if runs.before[j] >= 0 else 0)
        for x in range(a, runs.new[j] + runs.length[j]):
            units += 1
            fresh += not covered[x]
        listed[at + n] = j
        n += 1
        j = runs.before[j]
    return n, units, fresh, low


@loop
def passages(runs: Runs, n: int, covered: Any) -> Any:
    """Passages from the best chain downwards; one that mostly repeats what is covered is left out. Marks `covered`."""
    order = np.argsort(-runs.value[:n], kind="mergesort")
    start, listed = np.zeros(n + 1, np.int64), np.empty(n, np.int64)
    matched, evidence, count = np.empty(n, np.int64), np.empty(n), 0
    runs.used[:n] = False
    for j in order:
        if runs.value[j] < FLOOR:
            break
        if runs.used[j]:
            continue
        length, units, fresh, low = walk(runs, j, covered, listed, start[count])
        value = runs.value[j] - low
        for at in range(start[count], start[count] + length):
            runs.used[listed[at]] = True
        if 2 * fresh < units or value < FLOOR:
            continue
        for at in range(start[count], start[count] + length):
            i = listed[at]
            covered[runs.new[i] : runs.new[i] + runs.length[i]] = True
        matched[count], evidence[count] = units, value
        count += 1
        start[count] = start[count - 1] + length
    return Found(start[: count + 1], listed, matched[:count], evidence[:count])


@bare
def old_parts(bounds: Any, parts: int, part_of: Any) -> None:
    for part in range(parts):
        for i in range(bounds[part], bounds[part + 1]):
            part_of[i] = part


@loop
def align_pair(new: Any, before: Any, table: Any, seed: int, old: Any, m: int, runs: Runs, covered: Any) -> Any:
    """Passages of a pair; `covered` becomes the units of the new text that stand in them."""
    covered[:] = False
    n = in_order(runs, find_runs(new.units, old.units, m, seed, table, runs))
    chain(runs, n, before, new, old)
    return passages(runs, n, covered)


@bare
def sums(found: Found, runs: Runs, before: Any, covered: Any) -> Any:
    """Evidence, weight of the covered units, their number, and the longest run."""
    evidence, weight, units, longest = 0.0, 0.0, 0, 0
    for p in range(found.evidence.shape[0]):
        evidence += found.evidence[p]
        for at in range(found.start[p], found.start[p + 1]):
            longest = max(longest, runs.length[found.chain[at]])
    for i in range(covered.shape[0]):
        if covered[i]:
            weight += before[i + 1] - before[i]
            units += 1
    return evidence, weight, units, longest


@bare
def longest_document(doc_part: Any, part_start: Any, number: Any, count: Any, first: int) -> Any:
    """Most units and most parts of the candidates that stand in these texts."""
    units, parts = 1, 1
    for q in range(count.shape[0]):
        for c in range(count[q]):
            d = number[q, c] - first
            if 0 <= d < doc_part.shape[0] - 1:
                these = doc_part[d + 1] - doc_part[d]
                units = max(units, part_start[doc_part[d + 1]] - part_start[doc_part[d]] + these)
                parts = max(parts, these)
    return units, parts


@loop
def align(
    queries: Queries, number: Any, count: Any, raw: Any, part_start: Any, doc_part: Any, first: int, cut: Cut, out: Any
) -> None:
    """Weigh the candidates of each query that stand in these texts, whose first document has number `first`.

    `out`, (queries, places, 4): evidence, weight and number of the covered units, longest run.
    """
    most, parts = longest_document(doc_part, part_start, number, count, first)
    old = Side(np.empty(most, np.uint32), np.empty(most, np.int32), np.empty(most, np.bool_))
    begin, end, bounds, runs = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(parts + 1, np.int64), new_runs()
    for q in range(count.shape[0]):
        a, b = queries.unit_start[q], queries.unit_start[q + 1]
        new, before = Side(queries.units[a:b], queries.part[a:b], queries.stop[a:b]), queries.before[a : b + 1]
        seed = LONG_SEED if b - a > LONG else SEED
        table, covered = seed_table(new.units, before, seed), np.zeros(b - a, np.bool_)
        for c in range(count[q]):
            d = number[q, c] - first
            if 0 <= d < doc_part.shape[0] - 1:
                m = document_units(
                    raw, part_start, doc_part[d], doc_part[d + 1], OLD_END, cut, old.units, begin, end, old.stop, bounds
                )
                old_parts(bounds, doc_part[d + 1] - doc_part[d], old.part)
                found = align_pair(new, before, table, seed, old, m, runs, covered)
                out[q, c, 0], out[q, c, 1], out[q, c, 2], out[q, c, 3] = sums(found, runs, before, covered)


@loop
def trace(queries: Queries, q: int, raw: Any, part_start: Any, first: int, last: int, cut: Cut) -> Any:
    """The passages of query q with the document of parts first..last.

    Returns passages, (n, 5): section parts new and old, units, first and last row of pieces + 1; their evidence; pieces, (k, 4):
    offsets new and old; and sums by pair of parts, (new parts, old parts, 3): weight and number of covered units, evidence.
    """
    most = part_start[last] - part_start[first] + last - first
    old = Side(np.empty(most, np.uint32), np.empty(most, np.int32), np.empty(most, np.bool_))
    begin, end, runs = np.empty(most, np.int32), np.empty(most, np.int32), new_runs()
    a, b, bounds = queries.unit_start[q], queries.unit_start[q + 1], np.empty(last - first + 1, np.int64)
    new, before = Side(queries.units[a:b], queries.part[a:b], queries.stop[a:b]), queries.before[a : b + 1]
    seed = LONG_SEED if b - a > LONG else SEED
    covered = np.zeros(b - a, np.bool_)
    m = document_units(raw, part_start, first, last, OLD_END, cut, old.units, begin, end, old.stop, bounds)
    old_parts(bounds, last - first, old.part)
    found = align_pair(new, before, seed_table(new.units, before, seed), seed, old, m, runs, covered)
    by_part = np.zeros((queries.part_first[q + 1] - queries.part_first[q], last - first, 3))
    rows, pieces = np.empty((found.evidence.shape[0], 5), np.int64), np.empty((found.start[-1], 4), np.int64)
    for p in range(rows.shape[0]):
        low, high = found.start[p], found.start[p + 1]
        one = found.chain[low]
        x, y = new.part[runs.new[one]], old.part[runs.old[one]]
        rows[p, 0], rows[p, 1], rows[p, 2], rows[p, 3], rows[p, 4] = x, y, found.matched[p], low, high
        by_part[x, y, 2] += found.evidence[p]
        for at in range(low, high):
            i = found.chain[high - 1 - (at - low)]
            trim = runs.trim[i] if at > low else 0
            s, t = runs.new[i] + trim, runs.old[i] + trim
            last_new, last_old = runs.new[i] + runs.length[i] - 1, runs.old[i] + runs.length[i] - 1
            pieces[at, 0], pieces[at, 1] = queries.begin[a + s], queries.end[a + last_new]
            pieces[at, 2], pieces[at, 3] = begin[t], end[last_old]
            for unit in range(s, last_new + 1):
                if covered[unit]:
                    covered[unit] = False
                    by_part[x, y, 0] += before[unit + 1] - before[unit]
                    by_part[x, y, 1] += 1.0
    return rows, found.evidence, pieces, by_part
