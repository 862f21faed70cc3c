"""The server's clock. Deadlines are judged by it and by nothing the browser says.

The demo replays a finished year, so it may set the clock for the commands that it runs; nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

_fixed: ContextVar[datetime | None] = ContextVar("headwater_clock", default=None)


def now() -> datetime:
    return _fixed.get() or timezone.now()


def today() -> date:
    return timezone.localtime(now()).date()


def official_date(moment: datetime) -> str:
    """The day of a moment as Chinese official documents write it, e.g. 2026年7月1日."""
    day = timezone.localtime(moment)
    return f"{day.year}年{day.month}月{day.day}日"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run commands as of `moment` (aware datetime)."""
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)


def local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """`day` at the given hour in the region's time zone."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(settings.TIME_ZONE))


def end_of_day(day: date) -> datetime:
    """The last moment of `day`: a period of days ends with its last day."""
    return local(day, 23, 59).replace(second=59, microsecond=999999)


def add_days(day: date, days: int) -> date:
    """Calendar days after `day`; the day itself is not counted (handbook vectors CK-1 to CK-7)."""
    return day + timedelta(days=days)


def is_workday(day: date) -> bool:
    """Whether the State Council calendar counts `day` as a working day.

    Years whose calendar is not published yet fall back to Monday-Friday.
    """
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_working_days(day: date, days: int) -> date:
    """The `days`-th working day after `day` (the day itself is not counted; make-up days count)."""
    while days > 0:
        day += timedelta(days=1)
        if is_workday(day):
            days -= 1
    return day
