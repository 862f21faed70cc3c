"""What review waits for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.states import CallState, State
from headwater.calls.views.applicant import OPINIONS
from headwater.core.duties import Duty, duties
from headwater.review.models import Assignment, BallotCast, Panel, PanelMember, Round
from headwater.review.queries import opinions_for_applicant

OPINIONS.append(opinions_for_applicant)


@duties
def of_experts(account: Any) -> Iterator[Duty]:
    rows = Assignment.objects.visible_to(account).filter(expert__person__account=account)
    invited = rows.filter(state="invited").aggregate(n=Count("pk"), due=Min("round__respond_by"))
    if invited["n"]:
        yield Duty(_("答复评审邀请"), "/review/", invited["due"], invited["n"])
    writing = rows.filter(state="accepted").aggregate(n=Count("pk"), due=Min("due_at"))
    if writing["n"]:
        yield Duty(_("提交评审意见"), "/review/", writing["due"], writing["n"])
    for member in PanelMember.objects.filter(
        expert__person__account=account, present=True, panel__state=Panel.State.VOTING
    ).select_related("panel"):
        if not BallotCast.objects.filter(member=member).exists():
            yield Duty(_("投票：%s") % member.panel.name, f"/panels/{member.panel_id}/", member.panel.meets_at)


@duties
def of_officers(account: Any) -> Iterator[Duty]:
    if not account.has_role("programme_officer"):
        return
    for call in Call.objects.filter(state=CallState.PUBLISHED):
        if not account.has_perm("review.manage", call):
            continue
        counts = dict(
            Application.objects.filter(call=call).values_list("state").annotate(n=Count("pk")).values_list("state", "n")
        )
        if counts.get(State.ACCEPTED):
            yield Duty(_("指派专家：%s") % call.title_zh, f"/office/calls/{call.pk}/assign/", None, counts[State.ACCEPTED])
        if call.rounds.filter(state=Round.State.PROPOSED).exists():
            yield Duty(_("发布指派方案：%s") % call.title_zh, f"/office/calls/{call.pk}/assign/")
        if counts.get(State.IN_REVIEW):
            due = call.rounds.filter(state=Round.State.PUBLISHED).aggregate(d=Min("due_at"))["d"]
            yield Duty(_("跟进评审：%s") % call.title_zh, f"/office/calls/{call.pk}/progress/", due, counts[State.IN_REVIEW])
        if counts.get(State.REVIEWED):
            yield Duty(_("组织会评：%s") % call.title_zh, f"/office/calls/{call.pk}/panels/", None, counts[State.REVIEWED])
        if counts.get(State.PANEL):
            yield Duty(_("会评与决定：%s") % call.title_zh, f"/office/calls/{call.pk}/decide/", None, counts[State.PANEL])
