"""Why places stay empty: the smallest groups of proposals that want more experts than they have candidates with room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.assignment.engine import Assigned
from headwater.algorithms.assignment.problem import BLOCKED, Problem

LARGEST = 300
"""Groups with more proposals are reported as they are, not made smaller."""


@dataclass(frozen=True)
class Shortage:
    """These proposals want `demand` places; all their candidates together have `room` for fewer. `missing` is the difference.

    `limit` is set where the candidates would do but for a limit, e.g. all from one institution; then `experts` are the candidates.
    """

    proposals: tuple[int, ...]
    experts: tuple[int, ...]
    demand: int
    room: int
    limit: str = ""

    @property
    def missing(self) -> int:
        return self.demand - self.room


def shortages(problem: Problem, assigned: Assigned, *, most: int = 20) -> list[Shortage]:
    """One reason for each group of empty places, `most` at the most, by Hall's theorem: the proposals that alternating paths reach from an empty place.

    Removing any proposal from a group that is reported (up to 300 proposals) leaves one that could be served. Candidates are counted
    once for each proposal that may have them.
    """
    todo = [int(i) for i in np.flatnonzero(assigned.unfilled > 0)]
    if not todo:
        return []
    holders = _holders(problem, assigned)
    covered: set[int] = set()
    found: list[Shortage] = []
    for root in todo:
        if root in covered:
            continue
        alone = _alone(problem, root)
        group = {root} if alone is not None else _reach(problem, holders, root)
        reason = alone or _smallest(problem, root, group)
        covered |= set(reason.proposals) | (group & set(todo))
        found.append(reason)
        if len(found) == most:
            break
    return found


def _holders(problem: Problem, assigned: Assigned) -> dict[int, list[int]]:
    by: dict[int, list[int]] = {}
    for p, e in zip(assigned.proposals.tolist(), assigned.experts.tolist(), strict=True):
        by.setdefault(e, []).append(p)
    return by


def candidates_of(problem: Problem, proposal: int) -> NDArray[np.int32]:
    """Experts that a proposal may have."""
    first, last = problem.indptr[proposal], problem.indptr[proposal + 1]
    column = problem.column[first:last][problem.status[first:last] != BLOCKED]
    return np.asarray(column[problem.upper[column] > 0], dtype=np.int32)


def _alone(problem: Problem, proposal: int) -> Shortage | None:
    """A proposal that cannot be served whatever the others do: too few candidates, or too few under a limit."""
    own, wanted = candidates_of(problem, proposal), int(problem.demand[proposal])
    experts = tuple(int(e) for e in own)
    if len(own) < wanted:
        return Shortage((proposal,), experts, wanted, len(own))
    for limit in problem.limits:
        group, most = limit.group[own], limit.table()
        counts = np.bincount(group[group >= 0], minlength=len(most))
        room = int((group < 0).sum() + np.minimum(counts, most).sum())
        if room < wanted:
            return Shortage((proposal,), experts, wanted, room, limit.name)
    return None


def _reach(problem: Problem, holders: dict[int, list[int]], root: int) -> set[int]:
    seen, experts, queue = {root}, set[int](), [root]
    while queue:
        for e in candidates_of(problem, queue.pop()).tolist():
            if e in experts:
                continue
            experts.add(e)
            fresh = [p for p in holders.get(e, []) if p not in seen]
            seen.update(fresh)
            queue += fresh
    return seen


def _room(problem: Problem, group: list[int]) -> tuple[int, NDArray[np.int64]]:
    """Places that the candidates of a group have for it: an expert takes each proposal once and no more than the upper load."""
    every = np.concatenate([candidates_of(problem, p) for p in group])
    experts, times = np.unique(every, return_counts=True)
    return int(np.minimum(times, problem.upper[experts]).sum()), experts.astype(np.int64)


def _smallest(problem: Problem, root: int, group: set[int]) -> Shortage:
    kept = sorted(group)
    if len(kept) <= LARGEST:
        for p in sorted(group - {root}):
            rest = [q for q in kept if q != p]
            if _room(problem, rest)[0] < int(problem.demand[rest].sum()):
                kept = rest
    room, experts = _room(problem, kept)
    return Shortage(tuple(kept), tuple(experts.tolist()), int(problem.demand[kept].sum()), room)
