"""Instances of the kernels, made from a seed by the recipes of the documentation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy import sparse

from headwater.algorithms.threads import in_ranges


@njit(cache=True, nogil=True)
def _draw(topic: int, dice: float, far: bool, topics: int) -> Any:
    """(topic to draw from, base of the score): 65 % the own, 27 % one to three away, 8 % anywhere (-1)."""
    if far or dice >= 0.92:
        return -1, 0.05
    if dice < 0.65:
        return topic, 0.55
    away = 1 + int(np.random.random() * 3)
    t = topic + (away if np.random.random() < 0.5 else -away)
    return (t if 0 <= t < topics else -2), 0.3


@njit(cache=True, nogil=True)
def _pairs(
    seed: int, topic: Any, start: Any, order: Any, reputation: Any, kind: int, column: Any, score: Any, first: int, last: int
) -> None:
    """Candidates of proposals `first` to `last`, distinct in a row; `column` and `score` are (proposals, keep)."""
    keep, topics, experts = column.shape[1], start.shape[0] - 1, order.shape[0]
    for i in range(first, last):
        np.random.seed(seed * 1_000_003 + i)
        n, tries = 0, 0
        while n < keep:
            tries += 1
            t, base = _draw(topic[i], np.random.random(), tries >= 6 * keep, topics)
            if t == -2 or (t >= 0 and start[t + 1] == start[t]):
                continue
            j = int(np.random.random() * experts)
            if t >= 0:
                j = order[start[t] + int(np.random.random() * (start[t + 1] - start[t]))]
            if (column[i, :n] == j).any():
                continue
            value = base + 0.45 * np.random.random()
            if kind == 1:
                value = 0.35 * value + 0.6 * reputation[j] + 0.05 * np.random.random()
            elif kind == 2:
                value = (1 + int(value * 4.999)) / 5.0
            column[i, n], score[i, n] = j, value
            n += 1
        by_column = np.argsort(column[i])
        column[i] = column[i][by_column]
        score[i] = score[i][by_column]


def large(
    proposals: int,
    experts: int,
    *,
    keep: int = 80,
    demand: int = 5,
    use: float = 0.9,
    zipf: float = 0.25,
    kind: str = "hot",
    seed: int = 0,
) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Scores (csr, float32), demand and capacity. `kind`: plain, hot (experts have reputations), quantised (five levels)."""
    random = np.random.default_rng(seed)
    topics = max(1, experts // 60)
    weight = (1.0 + np.arange(topics)) ** -zipf
    random.shuffle(weight)
    weight /= weight.sum()
    at = random.choice(topics, experts, p=weight)
    order = np.argsort(at, kind="stable").astype(np.int32)
    start = np.searchsorted(at[order], np.arange(topics + 1)).astype(np.int64)
    topic = random.choice(topics, proposals, p=weight).astype(np.int64)
    reputation = random.beta(1.2, 3, experts)
    keep = min(keep, experts)
    column, score = np.empty((proposals, keep), dtype=np.int32), np.empty((proposals, keep), dtype=np.float32)
    number = {"plain": 0, "hot": 1, "quantised": 2}[kind]
    in_ranges(
        lambda first, last: _pairs(seed + 1, topic, start, order, reputation, number, column, score, first, last),
        proposals,
        size=5000,
    )
    indptr = np.arange(0, proposals * keep + 1, keep, dtype=np.int64 if proposals * keep > 2**31 else np.int32)
    matrix = sparse.csr_matrix((score.ravel(), column.ravel(), indptr), shape=(proposals, experts))
    load = random.uniform(4, 16, experts)
    capacity = np.maximum(1, np.rint(load * demand * proposals / use / load.sum())).astype(np.int64)
    return matrix, np.full(proposals, demand, dtype=np.int64), capacity


def institutions(experts: int, count: int, *, zipf: float = 0.9, seed: int = 0) -> np.ndarray:
    """The institution of each expert; sizes follow Zipf."""
    weight = (1.0 + np.arange(count)) ** -zipf
    return np.random.default_rng(seed + 77).choice(count, experts, p=weight / weight.sum()).astype(np.int32)


def conference(proposals: int, experts: int, *, top: float = 1.0, keep: int = 150, seed: int = 0) -> sparse.csr_matrix:
    """Scores of a conference by mixtures of 60 topics, the `keep` best of each proposal: sums of root products plus noise, 0.4 % removed.

    `top` is the largest score (the recipe of the documentation scales one conference to 11.1).
    """
    random = np.random.default_rng(seed)
    base = random.dirichlet(np.full(60, 0.6))
    left = np.sqrt(random.dirichlet(base * 60 * 0.03 + 1e-9, proposals)).astype(np.float32)
    right = np.sqrt(random.dirichlet(base * 60 * 0.075 + 1e-9, experts)).astype(np.float32)
    keep = min(keep, experts)
    columns, values = np.empty((proposals, keep), dtype=np.int32), np.empty((proposals, keep), dtype=np.float32)
    largest = 0.0
    for first in range(0, proposals, 1000):
        last = min(first + 1000, proposals)
        scores = left[first:last] @ right.T + random.normal(0, 0.05, (last - first, experts)).astype(np.float32)
        scores[random.random(scores.shape) < 0.004] = 0
        best = np.sort(np.argpartition(-scores, keep - 1, axis=1)[:, :keep], axis=1)
        columns[first:last], values[first:last] = best, np.maximum(np.take_along_axis(scores, best, 1), 0)
        largest = max(largest, float(scores.max()))
    indptr = np.arange(0, proposals * keep + 1, keep)
    return sparse.csr_matrix((values.ravel() * (top / largest), columns.ravel(), indptr), shape=(proposals, experts))
