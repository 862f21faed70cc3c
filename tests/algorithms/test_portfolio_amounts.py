"""Partial amounts: every set of proposals with the best amounts of each, by SciPy's linear programs."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from headwater.algorithms.errors import Infeasible
from headwater.algorithms.portfolio import (
    Budget,
    CountRule,
    Fixed,
    MoneyRule,
    Portfolio,
    ShareRule,
    blame,
    core,
    fund,
    refusals,
    why_not,
)


def lines_of(problem):
    """(slope, start) of every line of the concave curve of worth by share."""
    if problem.curve is None:
        return [(1.0, 0.0)]
    points = np.array(problem.curve)
    slopes = np.diff(points[:, 1]) / np.diff(points[:, 0])
    return [(slope, worth - slope * share) for slope, (share, worth) in zip(slopes, points[:-1], strict=True)]


def best_amounts(problem, x):
    """The best worth of one set: variables are amounts, and worths below every line of the concave curve."""
    chosen = np.flatnonzero(x)
    k = len(chosen)
    over, limit = [], []
    for at, proposal in enumerate(chosen):
        for slope, start in lines_of(problem):
            row = np.zeros(2 * k)
            row[at], row[k + at] = -slope * problem.value[proposal] / problem.cost[proposal], 1
            over.append(row), limit.append(start * problem.value[proposal])
    for rule in problem.rules:
        members = np.ones(problem.size, dtype=bool)
        for group, label in getattr(rule, "where", {}).items():
            members &= problem.groups[group] == label
        row = np.concatenate([members[chosen] * 1.0, np.zeros(k)])
        if isinstance(rule, Budget):
            over += [row, -row]
            limit += [rule.limit, -rule.spend * rule.limit]
        elif isinstance(rule, MoneyRule):
            if rule.at_most is not None:
                over.append(row), limit.append(rule.at_most)
            if rule.at_least is not None:
                over.append(-row), limit.append(-rule.at_least)
        elif isinstance(rule, ShareRule):
            over.append(np.concatenate([rule.at_least - members[chosen], np.zeros(k)])), limit.append(0.0)
        elif isinstance(rule, CountRule) and not (rule.at_least or 0) <= (members & x).sum() <= (rule.at_most or 99):
            return None
    bounds = [(problem.least[p], problem.cost[p]) for p in chosen] + [(None, None)] * k
    if not k:
        return 0.0 if all(value >= -1e-9 for value in limit) else None
    found = linprog(np.concatenate([np.zeros(k), -np.ones(k)]), np.array(over), np.array(limit), bounds=bounds)
    return -found.fun if found.status == 0 else None


def best_of_all(problem):
    worths = [best_amounts(problem, np.array(bits)) for bits in product([False, True], repeat=problem.size)]
    return max((worth for worth in worths if worth is not None), default=None)


@st.composite
def calls(draw):
    size = draw(st.integers(3, 6))
    cost = np.array(draw(st.lists(st.integers(4, 12), min_size=size, max_size=size)), dtype=float)
    share = np.array(draw(st.lists(st.sampled_from([0.5, 0.6, 0.85, 1.0]), min_size=size, max_size=size)))
    value = np.array(draw(st.lists(st.integers(0, 20), min_size=size, max_size=size)), dtype=float)
    label = np.array(["x", "y", *draw(st.lists(st.sampled_from("xy"), min_size=size - 2, max_size=size - 2))])
    curve = draw(st.sampled_from([None, ((0.5, 0.7), (0.8, 0.95), (1.0, 1.0)), ((0.25, 0.1), (0.6, 0.9), (1.0, 1.0))]))
    rules = [Budget("budget", limit=draw(st.integers(5, 40)), spend=draw(st.sampled_from([0.0, 0.9, 1.0])))]
    if draw(st.booleans()):
        rules.append(MoneyRule("money", at_least=draw(st.integers(0, 8)), at_most=draw(st.integers(8, 20)), where={"g": "x"}))
    if draw(st.booleans()):
        rules.append(ShareRule("share", of="money", at_least=draw(st.sampled_from([0.2, 0.4])), where={"g": "y"}))
    if draw(st.booleans()):
        rules.append(CountRule("count", at_most=draw(st.integers(1, 3)), where={"g": "x"}))
    return Portfolio(value, cost, rules, groups={"g": label}, least=share * cost, curve=curve)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls())
def test_amounts_are_the_best_of_all_sets(problem):
    best = best_of_all(problem)
    try:
        found = fund(problem, gap=0)
    except Infeasible:
        assert best is None
        assert blame(problem, work=30).reasons
        return
    assert best is not None
    assert found.value == pytest.approx(best, abs=1e-5)
    assert found.bound >= best - 1e-5
    assert (found.amount[~found.funded] == 0).all()
    assert (found.amount[found.funded] >= problem.least[found.funded] - 1e-6).all()
    assert (found.amount <= problem.cost + 1e-6).all()
    assert problem.worth(found.amount).sum() == pytest.approx(found.value)


def test_curve_pays_the_first_money_before_the_last():
    curve = ((0.5, 0.8), (1.0, 1.0))
    found = fund(Portfolio([10, 10], [10, 10], [Budget("b", limit=12)], least=[5, 5], curve=curve), gap=0)
    assert found.funded.all()
    assert found.value == pytest.approx(16 + 0.04 * 10 * 2)


def test_fixed_proposal_may_still_be_cut():
    found = fund(Portfolio([1, 10], [10, 10], [Budget("b", limit=15), Fixed("in", [0], True)], least=[5, 10]), gap=0)
    assert found.amount.tolist() == pytest.approx([5, 10])


def test_middling_call_with_amounts_is_solved_and_explained():
    random = np.random.default_rng(1)
    n = 300
    cost, label = random.uniform(10, 60, n).round(1), random.integers(0, 8, n)
    rules = [Budget("budget", limit=0.3 * cost.sum(), spend=0.98)]
    rules += [MoneyRule(f"part {k}", at_least=0.02 * cost.sum(), at_most=0.05 * cost.sum(), where={"g": k}) for k in range(8)]
    problem = Portfolio(random.uniform(1, 5, n) * cost, cost, rules, groups={"g": label}, least=0.8 * cost)
    found = fund(problem)
    assert found.gap <= 1e-4
    assert found.money <= 0.3 * cost.sum() + 1e-6
    told = refusals(found)
    assert (told.gain < 1e-9).mean() > 0.9
    assert (told.loss >= 0).all()
    said = why_not(found, int(told.proposal[np.argmin(told.gain)]))
    assert 0 <= said.loss_at_least <= said.loss_at_most
    assert (core(found, limit=5).state >= 0).all()


def test_worth_follows_the_curve():
    problem = Portfolio([10, 10], [4, 4], least=[2, 2], curve=((0.5, 0.6), (1, 1)))
    assert problem.worth(np.array([2.0, 3.0])).tolist() == pytest.approx([6, 8])
    assert problem.worth(np.array([0.0, 4.0])).tolist() == pytest.approx([0, 10])


def test_amounts_left_of_a_budget_are_not_paid_to_a_refused_proposal():
    problem = Portfolio(np.array([0.0, 1.0, 2.0]), np.full(3, 4.0), [Budget("budget", limit=5)], groups={}, least=np.full(3, 2.0))
    found = fund(problem, gap=0)
    assert (found.value, found.amount[~found.funded].sum()) == (pytest.approx(2.0), 0.0)
