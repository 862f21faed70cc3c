"""Which rules cannot hold together, and how far each would have to give way.

A first set of suspects comes from the dual of an elastic linear program (its priced rows contradict one another), or, where only
whole proposals are the trouble, from adding the violated rows of elastic programs until they contradict. A deletion filter
(Chinneck and Dravnieks 1991) then leaves an irreducible set: without any one of its limits the others can be kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.errors import Infeasible
from headwater.algorithms.portfolio.engine import optimise
from headwater.algorithms.portfolio.model import Model, compile_model, fixed_columns
from headwater.algorithms.portfolio.problem import Floats, Ints, Portfolio
from headwater.algorithms.portfolio.solver import Answer, Elastic, Program, Tick, narrowed, solve_linear, solve_whole
from headwater.algorithms.portfolio.task import limit_scale, make_task
from headwater.algorithms.progress import Progress, silent

Side = Literal["at least", "at most"]
TOLERANCE = 1e-6
BAND = 60
"""Proposals of a row up to which it is looked at alone."""
ANY = 0.05
"""Relative gap of the run that looks for any set that keeps every rule."""
LARGE = 500
"""Columns from which a rounded answer is tried before the whole program."""


@dataclass(frozen=True)
class Reason:
    """One limit of an irreducible contradiction.

    `limit` and `give` are in the unit of the rule (proposals or money; a share rule: proposals or money by which its side falls
    short). `give`: the least by which this limit alone must give way so that it agrees with the other reasons; None if
    time was over.
    """

    rule: str
    side: Side
    limit: float
    give: float | None

    def __str__(self) -> str:
        return f"{self.rule}: {self.side} {self.limit:g}" + ("" if self.give is None else f", must give way by {self.give:g}")


@dataclass(frozen=True)
class Blame:
    """Limits that cannot hold together, none if all rules can be kept.

    `proven`: it is proven that the reasons contradict one another (or, without reasons, that all rules can be kept); otherwise they
    are what the nearest set breaks. `irreducible`: it is proven too that without any one of them the others can be kept.
    """

    reasons: tuple[Reason, ...]
    proven: bool
    irreducible: bool
    seconds: float


@dataclass(frozen=True, eq=False)
class Limits:
    """All limits as one-sided rows `matrix` @ x <= `most` (the "at least" side with its sign turned)."""

    matrix: sparse.csr_matrix
    most: Floats
    rule: Ints
    lower: np.ndarray
    """Whether a row is an "at least" side."""
    scale: Floats

    def key(self) -> Ints:
        """(rows,) one number for each side of each rule."""
        return self.rule * 2 + self.lower


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

    def __init__(self, model: Model, tick: Tick, seed: int, deadline: float) -> None:
        self.model, self.tick, self.seed, self.deadline = model, tick, seed, deadline
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
        return time.perf_counter() > self.deadline

    def least_give(self, rows: Ints, mine: NDArray[np.bool_]) -> float | None:
        """By how much one limit (`mine` of `rows`) must give way so that the others can be kept; None if they cannot be kept anyway."""
        program = self.program(rows[~mine], rows[mine])
        linear = solve_linear(program, tick=self.tick)
        if linear.x is None:
            return None
        scale = self.limits.scale[rows[mine]]
        start, least = None, linear.value
        if len(program.value) > LARGE:
            start, found = self.rounded(program, linear.x)
            if found >= least - TOLERANCE or (self.counts(rows[mine]) and found >= np.floor(least + TOLERANCE) - TOLERANCE):
                return float(start[-int(mine.sum()) :] @ scale) if start is not None else None
        left = max(0.1, self.deadline - time.perf_counter())
        answer = solve_whole(program, start=start, seed=self.seed, tick=self.tick, seconds=left if start is not None else np.inf)
        return None if answer.x is None else round(float(answer.x[-int(mine.sum()) :] @ scale), 9)

    def counts(self, rows: Ints) -> bool:
        """Whether the loads of these rows are whole numbers."""
        part = self.limits.matrix[rows]
        return bool((part.indices < self.model.proposals).all() and (np.abs(part.data) == 1.0).all() and len(rows) == 1)

    def rounded(self, program: Program, x: Floats) -> tuple[Floats | None, float]:
        """An answer near a linear one: its fractional columns and a few others of every row are decided anew."""
        keep = ~program.whole | (np.abs(x - np.rint(x)) > 1e-6)
        random = np.random.default_rng(self.seed)
        for row in range(program.matrix.shape[0]):
            columns = program.matrix.indices[program.matrix.indptr[row] : program.matrix.indptr[row + 1]]
            keep[random.choice(columns, min(len(columns), 12), replace=False)] = True
        answer = solve_whole(narrowed(program, keep, np.rint(x)), seed=self.seed, tick=self.tick, nodes=50)
        if answer.x is None:
            return None, -np.inf
        whole = np.rint(x)
        whole[keep] = answer.x
        return whole, answer.value

    def violated(self, soft: Ints, answer: Answer) -> Ints:
        """Soft rows that an elastic answer breaks."""
        return soft[:0] if answer.x is None else soft[answer.x[len(answer.x) - len(soft) :] > TOLERANCE]


def blame(problem: Portfolio, *, seconds: float = 5.0, seed: int = 0, progress: Progress = silent) -> Blame:
    """An irreducible set of limits that cannot hold together, the smallest demand first; no reasons if all rules can be kept.

    The set is irreducible, not always the smallest of all, and there may be other contradictions once it is resolved. When about
    `seconds` are over, what is known by then is told.
    """
    begun = time.perf_counter()
    court = Court(compile_model(problem), lambda: progress(0, 2), seed, begun + seconds)
    suspects, proven = _suspects(court, problem)
    if not len(suspects):
        return Blame((), proven, proven, time.perf_counter() - begun)
    progress(1, 2)
    gives: dict[int, float | None] = dict.fromkeys((int(key) for key in court.limits.key()[suspects]), None)
    guilty, complete = suspects, False
    if proven:
        guilty, gives, complete = _filter(court, _filter_linear(court, suspects))
    names = [rule.name for rule in problem.rules]
    reasons = [_reason(court, names, guilty, key, give) for key, give in gives.items()]
    progress(2, 2)
    return Blame(tuple(sorted(reasons, key=_demand)), proven, complete, time.perf_counter() - begun)


def refuse(problem: Portfolio, *, seed: int = 0, progress: Progress = silent) -> Infeasible:
    """The error that says why a problem has no answer."""
    found = blame(problem, seed=seed, progress=progress)
    return Infeasible("no set of proposals keeps every rule", [str(reason) for reason in found.reasons])


def _demand(reason: Reason) -> tuple[float, str, str]:
    size = max(1.0, abs(reason.limit))
    return (np.inf if reason.give is None else reason.give / size, reason.rule, reason.side)


def _suspects(court: Court, problem: Portfolio) -> tuple[Ints, bool]:
    """Rows that contradict one another (none if all can be kept), and whether that is proven."""
    rows, limits = np.flatnonzero(court.matters), court.limits
    least = np.asarray(limits.matrix.minimum(0).sum(axis=1)).ravel()
    alone = rows[limits.most[rows] < least[rows] - TOLERANCE * limits.scale[rows]]
    if len(alone):
        return alone[:1], True
    elastic = solve_linear(court.program(rows[:0], rows), tick=court.tick)
    if elastic.value < -TOLERANCE:
        return rows[np.abs(elastic.price[: len(rows)]) > 1e-9], True
    band = _impossible_band(court)
    if len(band):
        return band, True
    low, high = fixed_columns(court.model, problem)
    if (low <= high).all():
        left = max(0.1, (court.deadline - time.perf_counter()) / 2)
        found = optimise(make_task(court.model, low, high), gap=ANY, seed=court.seed, tick=court.tick, seconds=left)
        if found.x is not None:
            return rows[:0], True
    return _grown(court, rows)


def _impossible_band(court: Court) -> Ints:
    """The two sides of a row between which no set of whole proposals lies (a narrow band on a few large proposals)."""
    from headwater.algorithms.portfolio._knapsack import knapsacks

    m = court.model.matrix
    length = np.diff(m.indptr)
    for row in np.flatnonzero(np.isfinite(court.model.lower) & np.isfinite(court.model.upper) & (length > 0)):
        span = slice(m.indptr[row], m.indptr[row + 1])
        if m.indices[span].max() >= court.model.proposals or length[row] > BAND:
            continue
        ptr, nothing, x = np.array([0, length[row]]), np.zeros(length[row]), np.empty(length[row])
        upper, lower = court.model.upper[[row]], court.model.lower[[row]]
        bound, _linear = knapsacks(ptr, nothing, m.data[span], upper, lower, 0.0, True, x, x.copy())
        if bound[0] == -np.inf:
            sides = np.concatenate(
                [np.flatnonzero(np.isfinite(court.model.lower)), np.flatnonzero(np.isfinite(court.model.upper))]
            )
            return np.flatnonzero(sides == row)
    return np.empty(0, dtype=np.int64)


def _grown(court: Court, rows: Ints) -> tuple[Ints, bool]:
    """Suspects where only whole proposals are the trouble: what an elastic answer breaks must be kept in the next one."""
    hard = rows[:0]
    while True:
        soft = np.setdiff1d(rows, hard)
        program, left = court.program(hard, soft), max(0.1, court.deadline - time.perf_counter())
        answer = solve_whole(program, absolute_gap=0.5, nodes=20, seconds=left, seed=court.seed, tick=court.tick)
        if answer.status == "infeasible":
            return hard, True
        broken = court.violated(soft, answer)
        if answer.x is not None and not len(broken):
            return broken, True
        if answer.x is None or court.late:
            return np.concatenate([hard, broken]), False
        hard = np.concatenate([hard, broken])


def _filter_linear(court: Court, rows: Ints) -> Ints:
    """Drop limits without which the linear programs of the others still contradict; all rows if they do not at all."""
    elastic = Elastic(court.program(rows[:0], rows), court.tick)
    keys = court.limits.key()[rows]
    total, on = elastic.program.matrix.shape[0], np.ones(elastic.program.matrix.shape[0], dtype=bool)
    first = elastic.solve(on)
    if first.value > -TOLERANCE:
        return rows
    elastic.keep(first)
    for key in np.unique(keys):
        mine = np.zeros(total, dtype=bool)
        mine[: len(rows)] = keys == key
        if not (mine & on).any() or court.late:
            continue
        answer = elastic.solve(on & ~mine)
        if answer.value < -TOLERANCE:
            elastic.keep(answer)
            on[: len(rows)] &= (np.abs(answer.price[: len(rows)]) > 1e-9) & ~mine[: len(rows)]
    return rows[on[: len(rows)]]


def _filter(court: Court, rows: Ints) -> tuple[Ints, dict[int, float | None], bool]:
    """Drop limits without which whole proposals still cannot keep the others.

    Returns the rows, by how much each limit must give way, and whether every limit was looked at.
    """
    keys, complete = court.limits.key(), True
    gives: dict[int, float | None] = {}
    stale: set[int] = set()
    for key in np.unique(keys[rows]):
        if court.late:
            gives[int(key)], complete = None, False
            continue
        give = court.least_give(rows, keys[rows] == key)
        if give is None:
            rows, stale = rows[keys[rows] != key], set(gives)
        else:
            gives[int(key)] = give
    # What was found beside a limit that went later may be too much.
    for old in sorted(stale):
        gives[old] = None if court.late or gives[old] is None else court.least_give(rows, keys[rows] == old)
    return rows, gives, complete


def _reason(court: Court, names: list[str], guilty: Ints, key: int, give: float | None) -> Reason:
    limits = court.limits
    at = guilty[limits.key()[guilty] == key][0]
    lower = bool(limits.lower[at])
    limit = float(-limits.most[at] if lower else limits.most[at])
    return Reason(names[key // 2], "at least" if lower else "at most", limit + 0.0, give)
