"""Solve a task to a proven gap: linear program, sharper bound, small programs over the proposals in doubt, proof."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.algorithms.portfolio.blocks import choose_blocks
from headwater.algorithms.portfolio.dual import Relaxed, ascend, gains, sharpen
from headwater.algorithms.portfolio.problem import Floats
from headwater.algorithms.portfolio.search import Stage, State, search, settle
from headwater.algorithms.portfolio.solver import Tick, Work, idle, solve_linear
from headwater.algorithms.portfolio.task import Task, relaxation

WIDE = 20_000
"""Columns from which an interior point method is faster than the simplex method for the first linear program."""


@dataclass(frozen=True, eq=False)
class Found:
    """The answer of `optimise`; `x` is None if there is none (`infeasible` says whether that is proven)."""

    x: Floats | None
    value: float
    bound: float
    proven: bool
    infeasible: bool
    stages: tuple[Stage, ...]
    price: Floats
    """(rows,) of the linear program."""
    relaxed: Relaxed | None
    basis: Any


def optimise(
    task: Task,
    *,
    gap: float,
    seed: int = 0,
    tick: Tick = idle,
    seconds: float = np.inf,
    work: Work | None = None,
    basis: Any = None,
    starts: tuple[Floats, ...] = (),
) -> Found:
    """Solve to a relative gap, or until the time or the work is used up. `basis` and `starts` (columns of the task) come from an earlier run of a like task."""
    state = State(task, gap, seed, tick, time.perf_counter() + seconds, work)
    program = relaxation(task)
    method = "ipm" if len(program.value) > WIDE else "simplex"
    first = solve_linear(program, tick=tick, basis=basis, method=method, seconds=seconds, work=work)
    price = first.price[: len(task.lower)]
    if first.x is None or len(task.broken):
        state.infeasible = first.status == "infeasible" or len(task.broken) > 0
        state.note("linear program", len(program.value))
        return _found(state, price, None, None)
    reduced, _piece, constant = gains(task, price)
    state.bound = linear = constant + float(np.maximum(reduced, 0.0).sum())
    for start in (*starts, first.x):
        state.offer(start)
    state.note("linear program", len(program.value))
    tolerance = max(1e-7, gap / 100) * max(abs(linear), 1e-9)
    blocks = choose_blocks(task, price, reduced, least=tolerance / 10)
    relaxed = ascend(task, blocks, price, linear, tolerance=tolerance, tick=tick)
    state.bound, state.infeasible = min(linear, relaxed.bound), relaxed.bound == -np.inf
    state.note("knapsack bound", len(blocks.item))
    relaxed = search(state, relaxed, first.x)
    if not state.done:
        relaxed = sharpen(relaxed, state.threshold) if state.x is not None else relaxed
        settle(state, relaxed, None)
    return _found(state, price, relaxed, first.basis)


def _found(state: State, price: Floats, relaxed: Relaxed | None, basis: Any) -> Found:
    bound = max(state.bound, state.value) if state.x is not None else state.bound
    return Found(
        state.x, state.value, bound, state.proven, state.infeasible, tuple(state.stages), price, relaxed, basis
    )  # fmt: skip
