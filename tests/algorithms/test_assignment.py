from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headwater.algorithms.assignment import Assigned, assign
from headwater.algorithms.errors import BadInput


def numbers(values):
    return np.array(values, dtype=np.int64)


def matrix(rows):
    return sparse.csr_matrix(np.array(rows, dtype=np.float64))


def pairs(result: Assigned):
    return list(zip(result.proposals.tolist(), result.experts.tolist(), strict=True))


def best_by_trying(scores, demand, capacity, groups, locked):
    """(filled places, total in hundredths) of the best allowed choice among all."""
    proposals, experts = scores.shape
    cells = [(p, e) for p, e in product(range(proposals), range(experts)) if scores[p, e]]
    best = (0, 0)
    taken = {(p, groups[e]) for p, e in locked if groups[e] >= 0}
    for mask in range(1 << len(cells)):
        chosen = [c for n, c in enumerate(cells) if mask >> n & 1]
        if len(chosen) < best[0]:
            continue
        in_groups = [(p, groups[e]) for p, e in chosen if groups[e] >= 0]
        fits = (
            all(sum(p == q for q, _e in chosen) <= demand[p] for p in range(proposals))
            and all(sum(e == x for _p, x in chosen) <= capacity[e] for e in range(experts))
            and len(set(in_groups)) == len(in_groups)
            and not taken & set(in_groups)
        )
        if fits:
            best = max(best, (len(chosen), sum(int(scores[c]) for c in chosen)))
    return best


@st.composite
def instances(draw):
    """Scores in hundredths (0: forbidden), at most 10 pairs so that every choice can be tried."""
    proposals, experts = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    cells = draw(st.lists(st.integers(0, proposals * experts - 1), unique=True, max_size=10))
    scores = np.zeros(proposals * experts, dtype=np.int64)
    scores[cells] = draw(st.lists(st.integers(1, 100), min_size=len(cells), max_size=len(cells)))
    several = st.integers(0, 3)
    demand = draw(st.lists(several, min_size=proposals, max_size=proposals))
    capacity = draw(st.lists(several, min_size=experts, max_size=experts))
    groups = draw(st.lists(st.integers(-1, 2), min_size=experts, max_size=experts))
    anywhere = st.tuples(st.integers(0, proposals - 1), st.integers(0, experts - 1))
    locked = draw(st.lists(anywhere, unique=True, max_size=2))
    for pair in locked:
        scores.reshape(proposals, experts)[pair] = 0
    return scores.reshape(proposals, experts), demand, capacity, groups, locked


@given(instance=instances(), seed=st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_assign_as_good_as_trying_everything(instance, seed):
    scores, demand, capacity, groups, locked = instance
    result = assign(
        sparse.csr_matrix(scores / 100),
        numbers(demand),
        numbers(capacity),
        groups=numbers(groups),
        locked=numbers(locked).reshape(-1, 2),
        seed=seed,
    )
    filled, total = best_by_trying(scores, demand, capacity, groups, locked)
    assert (len(result.proposals), round(result.total * 100, 6)) == (filled, total)


@given(instance=instances())
@settings(max_examples=100, deadline=None)
def test_assign_keeps_every_limit(instance):
    scores, demand, capacity, groups, locked = instance
    fixed = numbers(locked).reshape(-1, 2)
    result = assign(sparse.csr_matrix(scores / 100), numbers(demand), numbers(capacity), groups=numbers(groups), locked=fixed)
    chosen = pairs(result)
    assert len(set(chosen)) == len(chosen)
    assert [scores[c] / 100 for c in chosen] == result.scores.tolist()
    assert (result.scores > 0).all()
    load = np.bincount(result.experts, minlength=len(capacity))
    assert (load <= capacity).all()
    assert (result.unfilled >= 0).all()
    assert (demand - np.bincount(result.proposals, minlength=len(demand))).tolist() == result.unfilled.tolist()
    for proposal in range(len(demand)):
        new = [groups[e] for p, e in chosen if p == proposal and groups[e] >= 0]
        before = {groups[e] for p, e in locked if p == proposal and groups[e] >= 0}
        assert len({*new, *before}) == len(new) + len(before)


def test_assign_prefers_filling_over_score():
    result = assign(matrix([[1.0, 0.01], [0.5, 0.0]]), numbers([1, 1]), numbers([1, 1]))
    assert (pairs(result), result.unfilled.tolist()) == ([(0, 1), (1, 0)], [0, 0])
    assert result.total == pytest.approx(0.51)


def test_assign_fills_places_for_large_scores():
    result = assign(matrix([[1000.0, 1.0], [1.0, 0.0]]), numbers([1, 1]), numbers([1, 1]))
    assert result.unfilled.tolist() == [0, 0]


def test_assign_forbidden_pairs_never_used():
    result = assign(matrix([[0.9, 0.0], [0.8, 0.0]]), numbers([2, 2]), numbers([1, 5]))
    assert (pairs(result), result.unfilled.tolist()) == ([(0, 0)], [1, 2])


def test_assign_group_limit():
    scores = matrix([[0.9, 0.8, 0.1, 0.1]])
    free = assign(scores, numbers([2]), numbers([1] * 4), groups=numbers([-1, -1, -1, 5]))
    kept = assign(scores, numbers([2]), numbers([1] * 4), groups=numbers([3, 3, 4, 4]))
    assert (pairs(free), kept.experts[:1].tolist(), kept.total) == ([(0, 0), (0, 1)], [0], pytest.approx(1.0))


def test_assign_group_of_a_locked_pair_is_taken():
    scores = matrix([[0.0, 0.9, 0.2], [0.0, 0.9, 0.2]])
    result = assign(scores, numbers([1, 1]), numbers([1, 2, 2]), groups=numbers([7, 7, -1]), locked=numbers([[0, 0]]))
    assert pairs(result) == [(0, 2), (1, 1)]


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_assign_same_seed_same_digest(seed):
    scores = matrix(np.full((6, 6), 0.5))
    runs = [assign(scores, numbers([2] * 6), numbers([2] * 6), seed=seed) for _run in range(2)]
    assert (runs[0].digest, pairs(runs[0])) == (runs[1].digest, pairs(runs[1]))
    assert (runs[0].seed, len(runs[0].digest)) == (seed, 64)


def test_assign_other_seeds_break_ties_differently():
    scores = matrix(np.full((6, 6), 0.5))
    runs = [assign(scores, numbers([2] * 6), numbers([2] * 6), seed=seed) for seed in range(5)]
    assert {r.total for r in runs} == {6.0}
    assert len({r.digest for r in runs}) > 1


def test_assign_pairs_are_sorted():
    chosen = pairs(assign(matrix(np.full((5, 4), 0.5)), numbers([3] * 5), numbers([4] * 4)))
    assert (chosen, len(chosen)) == (sorted(chosen), 15)


@pytest.mark.parametrize(
    ("scores", "demand", "capacity", "groups", "unfilled"),
    [
        ([[0.0, 0.0]], [2], [1, 1], None, [2]),
        ([[0.0, 0.0]], [2], [1, 1], [0, 0], [2]),
        ([[0.5, 0.5]], [0], [1, 1], None, [0]),
        ([[0.5, 0.5]], [2], [0, 0], None, [2]),
        ([[0.5, 0.5]], [2], [1, 1], [-1, -1], [0]),
        ([[0.5, 0.5]], [5], [9, 9], None, [3]),
    ],
)
def test_assign_little_to_choose(scores, demand, capacity, groups, unfilled):
    result = assign(matrix(scores), numbers(demand), numbers(capacity), groups=None if groups is None else numbers(groups))
    assert result.unfilled.tolist() == unfilled


@pytest.mark.parametrize(("shape", "groups"), [((0, 3), None), ((3, 0), None), ((0, 0), None), ((0, 3), [0, 0, 1])])
def test_assign_nothing_to_choose(shape, groups):
    result = assign(
        sparse.csr_matrix(shape),
        numbers([1] * shape[0]),
        numbers([1] * shape[1]),
        groups=None if groups is None else numbers(groups),
    )
    assert (pairs(result), result.unfilled.tolist(), result.total) == ([], [1] * shape[0], 0.0)


def test_assign_does_not_change_its_input():
    scores, demand, capacity = matrix([[0.5, 0.25], [0.5, 0.0]]), numbers([1, 1]), numbers([1, 1])
    before = (scores.toarray().tolist(), demand.tolist(), capacity.tolist())
    assign(scores, demand, capacity, groups=numbers([0, 1]), locked=numbers([[1, 1]]))
    assert (scores.toarray().tolist(), demand.tolist(), capacity.tolist()) == before


GOOD = {"scores": [[0.5, 0.25], [0.5, 0.75]], "demand": [1, 1], "capacity": [1, 1], "groups": [0, 1]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"demand": [1]}, "demand: expected shape (2,), found (1,)"),
        ({"capacity": [1, 1, 1]}, "capacity: expected shape (2,), found (3,)"),
        ({"groups": [0]}, "groups: expected shape (2,), found (1,)"),
        ({"demand": [1, -1]}, "demand: negative at row 1"),
        ({"capacity": [-2, -1]}, "capacity: negative at row 0"),
        ({"scores": [[0.5, 0.25], [0.5, np.nan]]}, "scores: not finite or negative at proposal 1"),
        ({"scores": [[np.inf, 0.25], [np.nan, 0.5]]}, "scores: not finite or negative at proposal 0"),
        ({"scores": [[0.0, 0.0], [0.5, -0.1]]}, "scores: not finite or negative at proposal 1"),
    ],
)
def test_assign_bad_input_names_the_row(changes, message):
    given_input = {**GOOD, **changes}
    with pytest.raises(BadInput) as caught:
        assign(
            matrix(given_input["scores"]),
            numbers(given_input["demand"]),
            numbers(given_input["capacity"]),
            groups=numbers(given_input["groups"]),
        )
    assert str(caught.value) == message
