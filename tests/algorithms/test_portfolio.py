"""The funded set against all subsets of small calls."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, linprog, milp

from headwater.algorithms.errors import BadInput, Cancelled, Infeasible
from headwater.algorithms.portfolio import (
    Budget,
    CountRule,
    Exclusive,
    Fixed,
    MoneyRule,
    Portfolio,
    Requires,
    ShareRule,
    each,
    fund,
)

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def inside(problem, rule):
    chosen = np.ones(problem.size, dtype=bool)
    for group, labels in rule.where.items():
        labels = labels if isinstance(labels, tuple) else (labels,)
        chosen &= np.isin(problem.groups[group], labels)
    return chosen


def between(amount, low, high):
    return (low is None or amount >= low - 1e-9) and (high is None or amount <= high + 1e-9)


def keeps(problem, rule, x):
    """Whether a set (bool array) keeps a rule, straight from its words."""
    cost = problem.cost
    match rule:
        case Budget():
            return rule.spend * rule.limit - 1e-9 <= cost @ x <= rule.limit + 1e-9
        case CountRule():
            return between((inside(problem, rule) & x).sum(), rule.at_least, rule.at_most)
        case MoneyRule():
            return between(cost @ (inside(problem, rule) & x), rule.at_least, rule.at_most)
        case Exclusive():
            return x[list(rule.proposals)].sum() <= rule.at_most
        case Requires():
            needed = x[list(rule.needs)]
            return not x[rule.proposal] or bool(needed.any() if rule.any_of else needed.all())
        case Fixed():
            return all(x[k] == rule.funded for k in rule.proposals)
        case ShareRule():
            return keeps_share(problem, rule, x)


def keeps_share(problem, rule, x):
    members = inside(problem, rule)
    amount = x * (1.0 if rule.of in ("funded", "applications") else problem.cost)
    whole = {
        "funded": x.sum(),
        "money": problem.cost @ x,
        "budget": next((r.limit for r in problem.rules if isinstance(r, Budget)), 0.0),
        "applications": members.sum(),
        "requested": problem.cost @ members,
    }[rule.of]
    low = None if rule.at_least is None else rule.at_least * whole
    return between((amount * members).sum(), low, None if rule.at_most is None else rule.at_most * whole)


def best_by_trying(problem, rules=None):
    """(value, set) of the best among all subsets that keep the rules; None if none does."""
    rules = problem.rules if rules is None else rules
    best = None
    for bits in product([False, True], repeat=problem.size):
        x = np.array(bits)
        value = problem.value @ x
        if (best is None or value > best[0]) and all(keeps(problem, rule, x) for rule in rules):
            best = value, x
    return best


@st.composite
def rules_for(draw, size, total):
    """A few rules of any kind over groups a (x, y, z) and b (p, q)."""
    where = st.sampled_from([{}, {"a": "x"}, {"a": ("x", "y")}, {"b": "p"}, {"a": "y", "b": "q"}])
    few = st.lists(st.integers(0, size - 1), min_size=1, max_size=min(3, size), unique=True)
    share = st.sampled_from([0.1, 0.25, 0.34, 0.5, 0.75])
    rules = []
    if draw(st.booleans()):
        rules.append(Budget("budget", limit=draw(st.integers(0, total)), spend=draw(st.sampled_from([0.0, 0.0, 0.5, 0.9]))))
    for at in range(draw(st.integers(0, 5))):
        name, kind = f"rule {at}", draw(st.integers(0, 5))
        low, high = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
        if kind == 0:
            rules.append(
                CountRule(
                    name,
                    at_least=draw(st.integers(0, 2)) if low else None,
                    at_most=draw(st.integers(1, 4)) if high else None,
                    where=draw(where),
                )
            )
        elif kind == 1:
            rules.append(
                MoneyRule(
                    name,
                    at_least=draw(st.integers(0, 12)) if low else None,
                    at_most=draw(st.integers(3, 30)) if high else None,
                    where=draw(where),
                )
            )
        elif kind == 2:
            of = draw(
                st.sampled_from(
                    [
                        "funded",
                        "money",
                        "applications",
                        "requested",
                        *(["budget"] if rules and isinstance(rules[0], Budget) else []),
                    ]
                )
            )
            rules.append(
                ShareRule(
                    name, of=of, at_least=draw(share) if low else None, at_most=draw(share) if high else None, where=draw(where)
                )
            )
        elif kind == 3:
            rules.append(Exclusive(name, draw(few)))
        elif kind == 4 and size > 1:
            named = draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=min(3, size), unique=True))
            rules.append(Requires(name, named[0], named[1:], any_of=draw(st.booleans())))
        elif kind == 5:
            rules.append(Fixed(name, draw(few), draw(st.booleans())))
    return rules


@st.composite
def calls(draw, most=9):
    """Small calls in which every label of both groups occurs."""
    size = draw(st.integers(4, most))
    a = np.array(["x", "y", "z", *draw(st.lists(st.sampled_from("xyz"), min_size=size - 3, max_size=size - 3))])
    b = np.array(["p", "q", "q", *draw(st.lists(st.sampled_from("pq"), min_size=size - 3, max_size=size - 3))])
    cost = np.array(draw(st.lists(st.integers(1, 9), min_size=size, max_size=size)), dtype=float)
    value = np.array(draw(st.lists(st.integers(0, 20), min_size=size, max_size=size)), dtype=float)
    return Portfolio(value, cost, draw(rules_for(size, int(cost.sum()))), groups={"a": a, "b": b})


def solve(problem, **options):
    try:
        return fund(problem, **options)
    except Infeasible:
        return None


@SLOW
@given(calls())
def test_fund_finds_the_best_of_all_subsets(problem):
    best, found = best_by_trying(problem), solve(problem, gap=0)
    assert (best is None) == (found is None)
    if best is not None:
        assert found.value == pytest.approx(best[0], abs=1e-6)
        assert found.proven
        assert found.bound >= best[0] - 1e-6
        assert all(keeps(problem, rule, found.funded) for rule in problem.rules)
        assert np.array_equal(found.amount, np.where(found.funded, problem.cost, 0.0))


@SLOW
@given(calls(), st.sampled_from([0.3, 0.05, 1e-3]))
def test_bound_holds_and_gap_is_kept_when_it_is_wide(problem, gap):
    best, found = best_by_trying(problem), solve(problem, gap=gap)
    assert (best is None) == (found is None)
    if best is not None:
        assert found.bound >= best[0] - 1e-6
        assert found.value <= best[0] + 1e-9
        assert found.gap <= gap or best[0] < 1e-3


def knapsacks(random, size, blocks):
    """A call of a size that needs the knapsack bound and the cores: money bands by group, crossing ones by another."""
    a, b = random.integers(0, blocks, size), random.integers(0, 3, size)
    cost = random.uniform(5, 30, size).round(1)
    value = cost * random.uniform(0.5, 2, size)
    limit = 0.3 * cost.sum()
    rules = [Budget("budget", limit=limit, spend=0.8), CountRule("women", at_least=size // 12, where={"b": 0})]
    rules += each(ShareRule("band", of="budget", at_least=0.5 / blocks, at_most=1.3 / blocks), "a", range(blocks))
    rules += each(ShareRule("part", of="money", at_most=0.4), "b", range(3))
    rules += [Exclusive(f"pair {k}", [2 * k, 2 * k + 1]) for k in range(size // 8)]
    return Portfolio(value, cost, rules, groups={"a": a, "b": b})


def as_milp(problem):
    """The same program by another road: dense rows straight from the words of the rules, solved by SciPy."""
    rows, low, high = [], [], []
    for rule in problem.rules:
        if isinstance(rule, Budget):
            rows.append(problem.cost), low.append(rule.spend * rule.limit), high.append(rule.limit)
        elif isinstance(rule, Exclusive):
            rows.append(np.isin(np.arange(problem.size), rule.proposals) * 1.0), low.append(-np.inf), high.append(1)
        elif isinstance(rule, CountRule):
            rows.append(inside(problem, rule) * 1.0), low.append(rule.at_least), high.append(np.inf)
        elif rule.of == "budget":
            limit = problem.rules[0].limit
            (
                rows.append(inside(problem, rule) * problem.cost),
                low.append(rule.at_least * limit),
                high.append(rule.at_most * limit),
            )
        else:
            rows.append((inside(problem, rule) - rule.at_most) * problem.cost), low.append(-np.inf), high.append(0.0)
    return np.array(rows), np.array(low), np.array(high)


@pytest.mark.parametrize("seed", range(6))
def test_fund_agrees_with_milp_on_middling_calls(seed):
    problem = knapsacks(np.random.default_rng(seed), 90, 5)
    rows, low, high = as_milp(problem)
    other = milp(
        -problem.value, constraints=LinearConstraint(rows, low, high), integrality=1, bounds=(0, 1), options={"mip_rel_gap": 1e-7}
    )
    found = fund(problem, gap=1e-6, seed=seed)
    assert found.value == pytest.approx(-other.fun, rel=3e-6)
    assert found.bound >= -other.fun - 1e-6
    assert found.gap <= 1e-6


def test_knapsack_bound_is_below_the_linear_one():
    problem = knapsacks(np.random.default_rng(3), 400, 16)
    stages = fund(problem, gap=1e-3).record.stages
    linear, sharper = stages[0].bound, stages[1].bound
    assert sharper < linear - 1e-6
    rows, low, high = as_milp(problem)
    both = np.isfinite(low)
    stack, limit = np.concatenate([rows, -rows[both]]), np.concatenate([high, -low[both]])
    kept = np.isfinite(limit)
    assert linear == pytest.approx(-linprog(-problem.value, stack[kept], limit[kept], bounds=(0, 1)).fun, rel=1e-6)


def test_price_of_the_budget_is_the_gain_of_one_more_unit():
    random = np.random.default_rng(0)
    value, cost = random.uniform(1, 9, 200), random.uniform(1, 9, 200)
    wins = [fund(Portfolio(value, cost, [Budget("budget", limit=limit)]), gap=1e-3) for limit in (300.0, 300.5)]
    budget = wins[0].activity[0]
    assert budget.price * 0.5 == pytest.approx(wins[1].record.stages[0].bound - wins[0].record.stages[0].bound, rel=0.05)
    assert budget.at_most == 300
    assert budget.amount == pytest.approx(wins[0].money)


def test_activity_tells_shares_as_shares():
    rules = [ShareRule("women", of="funded", at_least=0.5, where={"g": "w"}), Budget("budget", limit=8)]
    found = fund(Portfolio([5, 4, 3, 1, 1, 1], [2, 2, 2, 2, 2, 2], rules, groups={"g": list("mmmwww")}), gap=0)
    women = found.activity[0]
    assert women.amount == pytest.approx((found.funded & (np.arange(6) > 2)).sum() / found.funded.sum())
    assert women.at_least == 0.5
    assert women.at_most is None
    assert women.tight


def test_same_seed_gives_the_same_set_and_digest():
    problem = knapsacks(np.random.default_rng(5), 300, 12)
    one, two = fund(problem, seed=4), fund(problem, seed=4)
    assert np.array_equal(one.funded, two.funded)
    assert (one.record.digest, one.record.input_digest) == (two.record.digest, two.record.input_digest)
    assert [s.value for s in one.record.stages] == [s.value for s in two.record.stages]


def test_ties_are_broken_by_the_seed_only():
    problem = Portfolio(np.ones(40), np.ones(40), [CountRule("few", at_most=10)])
    sets = {fund(problem, seed=seed).funded.tobytes() for seed in (1, 1, 2, 3)}
    assert 1 < len(sets) <= 3


def test_warm_start_takes_the_answer_of_the_run_before():
    problem = knapsacks(np.random.default_rng(6), 300, 12)
    cold = fund(problem, gap=1e-3)
    again = fund(problem, gap=1e-3, warm=cold)
    assert again.record.stages[0].value is not None
    assert again.value >= cold.value - 1e-9


def test_progress_is_told_and_may_cancel():
    problem = knapsacks(np.random.default_rng(7), 300, 12)
    calls_ = []
    fund(problem, progress=lambda done, total: calls_.append((done, total)))
    assert calls_[-1][0] == calls_[-1][1]
    assert all(0 <= done <= total for done, total in calls_)

    def stop(done, total):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        fund(problem, progress=stop)


def test_time_that_is_over_gives_an_honest_gap_or_says_so():
    problem = knapsacks(np.random.default_rng(8), 2000, 60)
    try:
        found = fund(problem, gap=0, seconds=0.3)
    except TimeoutError:
        return
    assert found.bound >= found.value
    assert found.proven == (found.gap <= 1e-8)


def test_no_rules_funds_everything_of_worth():
    found = fund(Portfolio([1.0, 2.0], [3.0, 4.0]))
    assert found.funded.all()
    assert found.money == 7


def test_all_fixed_leaves_nothing_to_decide():
    found = fund(Portfolio([1.0, 2.0], [3.0, 4.0], [Fixed("in", [0], True), Fixed("out", [1], False)]), gap=0)
    assert found.funded.tolist() == [True, False]
    assert found.value == found.bound == 1


NAMED = {"groups": {"g": np.array(["a", "b", "a"])}}


@pytest.mark.parametrize(
    ("words", "arguments", "more"),
    [
        ("value: not finite or negative at row 1", ([1, np.nan, 2], [1, 1, 1]), {}),
        ("value: not finite or negative at row 2", ([1, 1, -2], [1, 1, 1]), {}),
        ("value: no proposal", ([], []), {}),
        (r"cost: expected shape \(3,\), found \(2,\)", ([1, 1, 1], [1, 1]), {}),
        ("cost: not above 0 at row 0", ([1, 1, 1], [0, 1, 1]), {}),
        (r"groups\['g'\]: expected shape", ([1, 1], [1, 1]), NAMED),
        (r"groups\['g'\]: not finite at row 0", ([1], [1]), {"groups": {"g": [np.nan]}}),
        ("least: not above 0 and at most the cost at row 1", ([1, 1], [2, 2]), {"least": [1, 3]}),
        ("curve: given without", ([1], [1]), {"curve": [(0.5, 0.6), (1, 1)]}),
        ("curve: needs two or more", ([1], [1]), {"least": [1], "curve": [(0.5, 0.6), (1, 0.9)]}),
        ("curve: shares must rise", ([1], [1]), {"least": [1], "curve": [(0.5, 0.2), (0.6, 0.3), (1, 1)]}),
        ("curve: begins above the least amount of row 0", ([1], [1]), {"least": [0.2], "curve": [(0.5, 0.6), (1, 1)]}),
        ("used twice: 'x'", ([1], [1], [CountRule("x", at_most=1), CountRule("x", at_most=1)]), {}),
        ("rule 'x': neither", ([1], [1], [CountRule("x")]), {}),
        ("rule 'x': a limit is not finite", ([1], [1], [MoneyRule("x", at_most=-1)]), {}),
        ("rule 'x': a share is above 1", ([1], [1], [ShareRule("x", of="funded", at_most=1.5)]), {}),
        ("rule 'x': a share of the budget", ([1], [1], [ShareRule("x", of="budget", at_most=0.5)]), {}),
        ("rule 'x': the limit must be finite", ([1], [1], [Budget("x", limit=np.inf)]), {}),
        ("rule 'x': at_most is negative", ([1], [1], [Exclusive("x", [0], at_most=-1)]), {}),
        ("rule 'x': no proposal 7", ([1, 1], [1, 1], [Exclusive("x", [0, 7])]), {}),
        ("rule 'x': no proposal -1", ([1, 1], [1, 1], [Fixed("x", [-1], True)]), {}),
        ("rule 'x': a proposal is named twice", ([1, 1], [1, 1], [Requires("x", 0, [1, 1])]), {}),
        ("rule 'x': needs proposals", ([1, 1], [1, 1], [Requires("x", 0, [])]), {}),
        ("rule 'x': needs proposals", ([1, 1], [1, 1], [Fixed("x", [0.5], True)]), {}),
    ],
)
def test_bad_input_names_the_offender(words, arguments, more):
    with pytest.raises(BadInput, match=words):
        Portfolio(*arguments, **more)


def test_unknown_groups_and_labels_are_bad_input():
    for where, words in (({"h": "a"}, "no group 'h'"), ({"g": "c"}, "no proposal has g 'c'")):
        with pytest.raises(BadInput, match=words):
            fund(Portfolio([1, 1, 1], [1, 1, 1], [CountRule("x", at_most=1, where=where)], **NAMED))
    with pytest.raises(BadInput, match="gap"):
        fund(Portfolio([1], [1]), gap=-1)


def test_each_makes_one_rule_for_each_label():
    rules = each(CountRule("cap", at_most=2, where={"b": "p"}), "a", np.array(["y", "x", "y"]))
    assert [rule.name for rule in rules] == ["cap: x", "cap: y"]
    assert rules[0].where == {"b": "p", "a": "x"}
