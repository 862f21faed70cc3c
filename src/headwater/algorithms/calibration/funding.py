"""Who is funded with which probability, where the line is, and who cannot be told from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.calibration.model import Calibrated, Floats, Ints, NotComparable
from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent


@dataclass(frozen=True)
class Funding:
    """What the posterior says of a line. Arrays follow `among`, the proposals that compete.

    `chance`: probability to be in the funded set. `funded`: in it by the posterior mean (equal means: by index). `line`: the last
    funded proposal, -1 when none is. `beats_line`: probability to be better than that one. `group`: proposals, the line's own with
    them, that cannot be told from it (`beats_line` strictly between alpha and 1 - alpha).
    `across`: components were compared by assumption. `spread` is the largest standard error of these probabilities.
    """

    among: Ints
    chance: Floats
    funded: NDArray[np.bool_]
    line: int
    beats_line: Floats
    group: Ints
    alpha: float
    draws: int
    seed: int
    across: bool
    spread: float


def funding_chances(
    calibrated: Calibrated,
    *,
    places: int | None = None,
    budget: float | None = None,
    costs: NDArray[Any] | None = None,
    among: NDArray[Any] | None = None,
    alpha: float = 0.1,
    draws: int = 1000,
    seed: int = 0,
    across: bool = False,
    progress: Progress = silent,
) -> Funding:
    """Draw qualities from the posterior and fund each draw: the best `places`, or from the best down until the budget is spent.

    A draw has one error for each reviewer, which all proposals share that he scored, and one for each proposal, so that a common
    error of a panel does not blur its order. Errors of different reviewers are taken as independent.

    Args:
        places: how many are funded; or `budget` with `costs` (proposals,), any unit.
        among: proposals that compete; default: all that have scores.
        alpha: see `Funding.group`.
        across: compare proposals that share no chain of reviewers, on the assumption that all components are of one population.

    Memory: 40 bytes for each score and proposal. Time: at 400,000 proposals and 2 million scores about 30 ms a draw.

    Raises:
        NotComparable: the proposals are of several components and `across` is not set.
        BadInput: not exactly one of places and budget, a proposal without scores, bad costs, alpha not in (0, 0.5), draws below 1, or
            scores that do not tell (`identified`).
    """
    chosen = _competing(calibrated, among, across)
    cost = _costs(calibrated, places, budget, costs)[chosen]
    if not 0.0 < alpha < 0.5 or draws < 1:
        raise BadInput(f"alpha: {alpha} is not between 0 and 0.5, or draws: {draws} is not positive")
    limit = float(places if places is not None else budget or 0.0)
    mean = calibrated.mean[chosen]
    funded = _fund(mean, cost, limit)
    by_mean = np.argsort(-mean, kind="stable")
    count = int(funded.sum())
    line = int(by_mean[count - 1]) if count else -1
    wins, beats = _simulate(calibrated, chosen, cost, limit, line, draws, seed, progress)
    chance, beats_line = wins / draws, beats / draws
    if line >= 0:
        beats_line[line] = 0.5
    group = chosen[(beats_line > alpha) & (beats_line < 1 - alpha)] if count else chosen[:0]
    error = float(np.sqrt(chance * (1 - chance) / draws).max())
    at = int(chosen[line]) if count else -1
    return Funding(chosen, chance, funded, at, beats_line, group, alpha, draws, seed, across, error)


def _simulate(
    calibrated: Calibrated, chosen: Ints, cost: Floats, limit: float, line: int, draws: int, seed: int, progress: Progress
) -> tuple[Floats, Floats]:
    from headwater.algorithms.calibration.kernels import add_shared

    random, told = np.random.default_rng(seed), time.monotonic()
    shared, mean = calibrated.shared, calibrated.mean
    wins, beats, alike = np.zeros(len(chosen)), np.zeros(len(chosen)), bool((cost == 1.0).all())
    for done in range(draws):
        quality = mean + shared.own * random.standard_normal(len(mean))
        add_shared(quality, shared.start, shared.proposal, shared.gain, random.standard_normal(len(shared.start) - 1))
        quality = quality[chosen]
        wins += _best(quality, int(limit)) if alike else _fund(quality, cost, limit)
        if line >= 0:
            beats += quality > quality[line]
        if time.monotonic() - told > 1.0:
            progress(done, draws)
            told = time.monotonic()
    return wins, beats


def _fund(quality: Floats, cost: Floats, limit: float) -> NDArray[np.bool_]:
    """The best ones whose costs together stay within the limit; the first that does not fit ends the list."""
    order = np.argsort(-quality, kind="stable")
    spent = np.cumsum(cost[order])
    funded = np.zeros(len(quality), dtype=bool)
    funded[order[: int(np.searchsorted(spent, limit * (1 + 1e-12), side="right"))]] = True
    return funded


def _best(quality: Floats, places: int) -> NDArray[np.bool_]:
    """The best `places` of a draw, in which nothing ties."""
    if not 0 < places < len(quality):
        return np.full(len(quality), places > 0)
    at = len(quality) - places
    marked: NDArray[np.bool_] = quality >= np.partition(quality, at)[at]
    return marked


def _competing(calibrated: Calibrated, among: NDArray[Any] | None, across: bool) -> Ints:
    if not calibrated.identified:
        raise BadInput("calibrated: its scores cannot tell quality from noise")
    chosen = np.flatnonzero(calibrated.count > 0) if among is None else np.asarray(among, dtype=np.int64)
    outside = (chosen < 0) | (chosen >= len(calibrated.mean))
    if not len(chosen) or outside.any() or len(np.unique(chosen)) < len(chosen):
        raise BadInput(f"among: empty, doubled or out of range at row {int(np.argmax(outside)) if len(chosen) else 0}")
    silent_ones = calibrated.count[chosen] == 0
    if silent_ones.any():
        raise BadInput(f"among: proposal {int(chosen[np.argmax(silent_ones)])} has no scores")
    part = calibrated.component[chosen]
    if not across and (part != part[0]).any():
        raise NotComparable(int(chosen[0]), int(chosen[np.argmax(part != part[0])]))
    return chosen


def _costs(calibrated: Calibrated, places: int | None, budget: float | None, costs: NDArray[Any] | None) -> Floats:
    if (places is None) == (budget is None):
        raise BadInput("places: give either places or a budget with costs")
    if places is not None:
        if places < 0 or costs is not None:
            raise BadInput(f"places: {places} is negative, or there are costs without a budget")
        return np.ones(len(calibrated.mean))
    cost = np.asarray(costs if costs is not None else [], dtype=np.float64)
    wrong = ~(np.isfinite(cost) & (cost >= 0))
    if len(cost) != len(calibrated.mean) or wrong.any() or not np.isfinite(budget or 0.0) or (budget or 0.0) < 0:
        raise BadInput(
            f"costs: one for each proposal, finite and not negative; see row {int(np.argmax(wrong)) if len(cost) else 0}"
        )
    return cost
