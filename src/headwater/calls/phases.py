"""The phase of a call: why its review and decisions cannot begin yet, and what the public reads of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.models import Application, Call, Notice
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CallState, State
from headwater.core import clock
from headwater.core.errors import Reason, refuse_if


class Phase(models.TextChoices):
    DRAFT = "draft", gettext_lazy("拟定中")
    UPCOMING = "upcoming", gettext_lazy("即将申报")
    OPEN = "open", gettext_lazy("正在申报")
    CHECKING = "checking", gettext_lazy("形式审查中")
    REVIEWING = "reviewing", gettext_lazy("评审中")
    DECIDED = "decided", gettext_lazy("已作出决定，待公示")
    NOTICE = "notice", gettext_lazy("公示中")
    RELEASED = "released", gettext_lazy("结果已公布")
    FINISHED = "finished", gettext_lazy("已办结")
    CANCELLED = "cancelled", gettext_lazy("已取消")


ENDED_EARLY = frozenset(
    {State.NOT_ACCEPTED, State.WITHDRAWN, State.EXPIRED, State.NOT_ENDORSED, State.INVITED, State.APPROVED, State.REJECTED}
)
"""States that say nothing of where the rest of the call stands."""
ARRIVING = frozenset({State.DRAFT, State.HOST_REVIEW, State.RECOMMENDING, State.RECEIVED, State.RECHECK, State.ACCEPTED})
JUDGED = frozenset({State.IN_REVIEW, State.REVIEWED, State.PANEL})


def not_yet(call: Call) -> Reason | None:
    """Return why nothing of a call may be reviewed or decided yet: until the last application can have come in, later ones
    would meet a ranking and a budget that were settled without them. A scheme of rolling intake decides in batches instead.
    """
    if clock.now() >= call.recommend_by or scheme_of(call).rolling:
        return None
    sentence = _("%(call)s：申报、单位审核和归口推荐到 %(due)s 才截止，此前不能送审、评审、提交会议评审和作出决定")
    due = f"{timezone.localtime(call.recommend_by):%Y-%m-%d %H:%M}"
    return Reason(sentence % {"call": call.title_zh, "due": due}, code="stage")


def refuse_too_early(call: Call) -> None:
    """Raise `Refused` while the review and the decisions of a call wait for its dates."""
    reason = not_yet(call)
    refuse_if([reason] if reason else [])


def arrived(application: Application) -> Reason | None:
    """Return why an application cannot start its review: this guards every transition from there on."""
    return not_yet(application.call)


def phases_of(calls: Sequence[Call]) -> dict[int, Phase]:
    """Return the public phase of each call, from its dates and from what has happened to its applications (2 queries)."""
    states: dict[int, set[str]] = {call.pk: set() for call in calls}
    undecided: set[int] = set()
    waits = ExpressionWrapper(Q(decision__isnull=False, decision__approved_at__isnull=True), models.BooleanField())
    all_rows = Application.objects.filter(call__in=states).exclude(
        state=State.RECHECK, decision__isnull=False
    )  # those are decided
    rows = all_rows.order_by().annotate(waits=waits)
    for call, state, unapproved in rows.values_list("call", "state", "waits").distinct():
        states[call].add(state)
        undecided |= {call} if unapproved else set()
    notices: dict[int, list[bool]] = {}
    for call, closed in Notice.objects.filter(call__in=states).order_by().values_list("call", "closed_at"):
        notices.setdefault(call, []).append(closed is not None)
    return {c.pk: _phase(c, states[c.pk], c.pk in undecided, notices.get(c.pk, [])) for c in calls}


def phase_of(call: Call) -> Phase:
    return phases_of([call])[call.pk]


def _phase(call: Call, states: Iterable[str], undecided: bool, notices: Sequence[bool]) -> Phase:
    if call.state in {CallState.FINISHED, CallState.CANCELLED}:
        return Phase(call.state)
    if call.state != CallState.PUBLISHED:
        return Phase.DRAFT
    now, at_work = clock.now(), set(states) - ENDED_EARLY
    if now < call.opens_at:
        return Phase.UPCOMING
    if now < call.closes_at:
        return Phase.OPEN
    if at_work & JUDGED or undecided:
        return Phase.REVIEWING
    if at_work & ARRIVING:
        return Phase.CHECKING
    if not all(notices):
        return Phase.NOTICE
    if at_work:
        return Phase.DECIDED
    return Phase.RELEASED if notices else Phase.CHECKING
