"""Sizes and dates of the demo. All dates are days from today, so that the demo is always in the middle of its year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from headwater.core import clock
from headwater.core.money import Fen


class DemoError(Exception):
    """The demo cannot be built here; the message says why."""


@dataclass(frozen=True)
class Scale:
    """How many of each. The finished year has three calls; one more is in review, one open."""

    general: int
    youth: int
    key: int
    experts: int
    hosts: int
    reviewing: int
    drafts: int
    panel_least: int = 9

    @property
    def finished(self) -> int:
        return self.general + self.youth + self.key


SCALES = {
    "tiny": Scale(general=24, youth=10, key=6, experts=70, hosts=8, reviewing=8, drafts=4),
    "small": Scale(general=320, youth=220, key=60, experts=400, hosts=40, reviewing=60, drafts=24),
    "province": Scale(general=4300, youth=2900, key=800, experts=3000, hosts=72, reviewing=300, drafts=60),
}

AMOUNTS = {"im-gen": Fen.of_wan(10), "im-youth": Fen.of_wan(10), "im-key": Fen.of_wan(80)}
SUCCESS = {"im-gen": 0.22, "im-youth": 0.25, "im-key": 0.2}


@dataclass(frozen=True)
class Timetable:
    """Moments of one call; `start` is the day on which the officer begins to draft it."""

    start: date

    def at(self, day: int, hour: int = 10, minute: int = 0) -> datetime:
        return clock.local(self.start + timedelta(days=day), hour, minute)


def finished_year(today: date) -> Timetable:
    return Timetable(today - timedelta(days=400))


def reviewing_call(today: date) -> Timetable:
    """Its reviews were sent out eight days ago (day 105 of the timetable)."""
    return Timetable(today - timedelta(days=113))


def open_call(today: date) -> Timetable:
    """Opened ten days ago (day 36), closes in twenty."""
    return Timetable(today - timedelta(days=46))
