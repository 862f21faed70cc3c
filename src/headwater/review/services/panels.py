"""Panels: agenda, members, secret ballot with quorum and threshold, recusal enforced by the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.models import Account, RoleGrant
from headwater.core.parameters import Parameters
from headwater.core.services import notify
from headwater.registry.models import ReviewGroup
from headwater.review.models import BallotCast, Conflict, Expert, Panel, PanelItem, PanelMember
from headwater.review.rules import has_quorum, votes_needed
from headwater.review.services.conflicts import find_conflicts

CHOICES = ("yes", "no", "abstain")


def make_panel(
    *,
    call: Call,
    name: str,
    group: ReviewGroup | None,
    applications: Sequence[Application],
    experts: Sequence[Expert],
    chair: Expert,
    meets_at: datetime | None,
    actor: Actor,
) -> Panel:
    """Make a panel with its agenda (in rank order) and members; its applications move to the panel.

    Raises:
        Refused: too few members, or a chair who is not a member.
    """
    with command(actor, "review.panel.manage", call, name="review.make_panel") as log:
        parameters = Parameters(call.scheme.region, call.closes_at.date())
        least = parameters.number("panel_min_members", call.scheme.code, 9)
        if len({e.pk for e in experts}) < least:
            raise Refused.because(
                _("会评组不少于 %(least)d 人，现有 %(n)d 人") % {"least": least, "n": len(experts)}, field="members"
            )
        if chair not in experts:
            raise Refused.because(_("组长须为组员"), field="chair")
        quorum = parameters.get("panel_quorum", call.scheme.code) or {"numerator": 2, "denominator": 3}
        panel = Panel.objects.create(
            call=call, group=group, name=name, meets_at=meets_at, quorum=f"{quorum['numerator']}/{quorum['denominator']}"
        )
        PanelMember.objects.bulk_create([PanelMember(panel=panel, expert=e, is_chair=e == chair) for e in experts])
        rows = APPLICATION.apply(Application.objects.filter(pk__in=[a.pk for a in applications]).moving(), "to_panel", log)
        place = {pk: n for n, pk in enumerate([a.pk for a in applications], start=1)}
        PanelItem.objects.bulk_create([PanelItem(panel=panel, application=a, position=place[a.pk]) for a in rows])
        find_conflicts(call=call, actor=actor, states=[State.PANEL])
        accounts = Account.objects.filter(person__expert__in=experts)
        chair_account = Account.objects.filter(person__expert=chair).first()
        if chair_account:
            RoleGrant.objects.create(
                account=chair_account, role="panel_chair", scope="panel", scope_id=panel.pk, scope_label=name, since=clock.now()
            )
        notify(accounts, title=lambda: _("会议评审：%s") % name, url=f"/panels/{panel.pk}/")
        log(panel, after={"members": len(experts), "items": len(rows), "quorum": panel.quorum})
    return panel


def open_voting(*, panel: Panel, present: Sequence[PanelMember], actor: Actor) -> None:
    """Put down who is present and open the vote."""
    with command(actor, "review.panel.manage", panel.call, name="review.open_voting") as log:
        row = Panel.objects.select_for_update().get(pk=panel.pk)
        if row.state != Panel.State.PREPARING:
            raise Refused.because(_("投票已开始或已结束"))
        PanelMember.objects.filter(panel=row).update(present=False)
        PanelMember.objects.filter(panel=row, pk__in=[m.pk for m in present]).update(present=True)
        here = row.members.filter(present=True).count()
        if not has_quorum(here, row.members.count(), row.quorum):
            raise Refused.because(
                _("到会 %(n)d 人，未达法定人数（%(quorum)s）") % {"n": here, "quorum": row.quorum}, field="present"
            )
        find_conflicts(call=row.call, actor=actor, states=[State.PANEL])
        row.state, row.opened_at = Panel.State.VOTING, clock.now()
        row.save(update_fields=["state", "opened_at"])
        log(row, after={"state": row.state, "present": here})


def cast_ballot(*, member: PanelMember, votes: Mapping[int, str], actor: Actor) -> int:
    """Cast a member's ballot sheet: item id to "yes", "no" or "abstain". Secret: the counts move, the choice is nowhere kept.

    Raises:
        Refused: not one's own, voting is not open, already voted, or an item from which the member is recused.
    """
    with command(actor, "review.panel.vote", member.panel, name="review.cast_ballot") as log:
        if actor.account and member.expert.person.account_id != actor.account.pk:
            raise Refused.because(_("只能由本人投票"))
        panel = Panel.objects.select_for_update().get(pk=member.panel_id)
        if panel.state != Panel.State.VOTING or not member.present:
            raise Refused.because(_("现在不能投票"))
        if any(v not in CHOICES for v in votes.values()):
            raise Refused.because(_("请选择 同意、不同意 或 弃权"))
        items = list(PanelItem.objects.filter(panel=panel, pk__in=votes, result=""))
        if len(items) != len(votes):
            raise Refused.because(_("有的项目不在本组议程上"))
        try:
            with transaction.atomic():
                BallotCast.objects.bulk_create([BallotCast(item=i, member=member) for i in items])
        except DatabaseError as error:
            text = str(error)
            if "headwater_recused" in text:
                raise Refused.because(_("您须回避其中的项目，不能投票")) from error
            if "ballot_once" in text:
                raise Refused.because(_("您已投过票")) from error
            raise
        for choice in CHOICES:
            chosen = [i.pk for i in items if votes[i.pk] == choice]
            if chosen:
                PanelItem.objects.filter(pk__in=chosen).update(**{choice: F(choice) + 1})
        log(member, after={"voted_on": len(items)})
    return len(items)


def close_voting(*, panel: Panel, actor: Actor) -> dict[str, int]:
    """Count: recused members are not present for an item; quorum and threshold as put down when the panel was made.

    From here on the votes of each item are bound: before, a digest after each ballot would tell how it was cast.
    """
    with command(actor, "review.panel.manage", panel.call, name="review.close_voting") as log:
        row = Panel.objects.select_for_update().get(pk=panel.pk)
        if row.state != Panel.State.VOTING:
            raise Refused.because(_("投票没有在进行"))
        present = row.members.filter(present=True).count()
        size = row.members.count()
        recused = recusals(row)
        counts = {r.value: 0 for r in PanelItem.Result}
        items = list(row.items.filter(result=""))
        for item in items:
            here = present - len([m for m in recused.get(item.application_id, []) if m.present])
            if not has_quorum(item.yes + item.no + item.abstain, size - len(recused.get(item.application_id, [])), row.quorum):
                item.result = PanelItem.Result.NO_QUORUM
            elif item.yes >= votes_needed(here, item.threshold):
                item.result = PanelItem.Result.RECOMMENDED
            else:
                item.result = PanelItem.Result.NOT_RECOMMENDED
            counts[item.result] += 1
        PanelItem.objects.bulk_update(items, ["result"], batch_size=1000)
        for item in items:
            log(item, after={"yes": item.yes, "no": item.no, "abstain": item.abstain, "result": str(item.result)})
        row.state, row.closed_at = Panel.State.CLOSED, clock.now()
        row.save(update_fields=["state", "closed_at"])
        log(row, after={"state": row.state, **counts})
    return counts


def recusals(panel: Panel) -> dict[int, list[PanelMember]]:
    """Members who are recused, by application (two queries)."""
    members = {m.expert_id: m for m in panel.members.select_related("expert__person")}
    out: dict[int, list[PanelMember]] = {}
    pairs = (
        Conflict.objects.filter(application__panel_item__panel=panel, expert__in=members)
        .values_list("application", "expert")
        .distinct()
    )
    for application, expert in pairs:
        out.setdefault(application, []).append(members[expert])
    return out


def candidates_for_panel(call: Call, group: ReviewGroup, limit: int = 30) -> list[Expert]:
    """Experts of the group's disciplines, those with the fewest conflicts among its applications first (one query)."""
    from django.db.models import Count, Q

    codes = Q()
    for prefix in group.prefixes:
        codes |= Q(disciplines__code__startswith=prefix)
    clash = Count(
        "conflicts", filter=Q(conflicts__application__call=call, conflicts__application__state=State.REVIEWED), distinct=True
    )
    return list(
        Expert.objects.filter(codes, is_active=True)
        .exclude(person__led_applications__call=call)
        .annotate(clash=clash)
        .select_related("person__organisation")
        .order_by("clash", "pk")[:limit]
    )
