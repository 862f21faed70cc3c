"""The best set to fund, and what other conditions would change, by the portfolio kernel."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from headwater.algorithms.errors import Infeasible
from headwater.algorithms.portfolio import (
    Budget,
    Change,
    Fixed,
    Funded,
    Portfolio,
    Rule,
    ShareRule,
    each,
    fund,
    refusals,
    scenarios,
)
from headwater.review.sets import BUDGET, DECIDED, Balance, Chosen, Compared, Contest, Reach, Variant

GAP, SECONDS = 1e-4, 20.0


def choose(contest: Contest) -> Chosen:
    """Choose the best set under budget and rules. The same contest gives the same set."""
    result, conflict = _funded(contest)
    prices = refusals(result)
    return Chosen(
        funded=tuple(np.flatnonzero(result.funded).tolist()),
        refused={
            int(row): tuple(c.rule for c in prices.loudest(at)[:2] if c.price > 0) for at, row in enumerate(prices.proposal)
        },
        reach=tuple(Reach(r.rule, r.amount, r.at_least, r.at_most, r.tight) for r in result.activity),
        proven=result.proven,
        conflict=conflict,
    )


def compare(contest: Contest, variants: list[Variant]) -> list[Compared]:
    """Choose under other conditions; a variant without rules that are not there is left out."""
    return list(_compared(contest, tuple(variants)))


@lru_cache(maxsize=4)
def _compared(contest: Contest, variants: tuple[Variant, ...]) -> tuple[Compared, ...]:
    result, _conflict = _funded(contest)
    changes, possible = [], []
    for variant in variants:
        names = [rule.name for rule in result.problem.rules if rule.name.partition(": ")[0] == variant.without]
        if names or not variant.without:
            scale = {BUDGET: variant.budget} if variant.budget != 1 else {}
            changes.append(Change(variant.name, scale=scale, drop=names))
            possible.append(variant)
    return tuple(
        Compared(
            o.name,
            variant.without,
            tuple(map(int, o.entering)),
            tuple(map(int, o.leaving)),
            len(o.result.proposals) if o.result else None,
            o.result.money if o.result else None,
            _rules_of(o.reasons),
        )
        for o, variant in zip(scenarios(result, changes), possible, strict=True)
    )


@lru_cache(maxsize=4)
def _funded(contest: Contest) -> tuple[Funded, tuple[str, ...]]:
    """The funded set, and the rules that could not be kept. An open board asks again about the same contest."""
    try:
        return fund(_problem(contest, contest.balances), gap=GAP, seconds=SECONDS), ()
    except Infeasible as none:
        return fund(_problem(contest, ()), gap=GAP), _rules_of(none.reasons)


def _rules_of(reasons: Any) -> tuple[str, ...]:
    return tuple(reason.split(": at ")[0] for reason in reasons)


def _problem(contest: Contest, balances: tuple[Balance, ...]) -> Portfolio:
    """The worth of an application is its score times its amount: a large one counts as much as the small ones that its money could fund."""
    amount, score = np.array(contest.amount), np.array(contest.score)
    groups = {name: list(labels) for name, labels in contest.groups}
    rules: list[Rule] = [Budget(BUDGET, limit=contest.budget)]
    if contest.decided:
        rules.append(Fixed(DECIDED, list(contest.decided), True))
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
        return [
            ShareRule(
                balance.code, of=of, at_least=balance.at_least, at_most=balance.at_most, where={balance.group: balance.label}
            )
        ]
    return []
