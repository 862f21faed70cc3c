import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.calibration import Calibrated, NotComparable, calibrate
from headwater.algorithms.errors import BadInput, Cancelled


def reviews(seed: int, *, n: int = 60, k: int = 4, reviewers: int = 24, leniency: float = 0.5, slope: float = 0.0):
    """Proposal, reviewer, score, quality of a simulated round: the slope of a reviewer has this log sd."""
    r = np.random.default_rng(seed)
    quality = r.normal(size=n)
    reviewer = np.stack([r.permutation(reviewers)[:k] for _ in range(n)]).ravel()
    proposal = np.repeat(np.arange(n), k)
    steep = np.exp(r.normal(size=reviewers) * slope)
    score = (r.normal(size=reviewers) * leniency)[reviewer] + steep[reviewer] * quality[proposal] + 0.6 * r.normal(size=n * k)
    return proposal, reviewer, score, quality


def exact(found: Calibrated, proposal, reviewer, score, weight=None):
    """Mean and sd of the qualities under the additive model with its variances, by a dense inverse."""
    n, m = len(found.count), len(found.leniency)
    design = np.zeros((len(score), n + m))
    design[np.arange(len(score)), proposal] = 1
    design[np.arange(len(score)), n + reviewer] = 1
    w = np.ones(len(score)) if weight is None else weight / weight.mean()
    prior = np.concatenate([np.full(n, found.quality_spread**-2.0), np.full(m, max(found.leniency_spread, 1e-5) ** -2.0)])
    precision = design.T @ (design * (w / found.noise_sd[reviewer] ** 2)[:, None]) + np.diag(prior)
    covariance = np.linalg.inv(precision)
    mean = covariance @ design.T @ (w / found.noise_sd[reviewer] ** 2 * (score - found.centre))
    return found.centre + mean[:n], np.sqrt(np.diag(covariance)[:n])


@pytest.mark.parametrize(("n", "k", "reviewers"), [(60, 4, 24), (30, 5, 5), (80, 2, 50), (200, 3, 12)])
def test_calibrate_mean_is_that_of_the_dense_solution(n, k, reviewers):
    proposal, reviewer, score, _q = reviews(1, n=n, k=k, reviewers=reviewers)
    found = calibrate(proposal, reviewer, score, slopes=False, noise=False)
    mean, sd = exact(found, proposal, reviewer, score)
    assert found.converged
    assert np.abs(found.mean - mean).max() < 2e-3 * found.quality_spread
    # The sd of the calibration adds what the centre and the variances leave open, so it is not below the dense one.
    assert (found.sd > 0.97 * sd).all()


def test_calibrate_sd_of_a_large_round_is_the_dense_one(monkeypatch):
    from headwater.algorithms.calibration import fit

    monkeypatch.setattr(fit, "FINE_BELOW", 10)
    proposal, reviewer, score, _q = reviews(2, n=500, k=4, reviewers=200)
    found = calibrate(proposal, reviewer, score, slopes=False, noise=False)
    _mean, sd = exact(found, proposal, reviewer, score)
    assert found.sd == pytest.approx(sd, rel=0.02)


def test_calibrate_weights_divide_the_noise():
    proposal, reviewer, score, _q = reviews(3)
    weight = np.random.default_rng(0).uniform(0.3, 3.0, len(score))
    found = calibrate(proposal, reviewer, score, weight=weight, slopes=False, noise=False)
    mean, _sd = exact(found, proposal, reviewer, score, weight)
    assert np.abs(found.mean - mean).max() < 2e-3 * found.quality_spread


def test_calibrate_takes_out_leniency():
    proposal, reviewer, score, quality = reviews(4, n=200, reviewers=40, leniency=1.0)
    found = calibrate(proposal, reviewer, score)
    assert found.leniency_spread == pytest.approx(1.0, abs=0.35)
    assert np.corrcoef(found.mean, quality)[0, 1] > np.corrcoef(found.raw, quality)[0, 1] + 0.03


def test_calibrate_sees_who_scores_at_random():
    proposal, reviewer, score, _q = reviews(5, n=300, k=5, reviewers=50)
    score[reviewer == 7] = np.random.default_rng(1).normal(0, 3.0, int((reviewer == 7).sum()))
    found = calibrate(proposal, reviewer, score)
    assert found.noise_sd[7] == found.noise_sd.max()
    assert found.noise_sd[7] > 2 * np.median(found.noise_sd)


def test_calibrate_without_bias_keeps_the_order_of_raw_means():
    r = np.random.default_rng(6)
    proposal, reviewer, _s, quality = reviews(6, n=200, k=3, reviewers=60, leniency=0.0)
    score = np.clip(np.rint(3 + quality[proposal] + 0.6 * r.normal(size=len(proposal))), 1, 5)
    found = calibrate(proposal, reviewer, score)
    assert (found.leniency_spread, found.slope_spread, found.noise_spread) == (0, 0, 0)
    order = np.argsort(found.raw, kind="stable")
    assert (np.diff(found.mean[order]) >= 0).all()
    assert len(np.unique(found.mean)) == len(np.unique(np.round(found.raw, 9)))


def test_calibrate_covers_the_truth():
    covered = []
    for seed in range(12):
        proposal, reviewer, score, quality = reviews(seed, n=150, k=4, reviewers=40, slope=0.2)
        low, high = calibrate(proposal, reviewer, score).interval(0.9)
        covered.append(((low <= quality) & (quality <= high)).mean())
    assert 0.86 < np.mean(covered) < 0.94


@settings(max_examples=60, deadline=None)
@given(
    rows=st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 5)), st.integers(1, 5), min_size=1, max_size=30),
    mixed=st.randoms(),
)
def test_calibrate_any_small_round_is_finite_and_free_of_row_order(rows, mixed):
    triplets = [(p, r, s) for (p, r), s in rows.items()]
    other = mixed.sample(triplets, len(triplets))
    one, two = (calibrate(*np.array(t).T, proposals=8, reviewers=6) for t in (triplets, other))
    for name in ("mean", "sd", "component", "leniency", "slope"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert np.isfinite(one.mean).all()
    assert (one.sd > 0).all()
    values = [s for _p, _r, s in triplets]
    assert min(values) - 4 <= one.mean.min() <= one.mean.max() <= max(values) + 4
    # Components by brute force: spread the smallest proposal until nothing changes.
    label = {p: p for p, _r, _s in triplets}
    for _ in range(40):
        for p, r, _s in triplets:
            for q, t, _u in triplets:
                if r == t:
                    label[p] = label[q] = min(label[p], label[q])
    first = sorted(set(label.values()))
    assert one.component.tolist() == [first.index(label[p]) if p in label else -1 for p in range(8)]
    assert one.connectivity.parts == len(first)
    assert one.connectivity.scores.sum() == len(triplets)


def test_calibrate_of_equal_scores_or_single_reviews_knows_no_error():
    equal = calibrate(np.array([0, 0, 1]), np.array([0, 1, 1]), np.full(3, 4.0))
    single = calibrate(np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([1.0, 3.0, 2.0]))
    for found in (equal, single):
        assert not found.identified
        assert found.mean.tolist() == found.raw.tolist()
        assert np.isinf(found.sd).all()
        assert np.isinf(found.interval()[1]).all()
    assert single.place().tolist() == [2, 1, 1]


def test_calibrate_unscored_proposal_has_the_centre():
    proposal, reviewer, score, _q = reviews(8)
    found = calibrate(proposal, reviewer, score, proposals=61)
    assert found.mean[60] == pytest.approx(found.centre)
    assert (found.component[60], found.count[60], found.place()[60]) == (-1, 0, 0)
    assert np.isnan(found.raw[60])
    assert found.sd[60] >= found.quality_spread


def test_calibrate_reviewer_with_one_score_moves_little():
    proposal, reviewer, score, _q = reviews(9)
    base = calibrate(proposal, reviewer, score)
    more = calibrate(np.append(proposal, 5), np.append(reviewer, 24), np.append(score, score.mean()))
    away = np.abs(more.mean - base.mean)
    assert away.argmax() == 5
    assert np.delete(away, 5).max() < 0.1


def test_place_ranks_within_components_and_keeps_ties():
    proposal, reviewer, score, _q = reviews(10, n=20, reviewers=8)
    found = calibrate(np.concatenate([proposal, proposal + 20]), np.concatenate([reviewer, reviewer + 8]), np.tile(score, 2))
    place = found.place()
    assert found.connectivity.parts == 2
    assert sorted(place[:20].tolist()) == list(range(1, 21))
    assert place[:20].tolist() == place[20:].tolist()
    tied = dataclasses.replace(found, mean=np.repeat([3.0, 2.0], 20), component=np.repeat([0, 1], 20).astype(np.int32))
    assert tied.place().tolist() == [1] * 40


def test_chance_better_within_and_across_components():
    proposal, reviewer, score, _q = reviews(11, n=20, reviewers=8)
    found = calibrate(np.concatenate([proposal, proposal + 20]), np.concatenate([reviewer, reviewer + 8]), np.tile(score, 2))
    best, worst = int(found.mean[:20].argmax()), int(found.mean[:20].argmin())
    assert found.chance_better(best, worst) > 0.95
    assert found.chance_better(best, worst) + found.chance_better(worst, best) == pytest.approx(1)
    assert found.chance_better(best, best) == 0.5
    with pytest.raises(NotComparable, match="proposals 0 and 20 are not connected") as caught:
        found.chance_better(0, 20)
    assert (caught.value.first, caught.value.second) == (0, 20)
    with pytest.raises(BadInput, match="proposal 40"):
        found.chance_better(0, 40)


def test_calibrate_same_input_same_output():
    proposal, reviewer, score, _q = reviews(12, slope=0.3)
    one, two = (calibrate(proposal, reviewer, score) for _ in range(2))
    assert one.mean.tobytes() == two.mean.tobytes()
    assert one.sd.tobytes() == two.sd.tobytes()


def test_calibrate_does_not_depend_on_the_scale():
    proposal, reviewer, score, _q = reviews(13, slope=0.3)
    one, two = calibrate(proposal, reviewer, score), calibrate(proposal, reviewer, 50 + 10 * score)
    assert two.mean == pytest.approx(50 + 10 * one.mean, abs=1e-3)
    assert two.sd == pytest.approx(10 * one.sd, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"score": []}, "score: empty"),
        ({"score": [1.0, np.nan, 2.0]}, "score: not finite at row 1"),
        ({"score": [1.0, 2.0]}, "score has 2 rows"),
        ({"proposal": [0, -1, 1]}, "proposal: not in 0..1 at row 1"),
        ({"reviewer": [0, 1, 9], "reviewers": 9}, "reviewer: not in 0..8 at row 2"),
        ({"proposal": [0.0, 1.0, 1.0]}, "proposal: indices must be integers"),
        ({"weight": [1.0, 0.0, 1.0]}, "weight: not positive at row 1"),
        ({"proposal": [1, 0, 1], "reviewer": [2, 2, 2]}, r"scores proposal 1 twice \(reviewer 2\) at row 2"),
    ],
)
def test_calibrate_refuses_bad_input(change, told):
    values = {"proposal": [0, 0, 1], "reviewer": [0, 1, 1], "score": [1.0, 2.0, 3.0]} | change
    arrays = {name: np.array(v) if isinstance(v, list) else v for name, v in values.items()}
    with pytest.raises(BadInput, match=told):
        calibrate(arrays.pop("proposal"), arrays.pop("reviewer"), arrays.pop("score"), **arrays)


def test_interval_level_out_of_range():
    proposal, reviewer, score, _q = reviews(14)
    with pytest.raises(BadInput, match="level"):
        calibrate(proposal, reviewer, score).interval(1.0)


def test_calibrate_can_be_cancelled(monkeypatch):
    from headwater.algorithms.calibration import fit

    ticks = iter(range(0, 10_000, 2))
    monkeypatch.setattr(fit.time, "monotonic", lambda: float(next(ticks)))

    def stop(done: int, total: int) -> None:
        raise Cancelled(f"{done} of {total}")

    proposal, reviewer, score, _q = reviews(15)
    with pytest.raises(Cancelled, match="1 of 500"):
        calibrate(proposal, reviewer, score, progress=stop)
