"""Assignment of experts to proposals by minimum-cost flow (OR-tools), exact under loads and group limits.

The interface is sparse candidates in, pairs out; an engine for national size can take its place behind it.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput

SCALE = 1_000_000
MISSING_COST = 100 * SCALE


@dataclass(frozen=True)
class Assigned:
    """Pairs (proposal, expert) and what they come to. `unfilled` counts places that no candidate could take."""

    proposals: NDArray[np.int64]
    experts: NDArray[np.int64]
    scores: NDArray[np.float64]
    unfilled: NDArray[np.int64]
    total: float
    seconds: float
    seed: int
    digest: str


def assign(
    scores: sparse.csr_matrix,
    demand: NDArray[np.int64],
    capacity: NDArray[np.int64],
    *,
    groups: NDArray[np.int64] | None = None,
    locked: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Assigned:
    """Choose experts so that the total score is highest.

    Args:
        scores: (proposals, experts) candidates; absent pairs are forbidden. Scores must be finite and positive.
        demand: experts wanted for each proposal.
        capacity: the most proposals for each expert, locked pairs not included.
        groups: (experts,) institution of each expert; at most one expert of a group for a proposal. -1 for none.
        locked: (n, 2) pairs already fixed: they use their proposal's group, and their demand is not counted here.
        seed: ties are broken by a perturbation of 1e-6 drawn from it, so that a run can be replayed.

    Raises:
        BadInput: wrong shapes, NaN or negative numbers, with the first offending row.
    """
    start = time.perf_counter()
    _check(scores, demand, capacity, groups)
    proposals, experts = scores.shape
    row = np.repeat(np.arange(proposals), np.diff(scores.indptr))
    column = scores.indices.astype(np.int64)
    value = scores.data.astype(np.float64)
    if groups is not None and locked is not None and len(locked):
        keep = _outside_locked_groups(row, column, groups, locked)
        row, column, value = row[keep], column[keep], value[keep]
    noise = np.random.default_rng(seed).random(len(value)) * 1e-6
    cost = -np.rint((value + noise) * SCALE).astype(np.int64)
    chosen = _solve(row, column, cost, demand, capacity, groups, proposals, experts)
    order = np.lexsort((column[chosen], row[chosen]))
    p, e, s = row[chosen][order], column[chosen][order], value[chosen][order]
    filled = np.bincount(p, minlength=proposals)
    digest = hashlib.sha256(np.stack([p, e]).tobytes()).hexdigest()
    return Assigned(p, e, s, demand - filled, float(s.sum()), time.perf_counter() - start, seed, digest)


def _check(
    scores: sparse.csr_matrix, demand: NDArray[np.int64], capacity: NDArray[np.int64], groups: NDArray[np.int64] | None
) -> None:
    proposals, experts = scores.shape
    if demand.shape != (proposals,):
        raise BadInput(f"demand: expected shape ({proposals},), found {demand.shape}")
    if capacity.shape != (experts,):
        raise BadInput(f"capacity: expected shape ({experts},), found {capacity.shape}")
    if groups is not None and groups.shape != (experts,):
        raise BadInput(f"groups: expected shape ({experts},), found {groups.shape}")
    for name, array in (("demand", demand), ("capacity", capacity)):
        if (array < 0).any():
            raise BadInput(f"{name}: negative at row {int(np.argmax(array < 0))}")
    wrong = ~np.isfinite(scores.data) | (scores.data < 0)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BadInput(f"scores: not finite or negative at proposal {int(np.searchsorted(scores.indptr, at, side='right')) - 1}")


def _outside_locked_groups(
    row: NDArray[np.int64], column: NDArray[np.int64], groups: NDArray[np.int64], locked: NDArray[np.int64]
) -> NDArray[np.bool_]:
    width = int(groups.max()) + 2
    taken = np.unique(locked[:, 0] * width + groups[locked[:, 1]] + 1)
    return (groups[column] < 0) | ~np.isin(row * width + groups[column] + 1, taken)


def _solve(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    cost: NDArray[np.int64],
    demand: NDArray[np.int64],
    capacity: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    proposals: int,
    experts: int,
) -> NDArray[np.int64]:
    """Indices of the chosen candidates. Nodes: proposals, (proposal, group) pairs where limits apply, experts, a sink."""
    from ortools.graph.python import min_cost_flow

    solver = min_cost_flow.SimpleMinCostFlow()
    expert_node = proposals
    sink = proposals + experts
    tail = row.copy()
    if groups is not None:
        limited = groups[column] >= 0
        width = int(groups.max()) + 2
        pair = row * width + groups[column] + 1
        unique, inverse = np.unique(pair[limited], return_inverse=True)
        group_node = sink + 1
        solver.add_arcs_with_capacity_and_unit_cost(
            unique // width,
            group_node + np.arange(len(unique)),
            np.ones(len(unique), dtype=np.int64),
            np.zeros(len(unique), dtype=np.int64),
        )
        tail[limited] = group_node + inverse
    first = solver.add_arcs_with_capacity_and_unit_cost(tail, expert_node + column, np.ones(len(column), dtype=np.int64), cost)
    every, loads = np.arange(experts), np.minimum(capacity, proposals)
    solver.add_arcs_with_capacity_and_unit_cost(
        expert_node + every, np.full(experts, sink), loads, np.zeros(experts, dtype=np.int64)
    )
    wanted = np.arange(proposals)
    # Leaving a place empty costs more than any re-arrangement along an alternating path could win.
    missing = MISSING_COST + 4 * int(np.abs(cost).max(initial=0))
    solver.add_arcs_with_capacity_and_unit_cost(wanted, np.full(proposals, sink), demand, np.full(proposals, missing))
    solver.set_nodes_supplies(np.append(wanted, sink), np.append(demand, -int(demand.sum())))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise BadInput(f"the flow solver answered {status}")
    flows = solver.flows(first)
    return np.flatnonzero(flows > 0).astype(np.int64)
