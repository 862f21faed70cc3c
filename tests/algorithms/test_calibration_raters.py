"""Reviewers who do not review: one mark for everything, two marks, the order turned round, marks at random or against somebody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from headwater.algorithms.calibration import Calibrated, calibrate

KINDS = ("constant", "two-valued", "reversed", "single", "hostile", "random")


def simulated(seed: int, *, kind: str = "", share: float = 0.2, n: int = 120, k: int = 5, load: int = 10, steps: bool = True):
    """Quality, proposal, reviewer and mark of a round in which a share of the reviewers is of a kind."""
    r = np.random.default_rng([seed, n, k, load])
    reviewers = n * k // load
    quality = r.normal(size=n)
    reviewer = np.concatenate([r.permutation(reviewers) for _ in range(load)]).reshape(-1)[: n * k]
    proposal = np.repeat(np.arange(n), k)
    first = np.unique(proposal * reviewers + reviewer, return_index=True)[1]
    proposal, reviewer = proposal[first], reviewer[first]
    odd = (r.random(reviewers) < share)[reviewer]
    own = r.normal(size=reviewers)[reviewer]
    noise = 0.7 * r.normal(size=len(proposal))
    y = 0.5 * own + quality[proposal] + noise
    other = {
        "constant": own,
        "two-valued": np.where(y > 0, 1.5, -1.0),
        "reversed": -quality[proposal] + noise,
        "hostile": np.where(quality[proposal] > 1.0, -4.0, y),
        "random": 3 * noise,
    }.get(kind, y)
    y = 3.2 + 0.8 * np.where(odd, other, y)
    if kind == "single":
        keep = ~odd | (np.unique(reviewer, return_index=True)[1][reviewer] == np.arange(len(reviewer)))
        proposal, reviewer, y = proposal[keep], reviewer[keep], y[keep]
    return quality, proposal, reviewer, np.clip(np.rint(y), 1, 5) if steps else y


def holds(found: Calibrated, score) -> None:
    """What must be so whatever the reviewers do."""
    assert np.isfinite(found.mean).all()
    assert score.min() <= found.mean.min()
    assert found.mean.max() <= score.max()
    assert np.isfinite(found.sd).all()
    assert (found.sd > 0).all()


def gain(found: Calibrated, quality) -> float:
    some = found.count > 0
    return spearmanr(found.mean[some], quality[some])[0] - spearmanr(found.raw[some], quality[some])[0]


@pytest.mark.parametrize("kind", KINDS)
def test_calibrate_is_not_below_raw_means_and_covers(kind):
    gains, covered = [], []
    for seed in range(10):
        quality, proposal, reviewer, score = simulated(seed, kind=kind)
        found = calibrate(proposal, reviewer, score)
        holds(found, score)
        assert found.converged
        gains.append(gain(found, quality))
        low, high = found.interval(0.9, question="rank")
        standard = found.centre + found.quality_spread * (quality - quality.mean()) / quality.std()
        covered.append(((low <= standard) & (standard <= high)).mean())
    assert np.mean(gains) > 0.01
    assert 0.85 < np.mean(covered) < 0.95


@pytest.mark.parametrize(("n", "k", "load"), [(400, 3, 15), (30, 3, 5), (30, 2, 5)])
def test_calibrate_many_constant_reviewers_never_diverge(n, k, load):
    for seed in range(6):
        quality, proposal, reviewer, score = simulated(seed, kind="constant", n=n, k=k, load=load)
        found = calibrate(proposal, reviewer, score, proposals=n)
        holds(found, score)
        assert found.converged
        assert gain(found, quality) > -0.1


def test_calibrate_constant_reviewer_says_nothing_of_the_order():
    quality, proposal, reviewer, score = simulated(1, kind="")
    fifth = reviewer == 5
    score[fifth] = 4.0
    found = calibrate(proposal, reviewer, score)
    without = calibrate(proposal[~fifth], reviewer[~fifth], score[~fifth], proposals=len(quality))
    assert found.constant[5] > 0.95
    assert np.delete(found.constant, 5).max() < 0.5
    assert np.abs(found.mean - without.mean).max() < 0.1 * found.quality_spread
    assert spearmanr(found.mean, without.mean)[0] > 0.995


def test_calibrate_few_equal_marks_on_a_coarse_scale_are_chance():
    _quality, proposal, reviewer, score = simulated(2, n=120, k=3, load=3)
    assert any(len(set(score[reviewer == r])) == 1 for r in range(120))
    assert calibrate(proposal, reviewer, score).constant.max() < 0.5


def test_calibrate_proposal_of_constant_reviewers_alone_has_their_level():
    _quality, proposal, reviewer, score = simulated(3, kind="")
    proposal, reviewer, score = np.append(proposal, [120] * 2), np.append(reviewer, [1, 2]), np.append(score, [5.0, 5.0])
    score[(reviewer == 1) | (reviewer == 2)] = 5.0
    found = calibrate(proposal, reviewer, score)
    assert found.constant[[1, 2]].min() > 0.95
    assert found.sd[120] > 1.5 * np.median(found.sd)
    holds(found, score)


@pytest.mark.parametrize(("lenient", "least"), [(0.0, 0.0), (0.3, -0.001), (0.6, 0.01)])
def test_calibrate_tells_leniency_within_proposals_where_good_ones_went_to_some_reviewers(lenient, least):
    r = np.random.default_rng(4)
    quality = np.sort(r.normal(size=200))
    reviewer = np.clip((np.arange(200)[:, None] + r.integers(-15, 16, (200, 4))) // 8, 0, 24)
    pairs = np.unique(np.stack([np.repeat(np.arange(200), 4), reviewer.ravel()]), axis=1)
    score = quality[pairs[0]] + (lenient * r.normal(size=25))[pairs[1]] + 0.6 * r.normal(size=pairs.shape[1])
    found = calibrate(*pairs, score)
    assert found.guided > 100
    assert found.leniency_spread == pytest.approx(lenient, abs=0.12)
    assert gain(found, quality) >= least
    assert found.quality_spread == pytest.approx(1.0, abs=0.15)


def test_calibrate_proposals_given_out_by_lot_are_not_taken_for_guided():
    for seed in range(6):
        _quality, proposal, reviewer, score = simulated(seed, kind="reversed")
        assert abs(calibrate(proposal, reviewer, score).guided) < 6


def test_calibrate_peers_at_the_end_of_a_scale_get_no_weights_that_spoil_the_order():
    """Few marks by each, most of them near the end of the scale: likelihood alone asks for unequal noise, held-out marks do not."""
    gains = []
    for seed in range(8):
        r = np.random.default_rng(seed)
        quality = r.normal(size=240)
        reviewer = np.concatenate([r.permutation(240) for _ in range(3)])
        proposal = np.tile(np.arange(240), 3)
        first = np.unique(proposal * 240 + reviewer, return_index=True)[1]
        proposal, reviewer = proposal[first], reviewer[first]
        mean = 1 / (1 + np.exp(-(2.1 + (0.5 * r.normal(size=240))[reviewer] + quality[proposal])))
        found = calibrate(proposal, reviewer, np.rint(r.beta(6 * mean, 6 * (1 - mean)) * 56) / 4)
        gains.append(gain(found, quality))
    assert np.mean(gains) > -0.004


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(KINDS),
    share=st.sampled_from([0.1, 0.5, 0.9]),
    shape=st.sampled_from([(20, 2, 4), (24, 3, 6), (40, 5, 10), (12, 4, 12)]),
    steps=st.booleans(),
)
def test_calibrate_any_reviewers_stay_on_the_scale(seed, kind, share, shape, steps):
    n, k, load = shape
    _quality, proposal, reviewer, score = simulated(seed, kind=kind, share=share, n=n, k=k, load=load, steps=steps)
    found = calibrate(proposal, reviewer, score, proposals=n)
    assert np.isfinite(found.mean).all()
    assert score.min() - 1e-9 <= found.mean.min()
    assert found.mean.max() <= score.max() + 1e-9


def test_interval_answers_two_questions():
    _quality, proposal, reviewer, score = simulated(5)
    found = calibrate(proposal, reviewer, score)
    (low, high), (below, above) = found.interval(), found.interval(question="rank")
    assert ((above - below) < (high - low)).all()
    with pytest.raises(ValueError, match="neither level nor rank"):
        found.interval(question="place")
