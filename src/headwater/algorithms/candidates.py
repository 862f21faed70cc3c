"""Candidate lists: the best experts of each proposal by a mix of text, discipline codes and keywords."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.text import similarities

TEXT_WEIGHT, CODE_WEIGHT = 0.55, 0.45


def code_overlap(left: Sequence[str], right: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """Agreement of discipline codes, (len(left), len(right)): 1 same level-2 code, 0.5 same level 1, 0.15 same department.

    `left` has one code for each proposal ("" for none), `right` the codes of each expert; the best pair counts.
    """
    codes = sorted({c for cs in right for c in cs} | {c for c in left if c})
    where = {c: n for n, c in enumerate(codes)}
    table = np.zeros((len(codes) + 1, len(codes) + 1), dtype=np.float32)
    for a in codes:
        for b in codes:
            table[where[a], where[b]] = 1.0 if a[:5] == b[:5] else 0.5 if a[:3] == b[:3] else 0.15 if a[:1] == b[:1] else 0.0
    best = np.zeros((len(codes) + 1, len(right)), dtype=np.float32)
    for expert, cs in enumerate(right):
        for c in filter(None, cs):
            np.maximum(best[:, expert], table[:, where[c]], out=best[:, expert])
    rows = np.array([where.get(c, len(codes)) for c in left], dtype=np.int64)
    return best[rows]


def candidates(
    proposals: Sequence[str],
    profiles: Sequence[str],
    proposal_codes: Sequence[str],
    expert_codes: Sequence[Sequence[str]],
    *,
    keep: int = 80,
    forbidden: sparse.csr_matrix | None = None,
    block: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> sparse.csr_matrix:
    """The `keep` best experts of each proposal, as a sparse score matrix (proposals, experts) with scores in (0, 1].

    Args:
        forbidden: pairs that must not be candidates, any non-zero.
        block: proposals scored at a time; memory is block x experts x 8 bytes.
    """
    left, right = similarities(proposals, profiles)
    overlap = code_overlap(sorted(set(proposal_codes)), expert_codes)
    code_row = {c: n for n, c in enumerate(sorted(set(proposal_codes)))}
    turned = right.T.tocsr()
    data, indices, indptr = [], [], [0]
    for start in range(0, len(proposals), block):
        end = min(start + block, len(proposals))
        text = np.asarray((left[start:end] @ turned).todense(), dtype=np.float32)
        scale = np.maximum(text.max(axis=1, keepdims=True), 1e-6)
        rows = [code_row[c] for c in proposal_codes[start:end]]
        score = TEXT_WEIGHT * text / scale + CODE_WEIGHT * overlap[rows]
        if forbidden is not None:
            part = forbidden[start:end].tocoo()
            score[part.row, part.col] = 0.0
        width = min(keep, score.shape[1])
        top = np.argpartition(-score, width - 1, axis=1)[:, :width]
        for row in range(end - start):
            chosen = np.sort(top[row][score[row, top[row]] > 0])
            indices.append(chosen)
            data.append(score[row, chosen])
            indptr.append(indptr[-1] + len(chosen))
        if progress:
            progress(end, len(proposals))
    return sparse.csr_matrix(
        (np.concatenate(data), np.concatenate(indices), np.array(indptr)), shape=(len(proposals), len(profiles))
    )
