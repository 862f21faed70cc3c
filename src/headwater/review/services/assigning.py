"""Assignment of experts: candidates by expertise, conflicts kept out, optimal under loads, published with a seed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.models import Application, Call
from headwater.calls.phases import refuse_too_early
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, authorise, command
from headwater.core.errors import Refused
from headwater.core.jobs import Progress, job, result_names
from headwater.core.services import notify
from headwater.core.solver import here
from headwater.registry.models import accounts_of
from headwater.review.models import Assignment, Expert, Round
from headwater.review.services.conflicts import find_conflicts
from headwater.review.terms import review_terms

ANSWER_DAYS = 5
"""So many days an expert has to answer an invitation, when nobody says otherwise."""


@dataclass(frozen=True)
class Plan:
    """A solved round: new pairs (application, expert, score), and what is put on record of the run and its settings.

    `hopeless`: something is wanted, and no pair of an application and an expert could ever be made.
    """

    pairs: list[tuple[int, int, float]]
    record: dict[str, Any]
    settings: dict[str, Any]
    hopeless: bool = False


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
    seed = seed if seed is not None else secrets.randbelow(2**31)
    plan: Plan = here("headwater.solving.assigning:plan")(call, actor.account, seed=seed, fair=fair, progress=progress)
    if plan.hopeless:
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
            record=plan.record,
            settings=plan.settings | {"fair": fair},
        )
        try:
            Assignment.objects.bulk_create(
                [Assignment(round=round_, application_id=a, expert_id=e, score=score) for a, e, score in plan.pairs],
                batch_size=5000,
            )
        except DatabaseError as error:
            raise Refused.because(_("计算期间出现了新的回避关系，请重新运行指派")) from error
        log(round_, after=round_.record | {"seed": seed})
    return round_


def publish_round(*, round_: Round, actor: Actor) -> int:
    """Invite the experts of a proposed round; applications move into review. Returns the number of invitations.

    Raises:
        Refused: applications may still come in, the round was published or is empty, or a pair has nothing in common.
    """
    with command(actor, "review.manage", round_.call, name="review.publish_round") as log:
        refuse_too_early(round_.call)
        row = Round.objects.select_for_update().get(pk=round_.pk)
        if row.state != Round.State.PROPOSED:
            raise Refused.because(_("该方案已发布或作废"))
        authorise(actor, "review.round.publish", row)
        if not row.assignments.filter(state=Assignment.State.PROPOSED).exists():
            raise Refused.because(_("方案里没有一项指派，不能发布"), code="empty")
        if row.assignments.filter(state=Assignment.State.PROPOSED, score__lte=0).exists():
            raise Refused.because(_("方案里有匹配度为 0 的指派，不能发布；请重新运行指派"), code="fit")
        now = clock.now()
        row.respond_by, due = deadlines(row.call)
        row.state, row.published_at, row.due_at = Round.State.PUBLISHED, now, due
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


def deadlines(call: Call) -> tuple[datetime, datetime]:
    """Return until when an invitation of today is answered, and until when the opinion is written."""
    days = review_terms(call, clock.today()).days
    answer, written = (clock.end_of_day(clock.add_days(clock.today(), n)) for n in (min(ANSWER_DAYS, days), days))
    return answer, written


def open_load(call: Call) -> dict[int, int]:
    """What experts hold: open assignments over all calls, and what they have submitted in this one.

    People do not have more time for two calls than for one.
    """
    load: dict[int, int] = {}
    mine = Q(application__call=call, state=Assignment.State.SUBMITTED)
    assignments = Assignment.objects.filter(Q(state__in=[Assignment.State.INVITED, Assignment.State.ACCEPTED]) | mine)
    for expert in assignments.values_list("expert", flat=True):
        load[expert] = load.get(expert, 0) + 1
    return load


result_names(
    applications=gettext_lazy("申请"),
    experts=gettext_lazy("专家"),
    conflicts=gettext_lazy("已排除的回避关系"),
    pairs=gettext_lazy("指派对数"),
    unfilled=gettext_lazy("未满足的名额"),
    mean=gettext_lazy("平均匹配度"),
    worst=gettext_lazy("最低匹配度"),
    max_load=gettext_lazy("最大负荷"),
    seconds=gettext_lazy("计算用时（秒）"),
)


@job("review.assign", gettext_lazy("专家指派"))
def assign_job(progress: Progress, actor: Actor, *, call: int, fair: bool = False) -> dict[str, Any]:
    round_ = propose_round(call=Call.objects.select_related("scheme").get(pk=call), actor=actor, fair=fair, progress=progress)
    figures = {name: value for name, value in round_.record.items() if name not in {"prices", "shortages"}}
    return {**figures, "url": f"/office/calls/{call}/assign/"}
