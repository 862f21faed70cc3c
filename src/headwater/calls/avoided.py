"""The people by whom applicants ask not to be judged: the names as typed, and the people of the registry whom each can mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.calls.models import Application
from headwater.core.names import split_names
from headwater.registry.models import Person
from headwater.registry.queries import namesakes


@dataclass(frozen=True)
class Avoided:
    """One name. All people of the name are kept away, until an institution beside the name says which one is meant."""

    text: str
    people: Sequence[Person]

    @property
    def is_clear(self) -> bool:
        return len(self.people) == 1


def avoided_by(named: Sequence[tuple[int, str]]) -> dict[int, list[Avoided]]:
    """Return by application the names in its texts and the people whom each means; `named` has (application, text). It takes 2
    queries if anything is named.
    """
    mentions = [(pk, one) for pk, text in named for one in split_names(text)]
    people = namesakes(one for _pk, one in mentions) if mentions else {}
    names: dict[int, list[Avoided]] = {}
    for pk, one in mentions:
        names.setdefault(pk, []).append(Avoided(str(one), people[one]))
    return names


def avoided_of(rows: Sequence[Application]) -> dict[int, list[Avoided]]:
    return avoided_by([(row.pk, str(text)) for row in rows for text in row.unsuitable])
