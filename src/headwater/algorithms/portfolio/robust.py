"""Which decisions are sure: proposals in every good set, in none, and the grey zone between.

Two questions. (1) The rules and scores are right, but other sets are nearly as good: bounds decide most proposals in one pass, and
programs that flip as many of the others as they can find sets that differ or prove that there are none. (2) The scores are
uncertain: draws of the scores are solved, and the share of draws in which a proposal is funded is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput
from headwater.algorithms.portfolio.dual import Relaxed, sharpen
from headwater.algorithms.portfolio.explain import upper_bounds
from headwater.algorithms.portfolio.fund import Funded, fund
from headwater.algorithms.portfolio.problem import Bools, Floats, numbers
from headwater.algorithms.portfolio.solver import Program, solve_whole
from headwater.algorithms.portfolio.task import relaxation
from headwater.algorithms.progress import Progress, silent

OUT, GREY, CORE, OPEN = 0, 1, 2, 3
FEW = 600
"""Proposals in doubt up to which a program takes them all."""


@dataclass(frozen=True, eq=False)
class Core:
    """`state` (n,): CORE in every set worth at least `threshold`, OUT in none (both proven), GREY in some (such sets were found), OPEN
    neither proven nor found within the limit.

    `sets`: how many good sets were looked at. `frequency` (n,): share of the draws of scores in which a proposal is funded (NaN
    without draws), and `draws` their number.
    """

    state: NDArray[np.int8]
    threshold: float
    sets: int
    frequency: Floats
    draws: int

    @property
    def sure(self) -> Bools:
        return np.equal(self.state, CORE)

    @property
    def grey(self) -> Bools:
        """The grey zone: all that is not proven."""
        return np.isin(self.state, (GREY, OPEN))


def core(
    result: Funded,
    *,
    within: float = 5e-4,
    limit: int = 40,
    nodes: int = 2000,
    sd: ArrayLike | None = None,
    draws: int = 0,
    gap: float = 1e-3,
    seed: int = 0,
    progress: Progress = silent,
) -> Core:
    """Sort proposals by how sure their decision is.

    Args:
        within: sets that are worth at least (1 - within) times the result's value count as good.
        limit: programs to solve at most for the first question; what they leave is told as OPEN. 0: bounds only.
        nodes: size of each such program's search tree.
        sd: (n,) standard deviation of each value, for the second question.
        draws: how many draws of values ~ N(value, sd), cut at 0, to solve, each to the relative `gap`.
        seed: of the draws.

    Raises:
        BadInput: shares or numbers out of range, draws without sd.
    """
    if not 0 <= within < 1:
        raise BadInput(f"within: must be a share from 0 to below 1, found {within}")
    if limit < 0 or draws < 0 or (draws > 0 and sd is None):
        raise BadInput("limit and draws must not be negative, and draws need sd")
    threshold = result.value * (1 - within)
    state, sets = _near_optimal(result, threshold, limit, nodes, lambda done: progress(done, limit + draws))
    frequency = np.full(result.problem.size, np.nan)
    if draws:
        spread = numbers("sd", sd if sd is not None else (), result.problem.size)
        frequency = _drawn(result, spread, draws, gap, seed, lambda done: progress(limit + done, limit + draws))
    progress(limit + draws, limit + draws)
    return Core(state, threshold, sets, frequency, draws)


class Flips:
    """Good sets that decide as many proposals as possible otherwise than all good sets before."""

    def __init__(self, result: Funded, threshold: float, relaxed: Relaxed, open_: Bools) -> None:
        self.task, self.threshold, self.relaxed, self.open = result.inside.task, threshold, relaxed, open_
        self.base = result.inside.columns[self.task.columns]
        self.side = self.base[: self.task.size] > 0.5
        self.unseen, self.tried = open_.copy(), np.zeros(self.task.size, dtype=bool)

    def pick(self) -> Bools:
        """Proposals of the next program: all in doubt if they are few, else those nearest to their price, half of them not yet seen."""
        if self.open.sum() <= FEW:
            return self.open
        distance = np.abs(self.relaxed.reduced)
        picked = np.zeros(self.task.size, dtype=bool)
        for among in (self.unseen & ~self.tried, self.open):
            at = np.flatnonzero(among)
            picked[at[np.argsort(distance[at], kind="stable")[: FEW // 2]]] = True
        return picked

    def program(self, picked: Bools) -> tuple[Program, Bools]:
        """Maximise the flips of unseen proposals, the total value above the threshold; also the task columns of the program."""
        task = self.task
        whole = relaxation(task)
        sign = np.where(self.unseen & picked, np.where(self.side, -1.0, 1.0), 0.0)
        free = np.concatenate([picked, np.ones(len(task.owner), dtype=bool)])
        matrix = sparse.csr_matrix(sparse.vstack([whole.matrix, sparse.csr_matrix(task.value)]))
        low, high = np.where(free, 0.0, self.base), np.where(free, 1.0, self.base)
        flips = np.concatenate([sign, np.zeros(len(task.owner))])
        lower = np.concatenate([whole.lower, [self.threshold - task.constant]])
        return Program(flips, matrix, lower, np.concatenate([whole.upper, [np.inf]]), low, high, whole.whole), free

    def step(self, nodes: int, seed: int) -> str:
        """One program: "found" new flips, "none" exist, or "stuck"."""
        picked = self.pick()
        program, _free = self.program(picked)
        answer = solve_whole(program, absolute_gap=0.5, nodes=nodes, start=self.base, seed=seed)
        if answer.x is not None:
            funded = np.rint(answer.x[: self.task.size]) > 0.5
            new = self.unseen & (funded != self.side)
            if new.any():
                self.unseen &= ~new
                return "found"
        self.tried |= picked
        if picked is self.open:
            return "none" if answer.status == "optimal" else "stuck"
        return "found" if (self.unseen & ~self.tried).any() else "stuck"


def _near_optimal(
    result: Funded, threshold: float, limit: int, nodes: int, told: Callable[[int], None]
) -> tuple[NDArray[np.int8], int]:
    task, relaxed = result.inside.task, result.inside.found.relaxed
    margin = 1e-9 * max(1.0, abs(threshold))
    if_funded, if_refused = upper_bounds(result)
    free = task.columns[: task.size]
    sharper = sharpen(relaxed, threshold) if relaxed is not None else None
    if sharper is not None:
        if_funded[free] = np.minimum(if_funded[free], sharper.if_funded)
        if_refused[free] = np.minimum(if_refused[free], sharper.if_refused)
    open_ = (if_funded >= threshold - margin) & (if_refused >= threshold - margin)
    state = np.where(open_, OPEN, np.where(result.funded, CORE, OUT)).astype(np.int8)
    if sharper is None or not open_.any():
        return state, 1
    flips, sets = Flips(result, threshold, sharper, open_[free]), 1
    for at in range(limit):
        told(at)
        found = flips.step(nodes, result.record.seed)
        if found == "none":
            settled = free[flips.unseen]
            state[settled] = np.where(result.funded[settled], CORE, OUT)
        if found != "found" or not flips.unseen.any():
            break
        sets += 1
    state[free[flips.open & ~flips.unseen]] = GREY
    return state, sets


def _drawn(result: Funded, sd: Floats, draws: int, gap: float, seed: int, told: Callable[[int], None]) -> Floats:
    random = np.random.default_rng(seed)
    problem, count = result.problem, np.zeros(result.problem.size)
    for at in range(draws):
        value = np.maximum(0.0, problem.value + sd * random.standard_normal(problem.size))

        def inner(done: int, total: int, at: int = at) -> None:
            told(at)

        other = fund(problem.with_value(value), gap=gap, seed=result.record.seed, warm=result, progress=inner)
        count += other.funded
        told(at + 1)
    return count / draws
