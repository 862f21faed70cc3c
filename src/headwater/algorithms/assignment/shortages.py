"""Why places stay empty, and why lower loads are not met: groups of proposals or of experts that want more than the others have for them."""

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
    """One reason for each group of empty places, `most` at the most, by Hall's theorem: the proposals that alternating paths reach.

    Without limits the reasons name every empty place once: what is missing adds up to what is unfilled. Leaving any proposal out of a
    group (of up to 300) would leave some of its empty places unexplained. Candidates have room once for each proposal that may have
    them. Where candidates have room and a limit keeps them out, the reason names the limit.
    """
    todo = np.flatnonzero(assigned.unfilled > 0).tolist()
    if not todo:
        return []
    holders = _holders(problem, assigned)
    covered: set[int] = set()
    found: list[Shortage] = []
    for root in todo:
        if root in covered or len(found) == most:
            continue
        reason = _alone(problem, root) if problem.limits else None
        if reason is None:
            group = _reach(problem, holders, root, [other for other in todo if other not in covered])
            reason = _smallest(problem, group)
            if reason.missing < 1:
                reason = _limited(problem, assigned, root)
            else:
                covered |= group
        covered.add(root)
        found.append(reason)
    return found


@dataclass(frozen=True)
class Unmet:
    """The lower loads of these experts come to `lower` places; all proposals that may have them want `room`, which is fewer.

    `limit` is set where the proposals would do but for a limit.
    """

    experts: tuple[int, ...]
    proposals: tuple[int, ...]
    lower: int
    room: int
    limit: str = ""

    @property
    def missing(self) -> int:
        return self.lower - self.room


def unmet(problem: Problem, assigned: Assigned, *, most: int = 20) -> list[Unmet]:
    """One reason for each group of experts below their lower loads, `most` at the most: those who share proposals with them by chains.

    Where the proposals of a group want as many experts as its lower loads ask for, others hold their places: by a limit, or because the
    assignment is not exact (`room` is then no smaller than `lower`).
    """
    wanting = _wanting(problem)
    holders: dict[int, list[int]] = {}
    for p, e in zip(assigned.proposals.tolist(), assigned.experts.tolist(), strict=True):
        holders.setdefault(p, []).append(e)
    load = np.bincount(assigned.experts, minlength=problem.experts)
    covered: set[int] = set()
    found: list[Unmet] = []
    for root in np.flatnonzero(assigned.short > 0).tolist():
        if root in covered or len(found) == most:
            continue
        experts, proposals, queue = set[int](), set[int](), [root]
        while queue:
            expert = queue.pop()
            experts.add(expert)
            fresh = set(wanting.get(expert, [])) - proposals
            proposals |= fresh
            near = {e for p in fresh for e in holders.get(p, [])} - experts - set(queue)
            queue += [e for e in near if load[e] <= problem.lower[e] and problem.lower[e] > 0]
        covered |= experts
        found.append(_reason(problem, wanting, experts, proposals))
    return found


def _wanting(problem: Problem) -> dict[int, list[int]]:
    """The proposals that may have each expert."""
    found: dict[int, list[int]] = {}
    usable = problem.status != BLOCKED
    for p, e in zip(problem.rows()[usable].tolist(), problem.column[usable].tolist(), strict=True):
        found.setdefault(e, []).append(p)
    return found


def _reason(problem: Problem, wanting: dict[int, list[int]], experts: set[int], proposals: set[int]) -> Unmet:
    times = np.bincount([p for e in experts for p in wanting.get(e, [])], minlength=problem.proposals)
    room, lower = int(np.minimum(times, problem.demand).sum()), int(problem.lower[sorted(experts)].sum())
    limit = problem.limits[0].name if room >= lower and problem.limits else ""
    return Unmet(tuple(sorted(experts)), tuple(sorted(proposals)), lower, room, limit)


def _limited(problem: Problem, assigned: Assigned, proposal: int) -> Shortage:
    """A proposal whose candidates have room together with others, but not under the limits."""
    wanted, name = int(problem.demand[proposal]), problem.limits[0].name if problem.limits else ""
    experts = tuple(candidates_of(problem, proposal).tolist())
    return Shortage((proposal,), experts, wanted, wanted - int(assigned.unfilled[proposal]), name)


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
    """A proposal that cannot be served whatever the others do: too few candidates under a limit, or too few at all."""
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


def _reach(problem: Problem, holders: dict[int, list[int]], root: int, others: list[int]) -> set[int]:
    """Proposals that share experts with a root by chains of who holds whom; of `others` with empty places, those that touch them."""
    seen, experts = set[int](), set[int]()
    waiting, queue = [other for other in others if other != root], [root]
    while queue:
        while queue:
            proposal = queue.pop()
            if proposal in seen:
                continue
            seen.add(proposal)
            fresh = set(candidates_of(problem, proposal).tolist()) - experts
            experts |= fresh
            queue += [p for e in fresh for p in holders.get(e, [])]
        touching = [other for other in waiting if not experts.isdisjoint(candidates_of(problem, other).tolist())]
        near = set(touching)
        waiting = [other for other in waiting if other not in near]
        queue = [other for other in touching if other not in seen]
    return seen


def _room(problem: Problem, group: list[int]) -> tuple[int, NDArray[np.int64]]:
    """Places that the candidates of a group have for it: an expert takes each proposal once and no more than the upper load."""
    every = np.concatenate([candidates_of(problem, p) for p in group])
    experts, times = np.unique(every, return_counts=True)
    return int(np.minimum(times, problem.upper[experts]).sum()), experts.astype(np.int64)


def _smallest(problem: Problem, group: set[int]) -> Shortage:
    """The group without those that can be left out while as much is missing."""
    kept = sorted(group)
    room, experts = _room(problem, kept)
    missing = int(problem.demand[kept].sum()) - room
    if len(kept) <= LARGEST:
        for p in sorted(group):
            rest = [q for q in kept if q != p]
            if rest and int(problem.demand[rest].sum()) - _room(problem, rest)[0] >= missing:
                kept = rest
        room, experts = _room(problem, kept)
    return Shortage(tuple(kept), tuple(experts.tolist()), int(problem.demand[kept].sum()), room)
