"""The limits of a model one by one, and the programs that judge some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from headwater.algorithms.portfolio.model import Model
from headwater.algorithms.portfolio.problem import Bools, Floats, Ints
from headwater.algorithms.portfolio.solver import Answer, Program, Tick, Work, narrowed, refute, solve_linear, solve_whole
from headwater.algorithms.portfolio.task import limit_scale

TOLERANCE = 1e-6
LARGE = 500
"""Columns from which a rounded answer is tried before the whole program."""
NESTED = 20
"""Limits inside the proposals of one limit up to which they are looked at alone."""
WIDE = 0.05
"""Share of the proposals from which a limit is one on many."""
CLOSE = 1e-3
"""Relative gap of what a limit must give way by, in programs of more than `LARGE` columns."""


@dataclass(frozen=True, eq=False)
class Limits:
    """All limits as one-sided rows `matrix` @ x <= `most` (the "at least" side with its sign turned)."""

    matrix: sparse.csr_matrix
    most: Floats
    rule: Ints
    lower: Bools
    """Whether a row is an "at least" side."""
    scale: Floats

    def key(self) -> Ints:
        """(rows,) one number for each side of each rule."""
        return self.rule * 2 + self.lower

    def narrow_first(self, rows: Ints) -> Ints:
        """The sides of these rows, those on few proposals first."""
        sides, at = np.unique(self.key()[rows], return_inverse=True)
        return sides[np.argsort(np.bincount(at, np.diff(self.matrix.indptr)[rows]), kind="stable")]


@dataclass(frozen=True)
class Give:
    """By how much a limit must give way: less than `least` does not do, `enough` does (infinite: none was found)."""

    least: float
    enough: float

    @property
    def close(self) -> bool:
        return self.enough <= (1 + CLOSE) * self.least + TOLERANCE


def limits_of(model: Model) -> Limits:
    at_least, at_most = np.flatnonzero(model.lower > -np.inf), np.flatnonzero(model.upper < np.inf)
    matrix = sparse.csr_matrix(sparse.vstack([-model.matrix[at_least], model.matrix[at_most]]))
    most = np.concatenate([-model.lower[at_least], model.upper[at_most]])
    weight = np.asarray(np.abs(matrix).max(axis=1).todense()).ravel() if matrix.shape[1] else np.ones(len(most))
    return Limits(
        matrix,
        most,
        np.concatenate([model.rule[at_least], model.rule[at_most]]),
        np.arange(len(most)) < len(at_least),
        np.where(weight > 0, weight, 1.0),
    )


class Court:
    """Programs over some limits of one model."""

    def __init__(self, model: Model, tick: Tick, seed: int, work: Work) -> None:
        self.model, self.tick, self.seed, self.work = model, tick, seed, work
        self.limits = limits_of(model)
        # A limit that all choices keep is no suspect and only makes the programs longer.
        reach = np.asarray(self.limits.matrix.maximum(0).sum(axis=1)).ravel()
        self.matters = reach > self.limits.most + TOLERANCE * limit_scale(self.limits.most, self.limits.most)

    def program(self, hard: Ints, soft: Ints) -> Program:
        """Minimise the weighted violation of `soft` rows with `hard` rows kept, over the columns they touch."""
        limits, model = self.limits, self.model
        rows = np.concatenate([hard, soft])
        part = limits.matrix[rows]
        touched = np.zeros(len(model.value), dtype=bool)
        touched[part.indices] = True
        pieces = np.flatnonzero(touched[model.proposals :])
        touched[model.owner[pieces]] = True
        columns = np.flatnonzero(touched)
        place = np.cumsum(touched) - 1
        count, slack = len(columns), len(soft)
        relief = sparse.csr_matrix(
            (-limits.scale[soft], (len(hard) + np.arange(slack), np.arange(slack))), shape=(len(rows), slack)
        )
        at = np.arange(len(pieces))
        entries = (
            np.repeat([1.0, -1.0], len(pieces)),
            (np.tile(at, 2), np.concatenate([place[model.proposals + pieces], place[model.owner[pieces]]])),
        )
        tied = sparse.csr_matrix(entries, shape=(len(pieces), count + slack))
        matrix = sparse.csr_matrix(sparse.vstack([sparse.hstack([part[:, columns], relief]), tied]))
        return Program(
            np.concatenate([np.zeros(count), -np.ones(slack)]),
            matrix,
            np.full(matrix.shape[0], -np.inf),
            np.concatenate([limits.most[rows], np.zeros(len(pieces))]),
            np.zeros(count + slack),
            np.concatenate([np.ones(count), np.full(slack, np.inf)]),
            np.concatenate([columns < model.proposals, np.zeros(slack, dtype=bool)]),
        )

    @property
    def late(self) -> bool:
        return self.work.left <= 0

    def contradiction(self, rows: Ints) -> Ints | None:
        """Those of the rows that contradict one another as a linear program; None if there are none, or no work is left."""
        program = self.program(rows, rows[:0])
        factor = refute(program, work=self.work, tick=self.tick)
        return None if factor is None else rows[factor[: len(rows)] > 0]

    def suspects(self, rows: Ints) -> Ints | None:
        """As `contradiction`, small programs first: limits on parts of the proposals of one limit, then limits on many proposals."""
        entries = self.limits.matrix[rows].astype(bool).astype(np.int64)
        size, seen = np.diff(entries.indptr), set()
        shared = (entries @ entries.T).tocsr()
        for at in np.argsort(size, kind="stable"):
            others = shared.indices[shared.indptr[at] : shared.indptr[at + 1]]
            inside = np.sort(others[shared.data[shared.indptr[at] : shared.indptr[at + 1]] == size[others]])
            if len(inside) > NESTED or inside.tobytes() in seen or len(np.unique(self.limits.lower[rows[inside]])) < 2:
                continue
            seen.add(inside.tobytes())
            found = self.contradiction(rows[inside])
            if found is not None:
                return found
        found = self.contradiction(rows[size > WIDE * entries.shape[1]])
        return self.contradiction(rows) if found is None else found

    def least_give(self, rows: Ints, mine: Bools, share: float) -> Give | None:
        """By how much one limit (`mine` of `rows`) must give way so that the others can be kept; None if they cannot be kept anyway.

        At most `share` of the work that is left goes into it.
        """
        before, own = self.work.left, Work(self.work.left * share)
        try:
            return self._least_give(rows, mine, own)
        finally:
            self.work.left = before - (before * share - own.left)

    def _least_give(self, rows: Ints, mine: Bools, work: Work) -> Give | None:
        program = self.program(rows[~mine], rows[mine])
        linear = solve_linear(program, tick=self.tick)
        if linear.x is None:
            return None
        start, large = None, len(program.value) > LARGE
        if large:
            start = self.rounded(program, linear.x, work)
            found = self.give(rows[mine], linear.value, start)
            if found.close:
                return found
        answer = solve_whole(
            program, relative_gap=CLOSE if large else 0.0, start=start, seed=self.seed, tick=self.tick, work=work
        )
        if answer.status == "infeasible":
            return None
        return self.give(rows[mine], min(answer.bound, linear.value), answer.x if answer.x is not None else start)

    def give(self, soft: Ints, bound: float, x: Floats | None) -> Give:
        """From a bound of a program of these soft rows and an answer of it."""
        scale, least = self.limits.scale[soft], max(0.0, -bound)
        if self.counts(soft):
            least = float(np.ceil(least - TOLERANCE))
        enough = np.inf if x is None else round(float(x[len(x) - len(soft) :] @ scale), 9)
        return Give(min(round(least * float(scale.min()), 9), enough), enough)

    def counts(self, rows: Ints) -> bool:
        """Whether the loads of these rows are whole numbers."""
        part = self.limits.matrix[rows]
        return bool((part.indices < self.model.proposals).all() and (np.abs(part.data) == 1.0).all() and len(rows) == 1)

    def rounded(self, program: Program, x: Floats, work: Work) -> Floats | None:
        """An answer near a linear one: its fractional columns and a few others of every row are decided anew."""
        keep = ~program.whole | (np.abs(x - np.rint(x)) > 1e-6)
        random = np.random.default_rng(self.seed)
        for row in range(program.matrix.shape[0]):
            columns = program.matrix.indices[program.matrix.indptr[row] : program.matrix.indptr[row + 1]]
            keep[random.choice(columns, min(len(columns), 12), replace=False)] = True
        part = narrowed(program, keep, np.rint(x))
        answer = solve_whole(part, relative_gap=CLOSE, seed=self.seed, tick=self.tick, nodes=50, work=work)
        if answer.x is None:
            return None
        whole = np.rint(x)
        whole[keep] = answer.x
        return whole

    def violated(self, soft: Ints, answer: Answer) -> Ints:
        """Soft rows that an elastic answer breaks."""
        return soft[:0] if answer.x is None else soft[answer.x[len(answer.x) - len(soft) :] > TOLERANCE]
