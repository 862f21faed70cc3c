"""Which rows are treated as exact knapsacks: rows over binaries with unequal weights, in layers of disjoint rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.algorithms.portfolio.problem import Bools, Floats, Ints
from headwater.algorithms.portfolio.task import Task

LAYERS = 4
WORK = 2e7


@dataclass(frozen=True, eq=False)
class Blocks:
    """Knapsacks `a` @ x <= `cap`, >= `floor` of rows; entries (`item`, `a`) in ranges by `ptr`.

    Rows of one layer are disjoint; a proposal may have one entry in each layer. `first` (proposals,) is its first entry or -1,
    `count` (proposals,) how many it has.
    """

    row: Ints
    ptr: Ints
    item: Ints
    a: Floats
    cap: Floats
    floor: Floats
    first: Ints
    count: Ints

    @property
    def lengths(self) -> Ints:
        return np.diff(self.ptr)

    def spread(self, per_row: Floats) -> Floats:
        """(entries,) from (rows,)."""
        return np.repeat(per_row, self.lengths)

    def total(self, entries: Floats) -> Floats:
        """(proposals,) sums of (entries,)."""
        return np.asarray(np.bincount(self.item, entries, len(self.count)), dtype=np.float64)

    def mean(self, entries: Floats) -> Floats:
        """(proposals,) means of (entries,); 0 where there is none."""
        return self.total(entries) / np.maximum(self.count, 1)


def make_blocks(task: Task, rows: Ints, price: Floats) -> Blocks:
    """The side of each row that its price says is tight becomes the load limit, the other one the floor."""
    part = task.matrix[rows]
    upper = price[rows] > 0
    sign = np.where(upper, 1.0, -1.0)
    ptr, item = part.indptr.astype(np.int64), part.indices.astype(np.int64)
    first = np.full(task.size, -1)
    first[item[::-1]] = np.arange(len(item))[::-1]
    return Blocks(
        rows,
        ptr,
        item,
        part.data * np.repeat(sign, np.diff(ptr)),
        np.where(upper, task.upper[rows], -task.lower[rows]),
        np.where(upper, task.lower[rows], -task.upper[rows]),
        first,
        np.bincount(item, minlength=task.size),
    )


def solve_blocks(blocks: Blocks, worth: Floats, slack: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Bounds and linear bounds (rows,), choices and reduced worths (entries,) of all knapsacks."""
    from headwater.algorithms.portfolio._knapsack import knapsacks

    x, r = np.empty(len(worth)), np.empty(len(worth))
    bound, linear = knapsacks(blocks.ptr, worth, blocks.a, blocks.cap, blocks.floor, slack, True, x, r)
    return bound, linear, x, r


def choose_blocks(task: Task, price: Floats, reduced: Floats, *, least: float) -> Blocks:
    """Layers of disjoint rows, greedily by how much an exact knapsack takes off the bound (at least `least`).

    `reduced` (proposals,) are the gains over all prices.
    """
    m = task.matrix
    # Rows without a price too: a narrow band on a few large proposals can be kept by parts of proposals and not by whole ones.
    rows = np.array([row for row in np.flatnonzero(np.diff(m.indptr) > 1) if _is_knapsack(task, int(row))], dtype=np.int64)
    if not len(rows):
        return make_blocks(task, rows, price)
    every = make_blocks(task, rows, price)
    worth = reduced[every.item] + every.spread(np.abs(price[rows])) * every.a
    bound, linear, _x, _r = solve_blocks(every, worth, 0.0)
    gain = np.where(np.isfinite(bound), linear - bound, np.inf)
    taken = np.zeros((LAYERS, task.size), dtype=bool)
    layers: list[list[int]] = [[] for _ in range(LAYERS)]
    for at in np.argsort(-gain, kind="stable"):
        if gain[at] < least:
            break
        members = every.item[every.ptr[at] : every.ptr[at + 1]]
        layer = next((k for k in range(LAYERS) if not taken[k, members].any()), None)
        if layer is not None:
            taken[layer, members] = True
            layers[layer].append(int(rows[at]))
    return make_blocks(task, np.array([row for layer in layers for row in sorted(layer)], dtype=np.int64), price)


def _is_knapsack(task: Task, row: int) -> bool:
    m = task.matrix
    weights = np.abs(m.data[m.indptr[row] : m.indptr[row + 1]])
    return bool(m.indices[m.indptr[row] : m.indptr[row + 1]].max() < task.size and np.ptp(weights) > 1e-9 * weights.max())


def bounds_if_turned(blocks: Blocks, worth: Floats, wanted: Bools, slack: float) -> tuple[Floats, Floats]:
    """(entries,) how much the bound of its knapsack falls if an entry is taken, and if it is left; 0 where it is not wanted.

    Exact but for `slack`, at the price of one knapsack for each wanted entry; nothing is done where that is too much work.
    """
    from headwater.algorithms.portfolio._knapsack import flipped

    taken, left = np.zeros(len(worth)), np.zeros(len(worth))
    lengths = blocks.spread(blocks.lengths.astype(np.float64))
    if not wanted.any() or float(lengths[wanted].sum()) > WORK:
        return taken, left
    bound, _linear, x, _r = solve_blocks(blocks, worth, 0.0)
    other = flipped(blocks.ptr, worth, blocks.a, blocks.cap, slack, x, wanted)
    fall = np.where(wanted, np.minimum(0.0, other - blocks.spread(bound)), 0.0)
    return np.where(x > 0.5, 0.0, fall), np.where(x > 0.5, fall, 0.0)
