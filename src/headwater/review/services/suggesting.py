"""Which recommended applications to fund: the best set under the budget and the region's rules of balance, with reasons.

The worth of an application is its calibrated score times its amount, so that a large one counts as much as the small ones that could
have its money. The choice is the portfolio kernel's; officers may tick otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from headwater.algorithms.errors import Infeasible
from headwater.algorithms.portfolio import (
    Budget,
    Change,
    Funded,
    Outcome,
    Portfolio,
    Rule,
    ShareRule,
    each,
    fund,
    refusals,
    scenarios,
)
from headwater.algorithms.portfolio import Fixed as FixedRule
from headwater.calls.deciding.services.decisions import barred_applications, committed_fen
from headwater.calls.models import Application, Call, Decision
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.own import own_cases, without_own
from headwater.core.parameters import Parameters
from headwater.review.models import PanelItem
from headwater.review.services.selecting import Line, by_line, draws_of, lines, passes

BUDGET, DECIDED = "budget", "decided"
GAP, SECONDS = 1e-4, 20.0
YOUNG = 45
"""Age up to which a leader counts as young: born in or after the call's year less so many (policy article 10)."""


@dataclass(frozen=True)
class Balance:
    """A rule of balance as the region states it (parameter `portfolio_rules`).

    `group` as in `_groups`; `label` its value, none for each value in turn. `of`: funded, money, budget, applications or requested.
    """

    code: str
    zh: str
    en: str
    group: str
    of: str
    label: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def name(self) -> str:
        return self.en if get_language() == "en" else self.zh


@dataclass
class Suggestion:
    """`funded` ids in the suggested set; `reasons` why recommended ones are not in it, by id; `conflict` rules that cannot be kept together
    (then the set keeps the budget alone).
    """

    funded: set[int]
    reasons: dict[int, str]
    balances: list[Balance]
    result: Funded | None = None
    conflict: list[str] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)


def balances_of(call: Call) -> list[Balance]:
    """The rules of balance in force on the call's deadline."""
    rows = Parameters(call.scheme.region, clock.last_day(call.closes_at)).get("portfolio_rules", call.scheme.code) or []
    return [Balance(**row) for row in rows]


def _groups(call: Call, rows: Sequence[Application]) -> dict[str, list[str]]:
    before = set(
        Application.objects.filter(leader_of_record__in={a.leader_of_record_id for a in rows}, state=State.APPROVED)
        .exclude(call=call)
        .values_list("leader_of_record", flat=True)
    )
    since = date(call.year - YOUNG, 1, 1)
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
    left = call.budget_fen - committed_fen(call)
    return lines(rule, rows, groups_by(call, rule.quota_per, rows), taken=taken_places(call), money=left)


def candidates(call: Call, account: Any = None) -> list[Application]:
    """Recommended by a panel, or reviewed where there is none, at the pass mark, and not decided; or decided in favour. Nobody under
    sanction, nothing that is `account`'s own case.
    """
    scheme = scheme_of(call)
    ranked = Application.objects.filter(call=call, ranking__isnull=False)
    rows = list(
        without_own(ranked, account)
        .filter(state__in=[State.PANEL if scheme.has_panel else State.REVIEWED, State.PROPOSED])
        .select_related("leader", "host__place", "ranking", "panel_item", "decision", "call")
        .order_by("ranking__rank", "pk")
    )
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


def problem_of(call: Call, rows: Sequence[Application], balances: Sequence[Balance]) -> Portfolio:
    """The candidates as a problem of the kernel; money in fen."""
    amount = np.array([a.decision.amount_fen if _decided(a) else a.amount_fen for a in rows], dtype=np.float64)
    score = np.array([max(0.0, a.ranking.calibrated or 0.0) for a in rows])
    groups = _groups(call, rows)
    rules: list[Rule] = [Budget(BUDGET, limit=float(call.budget_fen))]
    decided = [at for at, a in enumerate(rows) if _decided(a)]
    if decided:
        rules.append(FixedRule(DECIDED, decided, True))
    for balance in balances:
        rules += _rules(balance, groups)
    return Portfolio(score * amount / 1e8, amount, rules, groups=groups)


def _rules(balance: Balance, groups: dict[str, list[str]]) -> list[ShareRule]:
    labels = groups[balance.group]
    of: Any = balance.of
    rule = ShareRule(balance.code, of=of, at_least=balance.at_least, at_most=balance.at_most)
    if balance.label is None:
        return each(rule, balance.group, labels)
    if balance.label in labels:
        return [ShareRule(balance.code, of=of, at_least=balance.at_least, at_most=balance.at_most, where={balance.group: balance.label})]
    return []


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
    conflict: list[str] = []
    try:
        result = fund(problem_of(call, rows, balances), gap=GAP, seconds=SECONDS)
    except Infeasible as none:
        conflict = [_told(reason.split(": at ")[0], balances) for reason in none.reasons]
        result = fund(problem_of(call, rows, []), gap=GAP)
    funded = {rows[at].pk for at in np.flatnonzero(result.funded)}
    return Suggestion(funded, _reasons(rows, result, balances), balances, result, list(dict.fromkeys(conflict)), rows)


def _above_the_line(call: Call, account: Any) -> Suggestion:
    """What stands above the line of each group, and who of the equals was drawn."""
    drawn, own = draws_of(call), own_cases(account) if account else frozenset()
    found = {a.pk for line in lines_of(call) for a in line.chosen(drawn.get(line.group))}
    return Suggestion(found - own, {}, [])


def _reasons(rows: Sequence[Application], result: Funded, balances: Sequence[Balance]) -> dict[int, str]:
    """For each refused candidate the rules that ask the highest prices of it."""
    told = refusals(result)
    return {
        rows[int(row)].pk: "、".join(dict.fromkeys(_told(c.rule, balances) for c in told.loudest(at)[:2] if c.price > 0)) or _("预算")
        for at, row in enumerate(told.proposal)
    }


def _told(rule: str, balances: Sequence[Balance]) -> str:
    """The name of a rule as people know it."""
    code, _colon, label = rule.partition(": ")
    names = {b.code: b.name for b in balances} | {BUDGET: _("预算"), DECIDED: _("已作出的决定")}
    return f"{names.get(code, code)}（{label}）" if label else names.get(code, code)


@dataclass(frozen=True)
class Reached:
    """A rule of balance in the suggested set, in words: what is reached, the limits, whether it binds."""

    name: str
    reached: str
    limits: str
    binds: bool


def reached(suggestion: Suggestion) -> list[Reached]:
    """The budget and each rule of balance; of a rule with many labels those that bind, or its count if none does."""
    if suggestion.result is None:
        return []
    kinds = {b.code: b.of for b in suggestion.balances}
    out, quiet = [], dict.fromkeys(kinds, 0)
    for row in suggestion.result.activity:
        code, _colon, label = row.rule.partition(": ")
        if code == DECIDED:
            continue
        if label and not row.tight:
            quiet[code] += 1
            continue
        unit = kinds.get(code, "money_limit")
        limits = [(_("不少于 %s"), row.at_least), (_("不多于 %s"), row.at_most)]
        told = "，".join(text % _amount(limit, unit) for text, limit in limits if limit is not None)
        out.append(Reached(_told(row.rule, suggestion.balances), _amount(row.amount, unit), told, row.tight))
    return out + [Reached(b.name, _("%d 个分组都满足") % quiet[b.code], "", False) for b in suggestion.balances if quiet[b.code]]


def _amount(value: float, of: str) -> str:
    if of in ("funded", "money"):
        return f"{100 * value:.0f} %"
    return f"{value:.0f}" if of == "applications" else _("%s 万元") % f"{value / 1e6:,.2f}"


def compare(suggestion: Suggestion) -> list[tuple[Outcome, list[str], str]]:
    """What other budgets and the loss of each rule of balance would change; with the rules that cannot be kept then, and the rule left out."""
    if suggestion.result is None:
        return []
    rules = [rule.name for rule in suggestion.result.problem.rules]
    changes = [Change(_("预算减少一成"), scale={BUDGET: 0.9}), Change(_("预算增加一成"), scale={BUDGET: 1.1})]
    without = ["", ""]
    for balance in suggestion.balances:
        names = [name for name in rules if name.partition(": ")[0] == balance.code]
        if names:
            changes.append(Change(_("不计“%s”") % balance.name, drop=names))
            without.append(balance.code)
    found = scenarios(suggestion.result, changes)
    told = [[_told(r.split(": at ")[0], suggestion.balances) for r in o.reasons] for o in found]
    return list(zip(found, told, without, strict=True))
