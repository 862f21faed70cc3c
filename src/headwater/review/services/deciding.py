"""From the panels' results to proposed decisions."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call, Decision
from headwater.calls.schemes import scheme_of
from headwater.calls.services.decisions import Proposal, propose_decisions
from headwater.calls.states import State
from headwater.calls.words import words_of
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.review.models import BallotCast, Panel, PanelItem


def proposals_of(call: Call, funded: Collection[int], account: Account | None = None) -> list[Proposal]:
    """What would be proposed when the applications `funded` (ids) are given what they ask for and no other undecided one is; by rank.

    Those in which `account` takes part are left for somebody else to propose.
    """
    open_ones = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED])
    rows = without_own(open_ones, account).select_related("ranking", "panel_item", "leader", "host", "call")
    found = [_proposal(a, a.pk in funded) for a in rows]
    return sorted(found, key=lambda p: (p.rank is None, p.rank or 0))


def _proposal(application: Application, fund: bool) -> Proposal:
    item = getattr(application, "panel_item", None)
    ranking = getattr(application, "ranking", None)
    rank = ranking.rank if ranking else None
    recommended = item is not None and item.result == PanelItem.Result.RECOMMENDED
    scheme = scheme_of(application.call)
    if fund:
        amount = application.amount_fen if scheme.has_money else 0
        return Proposal(application, amount, rank, "", "" if recommended else "budget_balance")
    if application.state == State.REVIEWED:
        return Proposal(application, None, rank, "经通讯评审，综合排序未进入会议评审。")
    words = scheme.words
    return Proposal(application, None, rank, words.zh("left_out") if recommended else f"会议评审：{words.zh('not_recommended')}。")


def unfinished(call: Call, account: Account | None = None) -> list[Reason]:
    """What has to end before decisions are proposed: reviews, panels, votes without a quorum; of the cases that are not `account`'s own."""
    reasons = []
    rows = Application.objects.filter(call=call, state__in=[State.IN_REVIEW, State.ACCEPTED, State.RECEIVED, State.RECHECK])
    waiting = without_own(rows, account).count()
    if waiting:
        reasons.append(Reason(_("还有 %d 项申请没有完成评审") % waiting))
    for panel in Panel.objects.filter(call=call).exclude(state=Panel.State.CLOSED):
        reasons.append(Reason(_("%s 还没有结束投票") % panel.name))
    again = PanelItem.objects.filter(panel__call=call, result=PanelItem.Result.NO_QUORUM, application__state=State.PANEL)
    short = without_own(again, account).count()
    if short:
        reasons.append(Reason(_("有 %d 项投票未达法定人数，须重新投票") % short))
    return reasons


def propose(*, call: Call, funded: Collection[int], actor: Actor) -> list[Decision]:
    """Propose decisions on everything that is undecided, after all reviews and votes have ended.

    Raises:
        Refused: something has not ended, a ticked application was not on a panel, or the budget does not suffice.
    """
    refuse_if(unfinished(call, actor.account))
    proposals = proposals_of(call, funded, actor.account)
    wrong = [p.application for p in proposals if p.amount_fen is not None and p.application.state != State.PANEL]
    if wrong:
        told = {"application": wrong[0], "word": words_of(call)["proposed"]}
        raise Refused.because(_("%(application)s 没有上会，不能%(word)s") % told)
    return propose_decisions(call=call, proposals=proposals, actor=actor)


def vote_again(*, panel: Panel, actor: Actor) -> int:
    """Open the items of a closed panel whose vote had no quorum to a second vote; their first ballots are discarded."""
    with command(actor, "review.panel.manage", panel, name="review.vote_again") as log:
        row = Panel.objects.select_for_update().get(pk=panel.pk)
        items = PanelItem.objects.filter(panel=row, result=PanelItem.Result.NO_QUORUM)
        count = items.count()
        if row.state != Panel.State.CLOSED or not count:
            raise Refused.because(_("没有需要重新投票的项目"))
        BallotCast.objects.filter(item__in=items).delete()
        items.update(yes=0, no=0, abstain=0, result="")
        row.state, row.closed_at = Panel.State.PREPARING, None
        row.save(update_fields=["state", "closed_at"])
        log(row, after={"vote_again": count})
    return count
