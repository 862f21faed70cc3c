"""Other ways to calibrate scores: z-score by reviewer, additive least squares, a mixed model by statsmodels."""

from __future__ import annotations

import numpy as np

from bench.harness import Meter, Row


def z_scores(proposal: np.ndarray, reviewer: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Mean of scores after each reviewer's are moved to mean 0 and sd 1."""
    n = np.bincount(reviewer)
    mean = np.bincount(reviewer, weights=score) / np.maximum(n, 1)
    spread = np.sqrt(np.maximum(np.bincount(reviewer, weights=score**2) / np.maximum(n, 1) - mean**2, 0.0))
    z = (score - mean[reviewer]) / np.where(spread > 0, spread, 1.0)[reviewer]
    return np.bincount(proposal, weights=z) / np.bincount(proposal)


def additive(proposal: np.ndarray, reviewer: np.ndarray, score: np.ndarray, sweeps: int = 2000) -> np.ndarray:
    """Least squares for one number by proposal and one by reviewer, by turns."""
    count, n = np.bincount(proposal), np.maximum(np.bincount(reviewer), 1)
    offset = np.zeros(len(n))
    quality = np.zeros(len(count))
    for _ in range(sweeps):
        last = quality
        quality = np.bincount(proposal, weights=score - offset[reviewer]) / count
        offset = np.bincount(reviewer, weights=score - quality[proposal], minlength=len(n)) / n
        if np.abs(quality - last).max() < 1e-8:
            break
    return quality


def mixed_model(quality: list[float], proposal: list[int], reviewer: list[int], score: list[float]) -> list[Row]:
    """Crossed random effects by REML with statsmodels, which solves dense systems."""
    import pandas as pd
    import statsmodels.api as sm
    from scipy.stats import spearmanr

    table = pd.DataFrame({"proposal": proposal, "reviewer": reviewer, "score": score, "all": 1})
    with Meter() as meter:
        model = sm.MixedLM.from_formula(
            "score ~ 1", groups="all", vc_formula={"proposal": "0 + C(proposal)", "reviewer": "0 + C(reviewer)"}, data=table
        )
        effects = model.fit(reml=True).random_effects[1]
    # A name of an effect ends with the level in brackets: proposal[C(proposal)[17]].
    found = {
        int(str(name).split("[")[-1].rstrip("]")): value for name, value in effects.items() if str(name).startswith("proposal")
    }
    rho = spearmanr(quality, [found[p] for p in range(len(quality))])[0]
    raw = table.groupby("proposal")["score"].mean()
    base = spearmanr(quality, raw)[0]
    row = meter.row(instance="k5 load 10 (one seed)", solver="statsmodels MixedLM", spearman=round(rho, 4))
    return [row | {"raw_spearman": round(base, 4), "gain": round(rho - base, 4)}]
