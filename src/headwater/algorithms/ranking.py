"""What a set of scores comes to: raw means beside means of scores that are put on one scale by reviewer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.errors import BadInput


@dataclass(frozen=True)
class Ranked:
    """Arrays by proposal: count, raw mean, calibrated mean (same scale as the scores)."""

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    calibrated: NDArray[np.float64]


def rank(
    proposal: NDArray[np.int64], reviewer: NDArray[np.int64], score: NDArray[np.float64], *, proposals: int, least: int = 5
) -> Ranked:
    """Mean of scores, and mean after each reviewer with at least `least` scores is moved to the common mean and spread.

    Reviewers with fewer scores, or without spread, keep their raw scores: standardising short series does harm.

    Raises:
        BadInput: lengths differ or a score is not finite.
    """
    if not len(proposal) == len(reviewer) == len(score):
        raise BadInput("proposal, reviewer and score must have one length")
    if not np.isfinite(score).all():
        raise BadInput(f"score: not finite at row {int(np.argmax(~np.isfinite(score)))}")
    count = np.bincount(proposal, minlength=proposals)
    safe = np.maximum(count, 1)
    mean = np.bincount(proposal, weights=score, minlength=proposals) / safe
    _ids, index = np.unique(reviewer, return_inverse=True)
    n = np.bincount(index)
    centre = np.bincount(index, weights=score) / np.maximum(n, 1)
    spread = np.sqrt(np.maximum(np.bincount(index, weights=score**2) / np.maximum(n, 1) - centre**2, 0.0))
    usable = (n >= least) & (spread > 1e-9)
    overall, width = (float(score.mean()), float(score.std())) if len(score) else (0.0, 1.0)
    moved = np.where(usable[index], overall + width * (score - centre[index]) / np.where(usable, spread, 1.0)[index], score)
    return Ranked(count, mean, np.bincount(proposal, weights=moved, minlength=proposals) / safe)
