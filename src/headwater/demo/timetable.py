"""Dates of the demo: days from today, so that the demo is always in the middle of its year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from headwater.core import clock


@dataclass(frozen=True)
class Timetable:
    """Moments of one call; `start` is the day on which the officer begins to draft it."""

    start: date

    def at(self, day: int, hour: int = 10, minute: int = 0) -> datetime:
        return clock.local(self.start + timedelta(days=day), hour, minute)


STARTED = {
    "finished": 400,
    "reviewing": 113,
    "open": 46,
    "drafting": 1,
    "checking": 93,
    "voting": 166,
    "deciding": 168,
    "approving": 178,
    "publishing": 182,
    "noticed": 188,
    "ended": 206,
    "agreeing": 207,
}
"""How many days ago a call of each part began: of one in review the reviews were sent out eight days ago (day 105 of the timetable),
an open one opened ten days ago (day 36) and closes in twenty. The others stop a day or two behind the step that is next."""


def timetable_of(part: str, today: date) -> Timetable:
    return Timetable(today - timedelta(days=STARTED[part]))
