"""The funded set: value, proven bound and gap, and seconds to name the rule to blame, beside HiGHS, SCIP and CP-SAT.

The recipe of `recipes.py`, and harder relatives of it (narrow bands, low caps, many ties). The compiled loops are loaded by a
small call outside the meter; seconds include compiling the rules. Every answer is checked against a matrix made by other code.

Usage: ./run bench portfolio [--size small|province|nation] [--seed N] [--peers] [--gap 1e-4] [--json]
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from bench.harness import Meter, Row, isolated, options, report
from bench.kernels.portfolio.recipes import Call, call, contradictions, matrix
from headwater.algorithms.portfolio import (
    Budget,
    CountRule,
    Exclusive,
    Fixed,
    MoneyRule,
    Portfolio,
    Rule,
    ShareRule,
    blame,
    core,
    fund,
    refusals,
    why_not,
)

SIZES = {"small": 1_000, "province": 5_000, "nation": 50_000}
VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "narrow bands": {"band": 0.03, "slack": 20.0},
    "many ties": {"levels": 3, "classes": True},
    "low caps": {"cap": 0.25},
    "small budget": {"share": 0.16},
}
PATIENCE = {"small": 120.0, "province": 300.0, "nation": 300.0}


def rule_of(given: dict[str, Any]) -> Rule:
    name, where = given["name"], given.get("where", {})
    if given["kind"] == "budget":
        return Budget(name, limit=given["limit"], spend=given["spend"])
    if given["kind"] == "exclusive":
        return Exclusive(name, given["rows"])
    if given["kind"] == "fixed":
        return Fixed(name, given["rows"], True)
    low, high = given.get("low"), given.get("high")
    if given["kind"] == "share":
        return ShareRule(name, of=given["of"], at_least=low, at_most=high, where=where)
    return (CountRule if given["kind"] == "count" else MoneyRule)(name, at_least=low, at_most=high, where=where)


def problem_of(given: Call) -> Portfolio:
    return Portfolio(given.value, given.cost, [rule_of(rule) for rule in given.rules], groups=given.groups)


def warm_up() -> None:
    small = fund(problem_of(call(300, 0)), gap=1e-3)
    core(small, within=1e-3, limit=1)


def solve(size: int, seed: int, gap: float, seconds: float, variant: str) -> list[Row]:
    """One call of ours: value, bound, gap, the most that any limit is broken by (relative), and the linear gap for comparison."""
    warm_up()
    given = call(size, seed, **VARIANTS[variant])
    with Meter() as meter:
        result = fund(problem_of(given), gap=gap, seed=seed, seconds=seconds)
    rows, lower, upper = matrix(given)
    load = rows @ result.funded
    broken = np.maximum(0, np.maximum(load - upper, lower - load)) / np.maximum(1, np.abs(load))
    linear = result.record.stages[0].bound
    return [
        meter.row(
            instance=given.name + (f", {variant}" if variant else ""),
            solver="headwater",
            value=round(result.value, 3),
            bound=round(result.bound, 3),
            gap=round(result.gap, 8),
            linear_gap=round((linear - result.value) / result.value, 6),
            broken=float(broken.max()),
            digest=result.record.digest[:8],
        )
    ]


def explain(size: int, seed: int, gap: float) -> list[Row]:
    """Reasons for all refused proposals in one pass, for one exactly, and the sure decisions."""
    warm_up()
    given = call(size, seed)
    result = fund(problem_of(given), gap=gap, seed=seed)
    with Meter() as meter:
        told = refusals(result)
    rows = [meter.row(instance=given.name, solver="headwater: all refusals", refused=len(told.proposal))]
    near = int(told.proposal[np.argmax(told.gain)])
    with Meter() as meter:
        said = why_not(result, near)
    loss = f"{said.loss_at_least:.3f}..{said.loss_at_most:.3f}"
    rows.append(meter.row(instance=given.name, solver="headwater: why not, exactly", loss=loss))
    with Meter() as meter:
        sure = core(result, within=2e-4, limit=5)
    counts = {name: int((sure.state == at).sum()) for at, name in enumerate(("out", "grey", "core", "open"))}
    return [*rows, meter.row(instance=given.name, solver="headwater: sure decisions within 2e-4", **counts)]


def contradict(size: int, seed: int, which: str) -> list[Row]:
    """Seconds to name the rules to blame."""
    warm_up()
    given = contradictions(call(size, seed), seed)[which]
    problem = problem_of(given)
    with Meter() as meter:
        found = blame(problem, seed=seed)
    first = found.reasons[0] if found.reasons else None
    return [
        meter.row(
            instance=f"{given.name}, {which}",
            solver="headwater: blame",
            reasons=len(found.reasons),
            proven=found.proven,
            irreducible=found.irreducible,
            first=str(first) if first else "none",
        )
    ]


def main() -> None:
    given = options(__doc__, list(SIZES), gap={"type": float, "default": 1e-4})
    size, started = SIZES[given.size], time.perf_counter()
    seconds = PATIENCE[given.size]
    rows: list[Row] = []
    for variant in VARIANTS:
        rows += isolated(
            "bench.kernels.portfolio.bench:solve", size=size, seed=given.seed, gap=given.gap, seconds=seconds, variant=variant
        )
    rows += isolated("bench.kernels.portfolio.bench:explain", size=size, seed=given.seed, gap=given.gap)
    for which in (
        "region against money",
        "promises against a cap",
        "caps by type against use",
        "band without a set",
        "budget too small",
    ):
        rows += isolated("bench.kernels.portfolio.bench:contradict", size=size, seed=given.seed, which=which)
    if given.peers:
        for peer in ("highs", "scip", "cp_sat"):
            about = {"size": size, "seed": given.seed, "gap": given.gap, "seconds": seconds, "recipe": {}}
            rows += isolated(f"bench.kernels.portfolio.peers:{peer}", **about)
    rows.append({"instance": "all", "solver": "bench", "seconds": round(time.perf_counter() - started, 1), "mb": None})
    report(rows, given, "highspy", "ortools")


if __name__ == "__main__":
    main()
