from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from headwater.algorithms.assignment import Problem, assign_exactly, assign_fairly
from headwater.algorithms.errors import BadInput, Infeasible
from tests.vectors import SHARED


def best_by_trying(scores, demand, upper):
    """(worst, total) of the fairest assignment among all that serve everybody in full, or None."""
    rows = [list(combinations(np.flatnonzero(row).tolist(), k)) for row, k in zip(scores, demand, strict=True)]
    best = None
    for choice in product(*rows):
        if (np.bincount([e for row in choice for e in row], minlength=len(upper)) <= upper).all():
            sums = [sum(scores[p, e] for e in row) for p, row in enumerate(choice)]
            found = (round(min(sums), 6), round(sum(sums), 6))
            best = found if best is None else max(best, found)
    return best


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_fairly_as_good_as_trying_everything(data):
    proposals, experts = data.draw(st.integers(1, 3)), data.draw(st.integers(2, 4))
    numbers = st.lists(st.integers(0, 8), min_size=proposals * experts, max_size=proposals * experts)
    scores = np.array(data.draw(numbers), dtype=float).reshape(proposals, experts) / 8
    demand, upper = (
        [data.draw(st.integers(1, 2)) for _ in range(proposals)],
        [data.draw(st.integers(1, 3)) for _ in range(experts)],
    )
    best = best_by_trying(scores, demand, upper)
    if best is None:
        return
    found = assign_fairly(Problem.of(sparse.csr_matrix(scores), demand, upper))
    assert (round(found.level, 5), round(found.assigned.total, 5)) == (
        pytest.approx(best[0], abs=1e-4),
        pytest.approx(best[1], abs=1e-4),
    )
    assert found.level <= found.ceiling + 1e-5
    assert not found.proven or found.level == pytest.approx(best[0], abs=1e-4)
    assert found.optimum >= best[1] - 1e-4


def spread(seed, proposals=400, experts=160, keep=40):
    random = np.random.default_rng(seed)
    columns = np.sort(np.argsort(random.random((proposals, experts)), axis=1)[:, :keep], axis=1)
    values = random.random((proposals, keep)) * random.random((proposals, 1)) + 0.05
    return sparse.csr_matrix(
        (values.ravel(), columns.ravel(), np.arange(0, proposals * keep + 1, keep)), shape=(proposals, experts)
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fairly_reaches_the_ceiling_and_keeps_the_total(seed):
    problem = Problem.of(spread(seed), [3] * 400, [9] * 160)
    found, exact = assign_fairly(problem, seed=seed), assign_exactly(problem)
    assert found.level >= exact.by_proposal().min() - 1e-6
    assert found.assigned.total >= 0.998 * exact.total
    assert exact.total <= found.optimum + 1e-3
    assert found.assigned.gap == pytest.approx(1 - found.assigned.total / found.optimum, abs=1e-9)


def test_fairly_above_a_floor_keeps_more_of_the_total():
    problem = Problem.of(spread(4), [3] * 400, [9] * 160)
    best = assign_fairly(problem)
    floor = best.level / 2
    found = assign_fairly(problem, floor=floor)
    assert found.level >= min(floor, found.ceiling) - 1e-6
    assert found.assigned.total >= best.assigned.total - 1e-3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fairly_floor_near_the_ceiling_costs_no_more_than_it_must(seed):
    """Beside an integer program of our own making."""
    scores = spread(seed, 60, 24, 12)
    problem = Problem.of(scores, [3] * 60, [8] * 24)
    best = assign_fairly(problem)
    floor = 0.97 * best.level
    found = assign_fairly(problem, floor=floor)
    row, column, value = np.repeat(np.arange(60), 12), scores.indices, np.asarray(problem.score, dtype=np.float64)
    at = np.arange(len(value))

    def table(index, entries, count):
        return sparse.csr_matrix((entries, (index, at)), shape=(count, len(at)))

    rules = [
        LinearConstraint(table(row, np.ones(len(at)), 60), 3, 3),
        LinearConstraint(table(column, np.ones(len(at)), 24), 0, 8),
        LinearConstraint(table(row, value, 60), floor, np.inf),
    ]
    options = {"mip_rel_gap": 1e-7, "time_limit": 60}
    exact = milp(-value, constraints=rules, integrality=np.ones(len(at)), bounds=Bounds(0, 1), options=options)
    assert found.level >= floor - 1e-5
    assert found.assigned.total >= -exact.fun * (1 - 2e-5)


def test_fairly_more_levels_do_not_lower_the_worst():
    problem = Problem.of(spread(5), [3] * 400, [9] * 160)
    one, three = assign_fairly(problem), assign_fairly(problem, levels=3)
    assert three.level >= one.level - 1e-6
    assert np.sort(three.assigned.by_proposal())[:40].sum() >= np.sort(one.assigned.by_proposal())[:40].sum() - 1e-3


def test_fairly_floor_that_nobody_can_give_names_the_proposals():
    problem = Problem.of(sparse.csr_matrix(np.array([[0.9, 0.8], [0.9, 0.1]])), [1, 1], [1, 1])
    with pytest.raises(Infeasible) as caught:
        assign_fairly(problem, floor=0.85)
    assert caught.value.reasons in (["proposal 0"], ["proposal 1"])


@pytest.mark.parametrize("changes", [{"floor": np.nan}, {"levels": 0}])
def test_fairly_bad_input(changes):
    with pytest.raises(BadInput):
        assign_fairly(Problem.of(sparse.csr_matrix(np.array([[0.5]])), [1], [1]), **changes)


@pytest.mark.parametrize(("name", "load", "worst", "total"), [("aamas2016", 12, 1.0, 949.25), ("preflib1", 6, 0.75, 124.25)])
def test_fairly_public_bids_as_good_as_the_integer_program(name, load, worst, total):
    path = SHARED / f"assignment/{name}.in"
    if not path.exists():
        pytest.skip("the public bid matrices are not here")
    scores = sparse.csr_matrix(np.loadtxt(path, skiprows=1))
    found = assign_fairly(Problem.of(scores, [3] * scores.shape[0], [load] * scores.shape[1]))
    assert (found.level, found.proven) == (pytest.approx(worst, abs=1e-5), True)
    assert found.assigned.total >= total - 1e-3
