"""Assignment of experts: candidates by expertise, conflicts kept out, optimal under loads, published with a seed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import Error as DatabaseError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.assignment import Assigned, Limit, Problem, assign, assign_fairly, shortages
from headwater.algorithms.expertise import candidates
from headwater.algorithms.progress import silent
from headwater.calls.models import LONG, Application, Call, Party, has_own_in
from headwater.calls.phases import refuse_too_early
from headwater.calls.services.applications import on_withdraw
from headwater.calls.services.signing import Agreement, Signing, agreed, sign
from headwater.calls.signing import documents_for
from headwater.calls.states import CallState, State
from headwater.calls.words import said
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.jobs import Progress, job, result_names
from headwater.core.models import Account
from headwater.core.own import not_own, without_own
from headwater.core.parameters import Parameters
from headwater.core.services import notify
from headwater.registry.models import accounts_of, is_own
from headwater.review.models import ACTIVE, Assignment, Conflict, Expert, Opinion, Round
from headwater.review.queries import expert_codes, profiles
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.telling import tell_withdrawn

CANDIDATES = 80
SHOWN_SHORTAGES = 20


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


Pairs = list[tuple[int, int]]


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
    wanted = parameters.number("reviewers_per_application", call.scheme.code, 5)
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
    load = _open_load(call)
    most = parameters.number("reviewer_max_load", call.scheme.code, 15)
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


def _open_load(call: Call) -> dict[int, int]:
    """What experts hold: open assignments over all calls, and what they have submitted in this one.

    People do not have more time for two calls than for one.
    """
    load: dict[int, int] = {}
    mine = Q(application__call=call, state=Assignment.State.SUBMITTED)
    held = Assignment.objects.filter(Q(state__in=[Assignment.State.INVITED, Assignment.State.ACCEPTED]) | mine)
    for expert in held.values_list("expert", flat=True):
        load[expert] = load.get(expert, 0) + 1
    return load


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


def publish_round(*, round_: Round, actor: Actor) -> int:
    """Invite the experts of a proposed round; applications move into review. Returns the number of invitations."""
    with command(actor, "review.manage", round_.call, name="review.publish_round") as log:
        refuse_too_early(round_.call)
        row = Round.objects.select_for_update().get(pk=round_.pk)
        if row.state != Round.State.PROPOSED:
            raise Refused.because(_("该方案已发布或作废"))
        authorise(actor, "review.round.publish", row)
        now = clock.now()
        days = Parameters(row.call.scheme.region, clock.today()).number("review_deadline_days", row.call.scheme.code, 21)
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


def answer_invitations(
    *, assignments: Sequence[Assignment], accept: bool, actor: Actor, reason: str = "", agree: Agreement = True
) -> int:
    """An expert accepts, signing the experts' documents, or declines, one or many. Declining asks for a reason; answering twice
    changes nothing.

    Raises:
        Refused: no reason for declining, a document is not agreed to, or somebody else's invitation.
    """
    if not accept and not reason.strip():
        raise Refused.because(_("请选择或填写谢绝的原因"), field="reason")
    with command(actor, "review.assignment.answer", name="review.answer_invitations") as log:
        rows = list(
            Assignment.objects.select_for_update(of=("self",))
            .select_related("expert__person", "application__call")
            .defer(*(f"application__{name}" for name in LONG if name != "answers"))
            .filter(pk__in=[a.pk for a in assignments], state=Assignment.State.INVITED)
            .order_by("pk")
        )
        if actor.account and any(not is_own(actor.account, r.expert.person) for r in rows):
            raise Refused.because(_("只能答复发给自己的邀请"))
        if accept and not all(not_own(actor.account, r) for r in rows):
            raise Refused.because(_("您与其中的申请有利害关系，请谢绝或申请回避"))
        state = Assignment.State.ACCEPTED if accept else Assignment.State.DECLINED
        Assignment.objects.filter(pk__in=[r.pk for r in rows]).update(
            state=state, answered_at=clock.now(), decline_reason=reason.strip()[:200]
        )
        if accept:
            sign(_signings(rows, agree), actor=actor, at=clock.now())
            Opinion.objects.bulk_create([Opinion(assignment=r, saved_at=clock.now()) for r in rows], ignore_conflicts=True)
        for row in rows:
            log(row, before={"state": row.state}, after={"state": state})
    return len(rows)


def _signings(rows: Sequence[Assignment], agree: Agreement) -> list[Signing]:
    asked = documents_for([r.application for r in rows], Party.EXPERT)
    return [
        Signing(r.application_id, d, Party.EXPERT, r.expert.person.name_zh, person=r.expert.person_id)
        for r in rows
        for d in agreed(asked[r.application_id], agree)
    ]


def expire_invitations(*, call: Call, actor: Actor) -> int:
    """Invitations that nobody answered in time end; their places are filled by the next round."""
    with command(actor, "review.manage", call, name="review.expire_invitations") as log:
        late = list(overdue_invitations(call, actor.account).select_for_update(of=("self",)).order_by("pk"))
        Assignment.objects.filter(pk__in=[r.pk for r in late]).update(state=Assignment.State.EXPIRED, answered_at=clock.now())
        if late:
            tell_withdrawn(late, _("邀请未在期限内答复：%s") % call.title_zh)
            log(call, after={"expired": len(late)})
    return len(late)


def overdue_invitations(call: Call, account: Account | None) -> QuerySet[Assignment]:
    """Invitations of a call that were not answered in time, less those to cases that are `account`'s own."""
    rows = Assignment.objects.filter(
        round__call=call, state=Assignment.State.INVITED, round__respond_by__lt=clock.now(), round__state=Round.State.PUBLISHED
    )
    return without_own(rows, account)


REVIEWED_IN = (State.ACCEPTED, State.IN_REVIEW)


def why_not_by_hand(application: Application) -> list[Reason]:
    """Why nobody is invited to review this application now: it is not (or no longer) under review, or its call has ended."""
    if application.call.state != CallState.PUBLISHED:
        return [Reason(_("批次%s，不能邀请专家") % CallState(application.call.state).label, code="state")]
    if application.state not in REVIEWED_IN:
        return [Reason(_("该申请处于“%s”状态，不能邀请专家") % said(application).label, code="state")]
    return []


def _refuse_without_room(expert: Expert, call: Call, actor: Actor) -> None:
    """The numbers are not told to whom they would tell of their own case."""
    held = _open_load(call).get(expert.pk, 0)
    if held < expert.max_load and Expert.objects.available().filter(pk=expert.pk).exists():
        return
    if has_own_in(actor.account, call):
        raise Refused.because(_("该专家不在库或已达评审上限"), field="expert")
    known = {"held": held, "most": expert.max_load}
    raise Refused.because(_("该专家不在库或已达评审上限（%(held)d / %(most)d）") % known, field="expert")


def assign_by_hand(*, application: Application, expert: Expert, actor: Actor) -> Assignment:
    """Invite one more expert. The database refuses a pair with a conflict of interest, by this path as by any other.

    Raises:
        Refused: a conflict, with its reasons; already asked; or nothing is reviewed any more, or yet.
    """
    authorise(actor, "review.manage", application)
    refuse_too_early(application.call)
    refuse_if(why_not_by_hand(application))
    find_conflicts(call=application.call, actor=actor, only=application)
    conflicts = list(Conflict.objects.filter(application=application, expert=expert))
    if conflicts:
        reasons = "；".join(f"{c.get_kind_display()} {c.evidence}".strip() for c in conflicts)
        raise Refused.because(_("不能指派：%s") % reasons, field="expert")
    with command(actor, "review.manage", application, name="review.assign_by_hand") as log:
        application = Application.objects.select_for_update(of=("self",)).select_related("call__scheme").get(pk=application.pk)
        refuse_if(why_not_by_hand(application))
        expert = Expert.objects.select_for_update().get(pk=expert.pk)
        _refuse_without_room(expert, application.call, actor)
        if Assignment.objects.filter(application=application, expert=expert, state__in=ACTIVE).exists():
            raise Refused.because(_("该专家已在名单中"), field="expert")
        days = Parameters(application.call.scheme.region, clock.today()).number(
            "review_deadline_days", application.call.scheme.code, 21
        )
        now, due = clock.now(), clock.end_of_day(clock.add_days(clock.today(), days))
        round_ = Round.objects.create(
            call=application.call,
            seed=0,
            state=Round.State.PUBLISHED,
            made_by=actor.account,
            made_at=now,
            published_at=now,
            respond_by=clock.end_of_day(clock.add_days(clock.today(), 5)),
            due_at=due,
            record={"by_hand": True},
        )
        row = Assignment.objects.create(
            round=round_, application=application, expert=expert, state=Assignment.State.INVITED, invited_at=now, due_at=due
        )
        if application.state == State.ACCEPTED:
            APPLICATION.apply(Application.objects.filter(pk=application.pk).moving(), "start_review", log)
        log(row, after={"expert": expert.pk})
        notify(
            accounts_of([expert.person_id]),
            title=lambda: _("评审邀请：%s") % application.call.title_zh,
            url="/review/",
        )
    return row


def release_assignment(*, assignment: Assignment, reason: str, actor: Actor) -> None:
    """Take an application back from an expert who has not submitted."""
    with command(actor, "review.manage", assignment, name="review.release_assignment") as log:
        row = Assignment.objects.select_for_update().get(pk=assignment.pk)
        if row.state not in {Assignment.State.INVITED, Assignment.State.ACCEPTED, Assignment.State.PROPOSED}:
            raise Refused.because(_("该指派已结束，不能撤回"))
        tell_withdrawn([row], reason.strip())
        log(row, before={"state": row.state}, after={"state": "released", "reason": reason})
        row.state, row.decline_reason, row.answered_at = Assignment.State.RELEASED, reason.strip()[:200], clock.now()
        row.save(update_fields=["state", "decline_reason", "answered_at"])


@on_withdraw
def release_withdrawn(application: Application, log: Log) -> None:
    """No expert is asked for an application that its author has withdrawn."""
    live = (Assignment.State.PROPOSED, Assignment.State.INVITED, Assignment.State.ACCEPTED)
    rows = list(Assignment.objects.select_for_update().filter(application=application, state__in=live).order_by("pk"))
    Assignment.objects.filter(pk__in=[r.pk for r in rows]).update(state=Assignment.State.RELEASED, answered_at=clock.now())
    tell_withdrawn(rows, _("申请人已撤回申请"))
    log.many(rows, {"state": "released", "withdrawn": True})


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
