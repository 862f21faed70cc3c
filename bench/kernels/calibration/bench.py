"""Calibration of scores on simulated reviews with known quality, and on two million scores.

A row is the mean over --seeds seeds from --seed on, with the default settings of `calibrate`. Quality is N(0, 1); a reviewer adds his
leniency, stretches quality by a slope (log sd .3) and has noise of his own (.7, log sd .3); one in twenty scores at random; a score is
3.2 + .8 y rounded to 1..5. Coverage is that of the 90 % interval for the score a proposal gets on average over all possible reviewers.
`no harm` has neither leniency, slopes, random reviewers nor unequal noise. Compiled before the clock starts.

With --families, rounds of other kinds take their place (families.py): all, or those whose name contains a word that is given.
A row has the mean and the worst gain, how often 90 % intervals hold the expected score (level) and the quality once the level and the
spread of the panel are taken for it (rank), fits that did not converge, and rounds with a mean outside the scale.

Usage: ./run bench calibration [--size small|province|nation] [--seed N] [--seeds N] [--families [WORD ...]] [--peers] [--json]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr
from scipy.stats import spearmanr

from bench.harness import Meter, Peers, Row, isolated, options, report
from bench.kernels.calibration.families import FAMILIES, best, make
from bench.kernels.calibration.peers import additive, z_scores
from headwater.algorithms.calibration import calibrate

PLAIN: dict[str, float] = {"leniency": 0.0, "slope": 0.0, "noise_spread": 0.0, "random": 0.0}
SETTINGS: dict[str, dict[str, float]] = {
    "k3 load 3": {"k": 3, "load": 3},
    "k5 load 10": {},
    "k5 load 20": {"load": 20},
    "k5 load 20 leniency .8": {"load": 20, "leniency": 0.8},
    "k3 load 15": {"k": 3, "load": 15},
    "k5 load 10 no harm": PLAIN,
    "k3 load 3 no harm": PLAIN | {"k": 3, "load": 3},
    "k5 load 20 no harm": PLAIN | {"load": 20},
    "k5 load 10, 100 proposals": {"n": 100},
    "k5 load 10, 2,000 proposals": {"n": 2000},
}
NATION = (400_000, 150_000, 2_000_000)


def design(random: np.random.Generator, n: int, k: int, reviewers: int) -> np.ndarray:
    """Reviewers (n, k), distinct in a row, loads as equal as they can be."""
    seats = random.permutation(np.resize(np.arange(reviewers), n * k)).reshape(n, k)
    while True:
        ordered = np.sort(seats, axis=1)
        double = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(double):
            return seats
        for row in double:
            other, i, j = random.integers(n), random.integers(k), random.integers(k)
            seats[row, i], seats[other, j] = seats[other, j], seats[row, i]


def simulate(
    seed: int,
    *,
    n: float = 400,
    k: float = 5,
    load: float = 10,
    leniency: float = 0.5,
    slope: float = 0.3,
    noise: float = 0.7,
    noise_spread: float = 0.3,
    random: float = 0.05,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """True quality, expected score, and the scores: proposal, reviewer, score."""
    r = np.random.default_rng(seed)
    n, k = int(n), int(k)
    reviewers = max(k, round(n * k / load))
    quality = r.normal(size=n)
    reviewer = design(r, n, k, reviewers).ravel()
    proposal = np.repeat(np.arange(n), k)
    lenient, steep, loud = _habits(r, reviewers, leniency, slope, noise, noise_spread, random)
    y = lenient[reviewer] + steep[reviewer] * quality[proposal] + loud[reviewer] * r.normal(size=n * k)
    score = np.clip(np.rint(3.2 + 0.8 * y), 1, 5)
    return quality, _expected(quality, leniency, slope, noise, noise_spread, random), proposal, reviewer, score


def _habits(
    r: np.random.Generator, count: int, leniency: float, slope: float, noise: float, noise_spread: float, random: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lenient = r.normal(0, 1, count) * leniency
    steep, loud = np.exp(r.normal(0, 1, count) * slope), noise * np.exp(r.normal(0, 1, count) * noise_spread)
    at_random = r.random(count) < random
    return lenient, np.where(at_random, 0.0, steep), np.where(at_random, 1.0, loud)


def _expected(quality: np.ndarray, *habits: float) -> np.ndarray:
    """Mean score over very many reviewers, by simulation of their habits."""
    lenient, steep, loud = _habits(np.random.default_rng(0), 20_000, *habits)
    grid = np.linspace(-4.5, 4.5, 91)
    mean = np.ones(len(grid))
    for bound in (1.5, 2.5, 3.5, 4.5):
        edge = (bound - 3.2) / 0.8
        mean += ndtr(-(edge - lenient[:, None] - steep[:, None] * grid) / loud[:, None]).mean(axis=0)
    return np.interp(quality, grid, mean)


def top_share(quality: np.ndarray, found: np.ndarray) -> float:
    """Share of the true best fifth that is in the best fifth found."""
    best = max(1, len(quality) // 5)
    return len(np.intersect1d(np.argsort(-quality)[:best], np.argsort(-found, kind="stable")[:best])) / best


def setting(name: str, seed: int, seeds: int) -> list[Row]:
    """All methods on one setting."""
    rows: dict[str, list[list[float]]] = {}
    calibrate(*simulate(0, n=60)[2:])
    for number in range(seed, seed + seeds):
        quality, expected, proposal, reviewer, score = simulate(number, **SETTINGS[name])
        raw = np.bincount(proposal, weights=score) / np.bincount(proposal)
        base, base_top = spearmanr(quality, raw)[0], top_share(quality, raw)
        with Meter() as meter:
            ours = calibrate(proposal, reviewer, score)
        low, high = ours.interval(0.9)
        covered = float(((low <= expected) & (expected <= high)).mean())
        standard = ours.centre + ours.quality_spread * (quality - quality.mean()) / quality.std()
        linear = float(((low <= standard) & (standard <= high)).mean())
        found: dict[str, tuple[np.ndarray, float, float, float]] = {"headwater": (ours.mean, meter.seconds, covered, linear)}
        for peer, method in (("z-score", z_scores), ("additive least squares", additive)):
            with Meter() as meter:
                value = method(proposal, reviewer, score)
            found[peer] = (value, meter.seconds, np.nan, np.nan)
        for solver, (value, seconds, covers, covers_linear) in found.items():
            rho, top = spearmanr(quality, value)[0], top_share(quality, value)
            rows.setdefault(solver, []).append([seconds, rho, base, rho - base, top, top - base_top, covers, covers_linear])
    return [_row(name, solver, np.array(values), meter.row()["mb"]) for solver, values in rows.items()]


def _row(name: str, solver: str, values: np.ndarray, mb: int) -> Row:
    mean, error = values.mean(axis=0), values.std(axis=0) / len(values) ** 0.5
    row: Row = {"instance": name, "solver": solver, "seconds": round(mean[0], 4), "mb": mb}
    row |= {"spearman": round(mean[1], 4), "raw_spearman": round(mean[2], 4), "gain": round(mean[3], 4)}
    row |= {"gain_error": round(error[3], 4), "top20": round(mean[4], 4), "top20_gain": round(mean[5], 4)}
    if solver == "headwater":
        row |= {"coverage": round(mean[6], 4), "coverage_standardised": round(mean[7], 4)}
    return row


def family(name: str, seed: int, seeds: int) -> list[Row]:
    """One family of rounds: gain over the raw mean beside the best possible one, coverage for both questions, what must not happen."""
    values, diverged, outside = [], 0, 0
    bests: list[float] = []
    with Meter() as meter:
        for number in range(seed, seed + seeds):
            told = make(name, number)
            ours = calibrate(told.proposal, told.reviewer, told.score, proposals=len(told.quality))
            diverged += not ours.converged
            some = ours.count > 0
            mean, quality, expected = ours.mean[some], told.quality[some], told.expected[some]
            outside += not (told.score.min() <= mean.min() and mean.max() <= told.score.max())
            raw = spearmanr(quality, ours.raw[some])[0]
            gain = spearmanr(quality, mean)[0] - raw
            possible = best(name, told)
            if possible is not None:
                bests.append(spearmanr(quality, possible[some])[0] - raw)
            standard = ours.centre + ours.quality_spread * (quality - quality.mean()) / quality.std()
            level = [_covered(ours.interval(0.9), some, expected), _covered(ours.interval(0.9, question="rank"), some, standard)]
            values.append([gain, *level])
    gains, level, rank = np.array(values).T
    row: Row = {"instance": name, "solver": "headwater", "gain": round(gains.mean(), 4), "worst": round(gains.min(), 4)}
    row |= {
        "best": round(float(np.mean(bests)), 4) if bests else None,
        "gain_error": round(gains.std() / len(gains) ** 0.5, 4),
        "level": round(level.mean(), 3),
        "rank": round(rank.mean(), 3),
    }
    return [row | {"diverged": diverged, "outside": outside, "seconds": round(meter.seconds / seeds, 3), "mb": meter.row()["mb"]}]


def _covered(interval: tuple[np.ndarray, np.ndarray], some: np.ndarray, truth: np.ndarray) -> float:
    low, high = interval
    return float(((low[some] <= truth) & (truth <= high[some])).mean())


def national(seed: int) -> list[tuple[np.ndarray, ...]]:
    n, reviewers, scores = NATION
    k = scores // n
    quality, _none, proposal, reviewer, score = simulate(seed, n=n, k=k, load=n * k / reviewers)
    return [(quality, proposal, reviewer, score)]


def nation(seed: int) -> list[Row]:
    """Two million scores: seconds of the default fit with posterior sd and intervals."""
    quality, proposal, reviewer, score = national(seed)[0]
    calibrate(*simulate(0, n=60)[2:])
    with Meter() as meter:
        ours = calibrate(proposal, reviewer, score)
        ours.interval(0.9)
    raw = np.bincount(proposal, weights=score) / np.bincount(proposal)
    rho, base = spearmanr(quality, ours.mean)[0], spearmanr(quality, raw)[0]
    values: Row = {"instance": "400,000 x 150,000, 2M scores", "solver": "headwater", "spearman": round(rho, 4)}
    values |= {"raw_spearman": round(base, 4), "gain": round(rho - base, 4), "sweeps": ours.sweeps}
    return [meter.row(**values)]


def main() -> None:
    words: dict[str, Any] = {"nargs": "*", "metavar": "WORD"}
    given = options(__doc__, ("small", "province", "nation"), seeds={"type": int, "default": 20}, families=words)
    rows: list[Row] = []
    if given.families is not None:
        for name in FAMILIES:
            if not given.families or any(word in name for word in given.families):
                rows += isolated("bench.kernels.calibration.bench:family", name=name, seed=given.seed, seeds=given.seeds)
        report(rows, given)
        return
    for name in SETTINGS:
        rows += isolated("bench.kernels.calibration.bench:setting", name=name, seed=given.seed, seeds=given.seeds)
    if given.size != "small":
        rows += isolated("bench.kernels.calibration.bench:nation", seed=given.seed)
    if given.peers:
        with Peers("numpy", "scipy", "pandas", "statsmodels") as peers:
            rows += peers.run("bench.kernels.calibration.peers:mixed_model", minutes=5, **small_case(given.seed))
    report(rows, given)


def small_case(seed: int) -> dict[str, Any]:
    quality, _none, proposal, reviewer, score = simulate(seed)
    names = ("quality", "proposal", "reviewer", "score")
    return {name: values.tolist() for name, values in zip(names, (quality, proposal, reviewer, score), strict=True)}


if __name__ == "__main__":
    main()
