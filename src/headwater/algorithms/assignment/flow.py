"""The exact reference: minimum-cost flow by OR-tools, under loads, demand and one limit."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.assignment.engine import Assigned, answer
from headwater.algorithms.assignment.problem import FREE, LOCKED, Problem
from headwater.algorithms.errors import BadInput

UNITS, FINE_UNITS = 1_000_000, 1_000_000_000
"""Whole cost units for the largest score, and those with up to `FEW_NODES` proposals and experts: the solver counts in integers."""
FEW_NODES = 3000
TIES = 2
"""Ties are broken by less than so many units."""
EXACT_BELOW = 150_000
"""Up to this many candidates, and with one limit at most, a flow takes a tenth of a second: `assign` ends with it."""


def assign_exactly(
    problem: Problem, *, seed: int = 0, missing: float | None = None, weight: NDArray[np.float64] | None = None
) -> Assigned:
    """The assignment of highest total (weighted) score among those that fill most places and meet most lower loads.

    Time grows with candidates x places: seconds for a million candidates, minutes for thirty million. Memory: about 110 bytes a
    candidate. `weight` is (proposals,), 1 where it is not given. Arguments and answer otherwise as `assign`; the prices are zero.

    Raises:
        BadInput: more than one limit, which is no flow.
    """
    start = time.perf_counter()
    if len(problem.limits) > 1:
        raise BadInput("limits: the exact engine takes one limit; the auction takes several")
    row = problem.rows().astype(np.int64)
    locked, free = np.flatnonzero(problem.status == LOCKED), problem.status == FREE
    demand = problem.demand - np.bincount(row[locked], minlength=problem.proposals)
    held = np.bincount(problem.column[locked], minlength=problem.experts)
    room = _group_room(problem, row, locked)
    # Weights reach a thousand, and costs must stay within 64 bits.
    units = FINE_UNITS if weight is None and problem.proposals + problem.experts <= FEW_NODES else UNITS
    noise = np.random.default_rng(seed).random(len(row)) * TIES
    value = problem.score.astype(np.float64) / problem.scale
    worth = value if weight is None else value * weight[row]
    cost = -np.rint(worth * units + noise).astype(np.int64)
    empty = None if missing is None else int(missing / problem.scale * units)
    took = _solve(
        problem, row, cost, np.flatnonzero(free), demand, np.maximum(problem.lower - held, 0), problem.upper - held, room, empty
    )
    found = answer(problem, np.sort(np.concatenate([took, locked])), prices=np.zeros(problem.experts), seed=seed, engine="flow")
    # The solver's best can be below the best by what ties and rounding are worth, at each place.
    bound = found.total + len(found.scores) * (TIES + 1) / units * problem.scale
    gap = (bound - found.total) / bound if bound > 0 else 0.0
    return replace(found, bound=bound, gap=gap, seconds=round(time.perf_counter() - start, 4))


def suits(problem: Problem) -> bool:
    """Whether the flow is quick for a problem and keeps all of its rules."""
    return len(problem.column) <= EXACT_BELOW and len(problem.limits) <= 1


def _group_room(
    problem: Problem, row: NDArray[np.int64], locked: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None:
    """For each candidate its (proposal, group) number, -1 for none; and the proposal and what is left of the limit for each of those."""
    if not problem.limits:
        return None
    limit = problem.limits[0]
    most, group = limit.table().astype(np.int64), limit.group[problem.column].astype(np.int64)
    width = max(len(most), 1)
    inside = group >= 0
    key = row * width + np.where(inside, group, 0)
    pairs, number = np.unique(key[inside], return_inverse=True)
    of = np.full(len(row), -1, dtype=np.int64)
    of[inside] = number
    used = np.bincount(of[locked][of[locked] >= 0], minlength=len(pairs))
    return of, pairs // width, np.maximum(most[pairs % width] - used, 0)


def _solve(
    problem: Problem,
    row: NDArray[np.int64],
    cost: NDArray[np.int64],
    free: NDArray[np.int64],
    demand: NDArray[np.int64],
    lower: NDArray[np.int64],
    upper: NDArray[np.int64],
    room: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None,
    empty: int | None,
) -> NDArray[np.int64]:
    """Chosen candidates. Nodes: proposals, experts, the sink, then (proposal, group) pairs where a limit applies."""
    from ortools.graph.python import min_cost_flow

    solver = min_cost_flow.SimpleMinCostFlow()
    add = solver.add_arcs_with_capacity_and_unit_cost
    proposals, experts = problem.proposals, problem.experts
    sink = proposals + experts
    tail = row[free]
    if room is not None:
        of, owner, left = room
        add(owner, sink + 1 + np.arange(len(owner)), left, np.zeros(len(owner), dtype=np.int64))
        tail = np.where(of[free] >= 0, sink + 1 + of[free], tail)
    first = add(tail, proposals + problem.column[free].astype(np.int64), np.ones(len(free), dtype=np.int64), cost[free])
    every = proposals + np.arange(experts)
    # What dominates: no detour along an alternating path can win back an empty place, nor several empty places a lower load.
    most = 1 + int(np.abs(cost[free]).max(initial=0))
    dear = most * (2 * min(proposals, experts) + 2) if min(proposals, experts) < 50_000 else most * 100_000
    # An expert has each proposal once, so that more places than proposals are no places.
    upper = np.minimum(upper, proposals)
    lower = np.minimum(lower, upper)
    add(every, np.full(experts, sink), lower, np.full(experts, -dear))
    add(every, np.full(experts, sink), upper - lower, np.zeros(experts, dtype=np.int64))
    wanted = np.arange(proposals)
    add(wanted, np.full(proposals, sink), demand, np.full(proposals, dear if empty is None else empty))
    solver.set_nodes_supplies(np.append(wanted, sink), np.append(demand, -int(demand.sum())))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise BadInput(f"the flow solver answered {status}")
    return free[np.flatnonzero(solver.flows(first) > 0)]
