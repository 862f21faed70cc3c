"""A bound much sharper than the linear program's, from exact knapsacks.

The linear relaxation loses most where many tight limits on money each cut one proposal in two. Here those rows ("blocks", such as
the money of each discipline) are solved as exact 0-1 knapsacks and all other rows are priced into the values (Lagrangean
relaxation, Geoffrion 1974). Where rows cross (money by discipline and by region) each layer of disjoint rows gets a copy of the
proposals and a part of their value (Lagrangean decomposition, Guignard and Kim 1987). Prices and parts are improved from those of
the linear program by a deflected subgradient method (Camerini, Fratta and Maffioli 1975) with Polyak steps. Each pass also gives a
set that keeps every block and nearly every other row: the proposals that change from pass to pass are the ones really in doubt.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.portfolio.blocks import Blocks, bounds_if_turned, solve_blocks
from headwater.algorithms.portfolio.problem import Bools, Floats
from headwater.algorithms.portfolio.solver import Tick, idle
from headwater.algorithms.portfolio.task import Task

KEEP = 0.7
PASSES = 150
"""Passes whose sets are kept: one byte for each proposal and pass."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The best bound found, with what it says of each proposal.

    `if_funded` and `if_refused` (proposals,): no answer that funds (refuses) the proposal is worth more. `reduced` (proposals,): gain
    over all prices. `chosen`: the set of the best pass. `piece` (pieces,): gain of each piece. `worth` (entries,): value of each entry in its knapsack.
    `passes` (last passes, proposals): 0 refused, 1 funded, 2 the layers differ.
    """

    bound: float
    price: Floats
    worth: Floats
    reduced: Floats
    if_funded: Floats
    if_refused: Floats
    chosen: Bools
    piece: Floats
    passes: NDArray[np.uint8]
    blocks: Blocks

    def undecided(self, above: float) -> Bools:
        """(proposals,) whether answers worth more than `above` may both fund and refuse a proposal."""
        return (self.if_funded > above) & (self.if_refused > above)


def gains(task: Task, price: Floats) -> tuple[Floats, Floats, float]:
    """What each proposal and each piece gains over its price, and the constant part of the bound at these prices."""
    d = task.value - task.transposed @ price
    piece = d[task.size :]
    extra, tied = np.maximum(piece, 0.0), task.owner >= 0
    reduced = d[: task.size] + np.bincount(task.owner[tied], extra[tied], task.size)
    limit = np.where(price > 0, np.where(price > 0, task.upper, 0.0), np.where(price < 0, task.lower, 0.0))
    return reduced, piece, task.constant + float(price @ limit) + float(extra[~tied].sum())


@dataclass(frozen=True, eq=False)
class Look:
    """One evaluation: the bound, the direction in which prices and shifts should move, and the sets behind it."""

    bound: float
    down: Floats
    apart: Floats
    reduced: Floats
    piece: Floats
    worth: Floats
    x: Floats
    r: Floats
    fall: Floats
    """(entries,) linear bound less bound of the entry's knapsack."""
    mean: Floats


class Ascent:
    """Prices of the rows (`price`) and shifts of value between the copies of a proposal (`shift`, entries) of one task."""

    def __init__(self, task: Task, blocks: Blocks, price: Floats, tolerance: float) -> None:
        self.task, self.blocks = task, blocks
        self.lower, self.upper = task.lower.copy(), task.upper.copy()
        self.lower[blocks.row], self.upper[blocks.row] = -np.inf, np.inf
        priced = price.copy()
        priced[blocks.row] = 0.0
        self.price = self.project(priced)
        own = blocks.spread(np.abs(price[blocks.row])) * blocks.a
        self.shift = own - blocks.mean(own)[blocks.item]
        norm = np.asarray(task.matrix.multiply(task.matrix).sum(axis=1)).ravel()
        self.scale = 1.0 / np.where(norm > 0, norm, 1.0)
        self.slack = 0.1 * tolerance / max(1, len(blocks.row))
        self.part = 1.0 / np.maximum(blocks.count, 1)[blocks.item]

    def project(self, price: Floats) -> Floats:
        price = np.where(np.isinf(self.upper), np.minimum(price, 0.0), price)
        return np.where(np.isinf(self.lower), np.maximum(price, 0.0), price)

    def look(self) -> Look:
        task, blocks, price = self.task, self.blocks, self.price
        reduced, piece, total = gains(task, price)
        worth = reduced[blocks.item] * self.part + self.shift
        bound, linear, x, r = solve_blocks(blocks, worth, self.slack)
        free = blocks.count == 0
        total += float(bound.sum()) + float(np.maximum(reduced[free], 0.0).sum())
        total += 1e-12 * abs(total)  # the sums are exact to about 1e-15 a term
        mean = np.where(free, reduced > 0, blocks.mean(x))
        load = task.matrix @ np.concatenate([mean, (piece > 0) * owners(task, mean)])
        over, under = load - self.upper, load - self.lower
        down = np.where(price > 0, over, np.where(price < 0, under, np.where(over > 0, over, np.where(under < 0, under, 0.0))))
        fall = blocks.spread(np.where(np.isfinite(bound), linear - bound, 0.0))
        return Look(total, down, mean[blocks.item] - x, reduced, piece, worth, x, r, fall, mean)


def owners(task: Task, funded: Floats) -> Floats:
    """(pieces,) how far the proposal of each piece is funded."""
    return np.where(task.owner >= 0, funded[task.owner], 1.0) if task.size else np.ones(len(task.owner))


def ascend(
    task: Task, blocks: Blocks, price: Floats, linear: float, *, tolerance: float, rounds: int = 600, tick: Tick = idle
) -> Relaxed:
    """Improve the prices until a step promises less than `tolerance` (in value). The bound is -inf if a block cannot be kept."""
    state = Ascent(task, blocks, price, tolerance)
    now = best = state.look()
    best_at = state.price, state.shift
    down, apart = now.down, now.apart
    passes = deque([coded(now)], maxlen=PASSES)
    delta, stalled = max((linear - now.bound) * 0.1, 10 * tolerance), 0
    patience = 6 if blocks.count.max(initial=0) < 2 else 10
    for at in range(1, rounds):
        if at % 10 == 0:
            tick()
        size = float(down**2 @ state.scale) + float(apart @ apart)
        if delta < tolerance or not np.isfinite(now.bound) or size < 1e-12:
            break
        step = (now.bound - best.bound + delta) / size
        state.price = state.project(state.price + step * down * state.scale)
        state.shift = state.shift + step * apart
        now = state.look()
        passes.append(coded(now))
        stalled = 0 if now.bound < best.bound - 0.05 * delta else stalled + 1
        if now.bound < best.bound:
            best, best_at = now, (state.price, state.shift)
        down, apart = KEEP * now.down + (1 - KEEP) * down, KEEP * now.apart + (1 - KEEP) * apart
        if stalled >= patience:
            delta, stalled = delta / 2, 0
            state.price, state.shift = best_at
    return conclude(task, blocks, best, best_at[0], np.array(passes))


def coded(look: Look) -> NDArray[np.uint8]:
    return np.where(look.mean <= 0, 0, np.where(look.mean >= 1, 1, 2)).astype(np.uint8)


def conclude(task: Task, blocks: Blocks, look: Look, price: Floats, passes: NDArray[np.uint8]) -> Relaxed:
    """What a look says of each proposal: the fall of the bound if it is decided against its reduced worth."""
    free = blocks.count == 0
    taken = np.where(free, np.minimum(0.0, look.reduced), 0.0) + blocks.total(
        np.minimum(0.0, look.fall + np.minimum(0.0, look.r))
    )
    left = np.where(free, -np.maximum(0.0, look.reduced), 0.0) + blocks.total(
        np.minimum(0.0, look.fall - np.maximum(0.0, look.r))
    )
    reduced = np.where(free, look.reduced, blocks.total(look.r))
    chosen = np.where(free, look.reduced > 0, look.x[blocks.first] > 0.5) if len(look.x) else look.reduced > 0
    return Relaxed(
        look.bound, price, look.worth, reduced, look.bound + taken, look.bound + left, chosen, look.piece, passes, blocks
    )


def sharpen(relaxed: Relaxed, above: float) -> Relaxed:
    """Sharper bounds, by one exact knapsack each, for the proposals that a value `above` does not decide."""
    blocks = relaxed.blocks
    taken, left = bounds_if_turned(blocks, relaxed.worth, relaxed.undecided(above)[blocks.item], 0.02 * (relaxed.bound - above))
    return replace(
        relaxed,
        if_funded=np.minimum(relaxed.if_funded, relaxed.bound + blocks.total(taken)),
        if_refused=np.minimum(relaxed.if_refused, relaxed.bound + blocks.total(left)),
    )
