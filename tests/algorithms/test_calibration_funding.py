import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.calibration import NotComparable, calibrate, draw_lottery, funding_chances, verify_lottery
from headwater.algorithms.errors import BadInput, Cancelled

from .test_calibration import reviews

NAMES = st.lists(st.text("abcdef123", min_size=1, max_size=6), min_size=1, max_size=12, unique=True)


def fitted(seed: int = 1, **options):
    proposal, reviewer, score, _q = reviews(seed, **options)
    return calibrate(proposal, reviewer, score)


def test_funding_chances_sum_to_the_places_and_follow_the_means():
    found = fitted()
    told = funding_chances(found, places=15, draws=400)
    assert told.chance.sum() == pytest.approx(15)
    assert told.funded.sum() == 15
    assert told.chance[told.funded].mean() > 0.7 > 0.3 > told.chance[~told.funded].mean()
    assert found.mean[told.line] == found.mean[told.funded].min()


def test_funding_group_is_what_cannot_be_told_from_the_line():
    found = fitted(2)
    told = funding_chances(found, places=20, draws=800, alpha=0.2)
    assert told.line in told.group
    for p in range(60):
        exact = found.chance_better(p, told.line)
        assert told.beats_line[p] == pytest.approx(exact, abs=0.06)
        if 0.27 < exact < 0.73:
            assert p in told.group
        if not 0.13 < exact < 0.87:
            assert p not in told.group


def test_funding_common_error_of_a_panel_does_not_blur_its_order():
    proposal, reviewer, score, _q = reviews(3, n=12, k=3, reviewers=3, leniency=2.0)
    found = calibrate(proposal, reviewer, score)
    alone = dataclasses.replace(found, shared=dataclasses.replace(found.shared, gain=found.shared.gain * 0, own=found.sd))
    with_reviewers, apart = (funding_chances(f, places=4, draws=500, seed=1) for f in (found, alone))
    assert abs(with_reviewers.chance - 0.5).mean() >= abs(apart.chance - 0.5).mean()


def test_funding_by_budget_stops_at_the_first_that_does_not_fit():
    found = fitted(4)
    costs = np.where(np.arange(60) % 2, 3.0, 1.0)
    told = funding_chances(found, budget=25.0, costs=costs, draws=50)
    order = np.argsort(-found.mean, kind="stable")
    spent, expected = 0.0, []
    for p in order:
        if spent + costs[p] > 25:
            break
        spent += costs[p]
        expected.append(int(p))
    assert sorted(np.flatnonzero(told.funded).tolist()) == sorted(expected)
    assert told.line == expected[-1]


def test_funding_nothing_and_everything():
    found = fitted(5)
    nothing, everything = (funding_chances(found, places=n, draws=20) for n in (0, 99))
    assert (nothing.line, nothing.chance.max(), len(nothing.group)) == (-1, 0.0, 0)
    assert everything.chance.min() == 1.0


def test_funding_same_seed_same_answer_and_other_seed_another():
    found = fitted(6)
    one, two, other = (funding_chances(found, places=10, draws=100, seed=s) for s in (1, 1, 2))
    assert one.chance.tolist() == two.chance.tolist() != other.chance.tolist()


def test_funding_refuses_components_that_are_not_connected():
    proposal, reviewer, score, _q = reviews(7, n=20, reviewers=8)
    found = calibrate(np.concatenate([proposal, proposal + 20]), np.concatenate([reviewer, reviewer + 8]), np.tile(score, 2))
    with pytest.raises(NotComparable):
        funding_chances(found, places=5)
    assert not funding_chances(found, places=5, among=np.arange(20), draws=10).across
    assert funding_chances(found, places=5, draws=10, across=True).across


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"places": 3, "budget": 2.0},
        {"places": -1},
        {"places": 3, "costs": np.ones(60)},
        {"budget": 3.0},
        {"budget": 3.0, "costs": -np.ones(60)},
        {"places": 3, "alpha": 0.5},
        {"places": 3, "draws": 0},
        {"places": 3, "among": np.array([1, 1])},
        {"places": 3, "among": np.array([60])},
    ],
)
def test_funding_refuses_bad_input(options):
    with pytest.raises(BadInput):
        funding_chances(fitted(8), **options)


def test_funding_refuses_what_scores_cannot_tell():
    with pytest.raises(BadInput, match="cannot tell"):
        funding_chances(calibrate(np.array([0, 1]), np.array([0, 0]), np.array([1.0, 2.0])), places=1)


def test_funding_can_be_cancelled(monkeypatch):
    from headwater.algorithms.calibration import funding

    ticks = iter(range(0, 10_000, 2))
    monkeypatch.setattr(funding.time, "monotonic", lambda: float(next(ticks)))

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        funding_chances(fitted(9), places=3, progress=stop)


@given(names=NAMES, places=st.integers(0, 14), order=st.randoms())
@settings(max_examples=60, deadline=None)
def test_lottery_depends_on_the_set_of_names_alone_and_can_be_replayed_by_hand(names, places, order):
    one = draw_lottery(names, public="draw 2026-141", places=places)
    assert one == draw_lottery(order.sample(names, len(names)), public="draw 2026-141", places=places)
    digest = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
    by_hand = sorted(names, key=lambda n: (hashlib.sha256(f"draw 2026-141\n{digest}\n{n}".encode()).hexdigest(), n))
    assert one.order == tuple(by_hand)
    assert one.winners == tuple(by_hand[:places])
    assert verify_lottery(one, names) == []


def test_lottery_is_even_over_public_strings():
    firsts = [draw_lottery(["a", "b", "c", "d"], public=f"draw {n}", places=1).winners[0] for n in range(2000)]
    assert all(abs(firsts.count(name) - 500) < 90 for name in "abcd")


def test_lottery_by_budget_takes_each_that_still_fits():
    costs = {"a": 5, "b": 3, "c": 2, "d": 9}
    found = draw_lottery(list(costs), public="x", budget=10, costs=costs)
    left, expected = 10, []
    for name in found.order:
        if costs[name] <= left:
            expected.append(name)
            left -= costs[name]
    assert list(found.winners) == expected
    assert verify_lottery(found, list(costs), costs) == []


def test_lottery_verify_says_what_was_changed():
    proof = draw_lottery(["a", "b", "c"], public="x", places=1)
    assert verify_lottery(dataclasses.replace(proof, winners=proof.order[1:2]), ["a", "b", "c"]) == [
        "the winners are not the first of the order"
    ]
    assert "the names are not the ones that were drawn from" in verify_lottery(proof, ["a", "b"])
    assert verify_lottery(dataclasses.replace(proof, public="y"), ["a", "b", "c"])
    assert proof.record()["digest"] == proof.digest


@pytest.mark.parametrize(
    ("names", "options"),
    [
        ([], {"public": "x", "places": 1}),
        (["a", "a"], {"public": "x", "places": 1}),
        (["a\nb"], {"public": "x", "places": 1}),
        (["a"], {"public": " ", "places": 1}),
        (["a"], {"public": "x"}),
        (["a"], {"public": "x", "places": 1, "budget": 2}),
        (["a"], {"public": "x", "places": -1}),
        (["a"], {"public": "x", "budget": 5}),
    ],
)
def test_lottery_refuses_bad_input(names, options):
    with pytest.raises(BadInput):
        draw_lottery(names, **options)
