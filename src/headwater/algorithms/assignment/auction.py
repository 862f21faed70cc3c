"""The auction for national size: near-optimal assignments with prices and a certified gap.

Method: Bertsekas and Castañon (1989), "The auction algorithm for the transportation problem", with proposals that buy several
different experts. One limit (a partition matroid) keeps the demand of a proposal gross-substitutes (Gul and Stacchetti, 1999), so that
the auction stays exact to epsilon; with several limits the certificate tells how far it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.assignment.problem import LOCKED, Problem, places
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import in_ranges

if TYPE_CHECKING:
    from headwater.algorithms.assignment.kernels import Book, Market

NOISE = 1e-5
"""Size of the noise that breaks ties, in units of the largest score."""
CLOSED = np.float32(1e30)
"""The price of an expert who has no place left to give."""
BATCH = 200_000
OVERSHOOT = 2.0
"""How many steps above their level prices may stand after a coarse step."""
SUBSIDIES = 4
"""How often the reserve of experts below their lower load is lowered."""
ROUNDS_ABOVE, ROUNDS_SHARE = 2_000, 20
"""While more proposals wait than this, and more than one in so many, whole rounds are faster than one bid after another."""


@dataclass
class Auction:
    """A market in progress: `run` serves its queue, the book says who has whom. All money is in units of score."""

    problem: Problem
    market: Market
    book: Book
    epsilon: float
    missing: float
    reserve: float

    @staticmethod
    def open(
        problem: Problem, *, seed: int, epsilon: float, missing: float, weight: NDArray[np.float32] | None = None
    ) -> Auction:
        """A market with all places empty but the locked ones, prices at their reserves and nobody in the queue."""
        from headwater.algorithms.assignment import kernels

        market = _market(problem, seed, weight)
        place = np.concatenate([[0], np.cumsum(problem.demand, dtype=np.int64)])
        stall = np.concatenate([[0], np.cumsum(market.upper, dtype=np.int64)])
        n, listed = problem.proposals, kernels.LISTED
        price = np.zeros(problem.experts, dtype=np.float32)
        price[market.upper == 0] = CLOSED
        book = kernels.Book(
            price=price,
            place=place,
            held=np.full(place[-1], -1, dtype=np.int32),
            stall=stall,
            size=np.zeros(problem.experts, dtype=np.int32),
            level=np.zeros(stall[-1], dtype=np.float32),
            holder=np.full(stall[-1], -1, dtype=np.int32),
            near=np.full((n, listed), -1, dtype=np.int32),
            worth=np.zeros((n, listed), dtype=np.float32),
            bound=np.full(n, np.inf, dtype=np.float32),
            queue=np.empty(n, dtype=np.int32),
            queued=np.zeros(n, dtype=np.uint8),
            tally=np.zeros(3, dtype=np.int64),
        )
        auction = Auction(problem, market, book, epsilon, missing, 2 * problem.scale)
        auction.lock()
        return auction

    def lock(self) -> None:
        """Put the locked pairs into their places; the market's loads are without them."""
        locked = np.flatnonzero(self.problem.status == LOCKED)
        if len(locked):
            owner = owners(self.problem, locked)
            rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
            self.book.held[self.book.place[owner] + rank] = self.problem.column[locked]

    def empty(self) -> NDArray[np.int64]:
        """Empty places of each proposal."""
        ends = np.concatenate([[0], np.cumsum(self.book.held < 0)])
        return np.asarray(ends[self.book.place[1:]] - ends[self.book.place[:-1]], dtype=np.int64)

    def call(self, proposals: NDArray[np.int32]) -> None:
        """Queue proposals; the first is served first."""
        self.book.queue[: len(proposals)] = proposals[::-1]
        self.book.queued[proposals] = 1
        self.book.tally[2] = len(proposals)

    def solve(self, epsilons: Sequence[float], progress: Progress = silent) -> None:
        """Fill all places, from coarse to fine steps; each step starts from the prices of the one before, a little lower.

        Coarse bids find the level of prices with few bids; what they overshoot is taken back before the next step (epsilon scaling).
        Experts below their lower load are then offered at a reserve that is lower still, a few times.
        """
        self.subsidise(self.market.lower > 0)
        for n, epsilon in enumerate(epsilons):
            if n:
                self.restart(OVERSHOOT * self.epsilon)
            self.epsilon = epsilon
            self._fill_by_bids(progress)
        for _ in range(SUBSIDIES):
            below = self.book.size < self.market.lower
            if not below.any():
                return
            self.reserve *= 4
            self.restart(OVERSHOOT * self.epsilon)
            self.subsidise(below)
            self._fill_by_bids(progress)

    def _fill_by_bids(self, progress: Progress) -> None:
        self.call(np.flatnonzero(self.empty() > 0).astype(np.int32))
        self.run(progress)

    def subsidise(self, experts: NDArray[np.bool_]) -> None:
        """Open these experts, none of whose places are taken, at the negative reserve, so that they fill first."""
        self.book.price[experts & (self.market.lower > 0)] = -self.reserve

    def restart(self, lower: float) -> None:
        """Empty all places again; positive prices are lowered by `lower`, those of experts with places left fall to zero."""
        b, m = self.book, self.market
        left = b.size < m.upper
        fresh = np.where(left, 0, np.maximum(b.price - np.float32(lower), 0))
        b.price[:] = np.where((b.price > 0) & (m.upper > 0), fresh, b.price)
        b.price[(m.lower > 0) & (b.price <= 0)] = -self.reserve
        b.held[:], b.size[:], b.bound[:], b.near[:] = -1, 0, np.inf, -1
        self.lock()

    def run(self, progress: Progress = silent) -> None:
        """Serve the queue to its end: whole rounds while many wait, then one after another."""
        from headwater.algorithms.assignment import kernels

        m, b = self.market, self.book
        waiting = int(b.tally[2])
        everybody = max(waiting, 1)
        mine = kernels.desk(m)
        many = max(ROUNDS_ABOVE, self.problem.proposals // ROUNDS_SHARE)
        while waiting > many:
            self._round(waiting)
            waiting = int(b.tally[2])
            progress(everybody - min(waiting, everybody), everybody)
        while waiting:
            waiting = kernels.serve(m, b, mine, self.epsilon, -self.missing, BATCH)
            progress(everybody - min(waiting, everybody), everybody)

    def _round(self, waiting: int) -> None:
        from headwater.algorithms.assignment import bulk, kernels

        m, b, step, floor = self.market, self.book, self.epsilon, -self.missing
        # In the order of proposals, so that their memory is read from end to end.
        queue = np.flatnonzero(b.queued).astype(np.int32)
        b.queue[:waiting] = queue
        offset = np.empty(waiting + 1, dtype=np.int64)
        bulk.count_empty(b, queue, offset)
        expert, level = np.empty(offset[-1], dtype=np.int32), np.empty(offset[-1], dtype=np.float32)
        in_ranges(
            lambda first, last: bulk.offers(m, b, kernels.desk(m), step, floor, offset, expert, level, first, last),
            waiting,
            size=max(1000, waiting // 16),
        )
        bidder = np.repeat(queue, np.diff(offset))
        start, order = np.empty(self.problem.experts + 1, dtype=np.int64), np.empty(offset[-1], dtype=np.int32)
        bulk.by_expert(expert, start, order)
        won, lost = np.zeros(offset[-1], dtype=np.uint8), np.full(offset[-1], -1, dtype=np.int32)
        in_ranges(
            lambda first, last: bulk.settle(m, b, bidder, level, start, order, won, lost, first, last),
            self.problem.experts,
            size=max(1000, self.problem.experts // 16),
        )
        b.queued[queue] = 0
        bulk.conclude(b, bidder, expert, start, won, lost)

    def fill(self) -> int:
        """Fill empty places by alternating paths; returns how many. Prices stay, so that the certificate tells what this costs."""
        from headwater.algorithms.assignment import kernels, paths

        if not (self.book.held < 0).any():
            return 0
        return int(paths.fill(self.market, self.book, kernels.desk(self.market).groups, paths.search_room(self.market)))

    def chosen(self) -> NDArray[np.int64]:
        """Candidate numbers in use, in ascending order."""
        held = self.book.held >= 0
        proposals = np.repeat(np.arange(self.problem.proposals), self.problem.demand)[held]
        return np.sort(places(self.problem, np.stack([proposals, self.book.held[held]], axis=1))[1])

    def pairs(self) -> NDArray[np.int64]:
        """(n, 2) pairs in use, in ascending order."""
        c = self.chosen()
        return np.stack([owners(self.problem, c), self.problem.column[c].astype(np.int64)], axis=1)

    def bound(self) -> float:
        """What no assignment can exceed, by the prices as they are: total (weighted) score less `missing` for each empty place.

        Of the assignments whose experts lack no more places to their lower loads than they do now.
        """
        from headwater.algorithms.assignment.dual import upper_bound

        held = np.bincount(self.problem.column[self.chosen()], minlength=self.problem.experts)
        short = int(np.maximum(self.problem.lower - held, 0).sum())
        return upper_bound(self.market, self.book.price, self.missing, short)


def salt_of(seed: int) -> np.uint64:
    """What the noise of a run is drawn with."""
    return np.uint64(np.random.default_rng(seed).integers(2**32))


def owners(problem: Problem, candidates: NDArray[np.int64]) -> NDArray[np.int64]:
    """The proposals of candidates."""
    return np.searchsorted(problem.indptr, candidates, side="right") - 1


def _market(problem: Problem, seed: int, weight: NDArray[np.float32] | None) -> Market:
    from headwater.algorithms.assignment import kernels

    locked = np.bincount(problem.column[problem.status == LOCKED], minlength=problem.experts).astype(np.int32)
    tables = [limit.table() for limit in problem.limits]
    most = np.zeros((len(tables), max((len(t) for t in tables), default=0)), dtype=np.int32)
    group = np.zeros((len(tables), problem.experts), dtype=np.int32)
    for n, (limit, table) in enumerate(zip(problem.limits, tables, strict=True)):
        most[n, : len(table)], group[n] = table, limit.group
    weights = np.ones(problem.proposals, dtype=np.float32) if weight is None else weight.astype(np.float32)
    value, noise = np.empty_like(problem.score), NOISE * problem.scale
    salt = salt_of(seed)
    in_ranges(
        lambda first, last: kernels.blur(problem.score, weights, problem.indptr, noise, salt, value, first, last),
        problem.proposals,
        size=20_000,
    )
    return kernels.Market(
        indptr=problem.indptr,
        column=problem.column,
        score=problem.score,
        value=value,
        status=problem.status,
        demand=problem.demand,
        lower=np.maximum(problem.lower - locked, 0),
        upper=problem.upper - locked,
        group=group,
        most=most,
        weight=weights,
    )
