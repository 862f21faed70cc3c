"""Families of review rounds that the calibration is held against: what reviewers do, on which scale, by which assignment.

A family changes some settings of one recipe. Quality is standard normal (or skewed); a reviewer has a leniency, a slope, a noise and a
kind; `scale` turns what he thinks into a mark. The expected mark of a proposal is its mean over very many reviewers of the family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

Scale = Callable[[np.ndarray], np.ndarray]
KINDS = ("ordinary", "constant", "two-valued", "reversed", "random", "extreme")


def steps(centre: float, spread: float, low: float, high: float, step: float = 1.0) -> Scale:
    """Marks on a scale with ends, `step` apart."""
    return lambda y: np.clip(np.rint((centre + spread * y) / step) * step, low, high)


def free(y: np.ndarray) -> np.ndarray:
    """A scale without ends or steps."""
    return 3.0 + 0.8 * y


GUIDANCE = {"guided": 2.0, "mildly guided": 0.5}
"""How much an assignment looks at quality, against the even filling of loads."""
FIVE, FOUR, HUNDRED = steps(3.2, 0.8, 1, 5), steps(2.6, 0.7, 1, 4), steps(72, 10, 0, 100)
CEILING = steps(4.2, 0.8, 1, 5)


@dataclass(frozen=True)
class Family:
    """One recipe: sizes, spreads of the habits, shares of the kinds, scale and design."""

    n: int = 100
    k: int = 5
    load: float = 10
    leniency: float = 0.5
    slope: float = 0.0
    noise: float = 0.7
    noise_spread: float = 0.0
    shares: tuple[float, ...] = ()
    scale: Scale = FIVE
    design: str = "random"
    skewed: bool = False
    marks: str = "normal"


@dataclass(frozen=True)
class Round:
    """What a family gave: the truth, the expected mark of each proposal, and the marks."""

    quality: np.ndarray
    expected: np.ndarray
    proposal: np.ndarray
    reviewer: np.ndarray
    score: np.ndarray


USUAL = Family(slope=0.3, noise_spread=0.3, shares=(0, 0, 0, 0.05))


def _of_kind(kind: str, share: float, **more: object) -> Family:
    shares = tuple(share if name == kind else 0.0 for name in KINDS[1:])
    return replace(USUAL, shares=shares, **more)  # type: ignore[arg-type]


FAMILIES: dict[str, Family] = {
    "additive": Family(),
    "additive n30": Family(n=30),
    "additive n400": Family(n=400),
    "additive, free scale": Family(scale=free),
    "no bias": Family(leniency=0),
    "no bias k3 load 3": Family(leniency=0, k=3, load=3),
    "strong leniency": Family(leniency=1.0),
    "much noise": Family(noise=1.2),
    "usual": USUAL,
    "usual n30": replace(USUAL, n=30),
    "usual n400": replace(USUAL, n=400),
    "usual k2 load 5": replace(USUAL, k=2, load=5),
    "usual k3 load 5": replace(USUAL, k=3, load=5),
    "usual k3 load 15 n400": replace(USUAL, n=400, k=3, load=15),
    "usual k3 load 10 n30": replace(USUAL, n=30, k=3, load=10),
    "slopes": Family(slope=0.5),
    "unequal noise": Family(noise_spread=0.6),
    "constant 10 %": _of_kind("constant", 0.1),
    "constant 20 %": _of_kind("constant", 0.2),
    "constant 10 % n400": _of_kind("constant", 0.1, n=400),
    "constant 20 % n400 k3 load 15": _of_kind("constant", 0.2, n=400, k=3, load=15),
    "constant 10 % n400 k3 load 15": _of_kind("constant", 0.1, n=400, k=3, load=15),
    "constant 10 % n30": _of_kind("constant", 0.1, n=30),
    "constant 20 % n30 k3 load 5": _of_kind("constant", 0.2, n=30, k=3, load=5),
    "constant 20 %, 0-100": _of_kind("constant", 0.2, scale=HUNDRED),
    "two-valued 20 %": _of_kind("two-valued", 0.2),
    "reversed 10 %": _of_kind("reversed", 0.1),
    "random 20 %": _of_kind("random", 0.2),
    "extreme 10 %": _of_kind("extreme", 0.1),
    "grades A-D": replace(USUAL, scale=FOUR),
    "grades A-D k3 load 3": replace(USUAL, scale=FOUR, k=3, load=3),
    "0-100": replace(USUAL, scale=HUNDRED),
    "ceiling": replace(USUAL, scale=CEILING),
    "skewed": replace(USUAL, skewed=True),
    "unequal loads": replace(USUAL, design="unequal"),
    "missing reviews": replace(USUAL, design="missing"),
    "missing reviews k3 load 3": replace(USUAL, design="missing", k=3, load=3),
    "two parts": replace(USUAL, design="parts"),
    "better to some": replace(USUAL, design="guided"),
    "better to some, mildly": replace(USUAL, design="mildly guided"),
    "peers": Family(n=247, k=3, load=3, marks="beta", leniency=0.5),
    "peers, one mark lost": Family(n=247, k=3, load=3, marks="beta", leniency=0.5, design="two of three"),
    "panel": Family(n=40, k=5, load=40),
}


def make(name: str, seed: int) -> Round:
    """A round of the family, the same for the same seed."""
    family, r = FAMILIES[name], np.random.default_rng([seed, *name.encode()])
    reviewers = max(family.k, round(family.n * family.k / family.load))
    quality = r.normal(size=family.n)
    if family.skewed:
        quality = (np.exp(0.7 * quality) - np.exp(0.245)) / 0.99
    proposal, reviewer = _design(family, r, quality, reviewers)
    score = _mark(family, r, _habits(family, r, reviewers), reviewer, quality[proposal])
    return Round(quality, _expected(family, quality), proposal, reviewer, score)


def best(name: str, told: Round) -> np.ndarray | None:
    """The best linear prediction of the qualities by somebody who knows all variances; None where reviewers differ in more than leniency.

    What it gains over the raw mean, no calibration of such rounds can gain more than by chance.
    """
    family = FAMILIES[name]
    if family.slope or family.noise_spread or family.shares or family.design != "random" or family.marks != "normal":
        return None
    many, p, r = len(told.score), told.proposal, told.reviewer
    unit = 0.8  # points that one sd of quality gives on the scales of these families
    step = 0.0 if family.scale is free else 1.0 / 12.0
    common = (p[:, None] == p) + family.leniency**2 * (r[:, None] == r)
    inverse = np.linalg.inv(unit**2 * common + (unit**2 * family.noise**2 + step) * np.eye(many))
    centre = inverse.sum(0) @ told.score / inverse.sum()
    return np.bincount(p, weights=inverse @ (told.score - centre), minlength=family.n)


def _design(family: Family, r: np.random.Generator, quality: np.ndarray, reviewers: int) -> tuple[np.ndarray, np.ndarray]:
    n, k = family.n, family.k
    appeal = r.gamma(1.0, size=reviewers) + 0.05 if family.design == "unequal" else np.ones(reviewers)
    left = np.maximum(1, np.ceil(n * k * appeal / appeal.sum())).astype(int)
    place = np.linspace(-2, 2, reviewers)
    pairs = []
    for p in r.permutation(n):
        order = -left + r.random(reviewers)
        if family.design in GUIDANCE:
            order += GUIDANCE[family.design] * np.abs(place - quality[p])
        if family.design == "parts":
            order[(np.arange(reviewers) % 2) != p % 2] = np.inf
        chosen = np.argsort(order)[:k]
        left[chosen] -= 1
        pairs += [(p, reviewer) for reviewer in chosen]
    table = np.array(sorted(pairs))
    if family.design == "missing":
        table = table[r.random(len(table)) > 0.25]
    if family.design == "two of three":
        table = table[np.arange(len(table)) % 3 != r.integers(3)]
    return table[:, 0], table[:, 1]


def _habits(family: Family, r: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    kind = np.zeros(count, dtype=int)
    dice, edge = r.random(count), 0.0
    for number, share in enumerate(family.shares, start=1):
        kind[(dice >= edge) & (dice < edge + share)] = number
        edge += share
    return {
        "kind": kind,
        "lenient": family.leniency * r.normal(size=count),
        "steep": np.exp(family.slope * r.normal(size=count)),
        "loud": family.noise * np.exp(family.noise_spread * r.normal(size=count)),
        "level": r.normal(size=count),
    }


def _mark(
    family: Family, r: np.random.Generator, habits: dict[str, np.ndarray], reviewer: np.ndarray, quality: np.ndarray
) -> np.ndarray:
    lenient, steep, loud = (habits[name][reviewer] for name in ("lenient", "steep", "loud"))
    if family.marks == "beta":
        mean = 1 / (1 + np.exp(-(2.1 + lenient + quality)))
        return np.rint(r.beta(6 * mean, 6 * (1 - mean)) * 56) / 4
    kind, level, noise = habits["kind"][reviewer], habits["level"][reviewer], r.normal(size=len(reviewer))
    y = lenient + steep * quality + loud * noise
    y = np.select(
        [kind == 1, kind == 2, kind == 3, kind == 4, kind == 5],
        [
            level,
            np.where(y > lenient, level + 0.7, level - 0.7),
            lenient - steep * quality + loud * noise,
            lenient + noise,
            4 * noise,
        ],
        y,
    )
    return family.scale(y)


def _expected(family: Family, quality: np.ndarray) -> np.ndarray:
    """Mean mark over very many reviewers, by simulation on a grid of qualities."""
    r, many = np.random.default_rng(0), 3000
    habits, reviewer = _habits(family, r, many), np.arange(many)
    grid = np.linspace(min(-4.5, quality.min()), max(4.5, quality.max()), 61)
    mean = [_mark(family, r, habits, reviewer, np.full(many, q)).mean() for q in grid]
    smooth = np.polynomial.Polynomial.fit(grid, mean, 9)
    return smooth(quality)
