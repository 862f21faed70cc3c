"""The end of the review: who has enough opinions, what experts have saved and not submitted, who is told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.phases import refuse_too_early
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.services import tell
from headwater.review.models import OPEN, Assignment, Opinion
from headwater.review.services.opinions import compute_ranking
from headwater.review.terms import review_terms


@dataclass(frozen=True)
class Ending:
    """What ending the review does: `ready` leave it, `waiting` stay for a draft that can still be submitted, `short` lack opinions;
    `missing` are all opinions that are not written yet, `withdrawn` those of `ready`, taken back; `valid` counts the opinions by
    application.
    """

    least: int
    ready: list[Application]
    waiting: list[Application]
    short: list[Application]
    missing: list[Assignment]
    drafts: dict[int, Opinion]
    valid: dict[int, int]

    @property
    def withdrawn(self) -> list[Assignment]:
        leaving = {a.pk for a in self.ready}
        return [a for a in self.missing if a.application_id in leaving]

    @property
    def due(self) -> datetime | None:
        """The last moment at which somebody could still write what would be taken back; none where nobody loses any time."""
        now = clock.now()
        return max((a.due_at for a in self.withdrawn if a.due_at and a.due_at > now), default=None)

    @property
    def days_early(self) -> int:
        return clock.days_left(self.due) if self.due else 0

    @property
    def with_draft(self) -> list[Assignment]:
        """Withdrawn assignments with an opinion that was saved and not submitted."""
        return [a for a in self.withdrawn if a.pk in self.drafts]

    @property
    def digest(self) -> str:
        """A digest that changes with every row of the preview."""
        rows = [
            *(f"{name}:{a.pk}" for name in ("ready", "waiting", "short") for a in getattr(self, name)),
            *(f"{a.pk}:{a.state}:{a.due_at}:{a.pk in self.drafts}" for a in self.missing),
        ]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def drafts_of(call: Call) -> QuerySet[Opinion]:
    """Opinions of a call in which an expert has written something and has not submitted it."""
    empty = Q(scores={}, grade__isnull=True, text_applicant="", text_fund="")
    rows = Opinion.objects.filter(assignment__application__call=call, assignment__state=Assignment.State.ACCEPTED)
    return rows.filter(submitted_at__isnull=True).exclude(empty)


def plan_ending(call: Call, account: Account | None, *, wait: bool) -> Ending:
    """What ending the review now would do; with `wait` an application stays while an expert may still submit a saved draft; what
    is `account`'s own case is left for another officer (5 queries).
    """
    least = review_terms(call).needed
    rows = list(without_own(Application.objects.filter(call=call, state=State.IN_REVIEW), account).moving().order_by("pk"))
    drafts = {o.assignment_id: o for o in drafts_of(call).select_related("assignment")}
    now = clock.now()
    live = {o.assignment.application_id for o in drafts.values() if o.assignment.due_at is None or now <= o.assignment.due_at}
    submitted = Assignment.objects.filter(application__in=[a.pk for a in rows], state=Assignment.State.SUBMITTED)
    valid = dict(submitted.order_by().values_list("application").annotate(n=Count("pk")))
    enough = [a for a in rows if valid.get(a.pk, 0) >= least]
    waiting = [a for a in enough if wait and a.pk in live]
    ready = [a for a in enough if not (wait and a.pk in live)]
    missing = Assignment.objects.filter(application__in=[a.pk for a in rows], state__in=OPEN)
    people = missing.select_related("expert__person__account", "application").order_by("pk")
    return Ending(least, ready, waiting, [a for a in rows if valid.get(a.pk, 0) < least], list(people), drafts, valid)


def close_reviews(*, call: Call, actor: Actor, wait: bool = False, seen: str | None = None, reason: str = "") -> dict[str, int]:
    """Applications with enough valid opinions leave review; their open invitations are taken back and the experts thanked. Then the
    ranking is computed. `seen` is the digest of the plan that the officer has read; the experts read the `reason`.

    Returns how many are complete and how many still lack opinions (handbook RV-4).

    Raises:
        Refused: applications may still come in, something has changed since it was read, or an expert would lose time and no reason
            is given.
    """
    with command(actor, "calls.review.start", call, name="review.close_reviews") as log:
        refuse_too_early(call)
        Call.objects.select_for_update().get(pk=call.pk)
        open_tasks = Assignment.objects.filter(application__call=call, state__in=OPEN).order_by("pk")
        list(
            open_tasks.select_for_update(of=("self",)).values_list("pk", flat=True)
        )  # who submits meanwhile comes before or after
        plan = plan_ending(call, actor.account, wait=wait)
        if seen is not None and seen != plan.digest:
            raise Refused.because(_("您核对之后情况有变化，没有结束任何一项评审；请重新核对。"), code="seen")
        reason = reason.strip() if plan.due else ""
        if plan.due and len(reason) < LEAST_REASON:
            raise Refused.because(_("评审期限未到，请写明提前结束的理由"), field="reason")
        APPLICATION.apply(Application.objects.filter(pk__in=[a.pk for a in plan.ready]).moving(), "reviews_complete", log)
        for row in plan.withdrawn:
            after = {"state": Assignment.State.RELEASED, "draft": row.pk in plan.drafts}
            log(row, before={"state": row.state}, after=after)
        Assignment.objects.filter(pk__in=[a.pk for a in plan.withdrawn]).update(
            state=Assignment.State.RELEASED, answered_at=clock.now(), decline_reason="评审已结束"
        )
        thank(plan.withdrawn, plan.drafts, reason)
        compute_ranking(call=call)
        early = {"days_early": plan.days_early, "reason": reason} if reason else {}
        log(call, after={"complete": len(plan.ready), "short": len(plan.short), "waiting": len(plan.waiting), **early})
    return {"complete": len(plan.ready), "short": len(plan.short)}


def thank(withdrawn: list[Assignment], drafts: dict[int, Opinion], reason: str = "") -> None:
    """Tell the experts whose open assignments end that the review is over, with the reason where it is before its time; who had saved a
    draft is told that it was not submitted.
    """
    by_account: dict[Account, list[Assignment]] = {}
    for row in withdrawn:
        if row.expert.person.account:
            by_account.setdefault(row.expert.person.account, []).append(row)
    tell([(a, partial(_thanks, rows), partial(_what_ended, rows, drafts, reason), "/review/") for a, rows in by_account.items()])


def _thanks(rows: list[Assignment]) -> str:
    return _("评审已结束，感谢您的支持（%d 项不再需要评审）") % len(rows)


def _what_ended(rows: list[Assignment], drafts: dict[int, Opinion], reason: str) -> str:
    note = _("已保存的草稿没有提交，不计入评审结果")
    why = _("提前结束的理由：%s") % reason + "\n" if reason else ""
    return why + "\n".join(f"{r.application.title_zh}{'（' + note + '）' if r.pk in drafts else ''}" for r in rows)
