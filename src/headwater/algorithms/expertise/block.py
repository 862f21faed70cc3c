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


@dataclass(frozen=True)
class _Terms:
    first: NDArray[np.int64]
    terms: NDArray[np.int64]
    weights: NDArray[np.float32]
    norms: NDArray[np.float64]


@dataclass(frozen=True)
class _Shortlists:
    """Keys (proposals, room) of which `used` hold, and the keys of the BEST best text scores, descending, of each proposal."""

    keys: NDArray[np.uint64]
    used: NDArray[np.int64]
    top: NDArray[np.uint64]


def search_block(
    index: Index,
    asked: Asked,
    start: int,
    end: int,
    columns: NDArray[np.int32],
    scores: NDArray[np.float32],
    found: NDArray[np.int64],
) -> None:
    """Answer proposals start..end into `columns`, `scores` (proposals, keep) and `found` (how many of them hold)."""
    from headwater.algorithms.expertise.index import ALL

    terms = _ask(index, asked.texts[start:end])
    rows, n = end - start, len(index.order)
    small = n <= max(ALL, asked.short)
    room = n if small else 2 * asked.short + LANES
    lists = _Shortlists(
        np.zeros((rows, room), dtype=np.uint64), np.zeros(rows, dtype=np.int64), np.zeros((rows, BEST), dtype=np.uint64)
    )
    rises = np.array(index.codes.tree.rises)
    worth = np.array([sum(r for level, r in enumerate(rises) if mask >> level & 1) for mask in range(64)])
    code_rows, barred_first = asked.code_rows[start:end], asked.barred.indptr[start : end + 1].astype(np.int64)
    barred = asked.barred.indices.astype(np.int32, copy=False)
    if small:
        _rank.everyone(index.bits, index.height, index.order, code_rows, barred_first, barred, lists.keys, lists.used)
    else:
        size = 2 * min(rows_at_once(index), len(asked.texts)) * index.tiles * LANES
        try:
            memory = asked.spare.get_nowait()
        except Empty:
            memory = aligned_empty(size)
        extra = memory.view(np.uint16).reshape(-1, index.tiles * LANES)
        plans = _prepare(index, terms, extra)
        _search.scan(
            index.bits, index.height, index.order, index.norms, *plans, extra,
            code_rows, rises, worth, asked.weights[1] / asked.weights[0], barred_first, barred,
            lists.keys, lists.used, lists.top, asked.short,
        )  # fmt: skip
        asked.spare.put(memory)
    _rank.finish(
        terms.first, terms.terms, terms.weights, terms.norms, index.order, index.starts, index.entries, index.norms,
        lists.keys, lists.used, lists.top, worth, np.array(asked.weights), np.zeros(len(index.idf), dtype=np.float32),
        columns, scores, found,
    )  # fmt: skip


def _ask(index: Index, texts: Sequence[str]) -> _Terms:
    counted = count(texts, orders=index.space.orders, bits=index.space.bits)
    n = len(counted.buckets)
    first, terms, weights = np.zeros(len(texts) + 1, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.float32)
    norms = np.zeros(len(texts))
    _rank.ask(counted.pointer, counted.buckets, counted.counts, index.rank, index.idf, first, terms, weights, norms)
    return _Terms(first, terms[: first[-1]], weights[: first[-1]], norms)


_Plans = tuple[NDArray[np.uint16], NDArray[np.uint8], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


def _prepare(index: Index, terms: _Terms, extra: NDArray[np.uint16]) -> _Plans:
    rows = len(terms.norms)
    groups = len(terms.terms) + 2 * PLANES * rows
    wanted, plane = np.zeros(16 * (groups + _search.AHEAD), dtype=np.uint16), np.empty(groups, dtype=np.uint8)
    bound, step, lost = np.zeros((rows, 3), dtype=np.int64), np.zeros(rows), np.zeros(rows)
    _rank.prepare(
        terms.first, terms.terms, terms.weights, index.share, index.row, index.empty, index.list_first, index.lists,
        wanted, plane, bound, step, lost, extra,
    )  # fmt: skip
    return wanted, plane, bound, step, lost
