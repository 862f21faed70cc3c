from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headwater.algorithms.assignment import Assigned, Limit, Problem, assign, assign_exactly, explain, open_session, repair, unmet
from headwater.algorithms.errors import BadInput, Cancelled

ENGINES = pytest.mark.parametrize("engine", [assign, assign_exactly])


def matrix(rows):
    return sparse.csr_matrix(np.array(rows, dtype=np.float64))


def problem(scores, demand, upper, *, groups=None, **more):
    limits = () if groups is None else (Limit("institution", np.array(groups, dtype=np.int32)),)
    return Problem.of(scores if sparse.issparse(scores) else matrix(scores), demand, upper, limits=limits, **more)


def pairs(result: Assigned):
    return list(zip(result.proposals.tolist(), result.experts.tolist(), strict=True))


def best_by_trying(scores, demand, upper, groups, locked):
    """(filled places, total in hundredths) of the best allowed choice among all; locked pairs are in it."""
    proposals, experts = scores.shape
    cells = [(p, e) for p, e in product(range(proposals), range(experts)) if scores[p, e] and (p, e) not in locked]
    best = (-1, 0)
    for mask in range(1 << len(cells)):
        chosen = [c for n, c in enumerate(cells) if mask >> n & 1]
        every = chosen + locked
        if len(every) < best[0]:
            continue
        fits = (
            all(sum(p == q for q, _e in every) <= demand[p] for p in range(proposals))
            and all(sum(e == x for _p, x in every) <= upper[e] for e in range(experts))
            and all(sum(q == p and groups[x] == groups[e] for q, x in every) == 1 for p, e in chosen if groups[e] >= 0)
        )
        if fits:
            best = max(best, (len(every), sum(int(scores[c]) for c in every)))
    return best


@st.composite
def instances(draw):
    """Scores in hundredths (0: no candidate), at most 10 pairs so that every choice can be tried."""
    proposals, experts = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    cells = draw(st.lists(st.integers(0, proposals * experts - 1), unique=True, max_size=10))
    scores = np.zeros(proposals * experts, dtype=np.int64)
    scores[cells] = draw(st.lists(st.integers(1, 100), min_size=len(cells), max_size=len(cells)))
    several = st.integers(0, 3)
    anywhere = st.tuples(st.integers(0, proposals - 1), st.integers(0, experts - 1))
    locked = draw(st.lists(anywhere, unique=True, max_size=2))
    demand = draw(st.lists(several, min_size=proposals, max_size=proposals))
    upper = draw(st.lists(several, min_size=experts, max_size=experts))
    for p, e in locked:
        demand[p], upper[e] = max(demand[p], 2), max(upper[e], 2)
    groups = draw(st.lists(st.integers(-1, 2), min_size=experts, max_size=experts))
    return scores.reshape(proposals, experts), demand, upper, groups, locked


def keeps_every_rule(result, scores, demand, upper, groups, locked):
    chosen = pairs(result)
    assert len(set(chosen)) == len(chosen)
    assert set(locked) <= set(chosen)
    assert result.scores.tolist() == pytest.approx([scores[c] / 100 for c in chosen])
    assert (np.bincount(result.experts, minlength=len(upper)) <= upper).all()
    assert (demand - np.bincount(result.proposals, minlength=len(demand))).tolist() == result.unfilled.tolist()
    assert (result.unfilled >= 0).all()
    for p, e in set(chosen) - set(locked):
        assert scores[p, e] > 0
        assert groups[e] < 0 or sum(q == p and groups[x] == groups[e] for q, x in chosen) == 1


@given(instance=instances(), seed=st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_assign_exactly_as_good_as_trying_everything(instance, seed):
    scores, demand, upper, groups, locked = instance
    result = assign_exactly(problem(scores / 100, demand, upper, groups=groups, locked=locked), seed=seed)
    keeps_every_rule(result, *instance)
    assert (len(result.proposals), round(result.total * 100, 4)) == pytest.approx(
        best_by_trying(scores, demand, upper, groups, locked), abs=1e-3
    )


@given(instance=instances(), seed=st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_assign_keeps_every_rule_and_its_bound_holds(instance, seed):
    scores, demand, upper, groups, locked = instance
    result = assign(problem(scores / 100, demand, upper, groups=groups, locked=locked), seed=seed)
    keeps_every_rule(result, *instance)
    filled, total = best_by_trying(scores, demand, upper, groups, locked)
    assert len(result.proposals) <= filled
    if len(result.proposals) == filled:
        assert result.bound * 100 >= total - 1e-3
    if max(groups) < 0:
        # Without limits alternating paths find every place that can be filled.
        assert len(result.proposals) == filled


def large(seed, proposals=300, experts=120, keep=25, kind=0):
    random = np.random.default_rng(seed)
    rows = [np.sort(random.choice(experts, keep, replace=False)) for _ in range(proposals)]
    values = random.random(proposals * keep).astype(np.float32) * 0.9 + 0.1
    if kind:
        values = np.ceil(values * kind) / kind
    indptr = np.arange(0, proposals * keep + 1, keep)
    return sparse.csr_matrix((values, np.concatenate(rows), indptr), shape=(proposals, experts))


@given(seed=st.integers(0, 10_000), kind=st.sampled_from([0, 4]), grouped=st.booleans(), lower=st.sampled_from([0, 5]))
@settings(max_examples=12, deadline=None)
def test_assign_close_to_the_exact_answer(seed, kind, grouped, lower):
    groups = np.random.default_rng(seed).integers(0, 30, 120) if grouped else None
    given = problem(large(seed, kind=kind), [3] * 300, [9] * 120, groups=groups, lower=[lower] * 120)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headwater.algorithms.assignment.flow.EXACT_BELOW", -1)
        near, exact = assign(given, seed=seed), assign_exactly(given, seed=seed)
    assert (near.unfilled.sum(), near.short.sum()) == (exact.unfilled.sum(), exact.short.sum()) == (0, 0)
    assert exact.total - 1e-3 <= near.bound
    assert near.total <= exact.total + 1e-3
    assert near.gap < 5e-3
    assert near.total >= exact.total * 0.998


@given(instance=instances(), lower=st.lists(st.integers(0, 3), min_size=4, max_size=4), small=st.booleans())
@settings(max_examples=60, deadline=None)
def test_assign_no_bound_is_below_its_total_whatever_the_lower_loads(instance, lower, small):
    scores, demand, upper, groups, locked = instance
    lower = np.minimum(lower[: len(upper)], upper)
    given = problem(scores / 100, demand, upper, groups=groups, locked=locked, lower=lower)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headwater.algorithms.assignment.flow.EXACT_BELOW", 10**6 if small else -1)
        result = assign(given)
    exact = assign_exactly(given)
    assert result.engine == ("auction, then flow" if small else "auction")
    assert result.bound >= result.total - 1e-9
    if len(result.proposals) <= len(exact.proposals) and result.short.sum() >= exact.short.sum():
        assert result.bound >= exact.total - 1e-5
    if small:
        assert (len(result.proposals), result.short.sum()) == (len(exact.proposals), exact.short.sum())
        assert result.total == pytest.approx(exact.total, abs=1e-5)


@given(seed=st.integers(0, 10_000), grouped=st.booleans())
@settings(max_examples=10, deadline=None)
def test_assign_is_exact_on_small_calls_and_says_so(seed, grouped):
    groups = np.random.default_rng(seed).integers(0, 30, 60) if grouped else None
    given = problem(large(seed, 100, 60, 40), [3] * 100, [6] * 60, groups=groups)
    near, exact = assign(given, seed=seed), assign_exactly(given, seed=seed)
    assert near.total == pytest.approx(exact.total, rel=1e-7)
    assert near.record()["engine"] == "auction, then flow"
    assert near.gap < 1e-6


@ENGINES
def test_assign_names_the_experts_whose_lower_loads_cannot_be_met(engine):
    """Experts 1 and 2 are to have two each, and only one proposal may have them; expert 3 is well."""
    scores = [[0.9, 0.1, 0.2, 0.3], [0.9, 0.0, 0.0, 0.3], [0.9, 0.0, 0.0, 0.2]]
    given = problem(scores, [2, 1, 1], [3, 2, 2, 2], lower=[0, 2, 2, 1])
    result = engine(given)
    (reason,) = unmet(given, result)
    assert (reason.experts, reason.proposals, reason.lower, reason.room) == ((1, 2), (0,), 4, 2)
    assert result.short.tolist() in ([0, 1, 1, 0], [0, 1, 2, 0], [0, 2, 1, 0])
    assert reason.missing >= 2
    assert set(result.record()["short"]) == {1, 2}
    assert result.bound >= result.total


@ENGINES
def test_assign_prefers_filling_over_score(engine):
    result = engine(problem([[1.0, 0.01], [0.5, 0.0]], [1, 1], [1, 1]))
    assert (pairs(result), result.unfilled.tolist()) == ([(0, 1), (1, 0)], [0, 0])
    assert result.total == pytest.approx(0.51)


@ENGINES
def test_assign_leaves_a_place_empty_that_costs_more_than_it_is_worth(engine):
    result = engine(problem([[1.0, 0.01], [0.5, 0.0]], [1, 1], [1, 1]), missing=0.2)
    assert pairs(result) == [(0, 0)]


@ENGINES
def test_assign_fills_places_for_large_scores(engine):
    assert engine(problem([[1000.0, 1.0], [1.0, 0.0]], [1, 1], [1, 1])).unfilled.tolist() == [0, 0]


@ENGINES
def test_assign_takes_no_forbidden_pair(engine):
    result = engine(problem([[0.9, 0.8], [0.8, 0.0]], [2, 2], [1, 5], forbidden=[(0, 1)]))
    assert (len(pairs(result)), (0, 1) in pairs(result), int(result.unfilled.sum())) == (1, False, 3)


@ENGINES
def test_assign_group_limit(engine):
    scores = [[0.9, 0.8, 0.1, 0.1]]
    free = engine(problem(scores, [2], [1] * 4, groups=[-1, -1, -1, 5]))
    kept = engine(problem(scores, [2], [1] * 4, groups=[3, 3, 4, 4]))
    assert (pairs(free), kept.experts[:1].tolist(), kept.total) == ([(0, 0), (0, 1)], [0], pytest.approx(1.0))


def test_assign_several_limits_at_once():
    institution, woman = np.array([0, 0, 1, 2], dtype=np.int32), np.array([0, 0, 0, 1], dtype=np.int32)
    limits = [Limit("institution", institution), Limit("women", woman, most=[1, 2])]
    result = assign(Problem.of(matrix([[0.9, 0.8, 0.7, 0.1]]), [2], [1] * 4, limits=limits))
    assert pairs(result) == [(0, 0), (0, 3)]
    with pytest.raises(BadInput, match="takes one limit"):
        assign_exactly(Problem.of(matrix([[0.9, 0.8, 0.7, 0.1]]), [2], [1] * 4, limits=limits))


@ENGINES
def test_assign_group_of_a_locked_pair_is_taken(engine):
    scores = [[0.0, 0.9, 0.2], [0.0, 0.9, 0.2]]
    result = engine(problem(scores, [2, 1], [1, 2, 2], groups=[7, 7, -1], locked=[(0, 0)]))
    assert pairs(result) == [(0, 0), (0, 2), (1, 1)]


@ENGINES
def test_assign_meets_lower_loads_before_score(engine):
    result = engine(problem([[0.9, 0.1, 0.2], [0.9, 0.1, 0.2]], [1, 1], [2, 2, 2], lower=[0, 1, 0]))
    assert (np.bincount(result.experts, minlength=3).tolist(), result.short.tolist()) == ([1, 1, 0], [0, 0, 0])


def test_assign_says_which_lower_loads_it_could_not_meet():
    result = assign(problem([[0.9, 0.1], [0.9, 0.0]], [1, 1], [2, 3], lower=[0, 3]))
    assert result.short.tolist() == [0, 2]


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_assign_same_seed_same_digest(seed):
    given = problem(np.full((6, 6), 0.5), [2] * 6, [2] * 6)
    runs = [assign(given, seed=seed) for _run in range(2)]
    assert (runs[0].digest, pairs(runs[0]), runs[0].inputs) == (runs[1].digest, pairs(runs[1]), given.digest)
    assert runs[0].seed == seed


def test_assign_same_answer_for_any_number_of_threads(monkeypatch):
    given = problem(large(3, 3000, 900), [3] * 3000, [11] * 900)
    many = assign(given, seed=4)
    monkeypatch.setattr("headwater.algorithms.threads.cores", lambda: 1)
    assert assign(given, seed=4).digest == many.digest


def test_assign_other_seeds_break_ties_differently():
    runs = [assign(problem(np.full((6, 6), 0.5), [2] * 6, [2] * 6), seed=seed) for seed in range(5)]
    assert {r.total for r in runs} == {6.0}
    assert len({r.digest for r in runs}) > 1


@ENGINES
@pytest.mark.parametrize(
    ("scores", "demand", "upper", "groups", "unfilled"),
    [
        ([[0.0, 0.0]], [2], [1, 1], None, [2]),
        ([[0.0, 0.0]], [2], [1, 1], [0, 0], [2]),
        ([[0.5, 0.5]], [0], [1, 1], None, [0]),
        ([[0.5, 0.5]], [2], [0, 0], None, [2]),
        ([[0.5, 0.5]], [2], [1, 1], [-1, -1], [0]),
        ([[0.5, 0.5]], [5], [9, 9], None, [3]),
    ],
)
def test_assign_little_to_choose(engine, scores, demand, upper, groups, unfilled):
    assert engine(problem(scores, demand, upper, groups=groups)).unfilled.tolist() == unfilled


@ENGINES
@pytest.mark.parametrize(("shape", "groups"), [((0, 3), None), ((3, 0), None), ((0, 0), None), ((0, 3), [0, 0, 1])])
def test_assign_nothing_to_choose(engine, shape, groups):
    result = engine(problem(sparse.csr_matrix(shape), [1] * shape[0], [1] * shape[1], groups=groups))
    assert (pairs(result), result.unfilled.tolist(), result.total) == ([], [1] * shape[0], 0.0)


def test_assign_does_not_change_its_input():
    scores = matrix([[0.5, 0.25], [0.5, 0.0]])
    before = scores.toarray().tolist()
    assign(problem(scores, [1, 1], [1, 1], groups=[0, 1], locked=[(1, 1)]))
    assert scores.toarray().tolist() == before


def test_assign_stops_when_progress_says_so():
    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        assign(problem(large(1), [3] * 300, [9] * 120), progress=stop)


def test_repair_replaces_declined_pairs_and_moves_few_others():
    given = problem(large(5, 2000, 700), [3] * 2000, [10] * 700)
    before = assign(given, seed=2)
    gone = np.stack([before.proposals, before.experts], axis=1)[::100]
    after = repair(given, before, declined=gone)
    assert not set(map(tuple, gone.tolist())) & set(pairs(after))
    assert after.unfilled.sum() == 0
    assert len(set(pairs(after)) - set(pairs(before))) < 0.5 * 2000
    assert after.total > 0.99 * before.total
    assert given.status.sum() == 0


def test_repair_puts_locked_pairs_in():
    given = problem([[0.9, 0.5, 0.4], [0.8, 0.3, 0.2]], [1, 1], [1, 1, 1])
    session = open_session(given)
    assert pairs(session.assigned()) == [(0, 1), (1, 0)]
    session.repair(locked=[(0, 0)], declined=[(1, 1)])
    assert pairs(session.assigned()) == [(0, 0), (1, 2)]
    session.repair(declined=[(1, 2)])
    assert (pairs(session.assigned()), session.assigned().unfilled.tolist()) == ([(0, 0)], [0, 1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"declined": [(0, 9)]}, "declined: unknown proposal or expert in pair 0"),
        ({"declined": [(0, 0), (1, 2)]}, "declined: pair 1 is no candidate"),
        ({"declined": [(0, 0)], "locked": [(0, 0)]}, "locked: a pair is also declined"),
    ],
)
def test_repair_bad_input_names_the_pair(changes, message):
    given = problem([[0.9, 0.5, 0.4], [0.8, 0.3, 0.0]], [1, 1], [1, 1, 1])
    with pytest.raises(BadInput) as caught:
        repair(given, assign(given), **changes)
    assert str(caught.value) == message


def test_explain_names_price_rule_and_rank():
    scores = [[0.9, 0.8, 0.1, 0.6], [0.95, 0.2, 0.1, 0.0], [0.0, 0.0, 0.3, 0.0]]
    given = problem(scores, [2, 1, 1], [1, 1, 3, 0], groups=[0, 1, 1, 2], forbidden=[(2, 2)])
    result = assign(given)
    assert pairs(result) == [(0, 1), (1, 0)] or pairs(result) == [(0, 0), (0, 1), (1, 2)]
    seen = {e: explain(given, result, 0, e) for e in range(4)}
    assert (seen[1].reason, seen[1].chosen) == ("chosen", True)
    assert (seen[2].reason, seen[2].limit, seen[2].instead) == ("limit", "institution", (1,))
    assert seen[3].reason == "no_places"
    assert explain(given, result, 2, 2).reason == "forbidden"
    assert explain(given, result, 2, 0).reason == "no_candidate"
    with pytest.raises(BadInput, match="expert: expected 0 to 3, found 9"):
        explain(given, result, 0, 9)


def test_explain_price_of_a_wanted_expert():
    given = problem([[0.9, 0.8], [0.9, 0.1], [0.9, 0.7]], [1, 1, 1], [1, 3])
    result = assign(given)
    lost = explain(given, result, 0, 0)
    assert (pairs(result), lost.reason, lost.load, lost.upper) == ([(0, 1), (1, 0), (2, 1)], "price", 1, 1)
    assert 0.19 <= lost.price <= 0.81
    assert lost.net < lost.needed


GOOD = {"scores": [[0.5, 0.25], [0.5, 0.75]], "demand": [1, 1], "upper": [1, 1], "groups": [0, 1]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"demand": [1]}, "demand: expected shape (2,), found (1,)"),
        ({"upper": [1, 1, 1]}, "upper: expected shape (2,), found (3,)"),
        ({"groups": [0]}, "limit institution: expected group of shape (2,), found (1,)"),
        ({"demand": [1, -1]}, "demand: negative at row 1"),
        ({"demand": [1, 0.5]}, "demand: not a whole number at row 1"),
        ({"demand": [1, np.nan]}, "demand: not a whole number at row 1"),
        ({"upper": [-2, -1]}, "upper: negative at row 0"),
        ({"lower": [0, 2]}, "lower: above upper at expert 1"),
        ({"scores": [[0.5, 0.25], [0.5, np.nan]]}, "scores: not finite or negative at proposal 1"),
        ({"scores": [[np.inf, 0.25], [np.nan, 0.5]]}, "scores: not finite or negative at proposal 0"),
        ({"scores": [[0.0, 0.0], [0.5, -0.1]]}, "scores: not finite or negative at proposal 1"),
        ({"locked": [(0, 2)]}, "locked: unknown expert in pair 0"),
        ({"forbidden": [(0, 1), (-1, 0)]}, "forbidden: unknown proposal in pair 1"),
        ({"locked": [(0, 0)], "forbidden": [(0, 0)]}, "locked: pair 0 is also forbidden"),
        ({"locked": [(0, 0), (0, 1)]}, "locked: more pairs than demand at proposal 0"),
        ({"locked": [(0, 0), (1, 0)]}, "locked: more pairs than upper at expert 0"),
    ],
)
def test_problem_bad_input_names_the_row(changes, message):
    given = {**GOOD, **changes}
    with pytest.raises(BadInput) as caught:
        problem(given.pop("scores"), given.pop("demand"), given.pop("upper"), **given)
    assert str(caught.value) == message


@pytest.mark.parametrize("changes", [{"epsilon": 0}, {"epsilon": np.nan}, {"missing": -1.0}])
def test_assign_refuses_odd_settings(changes):
    with pytest.raises(BadInput, match="expected a positive number"):
        assign(problem([[0.5]], [1], [1]), **changes)
