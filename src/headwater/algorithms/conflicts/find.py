"""The search: kind by kind, counted first, then written; proposals in threads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from scipy import sparse

from headwater.algorithms.conflicts.checks import checked
from headwater.algorithms.conflicts.model import Array, Found, Kind, Proposals, Registry, Rules, TooMany
from headwater.algorithms.conflicts.sides import MEETINGS, Meeting, World, evidence_of
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import in_ranges

LIMIT = 200_000_000
RANGE = 8192


def find_conflicts(
    proposals: Proposals,
    registry: Registry,
    rules: Rules,
    *,
    candidates: sparse.csr_matrix | None = None,
    kinds: Collection[Kind] = tuple(Kind),
    every_reason: bool = False,
    limit: int = LIMIT,
    workers: int | None = None,
    progress: Progress = silent,
) -> Found:
    """All conflicts of proposals with experts, each with its evidence.

    Args:
        candidates: (proposals, experts) the pairs to look at; default: all pairs.
        kinds: kinds to look for.
        every_reason: keep every evidence of a pair and kind, not only the one with the smallest rows (left, then right).
        limit: the most conflicts; each takes 17 bytes, and 4 more while they are put together.
        workers: threads; the answer does not depend on them.
        progress: (done, total) in kinds times proposals.

    Memory beside the output: the tables in int32, one kind's join at a time (about 24 bytes for each token that meets), and 12 bytes
    for each expert and thread. At 470,000 proposals with 80 candidates each and 20 million rows 1.7 GB in all.

    Raises:
        BadInput: a table whose columns differ in length, or an index out of range, with its name and row; a person twice an expert.
        TooMany: more than `limit`.
    """
    world, pairs = checked(proposals, registry, rules, candidates)
    return _find(world, pairs, kinds, every_reason, limit, workers, progress, (0, len(proposals)))


def _find(
    world: World,
    pairs: tuple[Array, Array],
    kinds: Collection[Kind],
    every: bool,
    limit: int,
    workers: int | None,
    progress: Progress,
    span: tuple[int, int],
) -> Found:
    columns: tuple[list[Array], ...] = ([], [], [], [], [])
    counts: dict[Kind, int] = {}
    wanted, size = sorted(set(kinds)), len(world.proposals)
    for number, kind in enumerate(wanted):
        ends = (number * size, len(wanted) * size)
        search = _Search(MEETINGS[kind](world), world, pairs, span, every=every, workers=workers, progress=progress, ends=ends)
        counts[kind] = search.total
        if sum(counts.values()) > limit:
            raise TooMany(counts, limit)
        for column, part in zip(columns, search.write(kind, world), strict=True):
            column.append(part)
    proposal, expert, kind_of, left, right = (_together(column) for column in columns)
    return Found(proposal, expert, kind_of.astype(np.int8, copy=False), left, right, size, len(world.registry.expert))


def _together(parts: list[Array]) -> Array:
    """One array of the parts, which are let go at once, so that no more than one column is in memory twice."""
    whole: Array = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
    parts.clear()
    return whole


def count_conflicts(
    proposals: Proposals,
    registry: Registry,
    rules: Rules,
    *,
    candidates: sparse.csr_matrix | None = None,
    kinds: Collection[Kind] = tuple(Kind),
    workers: int | None = None,
) -> dict[Kind, int]:
    """How many pairs each kind has, without making them."""
    world, pairs = checked(proposals, registry, rules, candidates)
    span = (0, len(proposals))
    return {kind: _Search(MEETINGS[kind](world), world, pairs, span, workers=workers).total for kind in sorted(set(kinds))}


def stream_conflicts(
    proposals: Proposals,
    registry: Registry,
    rules: Rules,
    *,
    size: int = 100_000,
    kinds: Collection[Kind] = tuple(Kind),
    every_reason: bool = False,
    limit: int = LIMIT,
    workers: int | None = None,
    progress: Progress = silent,
) -> Iterator[Found]:
    """The conflicts of all pairs in blocks of `size` proposals, for results that do not fit in memory; `limit` holds for a block.

    Numbers of proposals and evidence rows are those of the whole. The joins are made anew for each block: take large ones.
    """
    world, pairs = checked(proposals, registry, rules, None)
    for start in range(0, len(proposals), size):
        span = (start, min(start + size, len(proposals)))
        yield _find(world, pairs, kinds, every_reason, limit, workers, progress, span)


class _Search:
    """One kind: counted when made, written on demand."""

    def __init__(
        self,
        meeting: Meeting,
        world: World,
        pairs: tuple[Array, Array],
        span: tuple[int, int],
        *,
        every: bool = False,
        workers: int | None = None,
        progress: Progress = silent,
        ends: tuple[int, int] | None = None,
    ) -> None:
        self.size, self.pairs, self.every = len(world.proposals), pairs, every
        self.workers, self.progress, self.ends = workers, progress, ends or (0, self.size)
        self.sides = _sides(meeting, self.size, len(world.registry.expert), span, every)
        self.count = np.zeros(self.size, dtype=np.int64)
        nothing = np.empty(0, dtype=np.int32)
        self._run(np.empty(0, dtype=np.int64), nothing, nothing, nothing)
        self.total = int(self.count.sum())

    def _run(self, start: Array, expert: Array, left: Array, right: Array) -> None:
        from headwater.algorithms.conflicts.kernels import Out, join

        if not len(self.sides.t_expert) or not len(self.sides.p_token):
            return
        out = Out(start, expert, left, right)

        def work(first: int, end: int) -> None:
            join(self.sides, *self.pairs, out, self.count, not self.every, first, end)

        done, whole = self.ends
        in_ranges(
            work, self.size, size=RANGE, workers=self.workers, progress=self.progress, done_before=done, total_for_progress=whole
        )

    def write(self, kind: Kind, world: World) -> tuple[Array, ...]:
        """Proposal, expert, kind, left, right."""
        expert, left, right = (np.empty(self.total, dtype=np.int32) for _ in range(3))
        if self.total:
            start = np.concatenate([[0], np.cumsum(self.count)]).astype(np.int64)
            self._run(start, expert, left, right)
        proposal = np.repeat(np.arange(self.size, dtype=np.int32), self.count)
        return proposal, expert, np.full(self.total, kind, dtype=np.int8), *evidence_of(kind, world, left, right)


def _sides(meeting: Meeting, proposals: int, experts: int, span: tuple[int, int], every: bool) -> Any:
    from headwater.algorithms.conflicts.kernels import Sides, order_by

    (proposal, token, left), (expert, theirs, right) = (
        [np.ascontiguousarray(a, dtype=np.int32) for a in side] for side in (meeting.left, meeting.right)
    )
    met = np.zeros(meeting.tokens, dtype=bool)
    met[theirs] = True
    keep = met[token] & (proposal >= span[0]) & (proposal < span[1])
    proposal, token, left = _grouped(proposal[keep], token[keep], left[keep], proposals, meeting.tokens)
    expert, theirs, right = _grouped(expert, theirs, right, experts, meeting.tokens)
    if not every and not len(meeting.who):
        # One reason is enough, and nobody meets himself: of one holder's evidence for a token the smallest will do.
        proposal, token, left = _smallest(proposal, token, left)
        expert, theirs, right = _smallest(expert, theirs, right)
    t_start, by_token = order_by(theirs, meeting.tokens)
    who = np.ascontiguousarray(meeting.who, dtype=np.int32)
    return Sides(
        _starts(proposal, proposals),
        token,
        left,
        t_start,
        expert[by_token],
        right[by_token],
        _starts(expert, experts),
        theirs,
        right,
        who,
    )


def _grouped(holder: Array, token: Array, evidence: Array, holders: int, tokens: int) -> tuple[Array, Array, Array]:
    """Sorted by holder, then token."""
    from headwater.algorithms.conflicts.kernels import order_by

    _start, order = order_by(token, tokens)
    _start, again = order_by(holder[order], holders)
    order = order[again]
    return holder[order], token[order], evidence[order]


def _smallest(holder: Array, token: Array, evidence: Array) -> tuple[Array, Array, Array]:
    """Each holder and token once."""
    if not len(holder):
        return holder, token, evidence
    fresh = np.ones(len(holder), dtype=bool)
    fresh[1:] = (holder[1:] != holder[:-1]) | (token[1:] != token[:-1])
    return holder[fresh], token[fresh], np.minimum.reduceat(evidence, np.flatnonzero(fresh))


def _starts(holder: Array, holders: int) -> Array:
    return np.concatenate([[0], np.cumsum(np.bincount(holder, minlength=holders))]).astype(np.int64)
