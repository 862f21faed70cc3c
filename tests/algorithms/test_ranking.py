import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.errors import BadInput
from headwater.algorithms.ranking import Ranked, rank

SCORES = st.lists(st.integers(0, 100), min_size=5, max_size=12)


def ranked(rows, *, proposals: int, least: int = 5) -> Ranked:
    """Rank rows of (proposal, reviewer, score)."""
    proposal, reviewer, score = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return rank(proposal.astype(np.int64), reviewer.astype(np.int64), score.copy(), proposals=proposals, least=least)


def test_rank_raw_means_and_counts():
    found = ranked([(0, 0, 80), (0, 1, 90), (2, 0, 60)], proposals=4)
    assert (found.count.tolist(), found.mean.tolist()) == ([2, 0, 1, 0], [85.0, 0.0, 60.0, 0.0])


def test_rank_short_series_stay_raw():
    rows = [(p, r, 10 * p + 5 * r) for p in range(4) for r in range(3)]
    found = ranked(rows, proposals=4)
    assert found.calibrated.tolist() == found.mean.tolist()


def test_rank_reviewer_without_spread_stays_raw():
    rows = [(p, 0, 70) for p in range(5)]
    assert ranked(rows, proposals=5).calibrated.tolist() == [70.0] * 5


def test_rank_severe_and_mild_reviewer_agree_after_calibration():
    severe = [(p, 0, 40 + 5 * p) for p in range(5)]
    mild = [(p + 5, 1, 70 + 5 * p) for p in range(5)]
    found = ranked([*severe, *mild], proposals=10)
    assert found.mean.tolist() == [40 + 5 * p for p in range(5)] + [70 + 5 * p for p in range(5)]
    assert found.calibrated[:5].tolist() == pytest.approx(found.calibrated[5:].tolist())


def test_rank_least_scores_is_inclusive():
    rows = [(p, 0, 40 + p) for p in range(4)] + [(p, 1, 90 - p) for p in range(4)]
    raw, moved = ranked(rows, proposals=4, least=5), ranked(rows, proposals=4, least=4)
    assert raw.calibrated.tolist() == raw.mean.tolist()
    assert moved.calibrated.tolist() == pytest.approx([raw.mean.mean()] * 4)


@given(severe=SCORES, mild=SCORES)
@settings(max_examples=100, deadline=None)
def test_rank_calibrated_series_have_common_mean_and_spread(severe, mild):
    rows = [(n, 0, s) for n, s in enumerate(severe)] + [(n + len(severe), 1, s) for n, s in enumerate(mild)]
    found = ranked(rows, proposals=len(rows))
    every = np.array([*severe, *mild], dtype=np.float64)
    for series in (slice(0, len(severe)), slice(len(severe), None)):
        if every[series].std() > 0:
            moved = found.calibrated[series]
            assert (moved.mean(), moved.std()) == (pytest.approx(every.mean()), pytest.approx(every.std()))
        else:
            assert found.calibrated[series].tolist() == every[series].tolist()


@given(scores=SCORES)
@settings(max_examples=100, deadline=None)
def test_rank_only_reviewer_keeps_scores(scores):
    found = ranked([(n, 0, s) for n, s in enumerate(scores)], proposals=len(scores))
    assert found.calibrated.tolist() == pytest.approx(scores)


@given(scores=SCORES, least=st.integers(1, 12), order=st.randoms())
@settings(max_examples=100, deadline=None)
def test_rank_order_of_rows_changes_nothing(scores, least, order):
    rows = [(n % 3, n % 2, s) for n, s in enumerate(scores)]
    mixed = order.sample(rows, len(rows))
    one, other = ranked(rows, proposals=3, least=least), ranked(mixed, proposals=3, least=least)
    assert one.count.tolist() == other.count.tolist()
    assert one.mean.tolist() == pytest.approx(other.mean.tolist())
    assert one.calibrated.tolist() == pytest.approx(other.calibrated.tolist())


def test_rank_no_scores():
    found = ranked([], proposals=2)
    assert (found.count.tolist(), found.mean.tolist(), found.calibrated.tolist()) == ([0, 0], [0.0] * 2, [0.0] * 2)


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_rank_score_not_finite_names_the_row(score):
    with pytest.raises(BadInput, match=r"^score: not finite at row 1$"):
        ranked([(0, 0, 80), (1, 0, score)], proposals=2)


def test_rank_lengths_differ():
    with pytest.raises(BadInput, match="must have one length"):
        rank(np.zeros(2, np.int64), np.zeros(1, np.int64), np.zeros(2), proposals=1)
