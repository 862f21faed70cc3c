"""Assignment of experts: candidates by expertise, conflicts kept out, optimal under loads, published with a seed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import Error as DatabaseError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.assignment import Assigned, Limit, Problem, assign, assign_fairly, shortages
from headwater.algorithms.assignment.problem import FREE
from headwater.algorithms.expertise import candidates
from headwater.algorithms.progress import silent
from headwater.calls.models import Application, Call
from headwater.calls.phases import refuse_too_early
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, authorise, command
from headwater.core.errors import Refused
from headwater.core.jobs import Progress, job, result_names
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.services import notify
from headwater.registry.models import accounts_of
from headwater.review.models import ACTIVE, Assignment, Conflict, Expert, Round
from headwater.review.queries import expert_codes, profiles
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.pairing import parted, row_of, rows_of, shared
from headwater.review.terms import ReviewTerms, review_terms
from headwater.schemes import Scheme

CANDIDATES = 80
SHOWN_SHORTAGES = 20
WRITTEN = 6000
"""Characters of an application that experts are matched by."""


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


def propose_round(
    *, call: Call, actor: Actor, seed: int | None = None, fair: bool = False, progress: Progress | None = None
) -> Round:
    """Find conflicts, build candidates, solve, and store the result as a proposal that nobody but officers sees.

    Applications that already have active experts keep them; only what is missing is assigned. The solver runs outside the
    transaction; conflicts found meanwhile are refused by the database when the pairs are written. `fair` puts the worst-served
    applications first, then the total; otherwise the total counts alone. What is the actor's own case is left for another officer.

    Raises:
        Refused: applications may still come in, nothing to assign, or no expert is left.
    """
    refuse_too_early(call)
    find_conflicts(call=call, actor=actor)
    inputs = _inputs(call, progress, actor.account)
    seed = seed if seed is not None else secrets.randbelow(2**31)
    result = assign_fairly(inputs.problem, seed=seed).assigned if fair else assign(inputs.problem, seed=seed)
    new = inputs.fresh(result)
    if not (inputs.problem.status == FREE).any() and result.unfilled.any():
        raise Refused.because(_("没有找到一对可以指派的申请和专家：请核对专家的申请代码、研究方向和评审项数上限"), code="empty")
    with command(actor, "review.manage", call, name="review.propose_round") as log:
        for old in Round.objects.select_for_update().filter(call=call, state=Round.State.PROPOSED):
            old.assignments.all().delete()
            old.state = Round.State.DISCARDED
            old.save(update_fields=["state"])
        round_ = Round.objects.create(
            call=call,
            seed=seed,
            made_by=actor.account,
            made_at=clock.now(),
            record=_record(inputs, result, new),
            settings={"keep": CANDIDATES, "demand": int(inputs.problem.demand.max(initial=0)), "fair": fair},
        )
        try:
            Assignment.objects.bulk_create(
                [
                    Assignment(round=round_, application_id=inputs.applications[p], expert_id=inputs.experts[e], score=float(s))
                    for p, e, s in zip(result.proposals[new], result.experts[new], result.scores[new], strict=True)
                ],
                batch_size=5000,
            )
        except DatabaseError as error:
            raise Refused.because(_("计算期间出现了新的利益冲突，请重新运行指派")) from error
        log(round_, after=round_.record | {"seed": seed})
    return round_


def publish_round(*, round_: Round, actor: Actor) -> int:
    """Invite the experts of a proposed round; applications move into review. Returns the number of invitations."""
    with command(actor, "review.manage", round_.call, name="review.publish_round") as log:
        refuse_too_early(round_.call)
        row = Round.objects.select_for_update().get(pk=round_.pk)
        if row.state != Round.State.PROPOSED:
            raise Refused.because(_("该方案已发布或作废"))
        authorise(actor, "review.round.publish", row)
        if not row.assignments.filter(state=Assignment.State.PROPOSED).exists():
            raise Refused.because(_("方案里没有一项指派，不能发布"), code="empty")
        now = clock.now()
        days = review_terms(row.call, clock.today()).days
        due = clock.end_of_day(clock.add_days(clock.today(), days))
        row.state, row.published_at, row.due_at = Round.State.PUBLISHED, now, due
        row.respond_by = clock.end_of_day(clock.add_days(clock.today(), min(5, days)))
        row.save(update_fields=["state", "published_at", "due_at", "respond_by"])
        count = row.assignments.filter(state=Assignment.State.PROPOSED).update(
            state=Assignment.State.INVITED, invited_at=now, due_at=due
        )
        fresh = Application.objects.filter(assignments__round=row, state=State.ACCEPTED).values("pk")
        APPLICATION.apply(Application.objects.filter(pk__in=fresh).moving(), "start_review", log)
        people = accounts_of(Expert.objects.filter(assignments__round=row).values_list("person", flat=True))
        notify(
            people,
            title=lambda: _("评审邀请：%s") % row.call.title_zh,
            body=lambda: _("请于 %s 前答复。") % (clock.last_day(row.respond_by) if row.respond_by else ""),
            url="/review/",
        )
        log(row, after={"state": row.state, "invited": count, "due_at": str(due)})
    return count


def open_load(call: Call) -> dict[int, int]:
    """What experts hold: open assignments over all calls, and what they have submitted in this one.

    People do not have more time for two calls than for one.
    """
    load: dict[int, int] = {}
    mine = Q(application__call=call, state=Assignment.State.SUBMITTED)
    held = Assignment.objects.filter(Q(state__in=[Assignment.State.INVITED, Assignment.State.ACCEPTED]) | mine)
    for expert in held.values_list("expert", flat=True):
        load[expert] = load.get(expert, 0) + 1
    return load


Pairs = list[tuple[int, int]]


def _known_pairs(call: Call, applications: Sequence[Application], experts: Sequence[Expert]) -> tuple[Pairs, Pairs, Pairs]:
    """(index of the application, column) of pairs in conflict, of pairs that ended without an opinion, and of pairs that are settled."""
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
    applications = list(without_own(waiting, account).select_related("discipline", "second_discipline").order_by("pk"))
    experts = list(Expert.objects.available().select_related("person").order_by("pk"))
    if not applications:
        raise Refused.because(_("没有待送审的申请"))
    if not experts:
        raise Refused.because(_("专家库中没有可用的专家"))
    scheme, terms, rows, codes = scheme_of(call), review_terms(call), rows_of(applications), expert_codes(experts)
    shape = (len(rows.code), len(experts))
    forbidden, gone, held_by = _known_pairs(call, applications, experts)
    locked = [(row_of(rows, a, codes[e]), e) for a, e in held_by]
    barred = [*forbidden, *gone, *held_by]
    mask = _mask([*barred, *((int(rows.twin[a]), e) for a, e in barred if rows.twin[a] >= 0)], shape)
    texts = [written(a, scheme) for a in applications]
    scores = candidates(
        [texts[n] for n in rows.application],
        profiles(experts),
        rows.code,
        codes,
        keep=CANDIDATES,
        forbidden=mask,
        progress=(lambda done, total: progress(done, total, str(_("匹配专家")))) if progress else silent,
    )
    settled = np.array(locked, dtype=np.int64).reshape(-1, 2)
    held, busy = np.bincount(settled[:, 0], minlength=shape[0]), np.bincount(settled[:, 1], minlength=shape[1])
    load = open_load(call)
    room = np.array([max(0, min(e.max_load, terms.max_load) - load.get(e.pk, 0)) for e in experts], dtype=np.int64)
    limits = _limits(experts, terms)
    scores = parted(scores, rows, experts, locked, inside=len(limits) > 1)
    problem = Problem.of(scores, shared(rows, terms.opinions, held), room + busy, limits=limits, locked=settled)
    return Inputs([applications[n].pk for n in rows.application], [e.pk for e in experts], problem, settled, len(forbidden))


def written(application: Application, scheme: Scheme) -> str:
    """What experts are matched by: title, keywords and abstract; where no abstract is asked, what is written in answer to questions."""
    said = [application.title_zh, application.keywords_zh, application.abstract_zh]
    if "abstract" not in scheme.asks:
        answers = application.answers or {}
        said += [str(answers[f.code]) for f in scheme.fields if f.is_text and not f.restricted and answers.get(f.code)]
    return " ".join(said)[:WRITTEN]


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


result_names(
    applications=gettext_lazy("申请"),
    experts=gettext_lazy("专家"),
    conflicts=gettext_lazy("已排除的冲突"),
    pairs=gettext_lazy("指派对数"),
    unfilled=gettext_lazy("未满足的名额"),
    mean=gettext_lazy("平均匹配度"),
    worst=gettext_lazy("最低匹配度"),
    max_load=gettext_lazy("最大负荷"),
    seconds=gettext_lazy("求解秒数"),
)


@job("review.assign", gettext_lazy("专家指派"))
def assign_job(progress: Progress, actor: Actor, *, call: int, fair: bool = False) -> dict[str, Any]:
    round_ = propose_round(call=Call.objects.select_related("scheme").get(pk=call), actor=actor, fair=fair, progress=progress)
    shown = {name: value for name, value in round_.record.items() if name not in {"prices", "shortages"}}
    return {**shown, "url": f"/office/calls/{call}/assign/"}
