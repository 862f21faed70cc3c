"""Randomised assignment: no pair is certain, so that nobody can steer who reviews whom.

Method: marginal probabilities by a minimum-cost flow with a cap on every pair (Jecmen et al., 2020, "Mitigating manipulation in peer
review via randomized reviewer assignments"), with falling gains on split arcs where a spread is asked for (Xu et al., 2023, "A
one-size-fits-all approach to improving randomness in paper assignment"), and a draw by dependent rounding that keeps every probability,
load, demand and limit (Gandhi et al., 2006; Budish et al., 2013).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headwater.algorithms.assignment.engine import Assigned, answer
from headwater.algorithms.assignment.problem import BLOCKED, LOCKED, Problem
from headwater.algorithms.errors import BadInput

PIECES = 4


@dataclass(frozen=True)
class Marginals:
    """Probabilities of the candidates in units of 1/`parts`; `expected` is the expected total, `unfilled` expected empty places."""

    problem: Problem
    units: NDArray[np.int64]
    parts: int
    expected: float
    unfilled: float

    def probability(self) -> NDArray[np.float64]:
        """(candidates,) between 0 and the cap."""
        return self.units / self.parts


def randomise(problem: Problem, *, cap: ArrayLike = 0.5, spread: float = 0.0, parts: int = 20) -> Marginals:
    """Probabilities of highest expected total under `cap`, the most that the probability of a pair may be.

    Args:
        cap: one number, or one for each candidate, above 0 and at most 1; rounded down to a multiple of 1/`parts`.
        spread: 0 to 1, how much the gain of a pair falls as its probability rises to 1; more spread, more pairs in play.

    Locked pairs keep probability 1. Places that the caps leave no room for stay empty in part.

    Raises:
        BadInput: a cap that is not in (0, 1] or below 1/parts, a spread outside 0..1, parts below 1, lower loads, or several limits.
    """
    caps = np.broadcast_to(np.asarray(cap, dtype=np.float64), (len(problem.column),))
    if parts < 1 or not 0 <= spread <= 1:
        raise BadInput(f"parts, spread: expected 1 or more and 0 to 1, found {parts} and {spread}")
    wrong = ~((caps > 0) & (caps <= 1)) | (np.floor(caps * parts + 1e-9) < 1)
    if wrong.any():
        raise BadInput(
            f"cap: expected at least 1/{parts} and at most 1, found {caps[int(np.argmax(wrong))]} at {int(np.argmax(wrong))}"
        )
    if len(problem.limits) > 1 or problem.lower.any():
        raise BadInput("limits, lower: a randomised assignment takes one limit and no lower loads")
    most = np.floor(caps * parts + 1e-9).astype(np.int64)
    most[problem.status == BLOCKED], most[problem.status == LOCKED] = 0, 0
    units = _flow(problem, most, spread, parts)
    units[problem.status == LOCKED] = parts
    expected = float((units * problem.score.astype(np.float64)).sum() / parts)
    return Marginals(problem, units, parts, expected, float(problem.demand.sum() - units.sum() / parts))


def _network(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Tail node of each candidate's arc; owner and node of each (proposal, group) pair. Nodes: proposals, experts, sink, pairs."""
    row, sink = problem.rows().astype(np.int64), problem.proposals + problem.experts
    if not problem.limits:
        return row, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    group = problem.limits[0].group[problem.column].astype(np.int64)
    width, inside = max(len(problem.limits[0].table()), 1), group >= 0
    key, number = np.unique((row * width + group)[inside], return_inverse=True)
    tail = row.copy()
    tail[inside] = sink + 1 + number
    return tail, key // width, key % width


def _flow(problem: Problem, most: NDArray[np.int64], spread: float, parts: int) -> NDArray[np.int64]:
    from ortools.graph.python import min_cost_flow

    solver = min_cost_flow.SimpleMinCostFlow()
    add = solver.add_arcs_with_capacity_and_unit_cost
    tail, owner, group = _network(problem)
    n, sink = problem.proposals, problem.proposals + problem.experts
    row = problem.rows()
    locked = problem.status == LOCKED
    demand = (problem.demand - np.bincount(row[locked], minlength=n)) * parts
    upper = (problem.upper - np.bincount(problem.column[locked], minlength=problem.experts)) * parts
    if len(owner):
        used = np.bincount(tail[locked][tail[locked] > sink] - sink - 1, minlength=len(owner))
        left = np.maximum(problem.limits[0].table()[group].astype(np.int64) - used, 0) * parts
        add(owner, sink + 1 + np.arange(len(owner)), left, np.zeros(len(owner), dtype=np.int64))
    gain = problem.score.astype(np.float64) / problem.scale * 1_000_000
    pieces = PIECES if spread else 1
    arcs = []
    for piece in range(pieces):
        room = most * (piece + 1) // pieces - most * piece // pieces
        middle = (piece + 0.5) / pieces * most / parts
        cost = -np.rint(gain * (1 - spread * middle)).astype(np.int64)
        arcs.append(add(tail, n + problem.column.astype(np.int64), room, cost))
    experts = np.arange(problem.experts)
    add(n + experts, np.full(len(experts), sink), np.maximum(upper, 0), np.zeros(len(experts), dtype=np.int64))
    proposals = np.arange(n)
    add(proposals, np.full(n, sink), demand, np.full(n, 1_000_000 * 1_000, dtype=np.int64))
    solver.set_nodes_supplies(np.append(proposals, sink), np.append(demand, -int(demand.sum())))
    if (status := solver.solve()) != solver.OPTIMAL:
        raise BadInput(f"the flow solver answered {status}")
    return np.asarray(np.sum([solver.flows(a) for a in arcs], axis=0), dtype=np.int64)


def draw(marginals: Marginals, *, seed: int) -> Assigned:
    """One assignment, each pair with its probability; loads and demand are met to the whole number next to their expectation."""
    from headwater.algorithms.assignment import rounding

    problem, parts = marginals.problem, marginals.parts
    tail, owner, _group = _network(problem)
    n, sink = problem.proposals, problem.proposals + problem.experts
    row, units = problem.rows(), marginals.units
    inside = tail > sink
    through = np.bincount(tail[inside] - sink - 1, weights=units[inside], minlength=len(owner)).astype(np.int64)
    loads = np.bincount(problem.column, weights=units, minlength=problem.experts).astype(np.int64)
    got = np.bincount(row, weights=units, minlength=n).astype(np.int64)
    # Arcs: candidates, proposals to groups, experts to sink, proposals to sink for what stays empty.
    source = np.concatenate([tail, owner, n + np.arange(problem.experts), np.arange(n)])
    target = np.concatenate(
        [n + problem.column, sink + 1 + np.arange(len(owner)), np.full(problem.experts, sink), np.full(n, sink)]
    )
    flow = np.concatenate([units, through, loads, problem.demand.astype(np.int64) * parts - got])
    random = np.random.default_rng(seed).random(2 * int((flow % parts != 0).sum()) + 2)
    rounding.round_flow(source.astype(np.int64), target.astype(np.int64), flow, parts, sink + 1 + len(owner), random)
    chosen = np.flatnonzero(flow[: len(units)] == parts)
    found = answer(problem, chosen, prices=np.zeros(problem.experts), seed=seed, engine="randomised")
    return replace(found, bound=float("inf"), gap=1.0)
