"""The figure of docs/kernels/calibration.md: gain over the raw mean by load and leniency, and what the intervals cover.

Usage: ./run python -m bench.kernels.calibration.figure
"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from bench.harness import ROOT
from bench.kernels.calibration.bench import simulate
from bench.kernels.calibration.peers import additive, z_scores
from bench.svg import Chart
from headwater.algorithms.calibration import calibrate

LOADS = (3, 4, 5, 7, 10, 14, 20, 30)
SEEDS = range(1, 13)


def gains(load: int) -> list[float]:
    """Mean gain of ours, additive least squares and z-scores in Spearman over the raw mean, at 5 reviews."""
    found = []
    for seed in SEEDS:
        quality, _expected, proposal, reviewer, score = simulate(seed, load=load)
        base = spearmanr(quality, np.bincount(proposal, weights=score))[0]
        values = (
            calibrate(proposal, reviewer, score).mean,
            additive(proposal, reviewer, score),
            z_scores(proposal, reviewer, score),
        )
        found.append([spearmanr(quality, value)[0] - base for value in values])
    return [float(value) for value in np.mean(found, axis=0)]


def main() -> None:
    rows = np.array([gains(load) for load in LOADS])
    chart = Chart(
        "What calibration adds to the raw mean (5 reviews, leniency sd .5)",
        "scores by each reviewer",
        "gain in Spearman",
        (0, 31),
        (-0.06, 0.04),
    )
    for column, name in enumerate(("headwater", "additive least squares", "z-score")):
        chart.line(LOADS, np.maximum(rows[:, column], -0.06).tolist(), name)
        chart.points(LOADS, np.maximum(rows[:, column], -0.06).tolist(), colour=("#0f6e6e", "#c77d1e", "#7a7468")[column])
    chart.save(ROOT / "docs" / "kernels" / "calibration.svg")


if __name__ == "__main__":
    main()
