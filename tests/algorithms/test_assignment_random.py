import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headwater.algorithms.assignment import Limit, Problem, Shortage, assign, assign_exactly, draw, randomise, shortages
from headwater.algorithms.errors import BadInput


def some(seed, proposals=30, experts=20, grouped=True, demand=3, upper=6):
    random = np.random.default_rng(seed)
    scores = random.random((proposals, experts)) * (random.random((proposals, experts)) < 0.6)
    limits = [Limit("institution", random.integers(-1, 8, experts).astype(np.int32))] if grouped else []
    return Problem.of(sparse.csr_matrix(scores), [demand] * proposals, [upper] * experts, limits=limits)


@given(seed=st.integers(0, 1000), grouped=st.booleans(), cap=st.sampled_from([0.3, 0.5, 1.0]), spread=st.sampled_from([0.0, 0.5]))
@settings(max_examples=30, deadline=None)
def test_draw_keeps_caps_loads_and_limits(seed, grouped, cap, spread):
    problem = some(seed, grouped=grouped)
    chances = randomise(problem, cap=cap, spread=spread)
    assert (chances.probability() <= cap + 1e-9).all()
    found = draw(chances, seed=seed)
    assert (np.bincount(found.experts, minlength=problem.experts) <= problem.upper).all()
    assert (found.unfilled >= 0).all()
    assert abs(found.unfilled.sum() - chances.unfilled) <= problem.proposals
    if grouped:
        group = problem.limits[0].group[found.experts]
        keys = (found.proposals * 10 + group)[group >= 0]
        assert len(keys) == len(set(keys.tolist()))


def test_draw_meets_the_probabilities():
    problem = some(3, 8, 8, demand=2, upper=3)
    chances = randomise(problem, cap=0.4)
    seen = np.zeros(len(problem.column))
    runs = 600
    for seed in range(runs):
        found = draw(chances, seed=seed)
        seen[np.isin(problem.rows() * 100 + problem.column, found.proposals * 100 + found.experts)] += 1
    assert np.abs(seen / runs - chances.probability()).max() < 0.1


def test_randomise_without_a_cap_is_the_best_assignment():
    problem = some(5)
    assert randomise(problem, cap=1.0).expected == pytest.approx(assign_exactly(problem).total, rel=1e-4)


def test_randomise_spread_puts_more_pairs_into_play():
    problem = some(6, 30, 20)
    plain, wide = randomise(problem, cap=0.5), randomise(problem, cap=0.5, spread=1.0)
    assert (wide.units > 0).sum() > (plain.units > 0).sum()
    assert 0.9 * plain.expected < wide.expected <= plain.expected + 1e-6


def test_randomise_locked_pairs_stay():
    scores = sparse.csr_matrix(np.full((4, 4), 0.5))
    chances = randomise(Problem.of(scores, [2] * 4, [2] * 4, locked=[(0, 0), (1, 3)]), cap=0.5)
    assert all(
        {(0, 0), (1, 3)} <= set(zip(*(x.tolist() for x in (d.proposals, d.experts)), strict=True))
        for d in [draw(chances, seed=n) for n in range(5)]
    )


def test_draw_same_seed_same_answer():
    chances = randomise(some(7), cap=0.5)
    assert draw(chances, seed=4).digest == draw(chances, seed=4).digest
    assert len({draw(chances, seed=n).digest for n in range(5)}) > 1


@pytest.mark.parametrize("changes", [{"cap": 0.0}, {"cap": 1.5}, {"cap": np.nan}, {"cap": 0.01}, {"parts": 0}, {"spread": 2.0}])
def test_randomise_bad_input(changes):
    with pytest.raises(BadInput):
        randomise(some(1), **changes)


def test_shortages_names_a_proposal_with_too_few_candidates():
    problem = Problem.of(sparse.csr_matrix(np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])), [3, 1], [1, 1, 1])
    assert shortages(problem, assign(problem)) == [Shortage((0,), (0, 1), 3, 2)]


def test_shortages_names_the_limit():
    problem = Problem.of(
        sparse.csr_matrix(np.array([[0.5, 0.5]])), [2], [1, 1], limits=[Limit("institution", np.zeros(2, dtype=np.int32))]
    )
    assert shortages(problem, assign(problem)) == [Shortage((0,), (0, 1), 2, 1, "institution")]


def test_shortages_names_the_smallest_group_and_nothing_else():
    # Proposals 0 to 2 share experts 0 and 1; proposals 3 and 4 have enough of their own.
    scores = np.array([[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0, 0.1, 0.5, 0], [0, 0, 0.4, 0.5]])
    problem = Problem.of(sparse.csr_matrix(scores), [1] * 5, [1] * 4)
    (found,) = shortages(problem, assign(problem))
    assert (found.proposals, found.experts, found.missing) == ((0, 1, 2), (0, 1), 1)


@given(seed=st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_shortages_prove_every_empty_place(seed):
    problem = some(seed, 12, 6, grouped=False, demand=2, upper=3)
    found = assign(problem)
    reasons = shortages(problem, found)
    assert bool(reasons) == bool(found.unfilled.sum())
    assert all(r.missing >= 1 for r in reasons)
    assert sum(r.missing for r in reasons) == found.unfilled.sum()
    for reason in reasons:
        open_ = {int(e) for p in reason.proposals for e in problem.column[problem.indptr[p] : problem.indptr[p + 1]]}
        assert set(reason.experts) == open_


def test_shortages_of_many_places_are_one_reason():
    problem = Problem.of(sparse.csr_matrix(np.full((10, 4), 0.5)), [3] * 10, [5] * 4)
    (found,) = shortages(problem, assign(problem))
    assert (len(found.proposals), found.demand, found.room, found.missing) == (10, 30, 20, 10)
