"""Scores of pairs of proposals and experts: by the nearest works, by codes, by keywords, and all of them in one order.

A work is scored in each language that it shares with the proposal and counts with the one in which it is nearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise.codes import NSFC, CodeTree
from headwater.algorithms.expertise.encoder import Encoder, encode
from headwater.algorithms.expertise.papers import Expert, Work, by_language, english, fit_spaces
from headwater.algorithms.expertise.space import Space
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import in_ranges

Aggregate = Literal["max", "top3", "top5", "mean"]
TOP: dict[str, int] = {"max": 1, "top3": 3, "top5": 5, "mean": 0}
PAIRS = 20_000
"""Pairs that a thread scores between two calls of `progress`."""


@dataclass(frozen=True)
class Weights:
    """What each signal counts in the sum of z-scores."""

    text: float = 1.0
    semantic: float = 1.0
    codes: float = 0.8
    keywords: float = 0.4


@dataclass(frozen=True)
class Similarity:
    """Scores of pairs, all of one shape: (pairs,), or (proposals, experts) when no pairs were named; float32.

    Attributes:
        text: mean cosine of the nearest works, 0..1.
        semantic: the same by the sentence model, None without one.
        codes, keywords: overlap, 0..1.
        total: the weighted sum of z-scores over these pairs; only its order has a meaning.
    """

    text: NDArray[np.float32]
    semantic: NDArray[np.float32] | None
    codes: NDArray[np.float32]
    keywords: NDArray[np.float32]
    total: NDArray[np.float32]


def z_sum(scores: Sequence[NDArray[np.floating]], weights: Sequence[float]) -> NDArray[np.float32]:
    """Weighted sum of scores after each is brought to mean 0 and standard deviation 1; a constant score adds nothing.

    Raises:
        BadInput: no scores, different shapes or lengths, NaN.
    """
    if not scores or len(scores) != len(weights):
        raise BadInput(f"scores and weights must be equally many, at least 1; {len(scores)} and {len(weights)} given")
    total = np.zeros(scores[0].shape)
    for row, (score, weight) in enumerate(zip(scores, weights, strict=True)):
        if score.shape != total.shape:
            raise BadInput(f"scores: row {row} has shape {score.shape}, {total.shape} expected")
        if not np.isfinite(score).all() or not np.isfinite(weight):
            raise BadInput(f"scores: row {row} holds NaN or infinity")
        spread = float(score.std()) if score.size else 0.0
        if spread > 1e-12:
            total += weight * (score - score.mean()) / spread
    return total.astype(np.float32)


def similarity(
    proposals: Sequence[Work],
    experts: Sequence[Expert],
    pairs: NDArray[np.integer] | None = None,
    *,
    aggregate: Aggregate = "top5",
    encoder: Encoder | None = None,
    weights: Weights | None = None,
    tree: CodeTree = NSFC,
    spaces: tuple[Space, Space] | None = None,
    workers: int | None = None,
    progress: Progress = silent,
) -> Similarity:
    """Score pairs of proposals and experts by single works, codes and keywords.

    Args:
        pairs: (pairs, 2) rows of proposals and experts, all by default.
        aggregate: an expert's nearest work, the mean of the three or five nearest, or of all.
        encoder: a sentence model for English text, see `encoder.english_model`.
        spaces: term frequencies, by default those of the works and proposals given (`fit_spaces`).

    Memory: 8 bytes for each distinct term of each work and 4 for each pair and signal; 1.5 kB a work with a sentence model.

    Raises:
        BadInput: no proposals or experts, an unknown row in `pairs`, an unknown aggregate, an encoder that answers with NaN.
    """
    if not proposals or not experts:
        raise BadInput("proposals and experts must not be empty")
    if aggregate not in TOP:
        raise BadInput(f"aggregate must be one of {', '.join(TOP)}, not {aggregate!r}")
    weights = weights or Weights()
    left, right, shape = _sides(pairs, len(proposals), len(experts))
    asked = _Asked(proposals, experts, left, right, TOP[aggregate])
    text = asked.by_text(spaces or fit_spaces([*proposals, *asked.works]), workers, progress)
    semantic = None if encoder is None else asked.by_meaning(encoder)
    codes = code_pairs([w.codes for w in proposals], [all_codes(e) for e in experts], left, right, tree)
    words = keyword_pairs([keywords(w) for w in proposals], [all_keywords(e) for e in experts], left, right)
    signals = [(text, weights.text), (codes, weights.codes), (words, weights.keywords)]
    total = z_sum(*zip(*(signals if semantic is None else [*signals, (semantic, weights.semantic)]), strict=True))
    return Similarity(
        text.reshape(shape),
        None if semantic is None else semantic.reshape(shape),
        codes.reshape(shape),
        words.reshape(shape),
        total.reshape(shape),
    )


class _Asked:
    """Pairs of proposals and experts; the works of expert e are works[first[e]:first[e + 1]], the nearest `top` of them count."""

    def __init__(
        self, proposals: Sequence[Work], experts: Sequence[Expert], left: NDArray[np.int64], right: NDArray[np.int64], top: int
    ) -> None:
        self.proposals, self.left, self.right, self.top = proposals, left, right, top
        self.works = [w for e in experts for w in e.works]
        self.first = np.zeros(len(experts) + 1, dtype=np.int64)
        np.cumsum([len(e.works) for e in experts], out=self.first[1:])

    def by_text(self, spaces: tuple[Space, Space], workers: int | None, progress: Progress) -> NDArray[np.float32]:
        from headwater.algorithms.expertise._pairs import Rows, sparse_pairs

        asked, held = Rows(*_vectors(self.proposals, spaces)), Rows(*_vectors(self.works, spaces))
        found = np.zeros(len(self.left), dtype=np.float32)

        def work(start: int, end: int) -> None:
            part = slice(start, end)
            sparse_pairs(self.left[part], self.right[part], self.first, asked, held, self.top, found[part])

        in_ranges(work, len(found), size=PAIRS, workers=workers, progress=progress)
        return found

    def by_meaning(self, encoder: Encoder) -> NDArray[np.float32]:
        from headwater.algorithms.expertise._pairs import dense_pairs

        here, there = (encode(encoder, [english(w) for w in some]) for some in (self.proposals, self.works))
        if here.shape[1] != there.shape[1]:
            raise BadInput(f"encoder: answers of {here.shape[1]} and of {there.shape[1]} numbers")
        found = np.zeros(len(self.left), dtype=np.float32)
        dense_pairs(self.left, self.right, self.first, here, there, self.top, found)
        return found


def _sides(
    pairs: NDArray[np.integer] | None, proposals: int, experts: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[int, ...]]:
    if pairs is None:
        left, right = np.divmod(np.arange(proposals * experts, dtype=np.int64), experts)
        return left, right, (proposals, experts)
    pairs = np.asarray(pairs)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.issubdtype(pairs.dtype, np.integer):
        raise BadInput(f"pairs must be whole numbers of shape (pairs, 2), not {pairs.dtype} {pairs.shape}")
    for side, most, name in ((0, proposals, "proposal"), (1, experts, "expert")):
        wrong = np.flatnonzero((pairs[:, side] < 0) | (pairs[:, side] >= most))
        if len(wrong):
            raise BadInput(f"pairs: row {wrong[0]} names {name} {pairs[wrong[0], side]}, there are {most}")
    return pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64), (len(pairs),)


def _vectors(
    works: Sequence[Work], spaces: tuple[Space, Space]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """TF-IDF rows of works in both languages: row 2 i is the Chinese one of work i, row 2 i + 1 the English one."""
    texts = [by_language(w) for w in works]
    chinese, other = (space.vectors([t[n] for t in texts]) for n, space in enumerate(spaces))
    pointer = np.zeros(2 * len(works) + 1, dtype=np.int64)
    pointer[1::2], pointer[2::2] = np.diff(chinese.indptr), np.diff(other.indptr)
    np.cumsum(pointer, out=pointer)
    for side in (chinese, other):
        side.resize((len(works), max(chinese.shape[1], other.shape[1])))
    both = sparse.vstack([chinese, other], format="csr")[np.arange(2 * len(works)).reshape(2, -1).T.ravel()]
    return pointer, both.indices.astype(np.int32), both.data.astype(np.float32)


def code_pairs(
    asked: Sequence[Iterable[str]],
    held: Sequence[Iterable[str]],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    tree: CodeTree = NSFC,
) -> NDArray[np.float32]:
    """Overlap of the nearest codes of each pair (asked[left[n]], held[right[n]]), 0..1."""
    found = np.zeros(len(left), dtype=np.float32)
    for level, rise in enumerate(tree.rises):
        sides = [[{p[1] for c in codes for p in tree.prefixes(c) if p[0] == level} for codes in side] for side in (asked, held)]
        a, b = _incidence(*sides)
        found += np.float32(rise) * (_products(a, b, left, right) > 0)
    return found


def keyword_pairs(
    asked: Sequence[set[str]], held: Sequence[set[str]], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Share of the proposal's keywords that the expert has too, rare ones counting more (idf over experts), 0..1."""
    a, b = _incidence(asked, held)
    idf = 1.0 + np.log((1.0 + len(held)) / (1.0 + np.bincount(b.indices, minlength=b.shape[1])))
    a = a @ sparse.diags_array(idf)
    whole = np.asarray(a.sum(axis=1)).ravel()
    found = _products(sparse.csr_matrix(a), b, left, right)
    return np.asarray(np.divide(found, whole[left], out=np.zeros(len(left)), where=whole[left] > 0), dtype=np.float32)


def _incidence(left: Sequence[set[str]], right: Sequence[set[str]]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    names = {name: n for n, name in enumerate(sorted(set().union(*left, *right)))}
    matrices = []
    for side in (left, right):
        columns = [sorted(names[name] for name in some) for some in side]
        pointer = np.cumsum([0, *map(len, columns)])
        flat = np.array([c for some in columns for c in some], dtype=np.int32)
        matrices.append(sparse.csr_matrix((np.ones(len(flat)), flat, pointer), shape=(len(side), max(1, len(names)))))
    return matrices[0], matrices[1]


def _products(
    a: sparse.csr_matrix, b: sparse.csr_matrix, left: NDArray[np.int64], right: NDArray[np.int64], block: int = 1_000_000
) -> NDArray[np.float64]:
    """Dot products of rows left[n] of `a` and right[n] of `b`."""
    found = np.zeros(len(left))
    if not a.nnz or not b.nnz:
        return found
    for start in range(0, len(left), block):
        part = slice(start, start + block)
        found[part] = np.asarray(a[left[part]].multiply(b[right[part]]).sum(axis=1)).ravel()
    return found


def keywords(work: Work) -> set[str]:
    """Keywords of a work in both languages, in lower case."""
    return {k.strip().lower() for k in (*work.keywords, *work.keywords_en) if k.strip()}


def all_keywords(expert: Expert) -> set[str]:
    """Keywords of an expert and of the expert's works."""
    return {k.strip().lower() for k in expert.keywords if k.strip()}.union(*map(keywords, expert.works))


def all_codes(expert: Expert) -> set[str]:
    """Codes of an expert and of the expert's works."""
    return set(expert.codes).union(*(w.codes for w in expert.works))
