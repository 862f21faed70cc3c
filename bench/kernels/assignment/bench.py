"""Assignment of experts to proposals: the auction beside the exact flow of OR-tools and a HiGHS linear program, in one run.

Usage: ./run bench assignment [--size small|province|nation] [--seed N] [--peers] [--json]

small: 8,000 x 3,000 x 60 candidates, 3 reviews; a conference of 5,062 x 2,840 for fairness; the public bid matrices where they are
present. province: 40,000 x 15,000 x 80, 5
reviews: plain, with one expert per institution, with five levels of scores, tight with local shortage. nation: 400,000 x 150,000 x 80,
5 reviews: plain, with one expert per institution, and the repair of 1 % declines. Loads are 4 to 16, scaled.

Every case runs in a process of its own; loops are compiled on a small instance before the clock starts. Memory is the whole process,
the instance included. `gap` is certified by the run itself, for a peer it is the distance to the best bound of the run. `changed` is
experts changed per proposal, beyond the declined ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from bench.harness import SHARED, Meter, Row, isolated, options, report
from bench.kernels.assignment import recipes

SIZES = {
    "small": [("8000x3000x60", {"proposals": 8000, "experts": 3000, "keep": 60, "demand": 3}, False)],
    "province": [
        ("40000x15000x80", {"proposals": 40_000, "experts": 15_000}, False),
        ("40000x15000x80 institutions", {"proposals": 40_000, "experts": 15_000}, True),
        ("40000x15000x80 five levels", {"proposals": 40_000, "experts": 15_000, "kind": "quantised", "use": 0.97}, False),
        ("40000x15000x80 tight", {"proposals": 40_000, "experts": 15_000, "use": 0.97, "zipf": 0.6}, False),
    ],
    "nation": [
        ("400000x150000x80", {"proposals": 400_000, "experts": 150_000}, False),
        ("400000x150000x80 institutions", {"proposals": 400_000, "experts": 150_000}, True),
    ],
}
CONFERENCES = {"small": (5062, 2840), "province": (40_000, 15_000)}
"""Proposals and experts of the instances for fairness; three reviews, loads 4 to 9, scaled."""
PUBLIC = {"aamas2016": 12, "preflib1": 6, "preflib2": 6}
"""Public bid matrices and the load that is used with them."""


def make(settings: dict[str, Any], institutions: bool, seed: int) -> Any:
    from headwater.algorithms.assignment import Limit, Problem

    scores, demand, upper = recipes.large(**settings, seed=seed)
    groups = recipes.institutions(len(upper), max(2, len(upper) // 10), seed=seed)
    limits = [Limit("institution", groups)] if institutions else []
    return Problem.of(scores, demand, upper, limits=limits)


def warm(institutions: bool) -> None:
    """Compile every loop on instances that need all of them."""
    from headwater.algorithms.assignment import Problem, assign, open_session, repair

    problem = make({"proposals": 4000, "experts": 1600}, institutions, 1)
    session = open_session(problem)
    found = session.assigned()
    declined = np.stack([found.proposals[:9], found.experts[:9]], axis=1)
    session.repair(declined=declined)
    repair(problem, found, declined=declined)
    assign(Problem.of(sparse.csr_matrix(np.array([[0.5, 0.4], [0.5, 0.0]])), [2, 1], [1, 1], limits=problem.limits[:0]))


def outcome(problem: Any, found: Any, instance: str, solver: str, meter: Meter) -> Row:
    """Measures of an answer; violations are counted from the pairs alone."""
    values = np.sort(found.by_proposal())
    loads = np.bincount(found.experts, minlength=problem.experts)
    wrong = int(
        (loads > problem.upper).sum() + (np.bincount(found.proposals, minlength=problem.proposals) > problem.demand).sum()
    )
    for limit in problem.limits:
        key = found.proposals * (int(limit.group.max()) + 1) + limit.group[found.experts]
        wrong += len(key) - len(np.unique(key))
    return {"instance": instance, "solver": solver} | meter.row(
        total=round(found.total, 3),
        min=round(float(values[0]), 4),
        worst10=round(float(values[: max(1, len(values) // 10)].mean()), 4),
        gap=round(found.gap, 8),
        violations=wrong,
        unfilled=int(found.unfilled.sum()),
    )


def ours(instance: str, settings: dict[str, Any], institutions: bool, seed: int) -> list[Row]:
    from headwater.algorithms.assignment import open_session, repair

    warm(institutions)
    problem = make(settings, institutions, seed)
    with Meter() as meter:
        session = open_session(problem, seed=seed)
        found = session.assigned()
    rows = [outcome(problem, found, instance, "headwater auction", meter)]
    if institutions:
        return rows
    draw = np.random.default_rng(seed).choice(len(found.proposals), len(found.proposals) // 100, replace=False)
    declined = np.stack([found.proposals[draw], found.experts[draw]], axis=1)
    with Meter() as meter:
        session.repair(declined=declined)
    mended = session.assigned()
    row = outcome(problem, mended, f"{instance}, 1 % decline", "headwater repair", meter)
    rows.append(row | {"changed": changed(found, mended, declined)})
    del session
    with Meter() as meter:
        mended = repair(problem, found, declined=declined)
    row = outcome(problem, mended, f"{instance}, 1 % decline", "headwater repair of a stored run", meter)
    rows.append(row | {"changed": changed(found, mended, declined)})
    return rows


def changed(before: Any, after: Any, declined: np.ndarray) -> float:
    """New pairs per proposal beyond the ones that replace declined pairs."""
    width = int(max(before.experts.max(), after.experts.max())) + 1
    new = np.setdiff1d(after.proposals * width + after.experts, before.proposals * width + before.experts)
    return round((len(new) - len(declined)) / len(before.unfilled), 4)


def flow(instance: str, settings: dict[str, Any], institutions: bool, seed: int) -> list[Row]:
    from headwater.algorithms.assignment import assign_exactly

    problem = make(settings, institutions, seed)
    with Meter() as meter:
        found = assign_exactly(problem, seed=seed)
    return [outcome(problem, found, instance, "OR-tools min-cost flow (exact)", meter)]


def linear(instance: str, settings: dict[str, Any], institutions: bool, seed: int) -> list[Row]:
    """The optimum of the linear relaxation, which is the optimum without limits."""
    from scipy.optimize import linprog

    problem = make(settings, institutions, seed)
    scores, n = problem.matrix(), len(problem.column)
    ones, every = np.ones(n), np.arange(n)
    rows = sparse.vstack(
        [
            sparse.csr_matrix((ones, (problem.rows(), every)), shape=(problem.proposals, n)),
            sparse.csr_matrix((ones, (problem.column, every)), shape=(problem.experts, n)),
        ]
    )
    with Meter() as meter:
        found = linprog(
            -scores.data, A_ub=rows, b_ub=np.concatenate([problem.demand, problem.upper]), bounds=(0, 1), method="highs"
        )
    return [{"instance": instance, "solver": "HiGHS linear program"} | meter.row(total=round(-float(found.fun), 3))]


def conference_loads(proposals: int, experts: int, seed: int) -> np.ndarray:
    """Loads of 4 to 9, scaled so that three reviews a proposal use 82 % of them."""
    loads = np.random.default_rng(seed).integers(4, 10, experts)
    return np.rint(loads * (3 * proposals / 0.82 / loads.sum())).astype(np.int64)


def fair(proposals: int, experts: int, seed: int) -> list[Row]:
    """The highest worst score; `gap` is what fairness costs of the proven total, `ceiling` what no assignment exceeds."""
    from headwater.algorithms.assignment import Problem, assign, assign_fairly

    warm(False)
    upper = conference_loads(proposals, experts, seed)
    problem = Problem.of(recipes.conference(proposals, experts, top=11.1, seed=seed), [3] * proposals, upper)
    instance, rows = f"{proposals}x{experts}x150 conference", []
    with Meter() as meter:
        found = assign(problem, seed=seed)
    rows.append(outcome(problem, found, instance, "headwater auction", meter))
    with Meter() as meter:
        best = assign_fairly(problem, seed=seed)
    row = outcome(problem, best.assigned, f"{instance}, fair", "headwater fair", meter)
    rows.append(row | {"ceiling": round(best.ceiling, 4), "proven": best.proven})
    return rows


def chance(proposals: int, experts: int, seed: int) -> list[Row]:
    """No pair more likely than one half; `gap` is what that costs of the best total."""
    from headwater.algorithms.assignment import Problem, assign_exactly, draw, randomise

    upper = conference_loads(proposals, experts, seed)
    problem = Problem.of(recipes.conference(proposals, experts, seed=seed), [3] * proposals, upper)
    best = assign_exactly(problem).total
    draw(randomise(problem, cap=0.5), seed=seed)
    with Meter() as meter:
        chances = randomise(problem, cap=0.5)
        found = draw(chances, seed=seed)
    row = outcome(problem, found, f"{proposals}x{experts}x150 conference, caps 0.5", "headwater randomised", meter)
    return [row | {"gap": round(1 - chances.expected / best, 6)}]


def public(seed: int) -> list[Row]:
    from headwater.algorithms.assignment import Problem, assign, assign_exactly, assign_fairly

    warm(False)
    rows = []
    for name, load in PUBLIC.items():
        path = SHARED / "assignment" / f"{name}.in"
        if not path.exists():
            rows.append(
                {"instance": name, "solver": "headwater auction", "seconds": None, "mb": None, "skipped": "matrix not present"}
            )
            continue
        scores = sparse.csr_matrix(np.loadtxt(path, skiprows=1))
        problem = Problem.of(scores, [3] * scores.shape[0], [load] * scores.shape[1])
        for solver, run in (("headwater auction", assign), ("OR-tools min-cost flow (exact)", assign_exactly)):
            with Meter() as meter:
                found = run(problem, seed=seed)
            rows.append(outcome(problem, found, name, solver, meter))
        with Meter() as meter:
            best = assign_fairly(problem, seed=seed)
        row = outcome(problem, best.assigned, f"{name}, fair", "headwater fair", meter)
        rows.append(row | {"ceiling": round(best.ceiling, 4), "proven": best.proven})
    return rows


def main() -> None:
    given = options(__doc__, list(SIZES))
    rows: list[Row] = []
    for instance, settings, institutions in SIZES[given.size]:
        case = {"instance": instance, "settings": settings, "institutions": institutions, "seed": given.seed}
        rows += isolated("bench.kernels.assignment.bench:ours", **case)
        if given.peers or given.size == "small":
            rows += isolated("bench.kernels.assignment.bench:flow", **case)
        if given.size == "small":
            rows += isolated("bench.kernels.assignment.bench:linear", **case)
    if given.size in CONFERENCES:
        proposals, experts = CONFERENCES[given.size]
        rows += isolated("bench.kernels.assignment.bench:fair", proposals=proposals, experts=experts, seed=given.seed)
    if given.size == "small":
        rows += isolated("bench.kernels.assignment.bench:chance", proposals=1000, experts=600, seed=given.seed)
        rows += isolated("bench.kernels.assignment.bench:public", seed=given.seed)
    report(rows, given, "ortools", "highspy")


if __name__ == "__main__":
    main()
