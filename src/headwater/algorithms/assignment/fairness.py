"""Fair assignments: raise the worst-served proposals first, lose as little of the total as can be.

Method: proposals below the level count more and more (re-weighting of the market), from warm prices; the level is the most that the
worst-placed proposal could get from its own best candidates, so that reaching it proves it. Small instances where many equal scores
keep it from being reached are finished by an exact integer program (HiGHS). Compare Kobren, Saha and McCallum (2019), "Paper matching
with local fairness constraints", and Payan and Zick (2022), "I will have order!".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.assignment.auction import NOISE, Auction, owners, salt_of
from headwater.algorithms.assignment.engine import COARSE, EMPTY_PLACE, FINE, FINEST, MANY, Assigned, answer, settle
from headwater.algorithms.assignment.flow import assign_exactly, suits
from headwater.algorithms.assignment.problem import BLOCKED, LOCKED, Problem
from headwater.algorithms.errors import BadInput, Infeasible
from headwater.algorithms.progress import Progress, silent

ROUNDS, FRESH = 16, 3
HEAVIEST = 1000.0
"""A weight beyond which the steps of prices would fall below the precision of single numbers, and bidding never end."""
HALVINGS = 8
POLISH_FROM = 1e-5
"""What fairness may cost of the total before an integer program looks for a better answer on a small instance."""
SMALL = 200_000
"""Up to this many candidates an integer program may finish what re-weighting could not reach."""


@dataclass(frozen=True)
class Fair:
    """`level` is the worst proposal's summed score, `ceiling` what no assignment can exceed for it; `proven` that they meet.

    `optimum` is the proven bound of the total without fairness: `assigned.total / optimum` is what fairness left of it. `floors`
    (proposals,) are the levels that were asked for and reached.
    """

    assigned: Assigned
    level: float
    ceiling: float
    proven: bool
    optimum: float
    floors: NDArray[np.float64]
    rounds: int


def assign_fairly(
    problem: Problem,
    *,
    floor: float | None = None,
    levels: int = 1,
    seed: int = 0,
    polish_seconds: float = 60.0,
    progress: Progress = silent,
) -> Fair:
    """Maximise the worst proposal's summed score, then the total; or the total under a `floor`.

    Args:
        floor: a level that every proposal must reach (or its own ceiling, where that is lower); without it the highest level is sought.
        levels: after the first level is reached, the proposals that can have more are raised to further levels (towards leximin).
        polish_seconds: the most that the integer program may take on small instances.

    Raises:
        BadInput: a floor that is not finite, or `levels` below 1.
        Infeasible: no assignment that was found reaches the floor; the reasons name the proposals.
    """
    start = time.perf_counter()
    if floor is not None and not np.isfinite(floor):
        raise BadInput(f"floor: expected a finite number, found {floor}")
    if levels < 1:
        raise BadInput(f"levels: expected 1 or more, found {levels}")
    market = _Weighted(problem, seed, progress)
    ceilings = market.ceilings()
    served = ceilings[problem.demand > 0]
    top = float(served.min()) if len(served) else 0.0
    level = top if floor is None else floor
    reached = market.raise_to(np.minimum(level, ceilings))
    small = len(problem.column) <= SMALL
    if not reached and floor is None and not small:
        level = market.highest(float(market.values().min(initial=level)), level, ceilings)
    if levels > 1 and floor is None and reached:
        _more_levels(market, level, ceilings, levels)
    found = settle(market.auction, seed)
    if suits(problem):
        found = _exact(market, found, reached)
    if small and (not reached or found.total < market.optimum * (1 - POLISH_FROM)):
        found = _polish(problem, found, market.floors if reached else None, ceilings, floor, polish_seconds, seed)
    if floor is not None:
        _refuse_below(floor, found, np.minimum(floor, ceilings), market)
    return _told(found, top, market, start)


def _exact(market: _Weighted, found: Assigned, reached: bool) -> Assigned:
    """What the flow gives for the weights that were reached, if that keeps the floors; the total without fairness is exact then too."""
    market.optimum = min(market.optimum, assign_exactly(market.problem, seed=market.seed).bound)
    flow = assign_exactly(market.problem, seed=market.seed, weight=market.weight.astype(np.float64))
    as_full = (int(flow.unfilled.sum()), int(flow.short.sum())) <= (int(found.unfilled.sum()), int(found.short.sum()))
    if reached and as_full and flow.total > found.total and _reaches(flow, market.floors):
        return replace(flow, prices=found.prices, engine="auction, then flow")
    return found


class _Weighted:
    """A market whose proposals weigh more the further they stay below their floor."""

    def __init__(self, problem: Problem, seed: int, progress: Progress) -> None:
        self.problem, self.progress, self.rounds, self.seed = problem, progress, 0, seed
        self.fine = (FINE if len(problem.column) > MANY else FINEST) * problem.scale
        self.weight = np.ones(problem.proposals, dtype=np.float32)
        self.slack = 1e-5 * problem.scale
        self.floors = np.zeros(problem.proposals)
        self.auction = self._solve()
        self.optimum = self.auction.bound() + self.auction.missing * int((self.auction.book.held < 0).sum())

    def _solve(self) -> Auction:
        """A market from the start with the weights as they are: what warm prices cost in total is won back."""
        missing = EMPTY_PLACE * self.problem.scale * float(self.weight.max(initial=1.0))
        auction = Auction.open(self.problem, seed=self.seed, epsilon=self.fine, missing=missing, weight=self.weight.copy())
        auction.solve([COARSE * self.problem.scale, self.fine], self.progress)
        auction.fill()
        return auction

    def values(self) -> NDArray[np.float64]:
        """Summed score of each proposal, infinite for one that wants no expert."""
        chosen = self.auction.chosen()
        sums = np.bincount(
            owners(self.problem, chosen), weights=self.problem.score[chosen].astype(np.float64), minlength=self.problem.proposals
        )
        return np.where(self.problem.demand > 0, sums, np.inf)

    def ceilings(self) -> NDArray[np.float64]:
        """What each proposal's own best candidates come to, loads aside."""
        from headwater.algorithms.assignment.dual import bounds

        plain = self.auction.market._replace(weight=np.ones(self.problem.proposals, dtype=np.float32))
        out = np.zeros(self.problem.proposals)
        usable = np.where(self.auction.market.upper > 0, 0, np.float32(1e30)).astype(np.float32)
        bounds(plain, usable, 0.0, out, 0, len(out))
        return out

    def raise_to(self, floors: NDArray[np.float64]) -> bool:
        """Weigh proposals until all reach their floors, or rounds are used up.

        Rounds go on from warm prices: only proposals below their floor bid anew. What that costs of the total is won back by a market
        from the start with the weights so found, which must reach the floors as well.
        """
        for _ in range(FRESH):
            if self._warm_rounds(floors):
                self.auction = self._solve()
                if not (self.values() < floors - self.slack).any():
                    self.floors = np.maximum(self.floors, floors)
                    return True
        return False

    def _warm_rounds(self, floors: NDArray[np.float64]) -> bool:
        from headwater.algorithms.assignment import repairing

        noise, salt = NOISE * self.problem.scale, salt_of(self.seed)
        for _ in range(ROUNDS):
            below = np.flatnonzero(self.values() < floors - self.slack).astype(np.int32)
            if not len(below):
                return True
            if self.weight[below].max() > HEAVIEST:
                return False
            self.rounds += 1
            self.weight[below] = 1 + 1.7 * (self.weight[below] - 1) + 0.25
            market, book = self.auction.market, self.auction.book
            market.weight[below] = self.weight[below]
            repairing.reweigh(market, book, below, noise, salt)
            self.auction.call(np.flatnonzero(self.auction.empty() > 0).astype(np.int32))
            self.auction.run(self.progress)
            self.auction.fill()
        return False

    def highest(self, low: float, high: float, ceilings: NDArray[np.float64]) -> float:
        """The highest level that re-weighting reaches, to 1/256 of the interval."""
        kept = self.weight.copy()
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            self.weight = np.ones_like(kept)
            self.auction = self._solve()
            if self.raise_to(np.minimum(middle, ceilings)):
                low, kept = middle, self.weight.copy()
            else:
                high = middle
        self.weight = kept
        self.auction = self._solve()
        return low


def _more_levels(market: _Weighted, level: float, ceilings: NDArray[np.float64], levels: int) -> None:
    """Raise those who can have more to the next ceiling, while that is reached."""
    for _ in range(levels - 1):
        above = ceilings[ceilings > level + market.slack]
        if not len(above):
            return
        kept, auction, level = market.weight.copy(), market.auction, float(above.min())
        if not market.raise_to(np.minimum(level, ceilings)):
            market.weight, market.auction = kept, auction
            return


def _refuse_below(floor: float, found: Assigned, floors: NDArray[np.float64], market: _Weighted) -> None:
    if _reaches(found, floors):
        return
    low = np.flatnonzero((found.by_proposal() < floors - market.slack) & (market.problem.demand > 0))
    raise Infeasible(f"floor {floor:g}: {len(low)} proposals stay below it", [f"proposal {i}" for i in low[:20]], proven=False)


def _told(found: Assigned, ceiling: float, market: _Weighted, start: float) -> Fair:
    """The answer against the total without fairness; `start` is when the clock began."""
    values = found.by_proposal()
    served = values[market.problem.demand > 0]
    level, optimum = float(served.min()) if len(served) else 0.0, market.optimum
    gap = max(0.0, 1 - found.total / optimum) if optimum > 0 else 0.0
    found = replace(found, bound=optimum, gap=gap, seconds=round(time.perf_counter() - start, 4))
    proven = level >= ceiling - market.slack
    return Fair(found, level, ceiling, proven, optimum, np.minimum(market.floors, values), market.rounds)


def _reaches(found: Assigned, floors: NDArray[np.float64]) -> bool:
    return bool((found.by_proposal() >= floors - 1e-5 * max(1.0, float(np.abs(floors).max(initial=0)))).all())


def _polish(
    problem: Problem,
    found: Assigned,
    reached: NDArray[np.float64] | None,
    ceilings: NDArray[np.float64],
    floor: float | None,
    seconds: float,
    seed: int,
) -> Assigned:
    """The exact worst level where it is not reached yet, then the exact total over the floors; what there is where time runs out."""
    served = problem.demand > 0
    filled = problem.demand - found.unfilled
    floors = reached
    if floors is None and floor is not None:
        floors = np.minimum(floor, ceilings)
    if floors is None:
        level = float(found.by_proposal()[served].min())
        solved = _program(problem, filled, None, (level, float(ceilings[served].min())), seconds * 0.6)
        floors = np.minimum(max(level, solved[1]) if solved is not None else level, ceilings)
    solved = _program(problem, filled, floors - 1e-6 * problem.scale, None, seconds * 0.4)
    if solved is None:
        return found
    polished = answer(problem, solved[0], prices=found.prices, seed=seed, engine="auction, then integer program")
    # Both above the floors: the total decides. What is above them more than it must be has paid for it.
    return polished if polished.total > found.total or not _reaches(found, floors) else found


def _program(
    problem: Problem,
    filled: NDArray[np.int64],
    floors: NDArray[np.float64] | None,
    between: tuple[float, float] | None,
    seconds: float,
) -> tuple[NDArray[np.int64], float] | None:
    """(chosen candidates, level) of the integer program: the highest total over `floors`, or the highest level `between` two numbers."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    row, n, scores = problem.rows(), len(problem.column), problem.score.astype(np.float64)
    every, ones = np.arange(n), np.ones(n)
    extra = 1 if between is not None else 0

    def rows(index: NDArray[np.int32], count: int, values: NDArray[np.float64]) -> sparse.csr_matrix:
        return sparse.csr_matrix((values, (index, every)), shape=(count, n + extra))

    sums = rows(row, problem.proposals, scores)
    if between is not None:
        level = np.where(problem.demand > 0, -1.0, 0.0)[:, None]
        sums = sparse.csr_matrix(sparse.hstack([sums[:, :n], sparse.csr_matrix(level)]))
    rules = [
        LinearConstraint(rows(row, problem.proposals, ones), filled, filled),
        LinearConstraint(rows(problem.column, problem.experts, ones), problem.lower, problem.upper),
        LinearConstraint(sums, np.zeros(problem.proposals) if floors is None else floors, np.inf),
    ]
    for limit in problem.limits:
        most = limit.table()
        inside = np.flatnonzero((limit.group[problem.column] >= 0) & (problem.status != LOCKED))
        key, number = np.unique(
            row[inside].astype(np.int64) * len(most) + limit.group[problem.column[inside]], return_inverse=True
        )
        table = sparse.csr_matrix((np.ones(len(inside)), (number, inside)), shape=(len(key), n + extra))
        rules.append(LinearConstraint(table, 0, most[key % len(most)]))
    low = np.concatenate([(problem.status == LOCKED).astype(float), [between[0]] if between is not None else []])
    high = np.concatenate([(problem.status != BLOCKED).astype(float), [between[1]] if between is not None else []])
    goal = np.concatenate([np.zeros(n), [-1.0]]) if between is not None else -scores
    found = milp(
        goal,
        constraints=rules,
        bounds=Bounds(low, high),
        integrality=np.concatenate([np.ones(n), np.zeros(extra)]),
        options={"time_limit": seconds, "mip_rel_gap": 1e-6},
    )
    if found.x is None:
        return None
    chosen = np.flatnonzero((found.x[:n] > 0.5) & (problem.status != BLOCKED))
    values = np.bincount(row[chosen], weights=scores[chosen], minlength=problem.proposals)[problem.demand > 0]
    return chosen, float(values.min())
