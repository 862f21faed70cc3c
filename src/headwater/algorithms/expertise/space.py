"""The space of n-grams: texts to sparse TF-IDF vectors.

A unit is a Chinese character or a Latin word; a text's terms are its single units and pairs of neighbours (`orders` = 2), hashed to
2**bits columns. On Chinese abstracts this finds papers of the same discipline more often than segmented words or longer n-grams do
(docs/kernels/expertise.md); on English it is the TF-IDF of words and word pairs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import in_ranges

BLOCK = 4096
"""Texts that are counted at a time: memory is about 30 bytes for each of their characters."""


@dataclass(frozen=True)
class Counts:
    """Terms of a block of texts: row t has terms buckets[pointer[t]:pointer[t + 1]], each `counts` times."""

    pointer: NDArray[np.int64]
    buckets: NDArray[np.uint32]
    counts: NDArray[np.uint16]


@dataclass(frozen=True)
class Space:
    """What is known of the terms of a set of texts.

    Attributes:
        frequency: int32 (2**bits,), how many of the texts have a term.
        texts: how many texts there were.
    """

    frequency: NDArray[np.int32]
    texts: int
    orders: int
    bits: int

    @property
    def idf(self) -> NDArray[np.float32]:
        """1 + ln((1 + texts) / (1 + frequency)), 0 for terms that no text had; float32 (2**bits,)."""
        seen = self.frequency.astype(np.float32)
        return np.where(seen > 0, 1.0 + np.log((1.0 + self.texts) / (1.0 + seen)), 0.0).astype(np.float32)

    def vectors(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """TF-IDF of texts, (len(texts), 2**bits) float32, rows of length 1; the product of two such is the cosine.

        Weight is (1 + ln count) x idf; terms that the space has not seen are left out. Memory: 8 bytes for each distinct term of a text.

        Raises:
            BadInput: something that is not text, with its row.
        """
        from headwater.algorithms.expertise._grams import weigh

        check_texts(texts, "texts", empty=True)
        idf, parts, pointer = self.idf, [], [np.zeros(1, dtype=np.int64)]
        for block in blocks(texts):
            counted = count(block, orders=self.orders, bits=self.bits)
            weights = np.empty(len(counted.buckets), dtype=np.float32)
            weigh(counted.pointer, counted.buckets, counted.counts, idf, weights)
            pointer.append(counted.pointer[1:] + pointer[-1][-1])
            parts.append((weights, counted.buckets.astype(np.int32)))
        data = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, dtype=np.float32)
        indices = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, dtype=np.int32)
        matrix = sparse.csr_matrix((data, indices, np.concatenate(pointer)), shape=(len(texts), 1 << self.bits))
        matrix.eliminate_zeros()
        matrix.sort_indices()
        return matrix


def aligned_empty(size: int) -> NDArray[np.uint8]:
    """Bytes that begin on a cache line."""
    raw = np.empty(size + 64, dtype=np.uint8)
    skip = -raw.ctypes.data % 64
    return raw[skip : skip + size]


def blocks(texts: Sequence[str], size: int = BLOCK) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def check_texts(texts: Sequence[str], name: str, *, empty: bool = False) -> None:
    """
    Raises:
        BadInput: nothing at all (unless `empty`), or something that is not text, with its row.
    """
    if isinstance(texts, str):
        raise BadInput(f"{name} must be a list of texts, not one text")
    if not len(texts) and not empty:
        raise BadInput(f"{name} must not be empty")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise BadInput(f"{name}: row {row} is not text but {type(text).__name__}")


def points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Code points of texts in lower case, one after the other, and where each begins (one more than texts)."""
    lower = [t.lower() for t in texts]
    starts = np.zeros(len(lower) + 1, dtype=np.int64)
    np.cumsum([len(t) for t in lower], out=starts[1:])
    return np.frombuffer("".join(lower).encode("utf-32-le", "surrogatepass"), dtype=np.uint32), starts


def count(texts: Sequence[str], *, orders: int, bits: int) -> Counts:
    """Count the terms of each text of a block."""
    from headwater.algorithms.expertise._grams import count_grams

    codes, starts = points(texts)
    pointer = np.zeros(len(texts) + 1, dtype=np.int64)
    buckets, counts = np.empty(orders * len(codes), dtype=np.uint32), np.empty(orders * len(codes), dtype=np.uint16)
    count_grams(codes, starts, orders, bits, pointer, buckets, counts)
    return Counts(pointer, buckets[: pointer[-1]], counts[: pointer[-1]])


def enough_bits(texts: Sequence[str], orders: int) -> int:
    """Bits that give each n-gram of the texts four columns, within 10..22."""
    return min(22, max(10, (4 * orders * sum(map(len, texts))).bit_length()))


def fit(
    texts: Sequence[str], *, orders: int = 2, bits: int | None = None, workers: int | None = None, progress: Progress = silent
) -> Space:
    """Learn which terms are rare from texts.

    Args:
        orders: the longest n-gram, 1..4 units.
        bits: 2**bits columns, by default enough for the texts, at most 2**22; distinct terms share a column when there are many.

    Raises:
        BadInput: no texts, something that is not text, or a parameter out of range.
    """
    check_texts(texts, "texts")
    return counted_space(texts, orders, bits, np.zeros(len(texts), dtype=np.int64), workers, progress)


def counted_space(
    texts: Sequence[str],
    orders: int,
    bits: int | None,
    sizes: NDArray[np.int64],
    workers: int | None,
    progress: Progress,
    total: int | None = None,
) -> Space:
    """`fit` that also writes the number of distinct terms of each text to `sizes`."""
    from headwater.algorithms.expertise._grams import add_frequencies

    if not 1 <= orders <= 4:
        raise BadInput(f"orders must be within 1..4, not {orders}")
    bits = enough_bits(texts, orders) if bits is None else bits
    if not 8 <= bits <= 22:
        raise BadInput(f"bits must be within 8..22, not {bits}")
    frequency, lock = np.zeros(1 << bits, dtype=np.int32), threading.Lock()

    def work(start: int, end: int) -> None:
        found = count(texts[start:end], orders=orders, bits=bits)
        sizes[start:end] = np.diff(found.pointer)
        with lock:
            add_frequencies(found.buckets, frequency)

    in_ranges(work, len(texts), size=BLOCK, workers=workers, progress=progress, total_for_progress=total)
    return Space(frequency, len(texts), orders, bits)
