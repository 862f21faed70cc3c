"""What is to be assigned, checked at the door."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput

FREE, BLOCKED, LOCKED = 0, 1, 2
"""What may be done with a candidate pair: take it or leave it, leave it, take it."""


@dataclass(frozen=True)
class Limit:
    """At most `most` experts of one group for a proposal.

    `group` is (experts,) with small non-negative numbers, -1 where the limit does not speak of an expert. `most` is one number, or
    one for each group: with groups 0 for men and 1 for women and five reviews, `most=[4, 5]` asks for at least one woman.
    """

    name: str
    group: NDArray[np.int32]
    most: ArrayLike = 1

    def table(self) -> NDArray[np.int32]:
        """The limit of each group."""
        return np.broadcast_to(np.asarray(self.most, dtype=np.int32), (int(self.group.max(initial=-1)) + 1,)).copy()


@dataclass(frozen=True)
class Problem:
    """Candidates, demand and loads; `Problem.of` checks and completes them.

    Shapes: `indptr` (proposals + 1,), `column`, `score`, `status` (candidates,), `demand` (proposals,), `lower`, `upper` (experts,).
    Candidates of a proposal are in ascending order of expert. `scale` is the largest score; the engines work in units of it.
    """

    indptr: NDArray[np.int64]
    column: NDArray[np.int32]
    score: NDArray[np.float32]
    status: NDArray[np.uint8]
    demand: NDArray[np.int32]
    lower: NDArray[np.int32]
    upper: NDArray[np.int32]
    limits: tuple[Limit, ...] = ()
    scale: float = 1.0
    digest: str = field(default="", compare=False)

    @property
    def proposals(self) -> int:
        return len(self.demand)

    @property
    def experts(self) -> int:
        return len(self.upper)

    @staticmethod
    def of(
        scores: sparse.csr_matrix,
        demand: ArrayLike,
        upper: ArrayLike,
        *,
        lower: ArrayLike | None = None,
        limits: Sequence[Limit] = (),
        locked: ArrayLike | None = None,
        forbidden: ArrayLike | None = None,
    ) -> Problem:
        """Check the arguments and put them into the form of the engines.

        Args:
            scores: (proposals, experts) candidates; a pair that is not stored, or stored as 0, is no candidate. Finite, not negative.
            demand: experts wanted for each proposal, locked ones among them.
            upper, lower: the most and the fewest proposals of each expert, locked ones among them.
            locked: (n, 2) pairs that must be in the answer; one that is no candidate becomes one with score 0. They may break a
                limit that people chose to break; what is added to them does not.
            forbidden: (n, 2) pairs that must not be in the answer.

        Raises:
            BadInput: wrong shapes, unknown ids, NaN or negative numbers, or locked pairs that break a load, a demand or a ban;
                the message names the argument and the first row.
        """
        matrix = _matrix(scores)
        proposals, experts = matrix.shape
        wanted = _counts("demand", demand, proposals)
        most = _counts("upper", upper, experts)
        fewest = np.zeros(experts, dtype=np.int32) if lower is None else _counts("lower", lower, experts)
        _refuse(fewest > most, "lower: above upper at expert {}")
        for limit in limits:
            _check_limit(limit, experts)
        fixed, banned = _pairs("locked", locked, matrix.shape), _pairs("forbidden", forbidden, matrix.shape)
        matrix = _with_pairs(matrix, fixed)
        status = np.zeros(matrix.nnz, dtype=np.uint8)
        status[places(matrix, banned)[1]] = BLOCKED
        _refuse(status[at := places(matrix, fixed)[1]] == BLOCKED, "locked: pair {} is also forbidden")
        status[at] = LOCKED
        _check_locked(fixed, wanted, most)
        return Problem(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32, copy=False),
            matrix.data,
            status,
            wanted,
            fewest,
            most,
            tuple(limits),
            float(matrix.data.max(initial=0.0)) or 1.0,
            _digest(matrix, limits, wanted, fewest, most, status),
        )

    def matrix(self) -> sparse.csr_matrix:
        return sparse.csr_matrix((self.score, self.column, self.indptr), shape=(self.proposals, self.experts))

    def rows(self) -> NDArray[np.int32]:
        """The proposal of each candidate."""
        return np.repeat(np.arange(self.proposals, dtype=np.int32), np.diff(self.indptr))


def places(matrix: Any, pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where pairs stand among the candidates: (which of the pairs are candidates, their candidate numbers)."""
    if not len(pairs):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    indptr, column = matrix.indptr, matrix.indices if sparse.issparse(matrix) else matrix.column
    found = np.full(len(pairs), -1, dtype=np.int64)
    for n, (p, e) in enumerate(pairs) if len(pairs) < 64 else ():
        first, last = int(indptr[p]), int(indptr[p + 1])
        at = first + int(np.searchsorted(column[first:last], e))
        found[n] = at if at < last and column[at] == e else -1
    if len(pairs) >= 64:
        found = _places_many(indptr, column, pairs)
    hit = np.flatnonzero(found >= 0)
    return hit, found[hit]


def _places_many(indptr: Any, column: Any, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Binary search of all pairs at once, each in the row of its proposal."""
    low, high = indptr[pairs[:, 0]].astype(np.int64), indptr[pairs[:, 0] + 1].astype(np.int64)
    end = high.copy()
    while True:
        open_ = low < high
        if not open_.any():
            break
        middle = (low + high) // 2
        smaller = open_ & (column[np.minimum(middle, len(column) - 1)] < pairs[:, 1])
        low = np.where(smaller, middle + 1, low)
        high = np.where(open_ & ~smaller, middle, high)
    hit = (
        (low < end) & (column[np.minimum(low, max(len(column) - 1, 0))] == pairs[:, 1])
        if len(column)
        else np.zeros(len(low), bool)
    )
    return np.where(hit, low, -1)


def _refuse(wrong: NDArray[np.bool_], message: str) -> None:
    if wrong.any():
        raise BadInput(message.format(int(np.argmax(wrong))))


def _counts(name: str, given: ArrayLike, size: int) -> NDArray[np.int32]:
    array = np.asarray(given)
    if array.shape != (size,):
        raise BadInput(f"{name}: expected shape ({size},), found {array.shape}")
    if array.dtype.kind not in "iu":
        if array.dtype.kind != "f":
            raise BadInput(f"{name}: expected whole numbers, found {array.dtype}")
        _refuse(~np.isfinite(array) | (array != np.floor(array)), f"{name}: not a whole number at row {{}}")
    _refuse(array < 0, f"{name}: negative at row {{}}")
    _refuse(array > 2**30, f"{name}: above 2**30 at row {{}}")
    return array.astype(np.int32)


def _matrix(scores: sparse.csr_matrix) -> sparse.csr_matrix:
    if not sparse.issparse(scores) or scores.format != "csr":
        raise BadInput(f"scores: expected a CSR matrix, found {type(scores).__name__}")
    wrong = ~np.isfinite(scores.data) | (scores.data < 0)
    if wrong.any():
        at = int(np.searchsorted(scores.indptr, int(np.argmax(wrong)), side="right")) - 1
        raise BadInput(f"scores: not finite or negative at proposal {at}")
    if not scores.has_canonical_format or (scores.nnz and scores.data.min() == 0):
        scores = scores.copy()
        scores.sum_duplicates()
        scores.eliminate_zeros()
    if scores.dtype != np.float32:
        scores = scores.astype(np.float32)
    return scores


def _check_limit(limit: Limit, experts: int) -> None:
    group = np.asarray(limit.group)
    if group.shape != (experts,):
        raise BadInput(f"limit {limit.name}: expected group of shape ({experts},), found {group.shape}")
    _refuse(group < -1, f"limit {limit.name}: group below -1 at expert {{}}")
    most = np.asarray(limit.most)
    count = int(group.max(initial=-1)) + 1
    if most.ndim > 1 or (most.ndim == 1 and len(most) < count):
        raise BadInput(f"limit {limit.name}: expected one number or one for each of {count} groups, found shape {most.shape}")
    _refuse(np.atleast_1d(most) < 0, f"limit {limit.name}: negative most at group {{}}")


def _pairs(name: str, given: ArrayLike | None, shape: tuple[int, int]) -> NDArray[np.int64]:
    if given is None:
        return np.zeros((0, 2), dtype=np.int64)
    pairs = np.asarray(given, dtype=np.int64).reshape(-1, 2) if np.size(given) else np.zeros((0, 2), dtype=np.int64)
    _refuse((pairs[:, 0] < 0) | (pairs[:, 0] >= shape[0]), f"{name}: unknown proposal in pair {{}}")
    _refuse((pairs[:, 1] < 0) | (pairs[:, 1] >= shape[1]), f"{name}: unknown expert in pair {{}}")
    return np.unique(pairs, axis=0)


def _with_pairs(matrix: sparse.csr_matrix, pairs: NDArray[np.int64]) -> sparse.csr_matrix:
    """The matrix with these pairs stored; new ones have score 0."""
    hit, _at = places(matrix, pairs)
    new = np.delete(pairs, hit, axis=0)
    if not len(new):
        return matrix
    coo = matrix.tocoo()
    row, column = np.concatenate([coo.row, new[:, 0]]), np.concatenate([coo.col, new[:, 1]])
    data = np.concatenate([coo.data, np.zeros(len(new), dtype=np.float32)])
    return sparse.csr_matrix((data, (row, column)), shape=matrix.shape)


def _check_locked(pairs: NDArray[np.int64], demand: NDArray[np.int32], upper: NDArray[np.int32]) -> None:
    if not len(pairs):
        return
    _refuse(np.bincount(pairs[:, 0], minlength=len(demand)) > demand, "locked: more pairs than demand at proposal {}")
    _refuse(np.bincount(pairs[:, 1], minlength=len(upper)) > upper, "locked: more pairs than upper at expert {}")


def _digest(matrix: sparse.csr_matrix, limits: Sequence[Limit], *parts: NDArray[Any]) -> str:
    """What the run record calls the input by: equal inputs, equal digests."""
    mixed = hashlib.blake2b(digest_size=16)
    for array in (matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False), matrix.data):
        mixed.update(memoryview(array).cast("B") if array.size else b"")
    for limit in limits:
        mixed.update(np.asarray(limit.group, dtype=np.int32).tobytes() + limit.table().tobytes())
    for part in parts:
        mixed.update(part.tobytes())
    return mixed.hexdigest()
