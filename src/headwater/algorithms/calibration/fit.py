"""Variances and posterior of the calibration: sweeps until nothing moves, parts of the model that the data do not support dropped."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.progress import Progress

Floats = NDArray[np.float64]
NOTHING = 1e-12
"""Stands for a variance of zero (relative to that of the scores)."""
CRITICAL = 2.71
"""Twice the logarithm of the likelihood ratio that a variance must reach: 5 % of a chi-square of one degree at its boundary."""
NEGLIGIBLE = 1e-5
"""A variance below this (relative, as above) has gone to zero."""
MOST_SWEEPS = 500
SETTLING = 4
"""Sweeps before the spread of the sharpness moves, and before a fit can end."""
PATIENCE = 60
"""Sweeps after which a part without support goes although the fit still moves: it may be what keeps it moving."""
FINE_BELOW = 200_000
"""Up to so many scores the fit goes on to 1e-6, and the uncertainty of the variances is added to the posterior sd."""
PARTS = ("leniency", "slope", "spread")
WITHIN = "within"
"""Said beside the parts: leniency is told by what reviewers of one proposal differ in, and by nothing else."""
WIDE = 1e4
"""Variance of quality (relative to that of the scores) of such a fit: who reviewed a proposal says nothing of it."""
MOST = {"slope": 1.0, "spread": 0.5}
"""Bounds of two variances: their priors stay proper, and no reviewer gets a weight without limit."""


@dataclass(frozen=True)
class Scores:
    """Scores sorted by reviewer, then by proposal; `trust` by reviewer is one, less for who gives one mark to everything."""

    start: Any
    proposal: Any
    score: Floats
    weight: Floats
    trust: Floats
    proposals: int

    @cached_property
    def count(self) -> NDArray[np.int64]:
        return np.bincount(self.proposal, minlength=self.proposals)

    @cached_property
    def reviewer(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.trust)), np.diff(self.start))

    @property
    def tells(self) -> bool:
        """Whether quality and noise can be told apart: a proposal with two scores, and scores that are not all equal."""
        return len(self.score) > 1 and bool(self.count.max() > 1 and self.score.min() < self.score.max())

    def part(self, chosen: NDArray[np.bool_]) -> Scores:
        start = np.concatenate([[0], np.cumsum(np.bincount(self.reviewer[chosen], minlength=len(self.trust)))])
        weight = self.weight[chosen] / self.weight[chosen].mean()
        return Scores(start, self.proposal[chosen], self.score[chosen], weight, self.trust, self.proposals)

    def trusting(self, trust: Floats) -> Scores:
        """With less weight for the scores of some reviewers; the mean weight is one."""
        weight = self.weight * trust[self.reviewer]
        return Scores(self.start, self.proposal, self.score, weight / weight.mean(), trust, self.proposals)


@dataclass
class Fit:
    """A fit at work: the compiled state, its parameters, and what the last sweep said of them."""

    state: Any
    known: Any
    count: NDArray[np.int64]
    on: dict[str, bool]
    last: Floats
    evidence: dict[str, float]
    information: dict[str, float]
    crowding: tuple[float, float]
    within: bool = False
    keep: float = 0.0
    sweeps: int = 0
    converged: bool = False

    @property
    def spread(self) -> float:
        """What a movement of the qualities is measured against: their sd, or that of a score where their prior is wide."""
        variance = float(self.known.noise if self.within else self.known.quality)
        return float(variance**0.5)


def begin(scores: Scores, on: dict[str, bool], *, within: bool = False) -> Fit:
    """A fit before its first sweep; half of the variance of the scores is taken for quality, unless its prior is wide."""
    from headwater.algorithms.calibration.kernels import Parameters, State

    start, score, count = scores.start, scores.score, scores.count
    n, reviewers, many = len(count), len(start) - 1, len(score)
    variance = float(score.var()) or 1.0
    known = Parameters(
        centre=float(score.mean()),
        noise=0.35 * variance,
        quality=(WIDE if within else 0.5) * variance,
        leniency=0.15 * variance if on["leniency"] else NOTHING * variance,
        slope=0.05 if on["slope"] else NOTHING,
        spread=0.2 if on["spread"] else NOTHING,
    )
    state = State(
        start=start,
        proposal=scores.proposal,
        score=score,
        weight=scores.weight,
        message=np.zeros((many, 2)),
        belief=np.stack([np.full(n, 1.0 / known.quality), np.zeros(n)], axis=1),
        offset=np.zeros(reviewers),
        slope=np.zeros(reviewers),
        v_offset=np.full(reviewers, known.leniency),
        v_both=np.zeros(reviewers),
        v_slope=np.full(reviewers, known.slope),
        sharpness=np.ones(reviewers),
        trust=scores.trust,
        seen=np.empty((int(np.diff(start).max()), 4)),
    )
    crowding = tuple(float((c.astype(np.float64) ** 2).sum()) / many**2 for c in (count, np.diff(start)))
    return Fit(
        state,
        known,
        count,
        dict(on),
        np.zeros(n),
        dict.fromkeys(PARTS, 0.0),
        dict.fromkeys(PARTS, 0.0),
        (crowding[0], crowding[1]),
        within,
    )


def run(fit: Fit, tolerance: float, progress: Progress) -> None:
    """Sweep until the qualities move by less than `tolerance` of their sd; drop unsupported parts; go on until all are supported."""
    told, before, patience = time.monotonic(), np.inf, PATIENCE
    while fit.sweeps < MOST_SWEEPS:
        moved = _one(fit)
        if time.monotonic() - told > 1.0:
            progress(fit.sweeps, MOST_SWEEPS)
            told = time.monotonic()
        for part in PARTS:
            if fit.on[part] and getattr(fit.known, part) < NEGLIGIBLE * _unit(fit, part):
                _drop(fit, part)
        if fit.sweeps % 10 == 0:  # a swing between two answers: steps become smaller
            fit.keep = min(fit.keep + 0.25, 0.75) if moved > 0.9 * before else fit.keep
            before = moved
        still = moved <= tolerance * fit.spread and fit.sweeps > SETTLING
        if not still and fit.sweeps < patience:
            continue
        weak = [part for part in PARTS if fit.on[part] and fit.evidence[part] < CRITICAL]
        if weak:
            _drop(fit, min(weak, key=fit.evidence.__getitem__))
        elif still:
            fit.converged = True
            return
        patience = fit.sweeps + PATIENCE


def _unit(fit: Fit, part: str) -> float:
    """What a variance is measured against: leniency is on the scale of the scores, slope and spread have none."""
    return fit.spread**2 + fit.known.noise if part == "leniency" else 1.0


def _drop(fit: Fit, part: str) -> None:
    fit.on[part], fit.keep = False, 0.0
    fit.known = fit.known._replace(**{part: NOTHING * _unit(fit, part)})
    if part == "spread":
        fit.state.sharpness[:] = 1.0
    if part == "slope":
        fit.state.slope[:] = fit.state.v_slope[:] = 0.0
    fit.evidence[part] = 0.0


def _one(fit: Fit) -> float:
    """One sweep and one scoring step of every variance. Returns the root mean square of what the qualities moved."""
    from headwater.algorithms.calibration.kernels import NOISE, OFFSET, SHARP, SLOPE, quality_sums, shift, sweep

    known = fit.known
    sums = sweep(fit.state, known, fit.on["spread"], fit.keep)
    mean, surplus, information, moved = quality_sums(fit.state, known.quality, fit.count, fit.last)
    # A prior of the two sds (gamma, shape 2) keeps them off zero, where every interval would vanish (Chung et al. 2013).
    quality = _bounded(known.quality, (surplus + known.quality) / max(information, 1e-9))
    if fit.within:
        quality = known.quality
    else:
        fit.information["quality"] = information
    fit.information["noise"] = float(sums[NOISE, 1])
    new = {"noise": _bounded(known.noise, known.noise * (sums[NOISE, 0] + 1.0) / max(sums[NOISE, 1], 1e-9)), "quality": quality}
    for part, row in zip(PARTS, (OFFSET, SLOPE, SHARP), strict=True):
        if fit.on[part]:
            fit.evidence[part], fit.information[part] = float(sums[row, 2]), float(sums[row, 1])
            new[part] = _bounded(getattr(known, part), sums[row, 0] / max(sums[row, 1], 1e-9))
    if fit.on["spread"]:
        # The factors move by half steps, so does their spread, and not before they have found their places.
        new["spread"] = (new["spread"] * known.spread) ** 0.5 if fit.sweeps >= SETTLING else known.spread
    for part, most in MOST.items():
        if part in new:
            new[part] = min(new[part], most)
    by, of_quality = _centre_step(fit, mean)
    shift(fit.state, of_quality, 1.0 / known.quality, 1.0 / quality)
    fit.last -= of_quality
    fit.known = known._replace(centre=known.centre + by, **new)
    fit.sweeps += 1
    return float(moved**0.5)


def _centre_step(fit: Fit, mean: float) -> tuple[float, float]:
    """Newton step of the centre and the part of it that the qualities took up.

    The likelihood is flat in the centre where the offsets of the reviewers sum to zero (without leniency: the qualities).
    """
    if fit.within:  # under a wide prior the qualities take up any centre
        return 0.0, 0.0
    parts = _parts_of_centre(fit)
    total = sum(parts.values())
    if not fit.on["leniency"]:
        return mean * total / parts["quality"], mean
    scored = np.diff(fit.state.start) > 0
    by = float(fit.state.offset[scored].mean()) * total / parts["leniency"]
    return by, by * parts["quality"] / total


def sound(fit: Fit) -> bool:
    """Whether a fit came to rest, and with every quality where the scores are, give or take a tenth of their range."""
    quality = fit.known.centre + fit.state.belief[:, 1] / fit.state.belief[:, 0]
    low, high = fit.state.score.min(), fit.state.score.max()
    beyond = 0.1 * (high - low)
    return bool(fit.converged and quality.min() >= low - beyond and quality.max() <= high + beyond)


def _bounded(value: float, step: float) -> float:
    """A scoring step that cannot leave a fifth to five times of the value."""
    return float(min(max(value + step, 0.2 * value), 5.0 * value))


def posterior(fit: Fit) -> tuple[Floats, Floats, Floats]:
    """Variance of each quality with that of the centre, without it, and degrees of freedom (inf above `FINE_BELOW` scores).

    The variances are estimates themselves. For this the variance grows by twice the term of Kackar and Harville (once for the
    estimates, once because the plug-in variance is too small by as much: Kenward and Roger 1997), and the degrees of freedom are
    those of Satterthwaite (1946); derivatives are differences.
    """
    variance: Floats = 1.0 / fit.state.belief[:, 0]
    if len(fit.state.score) > FINE_BELOW:
        return variance, variance, np.full(len(variance), np.inf)
    base, centre = fit.state.belief[:, 1] / fit.state.belief[:, 0], sum(_parts_of_centre(fit).values())
    step = 0.1 * centre**0.5
    follow = 1.0 if fit.within else 1.0 + (_settle(_with(fit, "centre", fit.known.centre + step))[0] - base) / step
    within, variance = variance, variance + follow**2 * centre
    added, unsure = np.zeros(len(variance)), np.zeros(len(variance))
    for name, information in fit.information.items():
        if not fit.on.get(name, True):
            continue
        of_log = 2.0 / max(information, 0.5)
        moved = _with(fit, name, getattr(fit.known, name) * np.exp(0.1))
        mean, local = _settle(moved)
        around = local + follow**2 * sum(_parts_of_centre(moved).values())
        added += ((mean - base) / 0.1) ** 2 * of_log
        unsure += ((around - variance) / 0.1) ** 2 * of_log
    total: Floats = variance + 2.0 * added
    return total, within + 2.0 * added, np.maximum(2.0 * total**2 / np.maximum(unsure, 1e-300), 3.0)


def _with(fit: Fit, name: str, value: float) -> Fit:
    """A copy of a fit with another value of a parameter."""
    moved = replace(fit, state=type(fit.state)(*(a.copy() for a in fit.state)))
    moved.known = fit.known._replace(**{name: value})
    moved.state.belief[:, 0] += 1.0 / moved.known.quality - 1.0 / fit.known.quality
    return moved


def _settle(fit: Fit, sweeps: int = 200) -> tuple[Floats, Floats]:
    """Mean and variance of the qualities at fixed parameters."""
    from headwater.algorithms.calibration.kernels import sweep

    last = fit.state.belief[:, 1] / fit.state.belief[:, 0]
    for _ in range(sweeps):
        sweep(fit.state, fit.known, fit.on["spread"], fit.keep)
        now: Floats = fit.state.belief[:, 1] / fit.state.belief[:, 0]
        if np.abs(now - last).max() < 1e-6 * fit.spread:
            break
        last = now
    return now, 1.0 / fit.state.belief[:, 0]


def _parts_of_centre(fit: Fit) -> dict[str, float]:
    """What quality, leniency and noise add to the variance of the plain mean of the scores."""
    known = fit.known
    return {
        "quality": 0.0 if fit.within else known.quality * fit.crowding[0],
        "leniency": known.leniency * fit.crowding[1],
        "noise": known.noise / len(fit.state.score),
    }
