"""An index of profiles that answers "which are nearest to this text" for hundreds of thousands of texts.

The score is the cosine of TF-IDF vectors. It is linear in the terms, so a profile's score is a sum over the terms of the proposal.
1. Filter. Each frequent term is a row of bits, one per profile. Its weight is rounded to one or two binary digits of a step that is 1/24
   of the standard deviation of the scores; rows are added up for 512 profiles at a time by carry-save adders. Rare terms are lists of
   profiles and are added one by one. So every profile gets a score with a small error, none is skipped.
2. Shortlist. The `short` best by that score are kept, 2.25 x keep.
3. Exact scores of the shortlist; the best `keep` are the answer.
No clusters, blocks of disciplines or bounds are used: time does not depend on how the texts are alike, nor on the order of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise.arrays import Answer, Profiles
from headwater.algorithms.expertise.codes import NSFC, CodeTree, check_codes
from headwater.algorithms.expertise.space import BLOCK, Space, aligned_empty, check_texts, count, counted_space
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import in_ranges

TILE = 512
FREQUENT = 0.003
"""Terms in at least this share of the profiles have a row of bits; below it a list is the faster."""
FEWEST = 48
ROWS_MB, MOST_ROWS = 1600, 60_000
"""Rows of bits get no more memory than this, and are no more than this, so that 16 bits number them."""
ALL = 1024
"""Registers up to this many profiles are scored one by one."""


@dataclass(frozen=True)
class Codes:
    """Rows of bits of the discipline codes: `first` and `rows` list them by profile, `row` finds the row of a level's prefix."""

    tree: CodeTree
    row: dict[tuple[int, str], int]
    first: NDArray[np.int64]
    rows: NDArray[np.int32]

    def of(self, codes: Sequence[str]) -> NDArray[np.int64]:
        """Rows of each proposal's code, (proposals, levels), -1 where no profile has the prefix."""
        found = np.full((len(codes), len(self.tree.cuts)), -1, dtype=np.int64)
        known = {c: [self.row.get(p, -1) for p in self.tree.prefixes(c)] for c in set(codes)}
        for n, code in enumerate(codes):
            if code:
                found[n] = known[code]
        return found


@dataclass(frozen=True)
class Index:
    """Profiles ready to be searched; made by `build`. Memory: about 8 bytes for each distinct term of each profile.

    Attributes:
        space: the terms and how frequent they are among the profiles.
        rank: int32 (2**bits,), number of a term, 0 for the most frequent, -1 for one that no profile has.
        entries: uint32, terms and counts of profile d at starts[d]:starts[d + 1].
        order, norms: profiles by the length of their vectors, and these lengths: the place of a profile in tiles and lists.
        row, share: the row of a term for each step of its count (terms, steps), or -1; the share of the profiles in it.
        bits: rows of bits, (tiles, height, 512 bits) flat: of terms, one empty, of codes.
        lists: places of the profiles that have a rare term, from list_first[rank - head].
    """

    space: Space
    rank: NDArray[np.int32]
    idf: NDArray[np.float32]
    starts: NDArray[np.int64]
    entries: NDArray[np.uint32]
    norms: NDArray[np.float32]
    order: NDArray[np.int32]
    row: NDArray[np.int32]
    share: NDArray[np.float32]
    empty: int
    height: int
    bits: NDArray[np.uint64]
    list_first: NDArray[np.int64]
    lists: NDArray[np.uint32]
    codes: Codes

    @property
    def tiles(self) -> int:
        return -(-len(self.order) // TILE)

    @property
    def profiles(self) -> Profiles:
        """The arrays that the compiled loops of a search read."""
        return Profiles(
            self.bits, self.height, self.empty, self.order, self.norms, self.starts, self.entries,
            self.row, self.share, self.list_first, self.lists,
        )  # fmt: skip

    @property
    def nbytes(self) -> int:
        """Memory of the index in bytes."""
        arrays = (self.rank, self.idf, self.starts, self.entries, self.norms, self.order, self.bits, self.list_first, self.lists)
        return sum(a.nbytes for a in arrays) + self.space.frequency.nbytes


def build(
    profiles: Sequence[str],
    codes: Sequence[Sequence[str]] | None = None,
    *,
    tree: CodeTree = NSFC,
    orders: int = 2,
    bits: int | None = None,
    workers: int | None = None,
    progress: Progress = silent,
    total: int | None = None,
) -> Index:
    """Index profiles.

    Args:
        codes: the discipline codes of each profile, none by default.
        orders, bits: as in `space.fit`.
        total: what `progress` shall say the whole is, 2 x profiles by default.

    Raises:
        BadInput: no profiles, something that is not text or not a code, with its row.
    """
    check_texts(profiles, "profiles")
    codes = [()] * len(profiles) if codes is None else codes
    check_codes(codes, len(profiles), "expert_codes")
    n, total = len(profiles), total or 2 * len(profiles)
    starts = np.zeros(n + 1, dtype=np.int64)
    space = counted_space(profiles, orders, bits, starts[1:], workers, progress, total)
    np.cumsum(starts, out=starts)
    rank, idf = _ranks(space)
    entries, norms = _forward(profiles, space, rank, idf, starts, workers, progress, total)
    order = np.argsort(norms, kind="stable").astype(np.int32)
    norms = norms[order]
    head, row, share = _rows(space, rank, entries, n)
    empty = int(row.max(initial=-1)) + 1
    coded = _code_rows(codes, tree, empty + 1)
    height = empty + 1 + len(coded.row)
    rows = _tiles(order, starts, entries, row, coded, height, workers)
    list_first, lists = _lists(space, rank, order, starts, entries, head)
    return Index(space, rank, idf, starts, entries, norms, order, row, share, empty, height, rows, list_first, lists, coded)


def _ranks(space: Space) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    known = np.flatnonzero(space.frequency)
    by = known[np.argsort(-space.frequency[known], kind="stable")]
    rank = np.full(1 << space.bits, -1, dtype=np.int32)
    rank[by] = np.arange(len(by), dtype=np.int32)
    return rank, space.idf[by]


def _forward(
    profiles: Sequence[str],
    space: Space,
    rank: NDArray[np.int32],
    idf: NDArray[np.float32],
    starts: NDArray[np.int64],
    workers: int | None,
    progress: Progress,
    total: int,
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    from headwater.algorithms.expertise._build import forward_rows

    entries, norms = np.empty(starts[-1], dtype=np.uint32), np.zeros(len(profiles), dtype=np.float32)

    def work(start: int, end: int) -> None:
        found = count(profiles[start:end], orders=space.orders, bits=space.bits)
        forward_rows(found.pointer, found.buckets, found.counts, rank, idf, starts[start:end], entries, norms[start:end])

    n = len(profiles)
    in_ranges(work, n, size=BLOCK, workers=workers, progress=progress, done_before=n, total_for_progress=total)
    return entries, norms


def _rows(
    space: Space, rank: NDArray[np.int32], entries: NDArray[np.uint32], n: int
) -> tuple[int, NDArray[np.int32], NDArray[np.float32]]:
    """Which terms (and counts of them) have a row: (terms below this rank, row or -1 by rank and step, share of the profiles)."""
    from headwater.algorithms.expertise._build import STEPS, count_steps

    by_rank = np.zeros(int(rank.max(initial=-1)) + 1, dtype=np.int64)
    known = rank >= 0
    by_rank[rank[known]] = space.frequency[known]
    least = max(FREQUENT * n, FEWEST)
    most = min(ROWS_MB * 1_000_000 // (-(-n // TILE) * 64), MOST_ROWS)
    head = min(int(np.count_nonzero(by_rank >= least)), most)
    found = np.zeros((head, len(STEPS)), dtype=np.int64)
    found[:, 0] = by_rank[:head]
    count_steps(entries, head, found)
    wanted = found >= least
    while wanted.sum() > most:
        head = head * 9 // 10
        found, wanted = found[:head], wanted[:head]
    row = np.full(found.shape, -1, dtype=np.int32)
    row[wanted] = np.arange(int(wanted.sum()), dtype=np.int32)
    share = np.zeros((len(by_rank), len(STEPS)), dtype=np.float32)
    share[:, 0] = by_rank / n
    share[:head] = np.where(wanted, found, 0) / n
    return head, row, share


def _code_rows(codes: Sequence[Sequence[str]], tree: CodeTree, start: int) -> Codes:
    row: dict[tuple[int, str], int] = {}
    first, rows = np.zeros(len(codes) + 1, dtype=np.int64), []
    for n, some in enumerate(codes):
        prefixes = sorted({p for c in some for p in tree.prefixes(c)})
        rows += [row.setdefault(p, start + len(row)) for p in prefixes]
        first[n + 1] = len(rows)
    return Codes(tree, row, first, np.array(rows, dtype=np.int32))


def _tiles(
    order: NDArray[np.int32],
    starts: NDArray[np.int64],
    entries: NDArray[np.uint32],
    row: NDArray[np.int32],
    codes: Codes,
    height: int,
    workers: int | None,
) -> NDArray[np.uint64]:
    """Bits by tile, row and profile. Begins on a cache line, so that a row is one."""
    from headwater.algorithms.expertise._build import fill_tiles

    tiles = -(-len(order) // TILE)
    bits = aligned_empty(tiles * height * 64).view(np.uint64)
    bits[:] = 0
    shaped = bits.view(np.uint8).reshape(tiles, height, 64)

    def work(start: int, end: int) -> None:
        fill_tiles(order, starts, entries, row, codes.first, codes.rows, shaped, start, end)

    in_ranges(work, tiles, size=16, workers=workers)
    return bits


def _lists(
    space: Space,
    rank: NDArray[np.int32],
    order: NDArray[np.int32],
    starts: NDArray[np.int64],
    entries: NDArray[np.uint32],
    head: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    from headwater.algorithms.expertise._build import fill_lists

    rare = rank >= head
    sizes = np.zeros(int(rare.sum()), dtype=np.int64)
    sizes[rank[rare] - head] = space.frequency[rare]
    first = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=first[1:])
    lists = np.empty(first[-1], dtype=np.uint32)
    fill_lists(order, starts, entries, head, first, lists)
    return first, lists


def search(
    index: Index,
    proposals: Sequence[str],
    codes: Sequence[str] | None = None,
    *,
    keep: int = 80,
    text_weight: float = 1.0,
    code_weight: float = 0.0,
    forbidden: sparse.sparray | sparse.spmatrix | None = None,
    short: int | None = None,
    workers: int | None = None,
    progress: Progress = silent,
    done_before: int = 0,
    total: int | None = None,
) -> sparse.csr_matrix:
    """The `keep` nearest profiles of each proposal: (proposals, profiles) float32, rows sorted by column, only scores above 0.

    The score is text_weight x cosine; with a `code_weight` it is text_weight x cosine / (the proposal's highest cosine) +
    code_weight x overlap of codes.

    Args:
        codes: one discipline code for each proposal, "" for none.
        forbidden: (proposals, profiles), any stored non-zero is a pair that must not be in the answer.
        short: profiles of a proposal that get an exact score, 2.25 x keep by default; more is slower and nearer to the exact answer.

    Memory beside the index and the answer: about 350 MB for each thread.

    Raises:
        BadInput: no proposals, wrong shapes, NaN or negative weights, something that is not text.
    """
    from headwater.algorithms.expertise.block import Asked, rows_at_once, search_block

    check_texts(proposals, "proposals")
    codes = [""] * len(proposals) if codes is None else codes
    check_codes([[c] for c in codes], len(proposals), "proposal_codes")
    shape = (len(proposals), len(index.order))
    check_search(keep, text_weight, code_weight, forbidden, shape)
    shortlist = max(keep, short or -(-9 * keep // 4))
    asked = Asked(proposals, index.codes.of(codes), _barred(forbidden, shape), (text_weight, code_weight), shortlist)
    best = _Best.empty(shape[0], min(keep, shape[1]))

    def work(start: int, end: int) -> None:
        search_block(index, asked, start, end, best.rows(start, end))

    size = rows_at_once(index)
    in_ranges(work, shape[0], size=size, workers=workers, progress=progress, done_before=done_before, total_for_progress=total)
    return best.matrix(shape)


@dataclass(frozen=True)
class _Best:
    """Profiles of each proposal by column and their scores, (proposals, keep), of which the first `count` are filled."""

    columns: NDArray[np.int32]
    scores: NDArray[np.float32]
    count: NDArray[np.int64]

    @classmethod
    def empty(cls, n: int, keep: int) -> _Best:
        return cls(np.zeros((n, keep), dtype=np.int32), np.zeros((n, keep), dtype=np.float32), np.zeros(n, dtype=np.int64))

    def rows(self, start: int, end: int) -> Answer:
        return Answer(self.columns[start:end], self.scores[start:end], self.count[start:end])

    def matrix(self, shape: tuple[int, int]) -> sparse.csr_matrix:
        pointer = np.zeros(len(self.count) + 1, dtype=np.int64)
        np.cumsum(self.count, out=pointer[1:])
        if pointer[-1] == self.columns.size:
            return sparse.csr_matrix((self.scores.ravel(), self.columns.ravel(), pointer), shape=shape)
        kept = np.arange(self.columns.shape[1]) < self.count[:, None]
        return sparse.csr_matrix((self.scores[kept], self.columns[kept], pointer), shape=shape)


def check_search(
    keep: int, text_weight: float, code_weight: float, forbidden: sparse.sparray | sparse.spmatrix | None, shape: tuple[int, int]
) -> None:
    """
    Raises:
        BadInput: a number out of range, or forbidden pairs of another shape or with NaN.
    """
    if keep < 1:
        raise BadInput(f"keep must be at least 1, not {keep}")
    for name, weight in (("text_weight", text_weight), ("code_weight", code_weight)):
        if not (np.isfinite(weight) and weight >= 0.0):
            raise BadInput(f"{name} must be a number of at least 0, not {weight}")
    if text_weight == 0.0:
        raise BadInput("text_weight must be above 0")
    if forbidden is None:
        return
    if tuple(forbidden.shape) != shape:
        raise BadInput(f"forbidden: shape {tuple(forbidden.shape)}, {shape} expected")
    pairs = sparse.coo_matrix(forbidden)
    wrong = np.flatnonzero(np.isnan(pairs.data.astype(np.float64)))
    if len(wrong):
        raise BadInput(f"forbidden: row {int(pairs.row[wrong].min())} holds NaN")


def _barred(forbidden: sparse.sparray | sparse.spmatrix | None, shape: tuple[int, int]) -> sparse.csr_matrix:
    if forbidden is None:
        return sparse.csr_matrix(shape, dtype=np.int8)
    barred = sparse.csr_matrix(forbidden, copy=True)
    barred.sum_duplicates()
    barred.eliminate_zeros()
    return barred
