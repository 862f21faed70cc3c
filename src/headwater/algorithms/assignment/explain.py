"""Why an expert was or was not chosen for a proposal, in prices and rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.algorithms.assignment.engine import Assigned
from headwater.algorithms.assignment.problem import BLOCKED, LOCKED, Problem
from headwater.algorithms.errors import BadInput


@dataclass(frozen=True)
class Explanation:
    """`reason` is one of chosen, locked, no_candidate, forbidden, no_places, limit, price, near.

    `net` is score less price. `needed` is the net of the weakest expert that the proposal got: whoever is chosen by price is worth at
    least that, to within the gap. `limit` and `instead` name a limit that is used up and the experts who use it. `rank` counts from 1,
    among the candidates of the proposal by net.
    """

    reason: str
    chosen: bool
    score: float
    price: float
    net: float
    needed: float
    rank: int
    load: int
    upper: int
    limit: str = ""
    instead: tuple[int, ...] = ()


def explain(problem: Problem, assigned: Assigned, proposal: int, expert: int) -> Explanation:
    """Say why a pair is in the assignment or not.

    A high price means that other proposals, for whom the expert is harder to replace, have the places: `price` is what the total would
    gain by one more place of the expert.

    Raises:
        BadInput: an unknown proposal or expert.
    """
    for name, given, size in (("proposal", proposal, problem.proposals), ("expert", expert, problem.experts)):
        if not 0 <= given < size:
            raise BadInput(f"{name}: expected 0 to {size - 1}, found {given}")
    first, last = int(problem.indptr[proposal]), int(problem.indptr[proposal + 1])
    column = problem.column[first:last]
    net = problem.score[first:last].astype(np.float64) - assigned.prices[column]
    mine = assigned.experts[assigned.proposals == proposal]
    free_of_choice = np.isin(column, mine) & (problem.status[first:last] != LOCKED)
    needed = float(net[free_of_choice].min()) if free_of_choice.any() else 0.0
    at = int(np.searchsorted(column, expert))
    known = at < len(column) and column[at] == expert
    status = int(problem.status[first + at]) if known else -1
    here = float(net[at]) if known else -float(assigned.prices[expert])
    limit, instead = _limit(problem, mine, expert)
    return Explanation(
        reason=_reason(known, status, expert in mine, int(problem.upper[expert]), limit, here, needed),
        chosen=bool(expert in mine),
        score=float(problem.score[first + at]) if known else 0.0,
        price=float(assigned.prices[expert]),
        net=here,
        needed=needed,
        rank=int((net > here).sum()) + 1,
        load=int((assigned.experts == expert).sum()),
        upper=int(problem.upper[expert]),
        limit=limit,
        instead=instead,
    )


def _limit(problem: Problem, mine: np.ndarray, expert: int) -> tuple[str, tuple[int, ...]]:
    """The first limit that the proposal's other experts use up, and who they are."""
    for limit in problem.limits:
        group = int(limit.group[expert])
        same = [int(e) for e in mine if e != expert and group >= 0 and int(limit.group[e]) == group]
        if group >= 0 and len(same) >= int(limit.table()[group]):
            return limit.name, tuple(same)
    return "", ()


def _reason(known: bool, status: int, chosen: bool, upper: int, limit: str, net: float, needed: float) -> str:
    if not known:
        return "no_candidate"
    if status in (BLOCKED, LOCKED):
        return "forbidden" if status == BLOCKED else "locked"
    if chosen:
        return "chosen"
    if upper == 0:
        return "no_places"
    if limit:
        return "limit"
    return "price" if net < needed else "near"
