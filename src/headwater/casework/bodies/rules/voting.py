"""Quorum, votes needed, result, missing ballots. Pure functions; a share is written ">1/2" (more than) or ">=2/3" (at least)."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from headwater.schemes.judging import share_of

OLD = {"majority": ">1/2", "two_thirds": ">=2/3"}
"""Words for shares in panels that were made before shares were written out."""
CHOICES = ("yes", "no", "abstain")

Item = TypeVar("Item", bound=Hashable)
Member = TypeVar("Member", bound=Hashable)


class Outcome(StrEnum):
    CARRIED = "carried"
    NOT_CARRIED = "not_carried"
    NO_QUORUM = "no_quorum"


def votes_needed(present: int, threshold: str) -> int:
    """Yes votes that carry an item among `present` members: ">1/2" is more than half, ">=2/3" at least two thirds (handbook VT-1 to VT-3)."""
    share, more = share_of(OLD.get(threshold, threshold))
    return present * share.numerator // share.denominator + 1 if more else -(-present * share.numerator // share.denominator)


def has_quorum(present: int, size: int, quorum: str) -> bool:
    """Whether `present` of `size` members make the quorum: a share such as ">=2/3", or a fraction "2/3" that means the same."""
    share, more = share_of(quorum) if quorum[0] == ">" else (Fraction(quorum), False)
    return present > 0 and (Fraction(present, size) > share if more else Fraction(present, size) >= share)


def outcome(votes: Mapping[str, int], *, of: int, size: int, quorum: str, threshold: str) -> Outcome:
    """Return what `votes` (by choice) come to. The ballots cast must be a quorum of `size`, the members who may vote on the item;
    the yes votes must reach `threshold` of `of`: of those who are present and may vote, or of all who may.
    """
    if not has_quorum(sum(votes[choice] for choice in CHOICES), size, quorum):
        return Outcome.NO_QUORUM
    return Outcome.CARRIED if votes["yes"] >= votes_needed(of, threshold) else Outcome.NOT_CARRIED


def missing(
    items: Iterable[Item],
    here: Iterable[Member],
    recused: Mapping[Item, Collection[Member]],
    cast: Collection[tuple[Item, Member]],
) -> dict[Item, list[Member]]:
    """Return who is present, not recused and has not voted, by item; items without any are left out."""
    members = list(here)
    absent = {i: [m for m in members if m not in recused.get(i, ()) and (i, m) not in cast] for i in items}
    return {item: names for item, names in absent.items() if names}


def share_word(share: str) -> str:
    """Return a share as pages write it: ≥2/3."""
    return OLD.get(share, share).replace(">=", "≥")
