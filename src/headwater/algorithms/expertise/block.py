"""One block of proposals through the search: count, plan, filter, exact scores. Runs without the interpreter's lock but for moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.expertise import _rank, _search
from headwater.algorithms.expertise._bits import LANES, PLANES
from headwater.algorithms.expertise.arrays import Answer, Barred, Levels, Plans, Profiles, Shortlists, Terms
from headwater.algorithms.expertise.space import aligned_empty, count

if TYPE_CHECKING:
    from headwater.algorithms.expertise.index import Index


BEST = 8
EXTRA_MB = 300
"""Memory of the scores of one block of proposals, for each thread."""


def rows_at_once(index: Index) -> int:
    """How many proposals make a block."""
    return max(16, min(1024, EXTRA_MB * 500_000 // (index.tiles * LANES)))


@dataclass(frozen=True)
class Asked:
    """What is asked of an index: texts, rows of their codes, forbidden pairs, weights of text and codes, length of shortlists."""

    texts: Sequence[str]
    code_rows: NDArray[np.int64]
    barred: sparse.csr_matrix
    weights: tuple[float, float]
    short: int
    spare: SimpleQueue[NDArray[np.uint8]] = field(default_factory=SimpleQueue)
    """Memory for scores of blocks, used again: new memory costs as much as the sums in it."""


def search_block(index: Index, asked: Asked, start: int, end: int, answer: Answer) -> None:
    """Answer proposals start..end into the rows of `answer`."""
    from headwater.algorithms.expertise.index import ALL

    terms = _ask(index, asked.texts[start:end])
    rows, n = end - start, len(index.order)
    small = n <= max(ALL, asked.short)
    room = n if small else 2 * asked.short + LANES
    found = Shortlists(
        np.zeros((rows, room), dtype=np.uint64), np.zeros(rows, dtype=np.int64), np.zeros((rows, BEST), dtype=np.uint64)
    )
    rises = np.array(index.codes.tree.rises)
    worth = np.array([sum(r for level, r in enumerate(rises) if mask >> level & 1) for mask in range(64)])
    levels = Levels(asked.code_rows[start:end], rises, worth, asked.weights[1] / asked.weights[0])
    barred = Barred(asked.barred.indptr[start : end + 1].astype(np.int64), asked.barred.indices.astype(np.int32, copy=False))
    profiles = index.profiles
    if small:
        _rank.everyone(profiles, levels, barred, found)
    else:
        size = 2 * min(rows_at_once(index), len(asked.texts)) * index.tiles * LANES
        try:
            memory = asked.spare.get_nowait()
        except Empty:
            memory = aligned_empty(size)
        plans = _prepare(terms, profiles, memory.view(np.uint16).reshape(-1, index.tiles * LANES))
        _search.scan(profiles, plans, levels, barred, found, asked.short)
        asked.spare.put(memory)
    table = np.zeros(len(index.idf), dtype=np.float32)
    _rank.finish(terms, profiles, found, worth, asked.weights, table, answer)


def _ask(index: Index, texts: Sequence[str]) -> Terms:
    counted = count(texts, orders=index.space.orders, bits=index.space.bits)
    n, rows = len(counted.buckets), len(texts)
    asked = Terms(np.zeros(rows + 1, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.float32), np.zeros(rows))
    _rank.ask(counted.pointer, counted.buckets, counted.counts, index.rank, index.idf, asked)
    known = asked.first[-1]
    return asked._replace(terms=asked.terms[:known], weights=asked.weights[:known])


def _prepare(terms: Terms, profiles: Profiles, extra: NDArray[np.uint16]) -> Plans:
    rows = len(terms.norms)
    groups = len(terms.terms) + 2 * PLANES * rows
    wanted, plane = np.zeros(16 * (groups + _search.AHEAD), dtype=np.uint16), np.empty(groups, dtype=np.uint8)
    plans = Plans(wanted, plane, np.zeros((rows, 3), dtype=np.int64), np.zeros(rows), np.zeros(rows), extra)
    _rank.prepare(terms, profiles, plans)
    return plans
