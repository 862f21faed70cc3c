"""What review waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.pages import OPINIONS
from headwater.calls.phases import not_yet
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CallState, State
from headwater.core.duties import DUTIES, IN_HAND, Duty, InHand
from headwater.core.i18n import named
from headwater.core.own import without_own
from headwater.registry.models import own_records
from headwater.review.models import Assignment, BallotCast, Expert, Panel, PanelItem, PanelMember, Round
from headwater.review.queries import involved, opinions_for_applicant, review_deadlines

OPINIONS.add("review", opinions_for_applicant)


@IN_HAND.under("review")
def in_hand(account: Any) -> Iterator[InHand]:
    """Yield the opinions that an expert has handed in and the panels that they sit in; for the office, the experts to be asked."""
    mine = Assignment.objects.visible_to(account).filter(expert__person__in=own_records(account))
    yield InHand(_("已提交的评审意见"), "/review/", mine.filter(state=Assignment.State.SUBMITTED).count())
    seats = PanelMember.objects.filter(expert__person__in=own_records(account))
    yield InHand(_("参加的会评组"), "/panels/", seats.values("panel").distinct().count())
    if account.has_perm("review.expert.list"):
        yield InHand(_("在库的专家"), "/office/experts/", Expert.objects.filter(is_active=True).count())


@DUTIES.under("review.experts")
def of_experts(account: Any) -> Iterator[Duty]:
    rows = Assignment.objects.visible_to(account).filter(expert__person__in=own_records(account))
    invited = rows.filter(state="invited").aggregate(n=Count("pk"), due=Min("round__respond_by"))
    if invited["n"]:
        yield Duty(_("答复评审邀请"), "/review/", invited["due"], invited["n"])
    writing = rows.filter(state="accepted").aggregate(n=Count("pk"), due=Min("due_at"))
    if writing["n"]:
        yield Duty(_("提交评审意见"), "/review/", writing["due"], writing["n"])
    if leaving := Assignment.objects.to_leave(account).count():
        yield Duty(_("回避与您有关的评审"), "/review/", None, leaving)
    yield from _of_members(account)


def _of_members(account: Any) -> Iterator[Duty]:
    """Meetings to come, votes to cast, and for the chair those of the others that are missing."""
    mine = (
        PanelMember.objects.filter(expert__person__in=own_records(account))
        .select_related("panel")
        .order_by("panel__meets_at", "pk")
    )
    for member in mine.filter(panel__state=Panel.State.PREPARING):
        title = _("主持会议评审：%s") if member.is_chair else _("参加会议评审：%s")
        yield Duty(title % member.panel.name, f"/panels/{member.panel_id}/", member.panel.meets_at)
    seats = mine.filter(present=True, panel__state=Panel.State.VOTING)
    waiting = (
        PanelItem.objects.filter(panel=OuterRef("panel"), result="")
        .exclude(pk__in=BallotCast.objects.filter(member=OuterRef(OuterRef("pk"))).values("item"))
        .exclude(application__conflicts__expert__person__in=own_records(account))
    )
    for member in seats.filter(Exists(waiting)):
        yield Duty(_("投票：%s") % member.panel.name, f"/panels/{member.panel_id}/", member.panel.meets_at)
    chaired = mine.filter(is_chair=True, panel__state=Panel.State.VOTING)
    counts = _still_to_vote(chaired)
    for member in chaired:
        yield Duty(
            _("主持投票（未投票人数）：%s") % member.panel.name,
            f"/panels/{member.panel_id}/",
            member.panel.meets_at,
            counts.get(member.panel_id, 0),
        )


def _still_to_vote(chairs: QuerySet[PanelMember]) -> dict[int, int]:
    """Return how many of the others who are present have not voted on all they may vote on, by panel."""
    left = (
        PanelItem.objects.filter(panel=OuterRef("panel"), result="")
        .exclude(pk__in=BallotCast.objects.filter(member=OuterRef(OuterRef("pk"))).values("item"))
        .exclude(application__conflicts__expert=OuterRef("expert"))
    )
    others = PanelMember.objects.filter(panel__in=chairs.values("panel"), present=True, is_chair=False)
    return dict(others.filter(Exists(left)).order_by().values_list("panel").annotate(n=Count("pk")))


@DUTIES.under("review.officers")
def of_officers(account: Any) -> Iterator[Duty]:
    if not account.has_role("programme_officer"):
        return
    calls = [c for c in Call.objects.filter(state=CallState.PUBLISHED) if account.has_perm("review.manage", c)]
    counts: dict[int, dict[str, int]] = {c.pk: {} for c in calls}
    others = without_own(Application.objects.filter(call__in=calls), account)
    for call, state, n in others.values_list("call", "state").annotate(n=Count("pk")):
        counts[call][state] = n
    rounds = Round.objects.filter(call__in=calls)
    proposed = set(rounds.filter(state=Round.State.PROPOSED).values_list("call", flat=True))
    due = review_deadlines(calls, account)
    to_free = Counter(involved(calls, account).values_list("application__call", flat=True))
    for row in calls:
        yield from _of_call(row, counts[row.pk], row.pk in proposed, due.get(row.pk))
        if to_free[row.pk]:
            yield Duty(
                _("收回须回避的评审：%s") % named(row, "title"), f"/office/calls/{row.pk}/progress/", None, to_free[row.pk]
            )


def _of_call(call: Call, counts: dict[str, int], proposed: bool, due: datetime | None) -> Iterator[Duty]:
    desk = f"/office/calls/{call.pk}"
    if not_yet(call):
        return
    if counts.get(State.ACCEPTED):
        yield Duty(_("指派专家：%s") % named(call, "title"), f"{desk}/assign/", None, counts[State.ACCEPTED])
    if proposed:
        yield Duty(_("发布指派方案：%s") % named(call, "title"), f"{desk}/assign/")
    if counts.get(State.IN_REVIEW):
        yield Duty(_("跟进评审：%s") % named(call, "title"), f"{desk}/progress/", due, counts[State.IN_REVIEW])
    if counts.get(State.REVIEWED) and scheme_of(call).has_panel:
        yield Duty(_("组织会议评审：%s") % named(call, "title"), f"{desk}/panels/", None, counts[State.REVIEWED])
    elif counts.get(State.REVIEWED):
        yield Duty(_("提出决定：%s") % named(call, "title"), f"{desk}/decide/", None, counts[State.REVIEWED])
    if counts.get(State.PANEL):
        yield Duty(_("会议评审与决定：%s") % named(call, "title"), f"{desk}/decide/", None, counts[State.PANEL])
