"""A round of assignment, solved by the kernels of expertise and assignment; it runs in the worker, on the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.assignment import Assigned, Limit, Problem, assign, assign_fairly, shortages
from headwater.algorithms.expertise import candidates
from headwater.algorithms.progress import silent
from headwater.calls.models import Application, Call
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.jobs import Progress
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.parameters import Parameters
from headwater.review.models import ACTIVE, Assignment, Conflict, Expert
from headwater.review.queries import expert_codes, profiles
from headwater.review.services.assigning import Plan, open_load

CANDIDATES = 80
SHOWN_SHORTAGES = 20
Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Inputs:
    """A run; `applications` and `experts` are the ids of rows and columns, `settled` the pairs that were fixed before it."""

    applications: list[int]
    experts: list[int]
    problem: Problem
    settled: NDArray[np.int64]
    forbidden: int

    def fresh(self, result: Assigned) -> NDArray[np.int64]:
        """Which pairs of a result are new, not settled before the run."""
        width = len(self.experts)
        before = self.settled[:, 0] * width + self.settled[:, 1]
        return np.flatnonzero(~np.isin(result.proposals * width + result.experts, before))


def plan(call: Call, account: Account | None, *, seed: int, fair: bool, progress: Progress | None) -> Plan:
    """Read candidates, conflicts and loads, and solve. `fair` puts the worst-served applications first, then the total."""
    inputs = _inputs(call, progress, account)
    result = assign_fairly(inputs.problem, seed=seed).assigned if fair else assign(inputs.problem, seed=seed)
    new = inputs.fresh(result)
    pairs = [
        (inputs.applications[p], inputs.experts[e], float(s))
        for p, e, s in zip(result.proposals[new], result.experts[new], result.scores[new], strict=True)
    ]
    settings = {"keep": CANDIDATES, "demand": int(inputs.problem.demand.max(initial=0))}
    return Plan(pairs, _record(inputs, result, new), settings)


def _known_pairs(call: Call, applications: Sequence[Application], experts: Sequence[Expert]) -> tuple[Pairs, Pairs, Pairs]:
    """(row, column) of pairs in conflict, of pairs that ended without an opinion, and of pairs that are settled."""
    row = {a.pk: n for n, a in enumerate(applications)}
    column = {e.pk: n for n, e in enumerate(experts)}
    assigned = Assignment.objects.filter(application__call=call)
    conflicts = Conflict.objects.filter(application__call=call)
    # Whoever declined, let an invitation expire or was released is not asked for the same application again.
    gone = assigned.exclude(state__in=ACTIVE)
    locked = assigned.filter(state__in=ACTIVE).exclude(state=Assignment.State.PROPOSED)
    found = [_pairs(rows.values_list("application", "expert"), row, column) for rows in (conflicts, gone, locked)]
    return found[0], found[1], found[2]


def _inputs(call: Call, progress: Progress | None, account: Account | None) -> Inputs:
    waiting = Application.objects.filter(call=call, state__in=[State.ACCEPTED, State.IN_REVIEW])
    applications = list(without_own(waiting, account).select_related("discipline").order_by("pk"))
    experts = list(Expert.objects.available().select_related("person").order_by("pk"))
    if not applications:
        raise Refused.because(_("没有待送审的申请"))
    if not experts:
        raise Refused.because(_("专家库中没有可用的专家"))
    parameters = Parameters(call.scheme.region, clock.last_day(call.closes_at))
    wanted = parameters.number("reviewers_per_application", call.scheme.code)
    shape = (len(applications), len(experts))
    forbidden, gone, locked = _known_pairs(call, applications, experts)
    mask = _mask([*forbidden, *gone, *locked], shape)
    scores = candidates(
        [f"{a.title_zh} {a.keywords_zh} {a.abstract_zh}" for a in applications],
        profiles(experts),
        [a.discipline.code if a.discipline else "" for a in applications],
        expert_codes(experts),
        keep=CANDIDATES,
        forbidden=mask,
        progress=(lambda done, total: progress(done, total, str(_("匹配专家")))) if progress else silent,
    )
    settled = np.array(locked, dtype=np.int64).reshape(-1, 2)
    held, busy = np.bincount(settled[:, 0], minlength=shape[0]), np.bincount(settled[:, 1], minlength=shape[1])
    load = open_load(call)
    most = parameters.number("reviewer_max_load", call.scheme.code)
    room = np.array([max(0, min(e.max_load, most) - load.get(e.pk, 0)) for e in experts], dtype=np.int64)
    groups = _dense(np.array([e.person.organisation_id or -1 for e in experts], dtype=np.int64))
    problem = Problem.of(
        scores, np.maximum(wanted, held), room + busy, limits=[Limit("institution", groups.astype(np.int32))], locked=settled
    )
    return Inputs([a.pk for a in applications], [e.pk for e in experts], problem, settled, len(forbidden))


def _dense(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Institution ids as small numbers; -1 stays "no institution"."""
    ids, index = np.unique(groups, return_inverse=True)
    dense = index.astype(np.int64)
    return np.where(groups < 0, -1, dense - (1 if len(ids) and ids[0] < 0 else 0))


def _pairs(rows: Any, row: dict[int, int], column: dict[int, int]) -> list[tuple[int, int]]:
    return [(row[a], column[e]) for a, e in rows if a in row and e in column]


def _mask(pairs: Sequence[tuple[int, int]], shape: tuple[int, int]) -> sparse.csr_matrix:
    if not pairs:
        return sparse.csr_matrix(shape)
    p, e = zip(*pairs, strict=True)
    return sparse.csr_matrix((np.ones(len(p)), (p, e)), shape=shape)


def _record(inputs: Inputs, result: Assigned, new: NDArray[np.int64]) -> dict[str, Any]:
    loads, scores = np.bincount(result.experts, minlength=len(inputs.experts)), result.scores[new]
    return {
        "applications": len(inputs.applications),
        "experts": len(inputs.experts),
        "candidates": len(inputs.problem.column),
        "conflicts": inputs.forbidden,
        "pairs": len(new),
        "unfilled": int(result.unfilled.sum()),
        "total": round(float(scores.sum()), 4),
        "mean": round(float(scores.mean()), 4) if len(scores) else 0.0,
        "worst": round(float(scores.min()), 4) if len(scores) else 0.0,
        "max_load": int(loads.max(initial=0)),
        "busy": int((loads > 0).sum()),
        "gap": round(result.gap, 8),
        "engine": result.engine,
        "seconds": result.seconds,
        "inputs": result.inputs,
        "digest": result.digest,
        "shortages": [
            {
                "applications": [inputs.applications[p] for p in s.proposals[:20]],
                "count": len(s.proposals),
                "demand": s.demand,
                "room": s.room,
                "limit": s.limit,
            }
            for s in shortages(inputs.problem, result, most=SHOWN_SHORTAGES)
        ],
        "prices": {str(inputs.experts[e]): round(float(result.prices[e]), 6) for e in np.flatnonzero(result.prices > 0)},
    }
