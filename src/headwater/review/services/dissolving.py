"""A panel that will not meet is dissolved, with its rows shown first; until one of them goes on elsewhere it can be called together again."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from headwater.calls.models import Application
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.seen import Sight
from headwater.review.fields import able
from headwater.review.models import Panel, PanelItem, PanelMember, Revival
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.convening import tell_dissolved, tell_invited
from headwater.review.services.panels import plan_agenda, seat_chair, take_in, take_off
from headwater.review.terms import panel_terms


@dataclass(frozen=True)
class Dissolving:
    """What dissolving a panel would do: items whose applications go back, members who are told, signatures that are lost."""

    items: list[PanelItem]
    members: list[PanelMember]
    signatures: int

    @property
    def names(self) -> str:
        """Return who is told, the chair marked."""
        chair = _("（组长）")
        return "、".join(f"{m.expert.person.name_zh}{chair if m.is_chair else ''}" for m in self.members)

    @property
    def sight(self) -> Sight:
        lines = {i.application.number: i.pk for i in self.items}
        people = {f"{m.expert.person.name_zh} #{m.pk}": m.is_chair for m in self.members}
        return Sight({**lines, **people, "signed": self.signatures}, {"signed": _("联名")})


def plan_dissolving(panel: Panel) -> Dissolving:
    """Return what dissolving a panel would do; changes nothing."""
    items = panel.items.select_related("application__leader", "application__host").order_by("position")
    members = panel.members.select_related("expert__person__organisation").order_by("-is_chair", "pk")
    return Dissolving(list(items), list(members), Revival.objects.filter(item__panel=panel).count())


def dissolve_panel(*, panel: Panel, reason: str, seen: str, actor: Actor) -> Panel:
    """Dissolve a panel that has not voted: its applications wait for a panel again, its members are told why.

    Raises:
        Refused: the vote has begun once, no reason, or something is other than what was seen.
    """
    with command(actor, "review.panel.manage", panel, name="review.dissolve_panel") as log:
        row = Panel.objects.select_for_update().select_related("call__scheme").get(pk=panel.pk)
        if not may_dissolve(row):
            raise Refused.because(_("投票开始后，会评组不能解散"))
        if not reason.strip():
            raise Refused.because(_("请写明解散的原因，组员会收到"), field="reason")
        plan = plan_dissolving(row)
        plan.sight.require(seen)
        row.laid_down = [[i.application_id, i.minutes] for i in plan.items]
        take_off(row, [i.application_id for i in plan.items], log)
        row.state, row.sequence = Panel.State.DISSOLVED, row.sequence + 1
        row.save(update_fields=["laid_down", "state", "sequence"])
        seat_chair(row, None)
        tell_dissolved(row, [m.expert.person_id for m in plan.members], reason.strip()[:300])
        log(row, before={"state": Panel.State.PREPARING}, after={"state": row.state, "reason": reason.strip()[:300]})
    return row


def may_dissolve(panel: Panel) -> bool:
    """Return whether a panel can still be dissolved: it has never begun to vote."""
    return panel.state == Panel.State.PREPARING and panel.opened_at is None


def restore_panel(*, panel: Panel, actor: Actor) -> Panel:
    """Call a dissolved panel together again, with its agenda as it was; members sign anew where signatures are needed.

    Raises:
        Refused: it is not dissolved, its time is over, or an application has gone on without it.
    """
    with command(actor, "review.panel.manage", panel, name="review.restore_panel") as log:
        row = Panel.objects.select_for_update().select_related("call__scheme").get(pk=panel.pk)
        if row.state != Panel.State.DISSOLVED:
            raise Refused.because(_("会评组没有解散"))
        if row.meets_at is None or row.meets_at < clock.now():
            raise Refused.because(_("会议时间已过，请新建会评组"))
        minutes = {int(pk): int(n) for pk, n in row.laid_down}
        elsewhere = Application.objects.filter(pk__in=minutes).exclude(state=State.REVIEWED).order_by("number")
        if elsewhere:
            numbers = "、".join(a.number for a in elsewhere)
            raise Refused.because(_("下列申请已另行处理，不能恢复：%s。请新建会评组。") % numbers)
        gone = row.members.exclude(expert__in=able(row.call)).select_related("expert__person")
        if gone:
            names = "、".join(m.expert.person.name_zh for m in gone)
            raise Refused.because(_("下列组员不能再参加：%s。请新建会评组。") % names)
        row.state, row.sequence = Panel.State.PREPARING, row.sequence + 1
        take_in(row, list(minutes), log)
        plan_agenda(row, list(minutes), minutes, panel_terms(row.call))
        row.laid_down = []
        row.save(update_fields=["laid_down", "state", "sequence"])
        find_conflicts(call=row.call, actor=actor, states=[State.PANEL])
        members = list(row.members.select_related("expert__person"))
        seat_chair(row, next((m.expert for m in members if m.is_chair), None))
        tell_invited(row, [m.expert.person_id for m in members])
        log(row, before={"state": Panel.State.DISSOLVED}, after={"state": row.state})
    return row
