"""Assign, and mend an assignment: the auction behind one call, an exact flow where it is quick, and the certificate in the answer."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headwater.algorithms.assignment.auction import CLOSED, Auction, owners
from headwater.algorithms.assignment.problem import BLOCKED, FREE, LOCKED, Problem, places
from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent

COARSE, FINE, FINEST = 0.02, 0.002, 0.0005
"""Steps of prices, in units of the largest score: where it starts, where it ends with more than `MANY` candidates, and with fewer."""
MANY = 4_000_000
EMPTY_PLACE = 1.0
"""What the auction lets an empty place cost, in units of the largest score; what is left empty then is filled by alternating paths."""


@dataclass(frozen=True)
class Assigned:
    """Pairs in ascending order of proposal and expert, and what they come to.

    `prices` (experts,) are in units of score: what one more place of an expert would be worth. `bound` is proven: no assignment that
    fills as many places and lacks no more places to the lower loads has a higher total. `gap` is (bound - total) / bound. `unfilled`
    counts empty places by proposal, `short` the places that experts lack to their lower load (`unmet` says why). `engine` says which
    solver the pairs are from: "auction", or "auction, then flow" where they are the best there are.
    """

    proposals: NDArray[np.int64]
    experts: NDArray[np.int64]
    scores: NDArray[np.float64]
    unfilled: NDArray[np.int64]
    short: NDArray[np.int64]
    prices: NDArray[np.float64]
    total: float
    bound: float
    gap: float
    engine: str
    seed: int
    seconds: float
    inputs: str
    digest: str

    def by_proposal(self) -> NDArray[np.float64]:
        """Summed score of each proposal's experts, (proposals,)."""
        return np.bincount(self.proposals, weights=self.scores, minlength=len(self.unfilled)).astype(np.float64)

    def record(self) -> dict[str, Any]:
        """What the record of a run keeps."""
        names = ("total", "bound", "gap", "engine", "seed", "seconds", "inputs", "digest")
        return {name: getattr(self, name) for name in names} | {
            "pairs": len(self.proposals),
            "unfilled": int(self.unfilled.sum()),
            "short": {int(e): int(self.short[e]) for e in np.flatnonzero(self.short)},
        }


def assign(
    problem: Problem, *, seed: int = 0, epsilon: float | None = None, missing: float | None = None, progress: Progress = silent
) -> Assigned:
    """Fill as many places as can be filled, at the highest total score to within a proven gap; the highest there is on small problems.

    Args:
        seed: draws the noise that breaks ties; equal inputs and seeds give equal answers, whatever the number of threads.
        epsilon: last step of prices in units of the largest score; smaller is closer to the optimum and slower.
        missing: what an empty place costs, in units of score. Without it places are filled whatever the score.

    Memory: the candidates (8 bytes each) and 5 bytes more for each, about 120 bytes a proposal and 16 a place.

    Raises:
        BadInput: `epsilon` or `missing` is not positive.
    """
    return open_session(problem, seed=seed, epsilon=epsilon, missing=missing, progress=progress).assigned()


@dataclass
class Session:
    """An assignment that is kept in memory with its market, so that declines and locks are mended in a fraction of a second."""

    auction: Auction
    seed: int
    fill: bool
    seconds: float
    exact: Assigned | None = None

    def assigned(self) -> Assigned:
        start = time.perf_counter()
        found = settle(self.auction, self.seed)
        if self.exact is not None:
            found = replace(found, bound=self.exact.bound, gap=self.exact.gap, engine="auction, then flow")
        return replace(found, seconds=round(self.seconds + time.perf_counter() - start, 4))

    def repair(self, *, declined: ArrayLike | None = None, locked: ArrayLike | None = None, progress: Progress = silent) -> None:
        """Take declined pairs out for good, put locked pairs in, and fill what that leaves empty; others move as little as prices allow.

        Raises:
            BadInput: a pair that is no candidate, or that is locked and declined.
        """
        start, self.exact = time.perf_counter(), None
        gone, fixed = self._candidates("declined", declined), self._candidates("locked", locked)
        if np.isin(gone, fixed).any():
            raise BadInput("locked: a pair is also declined")
        if len(fixed):
            self._lock(fixed)
        status = self.auction.market.status
        if (status[gone] == LOCKED).any():
            raise BadInput("declined: a pair is locked")
        status[gone] = BLOCKED
        touched = self._release(gone)
        self.auction.book.bound[owners(self.auction.problem, gone)] = np.inf
        self.auction.call(touched)
        self.auction.run(progress)
        if self.fill:
            self.auction.fill()
        self.seconds = time.perf_counter() - start

    def _candidates(self, name: str, pairs: ArrayLike | None) -> NDArray[np.int64]:
        if pairs is None or not np.size(pairs):
            return np.zeros(0, dtype=np.int64)
        rows = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        problem = self.auction.problem
        wrong = (rows < 0).any(axis=1) | (rows[:, 0] >= problem.proposals) | (rows[:, 1] >= problem.experts)
        if wrong.any():
            raise BadInput(f"{name}: unknown proposal or expert in pair {int(np.argmax(wrong))}")
        hit, at = places(problem, rows)
        if len(hit) < len(rows):
            missing = np.setdiff1d(np.arange(len(rows)), hit)
            raise BadInput(f"{name}: pair {int(missing[0])} is no candidate")
        return at

    def _lock(self, fixed: NDArray[np.int64]) -> None:
        """Open the market anew with further locked pairs and the prices as they are."""
        old = self.auction
        problem = replace(old.problem, status=old.market.status.copy())
        matrix = problem.matrix()
        pairs = np.stack([owners(problem, fixed), problem.column[fixed]], axis=1)
        every = np.flatnonzero(problem.status == LOCKED)
        pairs = np.concatenate([pairs, np.stack([owners(problem, every), problem.column[every]], axis=1)])
        banned = np.flatnonzero(problem.status == BLOCKED)
        checked = Problem.of(
            matrix,
            problem.demand,
            problem.upper,
            lower=problem.lower,
            limits=problem.limits,
            locked=pairs,
            forbidden=np.stack([owners(problem, banned), problem.column[banned]], axis=1),
        )
        self.auction = resume(checked, old.book.price, old.pairs(), seed=self.seed, epsilon=old.epsilon, missing=old.missing)

    def _release(self, gone: NDArray[np.int64]) -> NDArray[np.int32]:
        """Empty the places of pairs that are held; returns the proposals with an empty place."""
        from headwater.algorithms.assignment import repairing

        problem = self.auction.problem
        repairing.release(self.auction.book, owners(problem, gone).astype(np.int32), problem.column[gone])
        return np.flatnonzero(self.auction.empty() > 0).astype(np.int32)


def open_session(
    problem: Problem, *, seed: int = 0, epsilon: float | None = None, missing: float | None = None, progress: Progress = silent
) -> Session:
    """`assign`, but keep the market for repairs."""
    from headwater.algorithms.assignment.flow import assign_exactly, suits

    start = time.perf_counter()
    for name, value in (("epsilon", epsilon), ("missing", missing)):
        if value is not None and not 0 < value < np.inf:
            raise BadInput(f"{name}: expected a positive number, found {value}")
    fine = epsilon if epsilon is not None else FINE if len(problem.column) > MANY else FINEST
    cost = missing if missing is not None else EMPTY_PLACE * problem.scale
    # Repairs block and lock pairs: in a copy, so that the problem stays as it was given.
    own = replace(problem, status=problem.status.copy())
    auction = Auction.open(own, seed=seed, epsilon=fine * problem.scale, missing=cost)
    steps = [COARSE * problem.scale, fine * problem.scale] if fine < COARSE / 2 else [fine * problem.scale]
    auction.solve(steps, progress)
    if missing is None:
        auction.fill()
    session = Session(auction, seed, missing is None, 0.0)
    if suits(own):
        session.exact = assign_exactly(own, seed=seed, missing=missing)
        pairs = np.stack([session.exact.proposals, session.exact.experts], axis=1)
        session.auction = resume(own, auction.book.price, pairs, seed=seed, epsilon=auction.epsilon, missing=cost)
    session.seconds = time.perf_counter() - start
    return session


def resume(
    problem: Problem, prices: NDArray[Any], pairs: NDArray[np.int64], *, seed: int, epsilon: float, missing: float
) -> Auction:
    """A market that stands where an assignment ended: its prices, and its pairs where they still may be.

    Pairs that are now locked, blocked or no candidates are left out. Everybody holds at the price of the expert.
    """
    from headwater.algorithms.assignment import repairing

    auction = Auction.open(problem, seed=seed, epsilon=epsilon, missing=missing)
    price = np.asarray(prices, dtype=np.float32)
    auction.book.price[:] = np.where(auction.market.upper > 0, price, CLOSED)
    hit, at = places(problem, pairs)
    free = problem.status[at] == FREE
    kept = pairs[hit[free]]
    repairing.sit(auction.market, auction.book, kept[:, 0].astype(np.int32), kept[:, 1].astype(np.int32))
    return auction


def repair(
    problem: Problem,
    assigned: Assigned,
    *,
    declined: ArrayLike | None = None,
    locked: ArrayLike | None = None,
    seed: int | None = None,
    progress: Progress = silent,
) -> Assigned:
    """Mend a stored assignment after declines and locks, starting from its prices. See `Session.repair`.

    Raises:
        BadInput: as `Session.repair`.
    """
    drawn = assigned.seed if seed is None else seed
    fine = (FINE if len(problem.column) > MANY else FINEST) * problem.scale
    pairs = np.stack([assigned.proposals, assigned.experts], axis=1)
    own = replace(problem, status=problem.status.copy())
    auction = resume(own, assigned.prices, pairs, seed=drawn, epsilon=fine, missing=EMPTY_PLACE * problem.scale)
    session = Session(auction, drawn, True, 0.0)
    session.repair(declined=declined, locked=locked, progress=progress)
    return session.assigned()


def settle(auction: Auction, seed: int) -> Assigned:
    """The answer of a market, with the certificate of its prices."""
    prices = np.where(auction.market.upper > 0, auction.book.price, 0).astype(np.float64)
    found = answer(auction.problem, auction.chosen(), prices=prices, seed=seed, engine="auction")
    bound = auction.bound() + auction.missing * int(found.unfilled.sum())
    return replace(found, bound=bound, gap=max(0.0, bound - found.total) / bound if bound > 0 else 0.0)


def answer(problem: Problem, chosen: NDArray[np.int64], *, prices: NDArray[np.float64], seed: int, engine: str) -> Assigned:
    """What chosen candidates come to; the bound is the total itself, for engines that are exact."""
    proposals, experts = owners(problem, chosen), problem.column[chosen].astype(np.int64)
    scores = problem.score[chosen].astype(np.float64)
    total = float(scores.sum())
    return Assigned(
        proposals=proposals,
        experts=experts,
        scores=scores,
        unfilled=(problem.demand - np.bincount(proposals, minlength=problem.proposals)).astype(np.int64),
        short=np.maximum(problem.lower - np.bincount(experts, minlength=problem.experts), 0).astype(np.int64),
        prices=prices,
        total=total,
        bound=total,
        gap=0.0,
        engine=engine,
        seed=seed,
        seconds=0.0,
        inputs=problem.digest,
        digest=hashlib.blake2b(np.stack([proposals, experts]).tobytes(), digest_size=16).hexdigest(),
    )
