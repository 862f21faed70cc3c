"""The funded set: the public call, and what comes back."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

import highspy
import numpy as np

from headwater.algorithms.errors import BadInput
from headwater.algorithms.portfolio.blame import refuse
from headwater.algorithms.portfolio.engine import Found, optimise
from headwater.algorithms.portfolio.model import Model, compile_model, fixed_columns
from headwater.algorithms.portfolio.problem import Bools, Floats, Ints, Portfolio
from headwater.algorithms.portfolio.rules import ShareRule
from headwater.algorithms.portfolio.search import Stage
from headwater.algorithms.portfolio.task import Task, make_task
from headwater.algorithms.progress import Progress, silent

TIE = 1e-7
"""Ties are broken by a lot of at most this share of the mean value; never more than a hundredth of the gap that is asked for."""
STEPS = 8
TIGHT = 1e-6


@dataclass(frozen=True)
class Activity:
    """What one row of a rule comes to: proposals or money, for shares of what is decided the share reached.

    `price` is the gain of the linear program's value for one more unit of the limit that binds: above 0 for "at most", below 0 for
    "at least", 0 where neither binds.
    """

    rule: str
    amount: float
    at_least: float | None
    at_most: float | None
    price: float
    tight: bool


@dataclass(frozen=True)
class Record:
    """How the answer came about: enough to make the run again."""

    solver: str
    seed: int
    gap: float
    input_digest: str
    digest: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, eq=False)
class Inside:
    """Of a run, what explanations and later runs start from."""

    model: Model
    task: Task
    found: Found
    columns: Floats


@dataclass(frozen=True, eq=False)
class Funded:
    """A funded set.

    `funded` (n,) and `amount` (n,), money; `value` is their worth and `bound` what no allowed set exceeds: `gap` = (bound - value) /
    value. `proven`: the gap is what was asked for. `activity` has one entry for each row of each rule, in their order.
    """

    funded: Bools
    amount: Floats
    value: float
    bound: float
    gap: float
    proven: bool
    seconds: float
    activity: tuple[Activity, ...]
    record: Record
    problem: Portfolio = field(repr=False)
    inside: Inside = field(repr=False)

    @property
    def proposals(self) -> Ints:
        """Rows of the funded proposals."""
        return np.flatnonzero(self.funded)

    @property
    def money(self) -> float:
        return float(self.amount.sum())


def fund(
    problem: Portfolio,
    *,
    gap: float = 1e-4,
    seed: int = 0,
    seconds: float = np.inf,
    warm: Funded | None = None,
    progress: Progress = silent,
) -> Funded:
    """Choose the proposals (and amounts) with the highest total value that keep every rule.

    Args:
        gap: relative gap to prove; 0 asks for the optimum (to 1e-9).
        seed: breaks ties and steers the search; the same input and seed give the same answer unless time runs out.
        seconds: stop then with the best answer and its proven gap.
        warm: an answer to a like problem of the same proposals, to start from.

    Raises:
        BadInput: from the problem, or a gap that is negative.
        Infeasible: the rules cannot be kept together; with an irreducible set of reasons.
        TimeoutError: no answer was found in time.

    Method: `engine.optimise`. Memory: about 200 bytes for each (row, member), and 150 for each proposal.
    """
    begun = time.perf_counter()
    if not gap >= 0:
        raise BadInput(f"gap: must not be negative, found {gap}")
    steps = 0

    def tick() -> None:
        nonlocal steps
        steps = min(steps + 1, STEPS - 1)
        progress(steps, STEPS)

    model = compile_model(problem)
    low, high = fixed_columns(model, problem)
    if (low > high).any():
        raise refuse(problem, seed=seed, progress=progress)
    task = make_task(with_lots(model, gap, seed), low, high)
    basis, starts = warm_start(task, warm)
    # The lots take at most a hundredth of the gap.
    found = optimise(task, gap=0.98 * gap, seed=seed, tick=tick, seconds=seconds, basis=basis, starts=starts)
    if found.x is None:
        if found.infeasible:
            raise refuse(problem, seed=seed, progress=progress)
        raise TimeoutError(f"no set of proposals that keeps every rule was found in {seconds:g} seconds")
    result = describe(problem, Inside(model, task, found, task.whole(found.x)), gap, seed, begun)
    progress(STEPS, STEPS)
    return result


def with_lots(model: Model, gap: float, seed: int) -> Model:
    """The model with the values raised by tiny lots, so that equal proposals do not tie; a bound of it is one of the model too."""
    n = model.proposals
    size = min(TIE, gap / 100) * float(np.abs(model.value[:n]).mean())
    lots = np.zeros(len(model.value))
    lots[:n] = np.random.default_rng(seed).random(n) * size
    return Model(model.value + lots, model.matrix, model.lower, model.upper, model.rule, model.owner, model.money)


def warm_start(task: Task, warm: Funded | None) -> tuple[object, tuple[Floats, ...]]:
    """The basis and the answer of another run, as far as they fit this task."""
    if warm is None or len(warm.inside.columns) != len(task.fixed):
        return None, ()
    other = warm.inside.task
    alike = other.matrix.shape == task.matrix.shape and np.array_equal(other.columns, task.columns)
    return (warm.inside.found.basis if alike else None), (warm.inside.columns[task.columns],)


def describe(problem: Portfolio, inside: Inside, gap: float, seed: int, begun: float) -> Funded:
    model, found = inside.model, inside.found
    funded = inside.columns[: model.proposals] > 0.5
    amount = money_of(model, inside.columns)
    value = float(problem.worth(amount).sum())
    bound = max(found.bound, value)
    relative = (bound - value) / abs(value) if value else float(bound > 1e-9)
    digest = hashlib.sha256(funded.tobytes() + np.round(amount, 6).tobytes()).hexdigest()
    return Funded(
        funded, amount, value, bound, relative, found.proven, time.perf_counter() - begun, activities(problem, inside),
        Record(solver_name(), seed, gap, input_digest(problem), digest, found.stages),
        problem, inside,
    )  # fmt: skip


def solver_name() -> str:
    return f"headwater portfolio, HiGHS {highspy.HIGHS_VERSION_MAJOR}.{highspy.HIGHS_VERSION_MINOR}.{highspy.HIGHS_VERSION_PATCH}"


def money_of(model: Model, columns: Floats) -> Floats:
    """(proposals,) money of an answer; full amounts are met exactly."""
    n = model.proposals
    amount = model.money[:n] * columns[:n]
    if len(model.owner):
        amount += np.bincount(model.owner, model.money[n:] * columns[n:], n)
    return amount


def input_digest(problem: Portfolio) -> str:
    mixed = hashlib.sha256(problem.value.tobytes() + problem.cost.tobytes())
    if problem.least is not None:
        mixed.update(problem.least.tobytes())
    mixed.update(repr((problem.curve, problem.rules)).encode())
    for name in sorted(problem.groups):
        mixed.update(repr((name, problem.groups[name].tolist())).encode())
    return mixed.hexdigest()


def prices(inside: Inside) -> Floats:
    """(model rows,) prices of the linear program; 0 for rows that every choice keeps."""
    price = np.zeros(len(inside.model.lower))
    price[inside.task.rows] = inside.found.price
    return price


def activities(problem: Portfolio, inside: Inside) -> tuple[Activity, ...]:
    model = inside.model
    load = model.matrix @ inside.columns
    price = prices(inside)
    scale = TIGHT * np.maximum(1.0, np.abs(load))
    tight = (load >= model.upper - scale) | (load <= model.lower + scale)
    rows: list[Activity] = []
    for at, number in enumerate(model.rule):
        rule = problem.rules[number]
        amount, low, high = float(load[at]), float(model.lower[at]), float(model.upper[at])
        if isinstance(rule, ShareRule) and rule.of in ("funded", "money"):
            is_least = low == 0.0
            amount = share_reached(problem, rule, inside)
            low = (rule.at_least or 0.0) if is_least else -np.inf
            high = np.inf if is_least or rule.at_most is None else rule.at_most
        rows.append(
            Activity(
                rule.name,
                amount,
                low if low > -np.inf else None,
                high if high < np.inf else None,
                float(price[at]),
                bool(tight[at]),
            )
        )
    return tuple(rows)


def share_reached(problem: Portfolio, rule: ShareRule, inside: Inside) -> float:
    members = problem.members(rule.where, rule.name)
    within = problem.members(rule.within, rule.name)
    amount = money_of(inside.model, inside.columns) if rule.of == "money" else inside.columns[: problem.size]
    total = float(amount[within].sum())
    return float(amount[np.intersect1d(members, within)].sum()) / total if total else 0.0
