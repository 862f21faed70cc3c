"""The figure of docs/kernels/portfolio.md: processor seconds to a proven gap of 1e-4 by the number of proposals, beside HiGHS and SCIP.

Medians of three seeds, of one from 10,000 proposals on for the peers. A peer that has not ended in fifteen minutes is left out.

Usage: ./run python -m bench.kernels.portfolio.figure
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.harness import ROOT
from bench.kernels.portfolio import peers as peers_portfolio
from bench.kernels.portfolio.bench import problem_of, warm_up
from bench.kernels.portfolio.recipes import call
from bench.svg import Chart
from headwater.algorithms.portfolio import fund

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
SEEDS, GAP, PATIENCE = (1, 2, 3), 1e-4, 900.0
SCIP_UP_TO, ONE_SEED_FROM = 5_000, 10_000


def ours(size: int, seed: int) -> float:
    problem = problem_of(call(size, seed))
    begun = time.process_time()
    found = fund(problem, gap=GAP, seed=seed)
    return time.process_time() - begun if found.proven else np.inf


def peer(solve: Callable[..., list[dict[str, Any]]], size: int, seed: int) -> float:
    row = solve(size, seed, GAP, PATIENCE, {})[0]
    return float(row["cpu"]) if row["gap"] is not None and row["gap"] <= 1.001 * GAP else np.inf


def main() -> None:
    warm_up()
    lines: dict[str, list[tuple[int, float]]] = {"headwater": [], "HiGHS": [], "SCIP": []}
    for size in SIZES:
        lines["headwater"].append((size, float(np.median([ours(size, seed) for seed in SEEDS]))))
        seeds = SEEDS[:1] if size >= ONE_SEED_FROM else SEEDS
        lines["HiGHS"].append((size, float(np.median([peer(peers_portfolio.highs, size, seed) for seed in seeds]))))
        if size <= SCIP_UP_TO:
            lines["SCIP"].append((size, float(np.median([peer(peers_portfolio.scip, size, seed) for seed in seeds]))))
        print(size, {name: points[-1] for name, points in lines.items()}, flush=True)
    chart = Chart(
        "Funded set: processor seconds to a proven gap of 1e-4", "proposals", "seconds", (800, 70_000), (0.1, 100), log="xy"
    )
    for (name, points), colour in zip(lines.items(), ("#0f6e6e", "#c77d1e", "#7a7468"), strict=True):
        ended = [(size, seconds) for size, seconds in points if np.isfinite(seconds)]
        chart.line([size for size, _ in ended], [seconds for _, seconds in ended], name, colour=colour)
        chart.points([size for size, _ in ended], [seconds for _, seconds in ended], colour=colour)
    chart.save(ROOT / "docs" / "kernels" / "portfolio.svg")


if __name__ == "__main__":
    main()
