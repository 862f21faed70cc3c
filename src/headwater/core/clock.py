"""The server's clock. Deadlines are judged by it and by nothing the browser says.

The demo replays a finished year, so it may set the clock for the commands that it runs; nothing else does.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

_fixed_moment: ContextVar[datetime | None] = ContextVar("headwater_clock", default=None)


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def now() -> datetime:
    return _fixed_moment.get() or timezone.now()


def today() -> date:
    return timezone.localtime(now()).date()


def local_day(moment: datetime) -> date:
    """Return the day of a moment in the region's time zone."""
    return timezone.localtime(moment).date()


def last_day(deadline: datetime) -> date:
    """Return the local day that a deadline ends. One at midnight (24:00) ends the day before."""
    return local_day(deadline - timedelta.resolution)


def days_left(until: date | datetime) -> int:
    """Return the days from today to the last day of a deadline, below zero when it is past: the one count of every page, mail and file."""
    return ((last_day(until) if isinstance(until, datetime) else until) - today()).days


def official_date(moment: datetime) -> str:
    """Return the day of a moment as Chinese official documents write it, e.g. 2026年7月1日."""
    return official_day(local_day(moment))


def official_day(day: date, language: str = "zh") -> str:
    """Return a day as official documents write it: 2026年7月1日, 1 July 2026."""
    if language != "zh":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def official_month(day: date, language: str = "zh") -> str:
    """Return the month of a day in the same way: 2026年7月, July 2026."""
    return f"{day.year}年{day.month}月" if language == "zh" else f"{MONTHS[day.month - 1]} {day.year}"


def fixed_moment() -> datetime | None:
    """Return the moment to which the clock is set, for a process that carries on the same work."""
    return _fixed_moment.get()


def fix(moment: datetime | None) -> None:
    """Set the clock of this process for good; for processes that carry on another's work."""
    _fixed_moment.set(moment)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run commands as of `moment` (aware datetime)."""
    token = _fixed_moment.set(moment)
    try:
        yield
    finally:
        _fixed_moment.reset(token)


def local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """Return the moment of `day` at an hour in the region's time zone."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(settings.TIME_ZONE))


def end_of_day(day: date) -> datetime:
    """Return the last moment of `day`: a period of days ends with its last day."""
    return local(day, 23, 59).replace(second=59, microsecond=999999)


def add_days(day: date, days: int) -> date:
    """Return the date `days` calendar days after `day`; the day itself is not counted (handbook vectors CK-1 to CK-7)."""
    return day + timedelta(days=days)


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last of the month where there is no such day (Civil Code, art. 202)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def has_calendar(year: int) -> bool:
    """Return whether the State Council's calendar of `year` (holidays and make-up days) is in the installed data."""
    import chinese_calendar

    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def is_workday(day: date) -> bool:
    """Return whether the State Council calendar counts `day` as a working day.

    A year without a calendar is counted Monday to Friday; `due` says so.
    """
    import chinese_calendar

    return bool(chinese_calendar.is_workday(day)) if has_calendar(day.year) else day.weekday() < 5


def add_working_days(day: date, days: int) -> date:
    """Return the `days`-th working day after `day` (the day itself is not counted; make-up days count)."""
    while days > 0:
        day += timedelta(days=1)
        if is_workday(day):
            days -= 1
    return day


def missing_calendar(start: date, last: date) -> int | None:
    """Return the first year from `start` to `last` whose calendar of working days is not published."""
    return next((y for y in range(start.year, last.year + 1) if not has_calendar(y)), None)


@dataclass(frozen=True)
class Due:
    """The last day of a period. `missing` is the first year whose calendar of working days was needed and is not published:
    the day is then provisional, and later once the holidays of that year are known."""

    day: date
    missing: int | None = None


def due(start: date, key: str, length: int) -> Due:
    """Return the last day of a period after `start`; the name of its parameter says the unit (`_working_days`, `_months`, `_days`)."""
    if key.endswith("_working_days"):
        last = add_working_days(start, length)
        return Due(last, missing_calendar(start, last))
    if key.endswith("_months"):
        return Due(add_months(start, length))
    if key.endswith("_days"):
        return Due(add_days(start, length))
    raise ValueError(f"{key}: expected a name that ends with _working_days, _months or _days")
