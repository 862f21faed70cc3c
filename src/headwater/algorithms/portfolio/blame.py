"""Which rules cannot hold together, and how far each would have to give way.

A first set of suspects comes from the proof that the linear program has no point (Farkas 1902: multiples of some rows contradict one
another), or, where only whole proposals are the trouble, from adding the violated rows of elastic programs until they contradict. A
deletion filter (Chinneck and Dravnieks 1991) then leaves an irreducible set: without any one of its limits the others can be kept.
Limits on few proposals are dropped first, many at once where that goes, so that few wide rules remain rather than many narrow ones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from headwater.algorithms.errors import Infeasible
from headwater.algorithms.portfolio.court import CLOSE, TOLERANCE, Court, Give
from headwater.algorithms.portfolio.engine import optimise
from headwater.algorithms.portfolio.model import compile_model, fixed_columns
from headwater.algorithms.portfolio.problem import Ints, Portfolio
from headwater.algorithms.portfolio.solver import Work, solve_whole
from headwater.algorithms.portfolio.task import make_task
from headwater.algorithms.progress import Progress, silent

Side = Literal["at least", "at most"]
BAND = 60
"""Proposals of a row that fit below its upper limit up to which the row is looked at alone."""
ANY = 0.05
"""Relative gap of the run that looks for any set that keeps every rule."""


@dataclass(frozen=True)
class Reason:
    """One limit of an irreducible contradiction.

    `limit`, `give` and `least` are in the unit of the rule (proposals or money; a share rule: proposals or money by which its side
    falls short). If this limit alone gives way by `give`, it agrees with the other reasons (None: no such amount was found);
    less than `least` is proven not to do. They differ by at most a thousandth unless the work ran out.
    """

    rule: str
    side: Side
    limit: float
    give: float | None
    least: float

    def __str__(self) -> str:
        demand = f"{self.rule}: {self.side} {self.limit:g}"
        if self.give is None:
            return demand + (f", must give way by {self.least:g} or more" if self.least > TOLERANCE else "")
        if self.give > (1 + 2 * CLOSE) * self.least + TOLERANCE:
            return f"{demand}, must give way by {self.least:g} to {self.give:g}"
        return f"{demand}, must give way by {self.give:g}"


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


def blame(problem: Portfolio, *, work: float = 5.0, seed: int = 0, progress: Progress = silent) -> Blame:
    """An irreducible set of limits that cannot hold together, the smallest demand first; no reasons if all rules can be kept.

    The set is irreducible, not always the smallest of all, and there may be other contradictions once it is resolved. When
    `work` is done (seconds of a quiet processor, roughly, but counted in steps: a busy machine gives the same answer, later), what is
    known by then is told.
    """
    begun = time.perf_counter()
    court = Court(compile_model(problem), lambda: progress(0, 2), seed, Work(work))
    suspects, proven = _suspects(court, problem)
    if not len(suspects):
        return Blame((), proven, proven, time.perf_counter() - begun)
    progress(1, 2)
    gives = dict.fromkeys((int(key) for key in court.limits.key()[suspects]), Give(0.0, np.inf))
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
    return Infeasible("no set of proposals keeps every rule", [str(reason) for reason in found.reasons], proven=found.proven)


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
    band = _impossible_band(court)
    if len(band):
        return band, True
    contradicting = court.suspects(rows)
    if contradicting is not None:
        return contradicting, True
    low, high = fixed_columns(court.model, problem)
    if (low <= high).all():
        half = court.work.left / 2
        mine = Work(half)
        found = optimise(make_task(court.model, low, high), gap=ANY, seed=court.seed, tick=court.tick, work=mine)
        court.work.left -= half - mine.left
        if found.x is not None:
            return rows[:0], True
    return _grown(court, rows)


def _impossible_band(court: Court) -> Ints:
    """The two sides of a row between which no set of whole proposals lies (a narrow band on a few large proposals)."""
    from headwater.algorithms.portfolio._knapsack import knapsacks

    m, lower, upper = court.model.matrix, court.model.lower, court.model.upper
    two_sided = np.isfinite(lower) & np.isfinite(upper) & (np.diff(m.indptr) > 0)
    for row in np.flatnonzero(two_sided):
        weights = m.data[m.indptr[row] : m.indptr[row + 1]]
        if m.indices[m.indptr[row] : m.indptr[row + 1]].max() >= court.model.proposals:
            continue
        fits = weights[weights <= upper[row] - np.minimum(weights, 0.0).sum() + TOLERANCE]
        if len(fits) > BAND:
            continue
        ptr, nothing, x = np.array([0, len(fits)]), np.zeros(len(fits)), np.empty(len(fits))
        bound, _linear = knapsacks(ptr, nothing, fits, upper[[row]], lower[[row]], 0.0, True, x, x.copy())
        if bound[0] == -np.inf:
            sides = np.concatenate([np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))])
            return np.flatnonzero(sides == row)
    return np.empty(0, dtype=np.int64)


def _grown(court: Court, rows: Ints) -> tuple[Ints, bool]:
    """Suspects where only whole proposals are the trouble: what an elastic answer breaks must be kept in the next one."""
    hard = rows[:0]
    while True:
        soft = np.setdiff1d(rows, hard)
        program = court.program(hard, soft)
        answer = solve_whole(program, absolute_gap=0.5, nodes=20, work=court.work, seed=court.seed, tick=court.tick)
        if answer.status == "infeasible":
            return hard, True
        broken = court.violated(soft, answer)
        if answer.x is not None and not len(broken):
            return broken, True
        if answer.x is None or court.late:
            return np.concatenate([hard, broken]), False
        hard = np.concatenate([hard, broken])


def _filter_linear(court: Court, rows: Ints) -> Ints:
    """Drop limits, two or more at once, without which the linear programs of the others still contradict; none if they do not at all."""
    contradicting = court.contradiction(rows)
    if contradicting is None:
        return rows
    rows, keys = contradicting, court.limits.key()
    parts = [court.limits.narrow_first(rows)]
    while parts and not court.late:
        part = parts.pop()
        part = part[np.isin(part, keys[rows])]
        contradicting = court.contradiction(rows[~np.isin(keys[rows], part)]) if len(part) > 1 else None
        if contradicting is not None:
            rows = contradicting
        elif len(part) > 1:
            parts += [part[len(part) // 2 :], part[: len(part) // 2]]
    return rows


def _filter(court: Court, rows: Ints) -> tuple[Ints, dict[int, Give], bool]:
    """Drop limits without which whole proposals still cannot keep the others.

    Returns the rows, by how much each limit must give way, and whether it was shown that none of them can be dropped.
    """
    keys, order = court.limits.key(), court.limits.narrow_first(rows)
    gives: dict[int, Give] = {}
    stale: set[int] = set()
    for at, key in enumerate(order):
        found: Give | None = Give(0.0, np.inf)
        if not court.late:
            found = court.least_give(rows, keys[rows] == key, 1.0 / (len(order) - at))
        if found is None:
            rows, stale = rows[keys[rows] != key], set(gives)
        else:
            gives[int(key)] = found
    # What was found beside a limit that went later is enough, and may be too much.
    for at, old in enumerate(sorted(stale)):
        again = None if court.late else court.least_give(rows, keys[rows] == old, 1.0 / (len(stale) - at))
        gives[old] = again or replace(gives[old], least=0.0)
    return rows, gives, all(np.isfinite(found.enough) for found in gives.values())


def _reason(court: Court, names: list[str], guilty: Ints, key: int, give: Give) -> Reason:
    limits = court.limits
    at = guilty[limits.key()[guilty] == key][0]
    lower = bool(limits.lower[at])
    limit = float(-limits.most[at] if lower else limits.most[at])
    enough = give.enough if np.isfinite(give.enough) else None
    return Reason(names[key // 2], "at least" if lower else "at most", limit + 0.0, enough, give.least)
