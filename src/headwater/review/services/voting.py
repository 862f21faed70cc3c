"""The vote of a panel: secret, by item, with quorum and threshold; recusal enforced by the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused
from headwater.core.own import not_own
from headwater.core.services import notify
from headwater.registry.models import accounts_of, is_own
from headwater.review.models import BallotCast, Conflict, Panel, PanelItem, PanelMember
from headwater.review.rules import has_quorum, votes_needed
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.reviving import set_aside
from headwater.review.terms import panel_terms

CHOICES = ("yes", "no", "abstain")


def open_voting(*, panel: Panel, present: Sequence[PanelMember], actor: Actor) -> None:
    """Put down who is present and open the vote."""
    with command(actor, "review.panel.manage", panel, name="review.open_voting") as log:
        row = Panel.objects.select_for_update().get(pk=panel.pk)
        if row.state != Panel.State.PREPARING:
            raise Refused.because(_("投票已开始或已结束"))
        PanelMember.objects.filter(panel=row).update(present=False)
        PanelMember.objects.filter(panel=row, pk__in=[m.pk for m in present]).update(present=True)
        here = row.members.filter(present=True).count()
        if not has_quorum(here, row.members.count(), row.quorum):
            raise Refused.because(
                _("到会 %(n)d 人，未达法定人数（%(quorum)s）") % {"n": here, "quorum": row.quorum_word}, field="present"
            )
        find_conflicts(call=row.call, actor=actor, states=[State.PANEL])
        log.many(set_aside(row), {"result": PanelItem.Result.NOT_REVIVED})
        row.state, row.opened_at = Panel.State.VOTING, clock.now()
        row.save(update_fields=["state", "opened_at"])
        log(row, after={"state": row.state, "present": here})
        _ask_to_vote(row)


def _ask_to_vote(panel: Panel) -> None:
    """Ask those who are present to vote, and the chair to see it through."""
    seats = panel.members.all()
    for members, title in (
        (seats.filter(present=True, is_chair=False), lambda: _("请投票：%s") % panel.name),
        (seats.filter(is_chair=True), lambda: _("投票已开始，请主持并投票：%s") % panel.name),
    ):
        notify(accounts_of(members.values_list("expert__person", flat=True)), title=title, url=f"/panels/{panel.pk}/")


def cast_ballot(*, member: PanelMember, votes: Mapping[int, str], actor: Actor) -> int:
    """Cast a member's ballot sheet: item id to "yes", "no" or "abstain". Secret: the counts move, the choice is nowhere kept.

    Raises:
        Refused: not one's own, voting is not open, already voted, or an item from which the member is recused.
    """
    with command(actor, "review.panel.vote", member.panel, name="review.cast_ballot") as log:
        if actor.account and not is_own(actor.account, member.expert.person):
            raise Refused.because(_("只能由本人投票"))
        panel = Panel.objects.select_for_update().get(pk=member.panel_id)
        if panel.state != Panel.State.VOTING or not member.present:
            raise Refused.because(_("现在不能投票"))
        if any(v not in CHOICES for v in votes.values()):
            raise Refused.because(_("请选择 同意、不同意 或 弃权"))
        items = list(PanelItem.objects.filter(panel=panel, pk__in=votes, result=""))
        if len(items) != len(votes):
            raise Refused.because(_("有的项目不在本组议程上"))
        if not all(not_own(actor.account, i) for i in items):
            raise Refused.because(_("您须回避其中的项目，不能投票"))
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
            ids = [i.pk for i in items if votes[i.pk] == choice]
            if ids:
                PanelItem.objects.filter(pk__in=ids).update(**{choice: F(choice) + 1})
        log(member, after={"voted_on": len(items)})
    return len(items)


def close_voting(*, panel: Panel, actor: Actor, reason: str = "") -> dict[str, int]:
    """Count: recused members are not present for an item; quorum and threshold as put down when the panel was made.

    Raises:
        Refused: the vote is not on, or ballots of present members are missing and no reason is given.
    """
    with command(actor, "review.panel.manage", panel, name="review.close_voting") as log:
        row = Panel.objects.select_for_update().get(pk=panel.pk)
        if row.state != Panel.State.VOTING:
            raise Refused.because(_("投票没有在进行"))
        absences = missing_ballots(row)
        if absences and not reason.strip():
            raise Refused([_absence(item, members) for item, members in absences.items()])
        present = row.members.filter(present=True).count()
        size = row.members.count()
        recused = recusals(row)
        counts = {r.value: 0 for r in PanelItem.Result}
        items = list(row.items.filter(result=""))
        for item in items:
            away = recused.get(item.application_id, [])
            item.missing = len(absences.get(item, ()))
            item.result = _result(item, present - len([m for m in away if m.present]), size - len(away), row.quorum)
            counts[item.result] += 1
            log(item, after={c: getattr(item, c) for c in (*CHOICES, "vote", "missing", "result")})
        PanelItem.objects.bulk_update(items, ["result", "missing"], batch_size=1000)
        row.state, row.closed_at, row.missing_reason = Panel.State.CLOSED, clock.now(), reason.strip()[:300] if absences else ""
        row.save(update_fields=["state", "closed_at", "missing_reason"])
        log(row, after={"state": row.state, **counts, **({"missing_reason": row.missing_reason} if absences else {})})
    return counts


def _absence(item: PanelItem, members: Sequence[PanelMember]) -> Reason:
    names = "、".join(m.expert.person.name_zh for m in members)
    text = _("第 %(position)d 项还缺 %(names)s 的票；请等投票完毕，或写明缺票仍结束投票的原因")
    return Reason(text % {"position": item.position, "names": names}, field="reason")


def _result(item: PanelItem, here: int, size: int, quorum: str) -> str:
    if not has_quorum(item.yes + item.no + item.abstain, size, quorum):
        return PanelItem.Result.NO_QUORUM
    if item.yes >= votes_needed(here, item.threshold):
        return PanelItem.Result.RECOMMENDED
    return PanelItem.Result.NOT_RECOMMENDED


def missing_ballots(panel: Panel) -> dict[PanelItem, list[PanelMember]]:
    """Who is present, not recused and has not voted, by item of the vote that is on; items without any are left out (four queries)."""
    recused = recusals(panel)
    here = list(panel.members.filter(present=True).select_related("expert__person").order_by("pk"))
    items = list(panel.items.filter(result="").order_by("position"))
    cast = set(BallotCast.objects.filter(item__in=items).values_list("item", "member"))
    absent: dict[PanelItem, list[PanelMember]] = {}
    for item in items:
        barred = {m.pk for m in recused.get(item.application_id, [])}
        names = [m for m in here if m.pk not in barred and (item.pk, m.pk) not in cast]
        if names:
            absent[item] = names
    return absent


def votes_allowed(panel: Panel) -> int:
    """How often a panel may vote on one item that had a quorum."""
    return panel_terms(panel.call).votes


def repeatable(panel: Panel) -> list[PanelItem]:
    """Items of a closed panel on which it may vote anew: without a quorum as often as needed, else as often as the rules allow, and
    never once a decision is proposed.
    """
    if panel.state != Panel.State.CLOSED:
        return []
    most = votes_allowed(panel)
    items = panel.items.filter(application__state=State.PANEL).select_related("application")
    return [i for i in items if i.result == PanelItem.Result.NO_QUORUM or i.vote < most]


def vote_again(*, panel: Panel, items: Sequence[PanelItem], reason: str = "", actor: Actor) -> int:
    """Open items of a closed panel to a further vote; their ballots so far are discarded and their counts stay in the history.

    Raises:
        Refused: nothing chosen, an item the rules do not allow to repeat, or no reason for one that had a quorum.
    """
    with command(actor, "review.panel.manage", panel, name="review.vote_again") as log:
        row = Panel.objects.select_for_update().select_related("call__scheme").get(pk=panel.pk)
        allowed = {i.pk: i for i in repeatable(row)}
        repeated = [allowed[i.pk] for i in items if i.pk in allowed]
        if not items or len(repeated) != len(items):
            raise Refused.because(_("没有可以重新投票的项目，或所选项目按规定不能再投"), field="item")
        if not reason.strip() and any(i.result != PanelItem.Result.NO_QUORUM for i in repeated):
            raise Refused.because(_("请写明重新投票的原因"), field="reason")
        BallotCast.objects.filter(item__in=repeated).delete()
        for item in repeated:
            log(
                item,
                before={c: getattr(item, c) for c in (*CHOICES, "vote", "missing", "result")},
                after={"vote": item.vote + 1, "reason": reason.strip()[:300]},
            )
            item.yes = item.no = item.abstain = item.missing = 0
            item.vote, item.result = item.vote + 1, ""
        PanelItem.objects.bulk_update(repeated, ["yes", "no", "abstain", "missing", "vote", "result"], batch_size=1000)
        row.state, row.closed_at = Panel.State.PREPARING, None
        row.save(update_fields=["state", "closed_at"])
        log(row, after={"state": row.state, "vote_again": len(repeated)})
        notify(
            accounts_of(row.members.values_list("expert__person", flat=True)),
            title=lambda: _("将重新投票：%s") % row.name,
            body=lambda: _("共 %d 项须重新投票，原先的票作废。") % len(repeated),
            url=f"/panels/{row.pk}/",
        )
    return len(repeated)


def recusals(panel: Panel) -> dict[int, list[PanelMember]]:
    """Members who are recused, by application (two queries)."""
    members = {m.expert_id: m for m in panel.members.select_related("expert__person")}
    recused: dict[int, list[PanelMember]] = {}
    pairs = (
        Conflict.objects.filter(application__panel_item__panel=panel, expert__in=members)
        .values_list("application", "expert")
        .distinct()
    )
    for application, expert in pairs:
        recused.setdefault(application, []).append(members[expert])
    return recused
