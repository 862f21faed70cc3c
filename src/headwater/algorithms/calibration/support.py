"""What the scores support: who says nothing of the order, whether good work went to some reviewers, which parts of the model help.

Likelihood alone does not decide: where the model is wrong (a scale with an end, say) it prefers parts that spoil the order. So slopes and
unequal noise must also tell scores that were held out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.calibration import fit as fits
from headwater.algorithms.calibration.fit import Floats, Scores
from headwater.algorithms.progress import Progress

LEAST = 0.02
"""Share of the weight that the scores of a reviewer keep who says nothing of the order: the level of a proposal that has no other."""
CONSTANT = (0.02, 2.0)
"""Share of constant reviewers that is expected before the scores are seen, and how many reviewers this expectation counts for."""
FOLDS, FEW = 5, 10
"""Parts in which scores are held out in turn; in large rounds one part of `FEW`."""
HELPS = 0.5
"""Standard errors by which held-out scores must be told better."""
GUIDED = 6.0
"""Standard errors by which the qualities must differ between reviewers, beyond what lots would do, to say that assignment followed them."""
ROUNDS = 3
"""Times that constant reviewers and the fit of the others are looked for by turns."""
FINE, COARSE = 1e-5, 3e-3
"""Movement of the qualities, relative to their sd, at which a fit ends: up to and above `fit.FINE_BELOW` scores, and held-out ones."""
LENIENCY: tuple[str, ...] = ("leniency",)
WITHIN: tuple[str, ...] = (*LENIENCY, fits.WITHIN)
CHOICES: tuple[tuple[str, ...], ...] = (("slope", "spread"), ("slope",), ("spread",))


@dataclass(frozen=True)
class Choice:
    """The fit that stands, and what spoke for it (see `Calibrated`)."""

    fit: fits.Fit
    identified: bool
    constant: Floats
    guided: float
    held_out: dict[str, float]


def choose(scores: Scores, allowed: tuple[str, ...], progress: Progress) -> Choice:
    """Fit the parts of the model that the scores support; fewer where a fit does not come to rest on the scale."""
    nobody = np.zeros(len(scores.trust))
    if not scores.tells:
        on = dict.fromkeys(fits.PARTS, False)
        return Choice(fits.begin(scores, on), False, nobody, 0.0, {})
    tolerance = FINE if len(scores.score) <= fits.FINE_BELOW else COARSE
    trusted, one_mark = scores, nobody
    for _ in range(ROUNDS):
        fit = fitted(trusted, LENIENCY, tolerance, progress)
        one_mark = constant(scores, fit)
        if one_mark.max() < 0.01:
            break
        trusted = scores.trusting(np.maximum(1.0 - one_mark, LEAST))
    guidance = guided(trusted, fitted(trusted, WITHIN, COARSE, progress))
    parts, held_out = (WITHIN, {}) if guidance > GUIDED else helpful(trusted, allowed, progress)
    for fewer in dict.fromkeys((parts, () if fits.WITHIN in parts else parts[:1], ())):
        fit = fitted(trusted, fewer, tolerance, progress)
        if fits.sound(fit):
            break
    return Choice(fit, True, one_mark, guidance, held_out)


def fitted(scores: Scores, parts: tuple[str, ...], tolerance: float, progress: Progress) -> fits.Fit:
    """A fit with some parts of the model, less those whose likelihood does not support them."""
    on = {part: part in parts for part in fits.PARTS}
    fit = fits.begin(scores, on, within=fits.WITHIN in parts)
    fits.run(fit, tolerance, progress)
    return fit


def guided(scores: Scores, within: fits.Fit) -> float:
    """By how many standard errors the qualities differ more between reviewers than if proposals had been given out by lot.

    This is the variance ratio of qualities grouped by reviewer. The qualities must come from a fit within proposals: one that takes
    quality for independent of who reviews would move what differs between reviewers into their leniency. 0 for two reviewers.
    """
    size = np.diff(scores.start)
    size = size[size > 0]
    groups, many = len(size), len(scores.score)
    if groups < 3 or many <= groups or not within.converged:
        return 0.0
    quality = (within.state.belief[:, 1] / within.state.belief[:, 0])[scores.proposal]
    mean = np.add.reduceat(quality, np.cumsum(size) - size) / size
    inside = float(((quality - np.repeat(mean, size)) ** 2).sum()) / (many - groups)
    between = float((size * (mean - quality.mean()) ** 2).sum()) / (groups - 1)
    return (between / inside - 1.0) / (2.0 / (groups - 1)) ** 0.5 if inside > 0.0 else 0.0


def constant(scores: Scores, fit: fits.Fit) -> Floats:
    """Probability by reviewer that he gives one mark to everything, whatever the proposal.

    Only one who did so can be. The other explanation is chance: proposals as alike as the other reviewers say, his leniency, noise, and
    the steps and ends of the scale; it decides for few scores on a scale of few steps.
    """
    size = np.diff(scores.start)
    same = np.zeros(len(size), dtype=bool)
    some = np.flatnonzero(size > 1)
    low, high = (edge.reduceat(scores.score, scores.start[some]) for edge in (np.minimum, np.maximum))
    same[some] = low == high
    found = np.zeros(len(size))
    if not same.any():
        return found
    by_chance, of_level = _chance_of_one_mark(scores, fit, same)
    expected, counts = CONSTANT
    share, met = expected, int((size > 1).sum())
    ratio = of_level / np.maximum(by_chance, 1e-300)
    for _ in range(30):
        odds = share / (1.0 - share) * ratio
        share = min((float((odds / (1.0 + odds)).sum()) + expected * counts) / (met + counts), 0.9)
    evidence = np.log1p(share * (ratio - 1.0)).sum() + (met - len(ratio)) * np.log1p(-share)
    if 2.0 * evidence > fits.CRITICAL:
        found[same] = odds / (1.0 + odds)
    return found


def _chance_of_one_mark(scores: Scores, fit: fits.Fit, same: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """For reviewers with one mark: its probability for all their proposals by chance, and the share of that mark among all."""
    from scipy.special import ndtr

    own = np.flatnonzero(same[scores.reviewer])
    state, known, p = fit.state, fit.known, scores.proposal[own]
    variance = 1.0 / (state.belief[p, 0] - state.message[own, 0])
    mean = known.centre + (state.belief[p, 1] - state.message[own, 1]) * variance
    wide = np.sqrt(variance + known.noise / scores.weight[own])
    marks, at, met = np.unique(scores.score, return_inverse=True, return_counts=True)
    half = float(np.diff(marks).min()) / 2.0
    top, bottom = marks + half, marks - half
    top[-1], bottom[0] = np.inf, -np.inf
    node, weight = np.polynomial.hermite_e.hermegauss(21)
    inside = np.zeros((len(node), len(own)))
    for row, lenient in enumerate(node * known.leniency**0.5):
        upper, lower = ((edge[at[own]] - mean - lenient) / wide for edge in (top, bottom))
        inside[row] = np.log(np.maximum(ndtr(upper) - ndtr(lower), 1e-300))
    first = np.concatenate([[0], np.cumsum(np.diff(scores.start)[same])[:-1]])
    together = np.exp(np.add.reduceat(inside, first, axis=1))
    return weight @ together / weight.sum(), (met / met.sum())[at[own]][first]


def helpful(scores: Scores, allowed: tuple[str, ...], progress: Progress) -> tuple[tuple[str, ...], dict[str, float]]:
    """The parts with which held-out scores are told better, and by how many standard errors each choice tells them better.

    Slopes and unequal noise come in when they tell them better than leniency alone; the model goes, to leave raw means, when it tells them
    worse than these. What is compared is the quality: a score is told without slopes, and beside raw means without the leniency of its
    reviewer. Where good proposals went to some reviewers this shows that leniency took their quality away.
    """
    large = len(scores.score) > fits.FINE_BELOW
    choices = [choice for choice in CHOICES if set(choice) <= set(allowed)][: 1 if large else None]
    models: list[tuple[str, ...]] = [(), LENIENCY, *((*LENIENCY, *choice) for choice in choices)]
    alone, both = np.zeros((2, len(models), len(scores.score)))
    turns = _turns(scores, FEW if large else FOLDS)
    for turn in range(1 if large else FOLDS):
        held = turns == turn
        train = scores.part(~held)
        if not held.any() or not train.tells:
            return LENIENCY, {}
        for row, parts in enumerate(models):
            quality, lenient = _told_by(fitted(train, parts, COARSE, progress))
            alone[row, held] = (scores.score[held] - quality[scores.proposal[held]]) ** 2
            both[row, held] = (scores.score[held] - quality[scores.proposal[held]] - lenient[scores.reviewer[held]]) ** 2
    gains = [_gain(scores, both[1], miss) for miss in both[2:]]
    best = max(range(len(choices)), key=lambda row: gains[row][1], default=-1)
    row = 2 + best if best >= 0 and gains[best][0] > HELPS else 1
    of_leniency = _gain(scores, alone[0], alone[row])[0]
    held_out = {"leniency": of_leniency} | {"+".join(c): gain for c, (gain, _sum) in zip(choices, gains, strict=True)}
    return (models[row] if of_leniency > -HELPS else ()), held_out


def _told_by(fit: fits.Fit) -> tuple[Floats, Floats]:
    """Quality on the scale, and leniency, as a fit has them; beyond all measure where it is not sound."""
    if not fits.sound(fit):
        return np.full(len(fit.last), np.inf), np.zeros(len(fit.state.offset))
    quality: Floats = fit.known.centre + fit.state.belief[:, 1] / fit.state.belief[:, 0]
    return quality, fit.state.offset


def _turns(scores: Scores, folds: int) -> NDArray[np.int64]:
    """In which turn a score is held out: the scores of a proposal in different ones, and those of a reviewer spread over all."""
    order = np.argsort(scores.proposal, kind="stable")
    count = scores.count
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    turns: NDArray[np.int64] = (place + scores.proposal) % folds
    return turns


def _gain(scores: Scores, before: Floats, after: Floats) -> tuple[float, float]:
    """How many standard errors less the squared misses are, by proposal, and by how much in all."""
    for miss, told in ((after, -np.inf), (before, np.inf)):
        if not np.isfinite(miss).all():
            return told, told
    less = np.bincount(scores.proposal, weights=scores.weight * (before - after), minlength=scores.proposals)
    error = float(np.sqrt((less**2).sum()))
    return (float(less.sum()) / error if error else 0.0), float(less.sum())
