"""Instances of the kernels, made from a seed by the recipes of the documentation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from scipy import sparse


@njit(cache=True, parallel=True)
def _pairs(seed: int, keep: int, topic: Any, start: Any, order: Any, reputation: Any, kind: int) -> Any:
    """Candidates (proposals, keep): 65 % of the own topic, 27 % one to three topics away, 8 % anywhere; distinct in a row."""
    rows, topics, experts = topic.shape[0], start.shape[0] - 1, order.shape[0]
    column = np.empty((rows, keep), dtype=np.int32)
    score = np.empty((rows, keep), dtype=np.float32)
    for i in prange(rows):
        np.random.seed(seed * 1_000_003 + i)
        n, tries = 0, 0
        while n < keep:
            dice = np.random.random()
            tries += 1
            if dice < 0.65 and tries < 6 * keep:
                t, base = topic[i], 0.55
            elif dice < 0.92 and tries < 6 * keep:
                away = 1 + int(np.random.random() * 3)
                t = topic[i] + (away if np.random.random() < 0.5 else -away)
                base = 0.3
            else:
                t, base = -1, 0.05
            if t < -0 and t != -1 or t >= topics:
                continue
            if t < 0:
                j = int(np.random.random() * experts)
            else:
                size = start[t + 1] - start[t]
                if size == 0:
                    continue
                j = order[start[t] + int(np.random.random() * size)]
            again = False
            for m in range(n):
                if column[i, m] == j:
                    again = True
                    break
            if again:
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
    return column, score


def large(
    proposals: int, experts: int, *, keep: int = 80, demand: int = 5, use: float = 0.9, zipf: float = 0.25, kind: str = "hot", seed: int = 0
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
    column, score = _pairs(seed + 1, keep, topic, start, order, reputation, {"plain": 0, "hot": 1, "quantised": 2}[kind])
    indptr = np.arange(0, proposals * keep + 1, keep, dtype=np.int64 if proposals * keep > 2**31 else np.int32)
    matrix = sparse.csr_matrix((score.ravel(), column.ravel(), indptr), shape=(proposals, experts))
    load = random.uniform(4, 16, experts)
    capacity = np.maximum(1, np.rint(load * demand * proposals / use / load.sum())).astype(np.int64)
    return matrix, np.full(proposals, demand, dtype=np.int64), capacity


def institutions(experts: int, count: int, *, zipf: float = 0.9, seed: int = 0) -> np.ndarray:
    """The institution of each expert; sizes follow Zipf."""
    weight = (1.0 + np.arange(count)) ** -zipf
    return np.random.default_rng(seed + 77).choice(count, experts, p=weight / weight.sum()).astype(np.int32)
