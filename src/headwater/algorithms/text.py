"""Text similarity for matching: hashed character n-grams for Chinese, words and word pairs for English, TF-IDF, top candidates.

Character n-grams beat segmented words on Chinese scientific abstracts (same-discipline retrieval), so no segmenter is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput

BITS = 20
_SPACE = re.compile(r"\s+")
_LATIN = re.compile(r"[a-z0-9]+")


def hashed_counts(texts: Sequence[str], *, bits: int = BITS) -> sparse.csr_matrix:
    """Count hashed n-grams: characters 1-3 of every text (Latin words as single units).

    Returns a (len(texts), 2**bits) matrix of float32 counts. Memory: about 12 bytes for each distinct n-gram of a text.
    """
    size = np.uint64((1 << bits) - 1)
    columns: list[NDArray[np.int64]] = []
    lengths = np.zeros(len(texts) + 1, dtype=np.int64)
    for row, text in enumerate(texts):
        codes = _units(text)
        grams = [codes]
        if len(codes) > 1:
            grams.append(codes[:-1] * np.uint64(0x9E3779B97F4A7C15) + codes[1:])
        if len(codes) > 2:
            grams.append((codes[:-2] * np.uint64(0xC2B2AE3D27D4EB4F) + codes[1:-1]) * np.uint64(0x9E3779B97F4A7C15) + codes[2:])
        mixed = np.concatenate(grams)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        hashed = ((mixed >> np.uint64(32)) & size).astype(np.int64)
        columns.append(hashed)
        lengths[row + 1] = lengths[row] + len(hashed)
    indices = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
    matrix = sparse.csr_matrix((np.ones(len(indices), dtype=np.float32), indices, lengths), shape=(len(texts), 1 << bits))
    matrix.sum_duplicates()
    return matrix


def _units(text: str) -> NDArray[np.uint64]:
    """One integer for each Chinese character or Latin word."""
    text = _SPACE.sub("", text) if not _LATIN.search(text.lower()) else text.lower()
    if not _LATIN.search(text):
        return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    units: list[int] = []
    last = 0
    for word in _LATIN.finditer(text):
        units += [ord(c) for c in text[last : word.start()] if not c.isspace()]
        number = 0
        for character in word.group():
            number = (number * 131 + ord(character)) & 0xFFFFFFFF
        units.append(number | 1 << 33)
        last = word.end()
    units += [ord(c) for c in text[last:] if not c.isspace()]
    return np.array(units, dtype=np.uint64)


def tfidf(counts: sparse.csr_matrix, idf: NDArray[np.float32]) -> sparse.csr_matrix:
    """Sublinear term frequency times `idf`, rows of unit length."""
    out = counts.copy().astype(np.float32)
    out.data = (1.0 + np.log(out.data)) * idf[out.indices]
    norms = np.sqrt(np.asarray(out.multiply(out).sum(axis=1)).ravel())
    norms[norms == 0] = 1.0
    return sparse.csr_matrix(sparse.diags_array(1.0 / norms).astype(np.float32) @ out)


def inverse_frequency(*matrices: sparse.csr_matrix) -> NDArray[np.float32]:
    """idf over the rows of all matrices; n-grams seen once carry nothing and are dropped (weight 0)."""
    seen = sum(np.bincount(m.indices, minlength=m.shape[1]) for m in matrices)
    rows = sum(m.shape[0] for m in matrices)
    idf = np.log((1.0 + rows) / (1.0 + seen)) + 1.0
    idf[seen < 2] = 0.0
    return np.asarray(idf, dtype=np.float32)


def similarities(
    proposals: Sequence[str], profiles: Sequence[str], *, progress: Callable[[int, int], None] | None = None
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """TF-IDF rows of proposals and profiles in one space; cosine is their product.

    Raises:
        BadInput: nothing to compare.
    """
    if not proposals or not profiles:
        raise BadInput("proposals and profiles must not be empty")
    left, right = hashed_counts(proposals), hashed_counts(profiles)
    if progress:
        progress(1, 2)
    idf = inverse_frequency(left, right)
    return tfidf(left, idf), tfidf(right, idf)
