"""The public notices of the house in one list, of calls and of everything else; every app that publishes some adds its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from headwater.core.i18n import Bilingual
from headwater.core.register import Register


@dataclass(frozen=True)
class Published:
    """A public notice as lists and the feed show it."""

    title: Bilingual
    url: str
    starts_at: datetime
    ends_at: datetime
    is_open: bool
    count: int
    digest: str


Source = Callable[[datetime | None, int], Iterable[Published]]
PUBLISHED: Register[Source] = Register("source of public notices")
"""Each gives the newest notices that began before a moment (None: until now), at most so many."""


def published(most: int, before: datetime | None = None) -> list[Published]:
    """Return the newest notices of all sources, at most so many (1 query for each source)."""
    rows = [row for source in PUBLISHED.values() for row in source(before, most)]
    return sorted(rows, key=lambda row: row.starts_at, reverse=True)[:most]
