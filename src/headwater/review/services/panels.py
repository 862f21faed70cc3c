"""Commands that make panels with a time, a place, an agenda and members, from one field or several, and change them until the vote."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.phases import refuse_too_early
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import RoleGrant
from headwater.registry.models import ReviewGroup, accounts_of
from headwater.review.models import Expert, Panel, PanelItem, PanelMember
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.convening import tell_changed, tell_invited, tell_left_out
from headwater.review.services.reviving import refused_by_most
from headwater.review.terms import PanelTerms, panel_terms

MOST_MINUTES = 240
"""No item of an agenda takes longer."""


def make_panel(
    *,
    call: Call,
    name: str,
    group: ReviewGroup | None,
    applications: Sequence[Application],
    experts: Sequence[Expert],
    chair: Expert,
    meets_at: datetime | None,
    place: str,
    actor: Actor,
    minutes: Mapping[int, int] | None = None,
) -> Panel:
    """Make a panel with its agenda (in the order given) and members; its applications move to the panel, its members are invited.

    `minutes` says how long each application (by key) takes, where that is not what the region plans.

    Raises:
        Refused: too few members, a chair who is not a member, no name, no time or place, or a meeting in the past.
    """
    with command(actor, "review.panel.manage", call, name="review.make_panel") as log:
        refuse_too_early(call)
        terms = panel_terms(call)
        refuse_if(panel_problems(call, name, experts, chair, meets_at, place, minutes or {}))
        panel = Panel.objects.create(
            call=call, group=group, name=name.strip()[:120], meets_at=meets_at, place=place.strip()[:200], quorum=terms.quorum
        )
        PanelMember.objects.bulk_create([PanelMember(panel=panel, expert=e, is_chair=e == chair) for e in experts])
        take_in(panel, [a.pk for a in applications], log)
        plan_agenda(panel, [a.pk for a in applications], minutes or {}, terms)
        find_conflicts(call=call, actor=actor, states=[State.PANEL])
        seat_chair(panel, chair)
        tell_invited(panel, [e.person_id for e in experts])
        log(panel, after={"members": len(experts), "quorum": panel.quorum})
    return panel


def change_panel(
    *,
    panel: Panel,
    name: str,
    applications: Sequence[Application],
    experts: Sequence[Expert],
    chair: Expert,
    meets_at: datetime | None,
    place: str,
    sequence: int,
    actor: Actor,
    minutes: Mapping[int, int] | None = None,
) -> Panel:
    """Change name, time, place, members and agenda of a panel that has not voted; what leaves the agenda waits for a panel again.

    Before a further vote (`vote_again`) only name, time and place can change. `sequence` is that of the panel as its form showed it.

    Raises:
        Refused: what `make_panel` refuses, the vote is on or over, members or agenda after a first vote, or somebody else changed it.
    """
    with command(actor, "review.panel.manage", panel, name="review.change_panel") as log:
        row = Panel.objects.select_for_update().select_related("call__scheme").get(pk=panel.pk)
        if row.state != Panel.State.PREPARING:
            raise Refused.because(_("投票已开始或已结束，不能再修改"))
        if row.sequence != sequence:
            raise Refused.because(_("会评组已被他人修改，没有保存。请重新打开本页核对后再改。"), code="changed")
        refuse_if(panel_problems(row.call, name, experts, chair, meets_at, place, minutes or {}))
        before, members = _put_down(row), set(row.members.values_list("expert", flat=True))
        row.name, row.meets_at, row.place = name.strip()[:120], meets_at, place.strip()[:200]
        if row.opened_at is None:
            _change_members(row, experts, chair)
            _change_agenda(row, [a.pk for a in applications], minutes or {}, log)
            find_conflicts(call=row.call, actor=actor, states=[State.PANEL])
            seat_chair(row, chair)
        elif members != {e.pk for e in experts} or set(before["items"]) != {a.pk for a in applications}:
            raise Refused.because(_("已投过票的会评组，不能更换组员和议程"))
        after = _put_down(row)
        if before != after:
            row.sequence += 1
        row.save(update_fields=["name", "meets_at", "place", "sequence"])
        if before != after:
            _tell_change(row, members, {e.pk: e.person_id for e in experts})
        log(row, before=_logged(before), after=_logged(after))
    return row


def _put_down(panel: Panel) -> dict[str, Any]:
    """Return what members are told of a panel: when it differs, they are told anew."""
    return {
        "name": panel.name,
        "meets_at": str(panel.meets_at),
        "place": panel.place,
        "members": list(panel.members.order_by("expert").values_list("expert", flat=True)),
        "chair": panel.members.filter(is_chair=True).values_list("expert", flat=True).first(),
        "items": list(panel.items.order_by("position").values_list("application", flat=True)),
        "minutes": list(panel.items.order_by("position").values_list("minutes", flat=True)),
    }


def _logged(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the event of a panel says: not its cases, whose own events say it, to those who may know."""
    return {k: v for k, v in facts.items() if k not in {"items", "minutes"}}


def _tell_change(panel: Panel, before: Collection[int], now: Mapping[int, int]) -> None:
    left = Expert.objects.filter(pk__in=set(before) - set(now)).values_list("person", flat=True)
    tell_left_out(panel, list(left))
    tell_invited(panel, [person for pk, person in now.items() if pk not in before])
    tell_changed(panel, [person for pk, person in now.items() if pk in before])


def panel_problems(
    call: Call,
    name: str,
    experts: Sequence[Expert],
    chair: Expert,
    meets_at: datetime | None,
    place: str,
    minutes: Mapping[int, int],
) -> list[Reason]:
    """Return everything that speaks against a panel, by field of the form."""
    if not scheme_of(call).has_panel:
        raise Refused.because(_("本批次按规定不设会议评审"))
    reasons, least, seats = [], panel_terms(call).size, len({e.pk for e in experts})
    if not name.strip():
        reasons.append(Reason(_("请填写会评组名称"), field="name"))
    if meets_at is None:
        reasons.append(Reason(_("请填写会议时间"), field="meets_at"))
    elif meets_at < clock.now():
        reasons.append(Reason(_("会议时间已过"), field="meets_at"))
    if not place.strip():
        reasons.append(Reason(_("请填写会议地点，线上会议填写链接"), field="place"))
    if seats < least:
        few = _("会评组不少于 %(least)d 人，现有 %(n)d 人") % {"least": least, "n": seats}
        reasons.append(Reason(few, field="members"))
    if chair not in experts:
        reasons.append(Reason(_("组长须为组员"), field="chair"))
    if any(not 1 <= n <= MOST_MINUTES for n in minutes.values()):
        reasons.append(Reason(_("每项用时须为 1 至 %d 分钟") % MOST_MINUTES, field="pk"))
    return reasons


def take_in(panel: Panel, applications: Sequence[int], log: Log) -> list[Application]:
    """Move applications to a panel and put them at the end of its agenda; one that most reviewers refused needs more to be revived."""
    rows = APPLICATION.apply(Application.objects.filter(pk__in=applications).moving(), "to_panel", log)
    terms, refused = panel_terms(panel.call), refused_by_most(rows)
    PanelItem.objects.bulk_create(
        [
            PanelItem(
                panel=panel,
                application=a,
                position=0,
                minutes=terms.minutes,
                threshold=terms.revive_majority if a.pk in refused else terms.majority,
                signatures_needed=terms.revive_signatures if a.pk in refused else 0,
            )
            for a in rows
        ]
    )
    return rows


def take_off(panel: Panel, applications: Collection[int], log: Log) -> None:
    """Take applications off a panel: they wait for one again."""
    APPLICATION.apply(Application.objects.filter(pk__in=applications).moving(), "off_panel", log)
    panel.items.filter(application__in=applications).delete()


def plan_agenda(panel: Panel, order: Sequence[int], minutes: Mapping[int, int], terms: PanelTerms) -> None:
    """Give the items of a panel their places in the order of `order`, and their minutes."""
    place = {pk: n for n, pk in enumerate(order, start=1)}
    items = list(panel.items.all())
    for item in items:
        item.position = place[item.application_id]
        item.minutes = minutes.get(item.application_id, terms.minutes)
    PanelItem.objects.bulk_update(items, ["position", "minutes"], batch_size=1000)


def _change_agenda(panel: Panel, order: Sequence[int], minutes: Mapping[int, int], log: Log) -> None:
    old = set(panel.items.values_list("application", flat=True))
    if gone := old - set(order):
        take_off(panel, gone, log)
    if come := [pk for pk in order if pk not in old]:
        take_in(panel, come, log)
    plan_agenda(panel, order, minutes, panel_terms(panel.call))


def _change_members(panel: Panel, experts: Sequence[Expert], chair: Expert) -> None:
    seats = {m.expert_id: m for m in panel.members.all()}
    keys = {e.pk for e in experts}
    panel.members.exclude(expert__in=keys).delete()
    PanelMember.objects.bulk_create([PanelMember(panel=panel, expert=e) for e in experts if e.pk not in seats])
    panel.members.exclude(expert=chair).filter(is_chair=True).update(is_chair=False)
    panel.members.filter(expert=chair, is_chair=False).update(is_chair=True)


def seat_chair(panel: Panel, chair: Expert | None) -> None:
    """Give the chair the role for this panel, and end it for whoever had it before."""
    now = clock.now()
    grants = RoleGrant.objects.in_force(now).filter(role="panel_chair", scope="panel", scope_id=panel.pk)
    account = accounts_of([chair.person_id]).first() if chair else None
    grants.exclude(account=account).update(until=now)
    if account and not grants.filter(account=account).exists():
        RoleGrant.objects.create(
            account=account, role="panel_chair", scope="panel", scope_id=panel.pk, scope_label=panel.name, since=now
        )
