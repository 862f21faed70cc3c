"""Contradictions, refusals, sure decisions and scenarios of the funded set, against all subsets of small calls."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.algorithms.errors import BadInput, Cancelled, Infeasible
from headwater.algorithms.portfolio import (
    CORE,
    GREY,
    OPEN,
    OUT,
    Budget,
    Change,
    CountRule,
    Exclusive,
    Fixed,
    MoneyRule,
    Portfolio,
    Reason,
    Requires,
    ShareRule,
    blame,
    core,
    each,
    fund,
    refusals,
    scenarios,
    why_not,
)
from headwater.algorithms.portfolio.court import Court
from headwater.algorithms.portfolio.model import compile_model
from headwater.algorithms.portfolio.solver import Work, refute

from .test_portfolio import best_by_trying, calls, keeps, knapsacks, solve

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def subsets(size):
    return [np.array(bits) for bits in product([False, True], repeat=size)]


def sides(problem, blamed):
    """Rules reduced to the blamed sides: {(name, side)} -> functions of a set."""
    model = compile_model(problem)
    names = [rule.name for rule in problem.rules]
    dense = model.matrix.toarray()

    def kept(name, side):
        rows = [at for at, rule in enumerate(model.rule) if names[rule] == name]

        def check(x):
            load = dense[rows] @ x
            if side == "at least":
                return bool((load >= model.lower[rows] - 1e-9).all())
            return bool((load <= model.upper[rows] + 1e-9).all())

        return check

    return [kept(*one) for one in blamed]


@SOME
@given(calls(8))
def test_blame_is_an_irreducible_contradiction_and_only_there(problem):
    found = blame(problem, work=60)
    feasible = best_by_trying(problem) is not None
    assert found.proven
    assert (not found.reasons) == feasible
    if feasible:
        return
    assert found.irreducible
    checks = sides(problem, [(reason.rule, reason.side) for reason in found.reasons])
    sets = subsets(problem.size)
    assert not any(all(check(x) for check in checks) for x in sets)
    for left_out in range(len(checks)):
        rest = checks[:left_out] + checks[left_out + 1 :]
        assert any(all(check(x) for check in rest) for x in sets)


@SOME
@given(calls(7))
def test_blame_tells_by_how_much_one_limit_must_give_way(problem):
    found = blame(problem, work=60)
    model, names = compile_model(problem), [rule.name for rule in problem.rules]
    dense = model.matrix.toarray()
    checks = sides(problem, [(reason.rule, reason.side) for reason in found.reasons])
    for at, reason in enumerate(found.reasons):
        rows = [k for k, rule in enumerate(model.rule) if names[rule] == reason.rule]
        missing = []
        for x in subsets(problem.size):
            if all(check(x) for check in checks[:at] + checks[at + 1 :]):
                load = dense[rows] @ x
                gap = model.lower[rows] - load if reason.side == "at least" else load - model.upper[rows]
                missing.append(np.maximum(0, gap[np.isfinite(gap)]).sum())
        assert reason.give == pytest.approx(min(missing), abs=1e-5)


def test_fund_raises_with_the_rules_to_blame():
    rules = [
        CountRule("large at most", at_most=2, where={"t": "large"}),
        Budget("budget", limit=100),
        Fixed("promised", [0, 1, 2], True),
    ]
    with pytest.raises(Infeasible) as caught:
        fund(Portfolio(np.ones(6), np.ones(6), rules, groups={"t": ["large"] * 4 + ["small"] * 2}))
    assert len(caught.value.reasons) == 2
    assert caught.value.reasons.proven
    assert any(reason.startswith("large at most: at most 2, must give way by 1") for reason in caught.value.reasons)
    assert any(reason.startswith("promised: at least 3") for reason in caught.value.reasons)


def test_fixed_both_ways_is_blamed_on_both_rules():
    found = blame(Portfolio([1, 1], [1, 1], [Fixed("in", [0], True), Fixed("out", [0, 1], False), Budget("b", limit=5)]))
    assert {reason.rule for reason in found.reasons} == {"in", "out"}
    with pytest.raises(Infeasible):
        fund(Portfolio([1, 1], [1, 1], [Fixed("in", [0], True), Fixed("out", [0, 1], False)]))


def test_band_that_whole_proposals_cannot_meet_is_blamed_on_itself():
    cost = np.array([7.0, 11.0, 13.0, 3.0, 4.0, 5.0])
    rules = [MoneyRule("narrow", at_least=14.5, at_most=17.5, where={"g": "a"}), Budget("budget", limit=40)]
    found = blame(Portfolio(np.ones(6), cost, rules, groups={"g": list("aaabbb")}))
    assert [(reason.rule, reason.side) for reason in found.reasons] == [("narrow", "at most"), ("narrow", "at least")]
    assert [reason.give for reason in found.reasons] == pytest.approx([0.5, 1.5])


def test_blame_finds_few_rules_among_many():
    problem = knapsacks(np.random.default_rng(1), 600, 20)
    women = CountRule("more women", at_least=170, where={"b": 0})
    less = MoneyRule("less for women", at_most=900.0, where={"b": 0})
    found = blame(problem.with_rules([*problem.rules, women, less]), work=30)
    assert {"more women", "less for women"} == {reason.rule for reason in found.reasons}
    assert found.irreducible
    assert all(reason.give > 0 for reason in found.reasons)


def crowded():
    """Twelve parts whose minima and caps by size contradict, as do the use of the budget and the same caps."""
    random = np.random.default_rng(3)
    cost = np.concatenate([random.uniform(20, 30, 1100), random.uniform(60, 90, 100)]).round(1)
    groups = {"part": np.arange(1200) % 12, "size": np.array(["small"] * 1100 + ["large"] * 100)}
    limit = 0.3 * float(cost.sum())
    return Portfolio(
        random.random(1200),
        cost,
        [
            Budget("budget", limit=limit, spend=0.97),
            *each(MoneyRule("part", at_least=0.95 * limit / 12), "part", range(12)),
            MoneyRule("little for small", at_most=0.4 * limit, where={"size": "small"}),
            CountRule("few large", at_most=5, where={"size": "large"}),
        ],
        groups=groups,
    )


def test_blame_names_few_wide_rules_rather_than_many_narrow_ones():
    found = blame(crowded(), work=60)
    assert found.proven
    assert found.irreducible
    assert {reason.rule for reason in found.reasons} == {"budget", "little for small", "few large"}
    for reason in found.reasons:
        assert 0 < reason.least <= reason.give <= 1.002 * reason.least


def test_blame_without_time_claims_no_more_than_it_knows():
    found = blame(crowded(), work=0)
    assert not found.irreducible
    assert all(reason.give is None or reason.least <= reason.give for reason in found.reasons)


def test_reasons_of_a_refusal_say_when_they_are_not_proven(monkeypatch):
    monkeypatch.setitem(blame.__kwdefaults__, "work", 0.0)
    with pytest.raises(Infeasible) as caught:
        fund(crowded())
    assert not caught.value.reasons.proven


@pytest.mark.parametrize("work", [0.02, 0.1, 0.5])
def test_blame_is_the_same_on_a_slow_machine(monkeypatch, work):
    """The clock runs a thousand times as fast: nothing that is told may depend on it."""
    from headwater.algorithms.portfolio import search

    one, real = blame(crowded(), work=work), search.time.perf_counter
    monkeypatch.setattr(search.time, "perf_counter", lambda: 1000 * real())
    two = blame(crowded(), work=work)
    assert (one.reasons, one.proven, one.irreducible) == (two.reasons, two.proven, two.irreducible)


@SOME
@given(calls(8))
def test_multipliers_of_a_contradiction_hold_for_every_set(problem):
    court = Court(compile_model(problem), lambda: None, 0, Work(np.inf))
    rows = np.arange(len(court.limits.most))
    program = court.program(rows, rows[:0])
    factor = refute(program)
    if factor is not None:
        assert (factor >= 0).all()
        assert best_by_trying(problem) is None
        total = program.matrix.T @ factor
        assert np.minimum(0, total).sum() > factor[factor > 0] @ program.upper[factor > 0]


def test_reason_tells_what_is_proven_of_its_demand():
    assert str(Reason("r", "at most", 9.0, 2.0, 2.0)) == "r: at most 9, must give way by 2"
    assert str(Reason("r", "at most", 9.0, 3.0, 2.0)) == "r: at most 9, must give way by 2 to 3"
    assert str(Reason("r", "at least", 9.0, None, 2.0)) == "r: at least 9, must give way by 2 or more"
    assert str(Reason("r", "at least", 9.0, None, 0.0)) == "r: at least 9"


def test_blame_may_be_cancelled():
    def stop(done, total):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        blame(Portfolio([1, 1], [1, 1], [Budget("a", limit=1), CountRule("b", at_least=2)]), progress=stop)


@SOME
@given(calls(8), st.integers(0, 7))
def test_why_not_tells_the_loss_of_forcing_a_proposal_in(problem, pick):
    found = solve(problem, gap=0)
    if found is None or found.funded.all():
        return
    refused = np.flatnonzero(~found.funded)
    proposal = int(refused[pick % len(refused)])
    best = best_by_trying(problem)[0]
    forced = best_by_trying(problem, [*problem.rules, Fixed("!", [proposal], True)])
    said = why_not(found, proposal)
    if forced is None:
        assert said.loss_at_least == said.loss_at_most == np.inf
        assert not any("question" in reason for reason in said.reasons)
        return
    assert said.loss_at_least - 1e-6 <= best - forced[0] <= said.loss_at_most + 1e-6
    assert said.loss_at_most - said.loss_at_least <= 1e-5
    x = found.funded.copy()
    x[list(said.displaced)] = False
    x[[proposal, *said.entering]] = True
    assert problem.value @ x == pytest.approx(forced[0], abs=1e-6)
    assert all(keeps(problem, rule, x) for rule in problem.rules)


@SOME
@given(calls(8))
def test_refusals_are_bounded_by_the_true_loss_and_add_up(problem):
    found = solve(problem, gap=0)
    if found is None:
        return
    best, told = best_by_trying(problem)[0], refusals(found)
    assert told.proposal.tolist() == np.flatnonzero(~found.funded).tolist()
    for at, proposal in enumerate(told.proposal):
        forced = best_by_trying(problem, [*problem.rules, Fixed("!", [int(proposal)], True)])
        assert told.loss[at] <= (np.inf if forced is None else best - forced[0]) + 1e-6
        assert told.gain[at] == pytest.approx(problem.value[proposal] - told.charges[at].sum())
        assert sum(charge.price for charge in told.loudest(at)) == pytest.approx(told.charges[at].sum(), abs=1e-6)


def test_refusals_of_a_middling_call_name_the_rules_that_bind():
    problem = knapsacks(np.random.default_rng(2), 400, 10)
    found = fund(problem)
    told = refusals(found)
    assert (told.loss[told.gain < -1e-3 * found.value] > 0).all()
    priced = {activity.rule for activity in found.activity if abs(activity.price) > 1e-9}
    assert set(told.rules) == priced
    sizes = [abs(charge.price) for charge in told.loudest(int(np.argmin(told.gain)))]
    assert sizes == sorted(sizes, reverse=True)


def test_why_not_refuses_funded_and_unknown_proposals():
    found = fund(Portfolio([2, 1], [1, 1], [Budget("b", limit=1)]), gap=0)
    for proposal, words in ((0, "is funded"), (2, "no proposal 2")):
        with pytest.raises(BadInput, match=words):
            why_not(found, proposal)


@SOME
@given(calls(8), st.sampled_from([0.0, 0.05, 0.2]))
def test_core_agrees_with_all_good_subsets(problem, within):
    found = solve(problem, gap=0)
    if found is None:
        return
    told = core(found, within=within, limit=60, nodes=10_000)
    good = [
        x
        for x in subsets(problem.size)
        if problem.value @ x >= told.threshold - 1e-7 and all(keeps(problem, rule, x) for rule in problem.rules)
    ]
    always, ever = np.all(good, axis=0), np.any(good, axis=0)
    assert (told.state != OPEN).all()
    assert np.array_equal(told.state == CORE, always)
    assert np.array_equal(told.state == OUT, ~ever)
    assert np.array_equal(told.grey, ever & ~always)


def test_core_by_bounds_only_is_right_where_it_decides():
    problem = knapsacks(np.random.default_rng(4), 300, 10)
    found = fund(problem)
    bounds, more = core(found, within=2e-3, limit=0), core(found, within=2e-3, limit=15)
    decided = bounds.state != OPEN
    assert 0 < decided.sum() < problem.size
    assert np.array_equal(bounds.state[decided], more.state[decided])
    assert (more.state == GREY).sum() > 0
    assert not (more.state[more.state == GREY] == OPEN).any()
    assert more.sets > 1


def test_core_draws_scores_by_their_spread():
    problem = knapsacks(np.random.default_rng(4), 120, 5)
    found = fund(problem, gap=1e-3)
    still = core(found, limit=0, sd=np.zeros(120), draws=2)
    assert np.isin(still.frequency, [0, 0.5, 1]).all()
    told = core(found, limit=0, sd=np.full(120, 8.0), draws=6, seed=3)
    again = core(found, limit=0, sd=np.full(120, 8.0), draws=6, seed=3)
    assert np.array_equal(told.frequency, again.frequency)
    assert ((told.frequency > 0) & (told.frequency < 1)).any()
    assert np.isnan(core(found, limit=0).frequency).all()


@pytest.mark.parametrize("wrong", [{"within": 1.0}, {"limit": -1}, {"draws": 2}, {"draws": 1, "sd": [1.0]}, {"draws": -1}])
def test_core_refuses_bad_input(wrong):
    with pytest.raises(BadInput):
        core(fund(Portfolio([2, 1], [1, 1], [Budget("b", limit=1)]), gap=0), **wrong)


@SOME
@given(calls(7))
def test_scenarios_agree_with_solving_each_alone(problem):
    found = solve(problem, gap=0)
    first = next((rule for rule in problem.rules if not isinstance(rule, Budget)), None)  # shares may speak of the budget
    if found is None or first is None:
        return
    changes = [Change("without", drop=[first.name]), Change("one more", put=[Exclusive("new", [0, 1])])]
    for change, outcome in zip(changes, scenarios(found, changes), strict=True):
        best = best_by_trying(change.apply(problem))
        if best is None:
            assert outcome.result is None
            assert outcome.reasons
            continue
        assert outcome.gain == pytest.approx(best[0] - found.value, abs=1e-6)
        assert outcome.gain_at_least - 1e-6 <= outcome.gain <= outcome.gain_at_most + 1e-6
        x = found.funded.copy()
        x[list(outcome.entering)], x[list(outcome.leaving)] = True, False
        assert np.array_equal(x, outcome.result.funded)


def test_scenarios_scale_limits_and_tell_contradictions():
    rules = [Budget("budget", limit=4), CountRule("least", at_least=3)]
    found = fund(Portfolio([5, 4, 3, 2, 1], [1, 1, 1, 1, 1], rules), gap=0)
    more, less = scenarios(found, [Change("+50 %", scale={"budget": 1.5}), Change("-50 %", scale={"budget": 0.5})])
    assert more.gain == pytest.approx(1)
    assert more.money == pytest.approx(1)
    assert more.entering == (4,)
    assert less.result is None
    assert {reason.split(":")[0] for reason in less.reasons} == {"budget", "least"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([Change("a", drop=["x"])], "no rule 'x'"),
        ([Change("a", scale={"pair": 2})], "no limit to scale"),
        ([Change("a"), Change("a")], "used twice"),
    ],
)
def test_scenarios_refuse_bad_input(changes, words):
    found = fund(Portfolio([2, 1], [1, 1], [Exclusive("pair", [0, 1])]), gap=0)
    with pytest.raises(BadInput, match=words):
        scenarios(found, changes)


def test_rules_put_by_name_replace_the_old_ones():
    problem = Portfolio([2, 1], [1, 1], [Budget("b", limit=1)])
    changed = Change("c", put=[Budget("b", limit=2), Requires("r", 0, [1])]).apply(problem)
    assert [rule.name for rule in changed.rules] == ["b", "r"]
    assert changed.rules[0].limit == 2


def test_labels_of_each_and_shares_reach_the_reasons():
    rules = each(ShareRule("cap", of="applications", at_most=0.4), "i", ["u", "v"])
    found = blame(Portfolio(np.ones(6), np.ones(6), [*rules, CountRule("all", at_least=3)], groups={"i": list("uuuvvv")}))
    assert {reason.rule for reason in found.reasons} == {"cap: u", "cap: v", "all"}
