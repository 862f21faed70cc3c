import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.core.i18n import Bilingual
from headwater.review.rules import contradiction, has_quorum, opinion_problems, votes_needed, weighted_total
from headwater.schemes.judging import usual_judging

WEIGHTS = {"novelty": 40, "plan": 35, "team": 25, "other": 0}
OPINION = {
    "scores": {"novelty": 80, "plan": 75.5, "team": 0},
    "weights": WEIGHTS,
    "grade": 2,
    "grades": (3, 2, 1),
    "familiarity": 1,
    "text": "意见" * 20,
    "least": 40,
}


@pytest.mark.parametrize(("present", "majority", "two_thirds"), [(9, 5, 6), (11, 6, 8), (12, 7, 8), (13, 7, 9), (15, 8, 10)])
def test_votes_needed_panel_sizes(present, majority, two_thirds):
    assert (votes_needed(present, "majority"), votes_needed(present, "two_thirds")) == (majority, two_thirds)


def test_votes_needed_half_is_not_a_majority():
    assert (votes_needed(12, "majority") <= 6) is False


def test_votes_needed_revived_item_seven_of_eleven():
    assert (votes_needed(11, "two_thirds") <= 7, votes_needed(11, "two_thirds") <= 8) == (False, True)


@given(present=st.integers(1, 1000))
@settings(max_examples=100, deadline=None)
def test_votes_needed_is_the_smallest_number(present):
    majority, two_thirds = votes_needed(present, "majority"), votes_needed(present, "two_thirds")
    assert (2 * majority > present, 2 * (majority - 1) > present) == (True, False)
    assert (3 * two_thirds >= 2 * present, 3 * (two_thirds - 1) >= 2 * present) == (True, False)


@pytest.mark.parametrize(
    ("present", "size", "quorum", "met"),
    [
        (6, 9, "2/3", True),
        (5, 9, "2/3", False),
        (8, 11, "2/3", True),
        (7, 11, "2/3", False),
        (5, 10, "1/2", True),
        (4, 10, "1/2", False),
        (9, 9, "1", True),
        (0, 9, "0", False),
    ],
)
def test_has_quorum_fractions(present, size, quorum, met):
    assert has_quorum(present, size, quorum) == met


def test_weighted_total_mean_by_weights():
    assert weighted_total({"novelty": 80, "plan": 60, "team": 100}, WEIGHTS) == 78.0


def test_weighted_total_weight_zero_ignored():
    scores = {"novelty": 80, "plan": 60, "team": 100}
    assert weighted_total({**scores, "other": 1}, WEIGHTS) == weighted_total(scores, WEIGHTS)


def test_weighted_total_missing_score():
    with pytest.raises(KeyError, match="team"):
        weighted_total({"novelty": 80, "plan": 60}, WEIGHTS)


@given(
    rows=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 100)), min_size=1, max_size=8).filter(
        lambda rows: any(w for _s, w in rows)
    )
)
@settings(max_examples=100, deadline=None)
def test_weighted_total_between_lowest_and_highest(rows):
    scores = {str(n): s for n, (s, _w) in enumerate(rows)}
    weights = {str(n): w for n, (_s, w) in enumerate(rows)}
    asked = [s for s, w in rows if w]
    assert min(asked) - 1e-9 <= weighted_total(scores, weights) <= max(asked) + 1e-9


def fields(**changes):
    return [field for field, _words in opinion_problems(**{**OPINION, **changes})]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"scores": {"novelty": 80, "plan": 70}}, ["score_team"]),
        ({"scores": {"novelty": 100.5, "plan": -1, "team": 50}}, ["score_novelty", "score_plan"]),
        ({"scores": {"novelty": "80", "plan": None, "team": True}}, ["score_novelty", "score_plan", "score_team"]),
        ({"scores": {"novelty": float("nan"), "plan": 0, "team": 100}}, ["score_novelty"]),
        ({"grade": None}, ["grade"]),
        ({"grade": 4}, ["grade"]),
        ({"familiarity": 0}, ["familiarity"]),
        ({"text": "意见" * 19 + "意"}, ["text_applicant"]),
        ({"text": "意见" * 19 + "  \n  "}, ["text_applicant"]),
        ({"text": "", "least": 0}, []),
        ({"weights": {}}, [""]),
        (
            {"scores": {}, "grade": None, "familiarity": None, "text": ""},
            ["score_novelty", "score_plan", "score_team", "grade", "familiarity", "text_applicant"],
        ),
    ],
)
def test_opinion_problems_by_field(changes, expected):
    assert fields(**changes) == expected


def test_opinion_problems_counts_characters_in_both_languages():
    assert opinion_problems(**{**OPINION, "text": " 很好 "}) == [
        ("text_applicant", Bilingual("不少于 40 字，现有 2 字", "At least 40 characters; now 2"))
    ]


@pytest.mark.parametrize(
    ("total", "grade", "found"),
    [
        (85, 1, True),
        (84.9, 1, False),
        (100, 2, False),
        (100, 3, False),
        (59.9, 3, True),
        (60, 3, False),
        (0, 1, False),
        (0, 2, False),
    ],
)
def test_contradiction_marks_against_grade(total, grade, found):
    assert contradiction(total, grade, usual_judging()) == found
