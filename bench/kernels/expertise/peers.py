"""Peers of the expertise kernel; they run in a throw-away environment and import nothing of ours but the harness."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
from scipy import sparse

from bench.harness import Meter, Row

CORES = 2


def dot_topn(matrices: str, instance: str, proposals: int, keep: int) -> list[Row]:
    """sparse_dot_topn on the same vectors; the time of a sample of the proposals is scaled to all."""
    from sparse_dot_topn import sp_matmul_topn

    asked, held = sparse.load_npz(f"{matrices}/proposals.npz"), sparse.load_npz(f"{matrices}/profiles.npz")
    turned = held.T.tocsr()
    del held
    with Meter() as meter:
        sp_matmul_topn(asked, turned, top_n=keep, n_threads=CORES, sort=False)
    factor = proposals / asked.shape[0]
    row = meter.row(
        instance=instance, solver="sparse_dot_topn", recall=1.0, proposals_per_second=round(asked.shape[0] / meter.seconds)
    )
    row["seconds"] = round(meter.seconds * factor, 1)
    if factor != 1.0:
        row["note"] = f"extrapolated from {asked.shape[0]} proposals"
    return [row]


def quality(path: str) -> list[Row]:
    """Same-discipline retrieval with scikit-learn's TF-IDF of characters and of words cut by rjieba."""
    import rjieba
    from sklearn.feature_extraction.text import TfidfVectorizer

    with open(path, encoding="utf-8", newline="") as lines:
        papers = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    labels = np.unique([p["discipline"] for p in papers], return_inverse=True)[1]
    sides = {
        "abstract": [p["abstract"] for p in papers],
        "title, keywords, abstract": [f"{p['title']} {p['title']} {p['keywords']} {p['abstract']}" for p in papers],
    }
    kinds: dict[str, dict[str, Any]] = {
        "characters 2": {"analyzer": "char", "ngram_range": (2, 2)},
        "characters 1-3": {"analyzer": "char", "ngram_range": (1, 3)},
        "words": {"tokenizer": rjieba.cut, "token_pattern": None},
        "words and pairs": {"tokenizer": rjieba.cut, "token_pattern": None, "ngram_range": (1, 2)},
    }
    rows = []
    for side, texts in sides.items():
        for name, settings in kinds.items():
            with Meter() as meter:
                vectors = TfidfVectorizer(sublinear_tf=True, **settings).fit_transform(texts)
                scores = (vectors @ vectors.T).toarray()
            np.fill_diagonal(scores, -1.0)
            hits = labels[np.argsort(-scores, axis=1, kind="stable")[:, :10]] == labels[:, None]
            measures = {"nearest": round(float(hits[:, 0].mean()), 4), "ten": round(float(hits.mean()), 4)}
            rows.append(meter.row(instance=f"quality CSL, {side}", solver=f"scikit-learn, {name}") | measures)
    return rows
