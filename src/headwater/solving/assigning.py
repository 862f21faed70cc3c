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
from headwater.algorithms.assignment.problem import FREE
from headwater.algorithms.expertise import candidates
from headwater.algorithms.progress import silent
from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.errors import Refused
from headwater.core.jobs import Progress
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.review.languages import languages_of, reads
from headwater.review.models import ACTIVE, Assignment, Conflict, Expert
from headwater.review.queries import expert_codes, profiles
from headwater.review.services.assigning import Plan, open_load
from headwater.review.services.pairing import matching_text
from headwater.review.terms import ReviewTerms, review_terms
from headwater.solving.pairing import demand_of, parted, row_of, rows_of

CANDIDATES = 80
SHOWN_SHORTAGES = 20
Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Inputs:
    """A run; `applications` and `experts` are the ids of rows and columns, `settled` the pairs that were fixed before it. An application of
    two disciplines has two rows.
    """

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
    hopeless = not (inputs.problem.status == FREE).any() and bool(result.unfilled.any())
    return Plan(pairs, _record(inputs, result, new), settings, hopeless)


def _known_pairs(call: Call, applications: Sequence[Application], experts: Sequence[Expert]) -> tuple[Pairs, Pairs, Pairs]:
    """(index of the application, column) of pairs in conflict, of pairs that ended without an opinion, and of pairs that are settled."""
    row = {a.pk: n for n, a in enumerate(applications)}
    column = {e.pk: n for n, e in enumerate(experts)}
    assigned = Assignment.objects.filter(application__call=call)
    conflicts = Conflict.objects.filter(application__call=call)
    # Whoever declined, let an invitation expire or was released is not asked for the same application again.
    ended = assigned.exclude(state__in=ACTIVE)
    locked = assigned.filter(state__in=ACTIVE).exclude(state=Assignment.State.PROPOSED)
    pairs = [_pairs(rows.values_list("application", "expert"), row, column) for rows in (conflicts, ended, locked)]
    return pairs[0], pairs[1], pairs[2]


def _inputs(call: Call, progress: Progress | None, account: Account | None) -> Inputs:
    waiting = Application.objects.filter(call=call, state__in=[State.ACCEPTED, State.IN_REVIEW])
    applications = list(without_own(waiting, account).select_related("discipline", "second_discipline").order_by("pk"))
    experts = list(Expert.objects.available().select_related("person").order_by("pk"))
    if not applications:
        raise Refused.because(_("没有待送审的申请"))
    if not experts:
        raise Refused.because(_("专家库中没有可用的专家"))
    scheme, terms, rows, codes = scheme_of(call), review_terms(call), rows_of(applications), expert_codes(experts)
    shape = (len(rows.code), len(experts))
    forbidden, ended, settled_pairs = _known_pairs(call, applications, experts)
    locked = [(row_of(rows, a, codes[e]), e) for a, e in settled_pairs]
    barred = [*forbidden, *ended, *settled_pairs, *_unread(applications, experts)]
    mask = _mask([*barred, *((int(rows.twin[a]), e) for a, e in barred if rows.twin[a] >= 0)], shape)
    texts = [matching_text(a, scheme) for a in applications]
    scores = candidates(
        [texts[n] for n in rows.application],
        profiles(experts),
        rows.code,
        codes,
        keep=CANDIDATES,
        forbidden=mask,
        progress=(lambda count, total: progress(count, total, str(_("匹配专家")))) if progress else silent,
    )
    settled = np.array(locked, dtype=np.int64).reshape(-1, 2)
    counts, busy = np.bincount(settled[:, 0], minlength=shape[0]), np.bincount(settled[:, 1], minlength=shape[1])
    load = open_load(call)
    room = np.array([max(0, min(e.max_load, terms.max_load) - load.get(e.pk, 0)) for e in experts], dtype=np.int64)
    limits = _limits(experts, terms)
    scores = parted(scores, rows, experts, locked, inside=len(limits) > 1)
    problem = Problem.of(scores, demand_of(rows, terms.opinions, counts), room + busy, limits=limits, locked=settled)
    return Inputs([applications[n].pk for n in rows.application], [e.pk for e in experts], problem, settled, len(forbidden))


def _unread(applications: Sequence[Application], experts: Sequence[Expert]) -> Pairs:
    """Return the pairs of an application and an expert who does not read the language in which it is written."""
    return [
        (a, e)
        for a, application in enumerate(applications)
        if (languages := languages_of(application))
        for e, expert in enumerate(experts)
        if not reads(expert, languages)
    ]


def _limits(experts: Sequence[Expert], terms: ReviewTerms) -> list[Limit]:
    """At most so many experts of one institution for an application, and at most so many from inside the region."""
    groups = _dense(np.array([e.person.organisation_id or -1 for e in experts], dtype=np.int64))
    inside = np.array([-1 if e.is_external else 0 for e in experts], dtype=np.int32)
    limits = [Limit("institution", groups.astype(np.int32), terms.same_host)]
    bound = terms.inside < terms.opinions and bool((inside >= 0).any())
    return limits + ([Limit("inside the region", inside, terms.inside)] if bound else [])


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
        "applications": len(set(inputs.applications)),
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
                "applications": list(dict.fromkeys(inputs.applications[p] for p in s.proposals[:20])),
                "count": len(s.proposals),
                "demand": s.demand,
                "room": s.room,
                "limit": s.limit,
            }
            for s in shortages(inputs.problem, result, most=SHOWN_SHORTAGES)
        ],
        "prices": {str(inputs.experts[e]): round(float(result.prices[e]), 6) for e in np.flatnonzero(result.prices > 0)},
    }
