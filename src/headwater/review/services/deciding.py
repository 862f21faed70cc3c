"""From the panels' results to proposed decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.decisions import Proposal, propose_decisions
from headwater.calls.models import Application, Call, Decision
from headwater.calls.phases import not_yet
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.command import Actor
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.seen import Sight
from headwater.review.models import Panel, PanelItem
from headwater.review.services.reasons import refusal_of
from headwater.review.services.selecting import Shortfall, draws_of, over_quota, shortfalls_in
from headwater.review.services.suggesting import groups_by, lines_of, taken_places


@dataclass(frozen=True)
class Departure:
    """Why a decision departs from the panel's result: a code of `Decision.Deviation` and words of the one who proposes."""

    code: str = ""
    words: str = ""

    @property
    def complete(self) -> bool:
        return self.code in STATED and bool(self.words.strip())


STATED = {c.value for c in Decision.Deviation} - {Decision.Deviation.UNSTATED.value, Decision.Deviation.RULE.value}


def departs(application: Application, fund: bool) -> bool:
    """Whether funding (or not funding) an application departs from the vote of its panel; without a panel nothing departs."""
    item = getattr(application, "panel_item", None)
    return item is not None and fund != (item.result == PanelItem.Result.RECOMMENDED)


def proposals_of(
    call: Call,
    funded: Collection[int],
    account: Account | None = None,
    departures: Mapping[int, Departure] | None = None,
    only: Collection[int] | None = None,
) -> list[Proposal]:
    """What would be proposed when the applications `funded` (ids) are given what they ask for and no other undecided one is; by rank.
    With `only` the others stay undecided for now.

    Those in which `account` takes part are left for somebody else to propose. `departures`: reasons by id, where the panel voted otherwise.
    """
    scheme, shortfall = scheme_of(call), shortfalls_in(call)
    on_table = Q(state__in=[State.PANEL, State.REVIEWED])
    if scheme.rolling and scheme.has_panel:  # a batch: what a panel has settled
        on_table = Q(state=State.PANEL, panel_item__panel__state=Panel.State.CLOSED)
    open_ones = Application.objects.filter(on_table, call=call)
    if only is not None:
        open_ones = open_ones.filter(pk__in=only)
    rows = without_own(open_ones, account).select_related("ranking", "panel_item", "leader", "host__place", "call")
    proposals = [_proposal(a, a.pk in funded, (departures or {}).get(a.pk, Departure()), shortfall) for a in rows]
    return sorted(proposals, key=lambda p: (p.rank is None, p.rank or 0))


def _proposal(application: Application, fund: bool, departure: Departure, shortfall: Shortfall) -> Proposal:
    ranking = getattr(application, "ranking", None)
    rank = ranking.rank if ranking else None
    scheme = scheme_of(application.call)
    why = "" if fund else shortfall(application)
    departing = departs(application, fund) and not why
    code, words = (departure.code, departure.words.strip()) if departing else ("", "")
    if fund:
        return Proposal(application, application.amount_fen if scheme.has_money else 0, rank, "", code, words)
    if why and departs(application, fund):
        code, words = Decision.Deviation.RULE.value, why
    label = str(Decision.Deviation(code).label) if code in STATED else ""
    return Proposal(application, None, rank, refusal_of(application, "：".join(x for x in (label, words) if x), why), code, words)


def proposals_sight(proposals: Sequence[Proposal]) -> Sight:
    """What the page of the proposed decisions shows of each, without the reasons that are given on that page. Of the ranks it is their
    order among these: the number itself would tell of a case that is not shown.
    """
    ranks = sorted(p.rank for p in proposals if p.rank is not None)
    places = {rank: n for n, rank in enumerate(ranks, start=1)}
    return Sight(
        {
            str(p.application): [
                p.amount_fen,
                places.get(p.rank or 0),
                p.application.state,
                departs(p.application, p.amount_fen is not None),
            ]
            for p in proposals
        }
    )


def unfinished(call: Call, account: Account | None = None) -> list[Reason]:
    """What has to end before decisions are proposed: reviews, panels, votes without a quorum, a draw; of the cases that are not
    `account`'s own.
    """
    draws = draws_of(call)
    waiting = [line.group for line in lines_of(call) if line.equals and line.group not in draws]
    draw = [Reason(_("名额或预算线上有 %d 组得分相同的申请，须先抽签") % len(waiting), code="draw")] if waiting else []
    return unfinished_reviews(call, account) + draw


def unfinished_reviews(call: Call, account: Account | None = None) -> list[Reason]:
    """The reviews, panels and votes that have to end before decisions are proposed."""
    early = not_yet(call)
    reasons = [early] if early else []
    if scheme_of(call).rolling:
        return reasons + _short_votes(call, account)
    rows = Application.objects.filter(call=call, state__in=[State.IN_REVIEW, State.ACCEPTED, State.RECEIVED, State.RECHECK])
    rows = rows.exclude(state=State.RECHECK, decision__isnull=False)  # of a decision: what others get does not wait for it
    waiting = without_own(rows, account).count()
    if waiting:
        reasons.append(Reason(_("还有 %d 项申请没有完成评审") % waiting))
    for panel in Panel.objects.filter(call=call).exclude(state__in=[Panel.State.CLOSED, Panel.State.DISSOLVED]):
        reasons.append(Reason(_("%s 还没有结束投票") % panel.name))
    return reasons + _short_votes(call, account)


def _short_votes(call: Call, account: Account | None) -> list[Reason]:
    again = PanelItem.objects.filter(panel__call=call, result=PanelItem.Result.NO_QUORUM, application__state=State.PANEL)
    short = without_own(again, account).count()
    return [Reason(_("有 %d 项投票未达法定人数，须重新投票") % short)] if short else []


def propose(
    *,
    call: Call,
    funded: Collection[int],
    departures: Mapping[int, Departure] | None = None,
    actor: Actor,
    only: Collection[int] | None = None,
    seen: str | None = None,
) -> list[Decision]:
    """Propose decisions on everything that is undecided, or on the applications in `only`, after all reviews and votes have ended.
    `seen` is the token of the lines that the officer has read.

    Raises:
        Refused: something has not ended, the lines are not those that were `seen`, nothing is chosen, a ticked application was on no
            panel, a departure from a panel's result has no reason, or the budget does not suffice.
    """
    with transaction.atomic():
        Call.objects.select_for_update(of=("self",)).get(pk=call.pk)  # two officers do not fill the same last place
        refuse_if(unfinished(call, actor.account))
        proposals = proposals_of(call, funded, actor.account, departures, only)
        if seen is not None:
            proposals_sight(proposals).require(seen)
        if not proposals:
            raise Refused.because(_("没有选择任何未决定的申请"), code="empty")
        refuse_if(_not_proposable(proposals, call))
        return propose_decisions(call=call, proposals=proposals, actor=actor)


def _not_proposable(proposals: Sequence[Proposal], call: Call) -> Iterator[Reason]:
    scheme, shortfall = scheme_of(call), shortfalls_in(call)
    rule, funded = scheme.judging.decision, [p.application for p in proposals if p.amount_fen is not None]
    if rule.quota is not None:
        groups = groups_by(call, rule.quota_per, funded)
        yield from (Reason(text, code="quota") for text in over_quota(rule, funded, groups, taken_places(call)))
    for p in proposals:
        fund = p.amount_fen is not None
        why = shortfall(p.application)
        if fund and why:
            text = _("%(application)s：没有达到合格线，或抽签未中，不能%(word)s")
            yield Reason(text % {"application": p.application, "word": scheme.words["proposed"]}, code="rule")
        elif not fund and why:
            continue
        elif fund and scheme.has_panel and getattr(p.application, "panel_item", None) is None:
            words = {"application": p.application, "word": scheme.words["proposed"]}
            yield Reason(_("%(application)s 未经会议评审，不能%(word)s") % words)
        elif departs(p.application, fund) and not Departure(p.deviation, p.deviation_words).complete:
            text = _("%s：与会议评审结果不一致，请选择理由并写明情况")
            yield Reason(text % p.application, field=f"deviation_{p.application.pk}", code="deviation")
