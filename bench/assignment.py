"""The assignment engine on synthetic sparse instances, beside the linear-programming bound by HiGHS in the same run.

Usage: ./run bench assignment [--size small|province] [--seed N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from headwater.algorithms.assignment import assign

SIZES = {"small": (800, 500, 40, 5), "province": (8000, 3000, 60, 5)}


def instance(proposals: int, experts: int, keep: int, seed: int) -> sparse.csr_matrix:
    """Topics with a few neighbours; `keep` candidates for each proposal; scores in (0, 1]."""
    r = np.random.default_rng(seed)
    topics = max(4, experts // 40)
    expert_topic, topic = r.integers(0, topics, experts), r.integers(0, topics, proposals)
    rows, columns, values = [], [], []
    for p in range(proposals):
        near = np.exp(-np.abs(expert_topic - topic[p]) / 2.0) + 0.05
        chosen = np.sort(r.choice(experts, size=keep, replace=False, p=near / near.sum()))
        rows.append(np.full(keep, p))
        columns.append(chosen)
        values.append(np.clip(0.35 * near[chosen] + 0.6 * r.beta(1.2, 3, keep) + 0.05 * r.random(keep), 0.001, 1.0))
    return sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(proposals, experts)
    )


def bound(scores: sparse.csr_matrix, demand: np.ndarray, capacity: np.ndarray) -> tuple[float, float]:
    """The optimum of the linear relaxation (which is the optimum: the matrix is unimodular) and the seconds it took."""
    started = time.perf_counter()
    n = scores.nnz
    row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    ones = np.ones(n)
    a = sparse.vstack(
        [
            sparse.csr_matrix((ones, (row, np.arange(n))), shape=(scores.shape[0], n)),
            sparse.csr_matrix((ones, (scores.indices, np.arange(n))), shape=(scores.shape[1], n)),
        ]
    )
    found = linprog(-scores.data, A_ub=a, b_ub=np.concatenate([demand, capacity]), bounds=(0, 1), method="highs")
    return -float(found.fun), time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=list(SIZES), default="small")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    proposals, experts, keep, k = SIZES[given.size]
    scores = instance(proposals, experts, keep, given.seed)
    demand, capacity = np.full(proposals, k), np.full(experts, int(np.ceil(proposals * k / experts / 0.9)))
    result = assign(scores, demand, capacity, seed=given.seed)
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    best, seconds = bound(scores, demand, capacity)
    counts = np.bincount(result.proposals, weights=result.scores, minlength=proposals)
    rows: list[dict[str, Any]] = [
        {
            "instance": f"{proposals}x{experts}x{keep}",
            "solver": "headwater (min-cost flow)",
            "seconds": round(result.seconds, 3),
            "mb": round(mb),
            "total": round(result.total, 4),
            "min": round(float(counts.min()), 4),
            "gap": round(max(0.0, 1 - result.total / best), 8),
            "violations": int((np.bincount(result.experts, minlength=experts) > capacity).sum()),
            "unfilled": int(result.unfilled.sum()),
        },
        {
            "instance": f"{proposals}x{experts}x{keep}",
            "solver": "HiGHS linear program (bound)",
            "seconds": round(seconds, 3),
            "mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "total": round(best, 4),
        },
    ]
    if given.json:
        print(json.dumps({"rows": rows, "machine": platform.platform(), "cores": os.cpu_count()}))
        return
    for row in rows:
        print("  ".join(f"{k}={v}" for k, v in row.items()))


if __name__ == "__main__":
    main()
