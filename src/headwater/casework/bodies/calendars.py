"""A meeting as a file for a calendar: the same entry each time, so that a calendar replaces what it had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from headwater.core import clock
from headwater.core.site import site_address


@dataclass(frozen=True)
class Meeting:
    """`key` names the meeting for good; `sequence` counts how often it was told anew; `page` is its address in the house."""

    key: str
    sequence: int
    begins: datetime
    minutes: int
    title: str
    place: str
    page: str
    is_cancelled: bool = False


def calendar_file(meeting: Meeting) -> str:
    """Return a meeting as an iCalendar file."""
    entry = Event()
    entry.add("uid", f"{meeting.key}@headwater")
    entry.add("sequence", meeting.sequence)
    entry.add("dtstamp", clock.now())
    entry.add("dtstart", meeting.begins)
    entry.add("dtend", meeting.begins + timedelta(minutes=meeting.minutes))
    entry.add("summary", meeting.title)
    entry.add("location", meeting.place)
    entry.add("url", site_address(meeting.page))
    entry.add("status", "CANCELLED" if meeting.is_cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Headwater//meetings//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return str(calendar.to_ical().decode())
