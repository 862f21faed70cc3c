"""Which recommended applications to fund: the best set under the budget and the region's rules of balance, with reasons.

The worth of an application is its calibrated score times its amount, so that a large one counts as much as the small ones that could
have its money. The choice is the portfolio kernel's; officers may tick otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.decisions import barred_applications, committed_fen
from headwater.calls.models import Application, Call, Decision
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.money import amount_said, rounded
from headwater.core.own import own_cases, without_own
from headwater.core.parameters import Parameters
from headwater.core.solver import solve
from headwater.review.models import PanelItem
from headwater.review.services.selecting import Line, by_line, draws_of, lines, passes
from headwater.review.sets import BUDGET, DECIDED, Balance, Chosen, Compared, Contest, Variant


@dataclass
class Suggestion:
    """`funded` ids in the suggested set; `reasons` why recommended ones are not in it, by id; `conflict` rules that cannot be kept together
    (then the set keeps the budget alone).
    """

    funded: set[int]
    reasons: dict[int, str]
    balances: list[Balance]
    result: Chosen | None = None
    contest: Contest | None = None
    conflict: list[str] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)


def balances_of(call: Call) -> list[Balance]:
    """The rules of balance in force on the call's deadline."""
    rows = Parameters(call.scheme.region, clock.last_day(call.closes_at)).get("portfolio_rules", call.scheme.code) or []
    return [Balance(**row) for row in rows]


def _groups(call: Call, rows: Sequence[Application]) -> dict[str, list[str]]:
    leaders = RawSQL("SELECT unnest(%s::bigint[])", [[a.leader_of_record_id for a in rows]])
    before = set(
        Application.objects.filter(leader_of_record__in=leaders, state=State.APPROVED)
        .exclude(call=call)
        .values_list("leader_of_record", flat=True)
    )
    young = Parameters(call.scheme.region, clock.last_day(call.closes_at)).number("young_age", call.scheme.code)
    since = date(call.year - young, 1, 1)
    return {
        "first_time": ["no" if a.leader_of_record_id in before else "yes" for a in rows],
        "sex": [a.leader.sex or "?" for a in rows],
        "young": ["yes" if a.leader.birth_date and a.leader.birth_date >= since else "no" for a in rows],
        "host": [a.host.name_zh for a in rows],
        "city": [a.host.place.name_zh if a.host.place else "" for a in rows],
        "field": [a.review_group for a in rows],
        "research_class": [a.research_class for a in rows],
    }


def groups_by(call: Call, per: str, rows: Sequence[Application]) -> dict[int, str]:
    """What a quota counts each application by; nothing where it is one quota for the call."""
    labels = [""] * len(rows) if per == "call" else _groups(call, rows)[per]
    return dict(zip([a.pk for a in rows], labels, strict=True))


def taken_places(call: Call) -> dict[str, int]:
    """How many places of the quota are given by decisions that stand, by group."""
    standing = Application.objects.filter(call=call, decision__outcome=Decision.Outcome.FUND, decision__freed_at__isnull=True)
    rows = list(standing.select_related("leader", "host__place", "call"))
    return dict(Counter(groups_by(call, scheme_of(call).judging.decision.quota_per, rows).values()))


def lines_of(call: Call) -> list[Line]:
    """Where the places or the money end, by group; none where the best set decides. Over all candidates, so that all see the same line."""
    rule = scheme_of(call).judging.decision
    if not by_line(rule):
        return []
    rows = [a for a in candidates(call) if not _decided(a)]
    money = call.budget_fen - committed_fen(call)
    return lines(rule, rows, groups_by(call, rule.quota_per, rows), used_places=taken_places(call), money=money)


WEIGHED = (
    *("number", "title_zh", "state", "amount_fen", "review_group", "research_class", "leader_of_record"),
    *("leader__name_zh", "leader__sex", "leader__birth_date", "host__name_zh", "host__place__name_zh"),
    *("ranking__rank", "ranking__mean", "ranking__calibrated", "panel_item__result"),
    *("decision__outcome", "decision__amount_fen", "decision__freed_at"),
)
"""What is read of a candidate: all of a call are weighed, and their texts are long."""


def candidates(call: Call, account: Any = None) -> list[Application]:
    """Recommended by a panel, or reviewed where there is none, at the pass mark, and not decided; or decided in favour. Nobody under
    sanction, nothing that is `account`'s own case.
    """
    scheme = scheme_of(call)
    ranked = Application.objects.filter(call=call, ranking__isnull=False)
    open_ones = Q(state=State.REVIEWED)
    if scheme.has_panel:
        open_ones = Q(state=State.PANEL, panel_item__result=PanelItem.Result.RECOMMENDED)
    rows = list(
        without_own(ranked, account)
        .filter(open_ones | Q(state=State.PROPOSED))
        .select_related("leader", "host__place", "ranking", "panel_item", "decision")
        .only(*WEIGHED)
        .order_by("ranking__rank", "pk")
    )
    for row in rows:
        row.call = call
    barred = {a.pk for a in barred_applications(rows)}
    fit = [a for a in rows if _decided(a) or (_recommended(a) and a.pk not in barred and passes(scheme.judging.decision, a))]
    return [a for a in fit if a.amount_fen > 0 or not scheme.has_money]


def _decided(application: Application) -> bool:
    decision = getattr(application, "decision", None)
    return decision is not None and decision.outcome == Decision.Outcome.FUND and decision.freed_at is None


def _recommended(application: Application) -> bool:
    if not scheme_of(application.call).has_panel:
        return bool(application.state == State.REVIEWED)
    item = getattr(application, "panel_item", None)
    return application.state == State.PANEL and item is not None and item.result == PanelItem.Result.RECOMMENDED


def contest_of(call: Call, rows: Sequence[Application], balances: Sequence[Balance]) -> Contest:
    """The candidates as the kernel takes them; money in fen."""
    groups = _groups(call, rows)
    return Contest(
        score=tuple(max(0.0, a.ranking.calibrated or 0.0) for a in rows),
        amount=tuple(float(a.decision.amount_fen if _decided(a) else a.amount_fen) for a in rows),
        groups=tuple((name, tuple(labels)) for name, labels in groups.items()),
        budget=float(call.budget_fen),
        decided=tuple(at for at, a in enumerate(rows) if _decided(a)),
        balances=tuple(balances),
    )


def suggest(call: Call, *, without: Sequence[str] = (), account: Any = None) -> Suggestion:
    """The best set, leaving out the rules of balance named in `without` and what is `account`'s own case. The same call gives the same set.

    Where a call gives no money there is nothing to weigh: what the panels recommend is suggested.
    """
    scheme = scheme_of(call)
    if by_line(scheme.judging.decision):
        return _above_the_line(call, account)
    if not scheme.has_money:
        return Suggestion({a.pk for a in candidates(call, account)}, {}, [])
    rows = candidates(call, account)
    balances = [b for b in balances_of(call) if b.code not in without]
    if not rows:
        return Suggestion(set(), {}, balances)
    contest = contest_of(call, rows, balances)
    result: Chosen = solve("headwater.solving.portfolio:choose", contest)
    conflict = list(dict.fromkeys(_rule_name(rule, balances) for rule in result.conflict))
    funded = {rows[at].pk for at in result.funded}
    return Suggestion(funded, _reasons(rows, result, balances), balances, result, contest, conflict, rows)


def _above_the_line(call: Call, account: Any) -> Suggestion:
    """The applications above the line of each group, with the equals that won the draw."""
    draws, own = draws_of(call), own_cases(account) if account else frozenset()
    above = {a.pk for line in lines_of(call) for a in line.winners(draws.get(line.group))}
    return Suggestion(above - own, {}, [])


def _reasons(rows: Sequence[Application], result: Chosen, balances: Sequence[Balance]) -> dict[int, str]:
    """For each refused candidate the rules that ask the highest prices of it."""
    return {
        rows[at].pk: "、".join(dict.fromkeys(_rule_name(rule, balances) for rule in rules)) or _("预算")
        for at, rules in result.refused.items()
    }


def _rule_name(rule: str, balances: Sequence[Balance]) -> str:
    """The name of a rule as people know it."""
    code, _colon, label = rule.partition(": ")
    names = {b.code: b.name for b in balances} | {BUDGET: _("预算"), DECIDED: _("已作出的决定")}
    return f"{names.get(code, code)}（{label}）" if label else names.get(code, code)


@dataclass(frozen=True)
class BalanceRow:
    """A rule of balance in the suggested set, in words: the amount that the set reaches, the limits, whether it binds."""

    name: str
    amount: str
    limits: str
    binds: bool


def balance_rows(suggestion: Suggestion) -> list[BalanceRow]:
    """The budget and each rule of balance; of a rule with many labels those that bind, or its count if none does."""
    if suggestion.result is None:
        return []
    kinds = {b.code: b.of for b in suggestion.balances}
    rows, quiet = [], dict.fromkeys(kinds, 0)
    for row in suggestion.result.reach:
        code, _colon, label = row.rule.partition(": ")
        if code == DECIDED:
            continue
        if label and not row.tight:
            quiet[code] += 1
            continue
        unit = kinds.get(code, "money_limit")
        limits = [(_("不少于 %s"), row.at_least), (_("不多于 %s"), row.at_most)]
        words = "，".join(text % _amount(limit, unit) for text, limit in limits if limit is not None)
        rows.append(BalanceRow(_rule_name(row.rule, suggestion.balances), _amount(row.amount, unit), words, row.tight))
    return rows + [
        BalanceRow(b.name, _("%d 个分组都满足") % quiet[b.code], "", False) for b in suggestion.balances if quiet[b.code]
    ]


def _amount(value: float, of: str) -> str:
    if of in ("funded", "money"):
        return f"{100 * value:.0f} %"
    return f"{value:.0f}" if of == "applications" else amount_said(rounded(Fraction(value)))


def compare(suggestion: Suggestion) -> list[tuple[Compared, list[str], str]]:
    """What other budgets and the loss of each rule of balance would change; with the rules that cannot be kept then, and the rule left out."""
    if suggestion.contest is None:
        return []
    variants = [Variant(_("预算减少一成"), budget=0.9), Variant(_("预算增加一成"), budget=1.1)]
    variants += [Variant(_("不计“%s”") % balance.name, without=balance.code) for balance in suggestion.balances]
    comparisons: list[Compared] = solve("headwater.solving.portfolio:compare", suggestion.contest, variants)
    return [(o, [_rule_name(rule, suggestion.balances) for rule in o.reasons], o.without) for o in comparisons]
