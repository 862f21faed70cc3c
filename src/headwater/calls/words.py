"""The words that the outcome of a call uses, and the states of its applications in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.i18n import chinese
from headwater.schemes import Words

OUTCOME_STATES = frozenset({State.PROPOSED, State.NOT_PROPOSED, State.APPROVED, State.REJECTED})
"""States that each outcome has a word of its own for."""


@dataclass(frozen=True)
class StateWord:
    """A state with its word, as badges, lists and spreadsheets take it."""

    value: str
    label: str

    def __str__(self) -> str:
        return self.label


def words_of(record: Any) -> Words:
    """Return the words of a call, or of a record that belongs to one: an application, an award, a decision, a notice, a panel."""
    return scheme_of(getattr(record, "call", record)).words


def state_word(record: Any, state: State) -> StateWord:
    """Return the word for a state in a call, or in the call of an application."""
    return StateWord(state.value, words_of(record)[state.value] if state in OUTCOME_STATES else str(state.label))


def panel_word(item: Any) -> str:
    """Return the result of a panel's vote on an application, in the words of its outcome."""
    words = words_of(item.application)
    return words[item.result] if item.result in words else str(item.get_result_display())


def grade_words(record: Any) -> list[tuple[int, str]]:
    """Return (value, word) of the grades of a call, the best first: the scheme's own words, else those of its outcome."""
    scheme = scheme_of(getattr(record, "call", record))
    own = [(g.value, g.zh if chinese() else g.en) for g in scheme.judging.grades]
    return [(value, word or scheme.words[f"grade_{value}"]) for value, word in own]


def state_inside(application: Any) -> StateWord:
    """Return the state of an application as those inside may know it."""
    return state_word(application, State(application.state))


def state_outside(application: Any) -> StateWord:
    """Return the state as the applicant, the host and the agency may know it."""
    return state_word(application, application.public_state)


def state_choices(call: Any, states: Iterable[State]) -> list[tuple[str, str]]:
    """Return (value, word) of states in a call, in the order of the table of states: for filters."""
    chosen = set(states)
    return [(s.value, state_word(call, s).label) for s in State if s in chosen]
