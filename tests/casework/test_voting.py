"""Votes, quorum and composition against simple models; panels of calls use the same functions."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.casework.bodies.rules.composition import (
    CHAIR,
    HOST,
    MANAGER,
    MEMBER,
    OUTSIDE,
    SECRETARY,
    Bound,
    Composition,
    Seat,
    Words,
    faults,
    renewal_fault,
    years_on,
)
from headwater.casework.bodies.rules.voting import Outcome, has_quorum, missing, outcome, share_word, votes_needed

SHARES = {">1/2": lambda n, of: 2 * n > of, ">=2/3": lambda n, of: 3 * n >= 2 * of, ">=1/1": lambda n, of: n >= of}
WORDS = Words("委员会", "主任", "委员", {})


@pytest.mark.parametrize(("present", "majority", "two_thirds"), [(9, 5, 6), (11, 6, 8), (12, 7, 8), (13, 7, 9), (15, 8, 10)])
def test_votes_needed_panel_sizes(present: int, majority: int, two_thirds: int) -> None:
    assert (votes_needed(present, "majority"), votes_needed(present, "two_thirds")) == (majority, two_thirds)


def test_votes_needed_half_is_not_a_majority() -> None:
    assert (votes_needed(12, "majority") <= 6) is False


def test_votes_needed_revived_item_seven_of_eleven() -> None:
    assert (votes_needed(11, "two_thirds") <= 7, votes_needed(11, "two_thirds") <= 8) == (False, True)


@given(present=st.integers(1, 1000))
@settings(max_examples=100, deadline=None)
def test_votes_needed_is_the_smallest_number(present: int) -> None:
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
        (5, 10, ">1/2", False),
        (6, 10, ">1/2", True),
    ],
)
def test_has_quorum_fractions(present: int, size: int, quorum: str, met: bool) -> None:
    assert has_quorum(present, size, quorum) == met


@given(
    size=st.integers(1, 25),
    data=st.data(),
    quorum=st.sampled_from(sorted(SHARES)),
    threshold=st.sampled_from(sorted(SHARES)),
    of_all=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_an_outcome_is_what_counting_by_hand_says(
    size: int, data: st.DataObject, quorum: str, threshold: str, of_all: bool
) -> None:
    here = data.draw(st.integers(0, size))
    ballots = data.draw(st.lists(st.sampled_from(["yes", "no", "abstain"]), max_size=here))
    votes = {choice: ballots.count(choice) for choice in ("yes", "no", "abstain")}
    of = size if of_all else here
    found = outcome(votes, of=of, size=size, quorum=quorum, threshold=threshold)
    if not ballots or not SHARES[quorum](len(ballots), size):
        assert found == Outcome.NO_QUORUM
    else:
        assert (found == Outcome.CARRIED) == SHARES[threshold](votes["yes"], of)


@given(members=st.sets(st.integers(0, 9)), items=st.sets(st.integers(100, 105)), data=st.data())
@settings(max_examples=100, deadline=None)
def test_missing_ballots_are_those_of_who_is_there_and_may_vote(members: set[int], items: set[int], data: st.DataObject) -> None:
    pairs = [(i, m) for i in items for m in members]
    cast = set(data.draw(st.lists(st.sampled_from(pairs)))) if pairs else set()
    recused = {i: data.draw(st.sets(st.sampled_from(sorted(members)))) if members else set() for i in items}
    found = missing(items, members, recused, cast)
    left = {(i, m) for i, m in pairs if (i, m) not in cast and m not in recused[i]}
    assert {(i, m) for i, names in found.items() for m in names} == left


def test_a_share_is_written_as_people_read_it() -> None:
    assert [share_word(s) for s in (">=2/3", ">1/2", "majority")] == ["≥2/3", ">1/2", ">1/2"]


def seats(outside: int, host: int = 0, manager: int = 0, secretaries: int = 0) -> list[Seat]:
    standings = [OUTSIDE] * outside + [HOST] * host + [MANAGER] * manager
    rows = [Seat(n, f"人{n}", CHAIR if n == 0 else MEMBER, s) for n, s in enumerate(standings)]
    return rows + [Seat(100 + n, f"秘{n}", SECRETARY) for n in range(secretaries)]


@given(outside=st.integers(0, 18), host=st.integers(0, 8), manager=st.integers(0, 4), secretaries=st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_a_composition_has_no_fault_exactly_when_every_rule_holds(
    outside: int, host: int, manager: int, secretaries: int
) -> None:
    rule = Composition(
        least=9, most=15, odd=True, bounds=(Bound(HOST, share=Fraction(1, 3)), Bound(MANAGER, most=2), Bound(OUTSIDE, least=3))
    )
    n = outside + host + manager
    holds = [n >= 9, n <= 15, n % 2 == 1 or n == 0, n > 0, 3 * host <= n, manager <= 2, outside >= 3]
    found = faults(rule, seats(outside, host, manager, secretaries), WORDS)
    assert len(found) == holds.count(False), [f.text for f in found]


def test_a_chair_from_elsewhere_is_a_fault_or_only_unusual() -> None:
    rows = [Seat(0, "甲", CHAIR, HOST), Seat(1, "乙")]
    assert [f.warns for f in faults(Composition(chairs_from=(OUTSIDE,)), rows, WORDS)] == [False]
    assert [f.warns for f in faults(Composition(chairs_from=(OUTSIDE,), chair_usual=True), rows, WORDS)] == [True]
    assert faults(Composition(chairs_from=(HOST,)), rows, WORDS) == []


def test_who_is_listed_twice_or_chairs_beside_another_is_named() -> None:
    twice = faults(Composition(), [Seat(1, "甲", CHAIR), Seat(1, "甲")], WORDS)
    assert [(f.text, f.people) for f in twice] == [("甲 列了不止一次，请只留一行", (1,))]
    two = faults(Composition(), [Seat(1, "甲", CHAIR), Seat(2, "乙", CHAIR)], WORDS)
    assert [(f.field, f.people) for f in two] == [("chair", (1, 2))]


@given(size=st.integers(1, 20), fresh=st.integers(0, 20), third=st.sampled_from(["1/3", "1/2", "1/1"]))
@settings(max_examples=200, deadline=None)
def test_a_term_is_renewed_when_enough_are_new(size: int, fresh: int, third: str) -> None:
    fresh = min(fresh, size)
    rows = [Seat(n if n >= fresh else 1000 + n, str(n)) for n in range(size)]
    fault = renewal_fault(Composition(renewed=Fraction(third)), set(range(size)), rows, WORDS)
    assert (fault is None) == (fresh >= Fraction(third) * size)
    assert renewal_fault(Composition(renewed=Fraction(third)), set(), rows, WORDS) is None


def test_a_term_ends_on_the_day_before_leap_years_too() -> None:
    assert years_on(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert years_on(date(2026, 7, 1), 5) == date(2031, 7, 1)
