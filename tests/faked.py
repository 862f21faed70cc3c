"""Another day for the whole suite: HEADWATER_TEST_CLOCK=2028-02-29T23:50 (local time) shifts the clock by a constant."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

ZONE = ZoneInfo("Asia/Shanghai")


def shift() -> timedelta:
    """How far the asked-for moment is from the true one when the suite begins; nothing without the setting."""
    asked = os.environ.get("HEADWATER_TEST_CLOCK", "")
    if not asked:
        return timedelta(0)
    # Workers of one run begin at different seconds: all take the moment from the first.
    begun = os.environ.setdefault("HEADWATER_TEST_BEGUN", timezone.now().isoformat())
    return datetime.fromisoformat(asked).replace(tzinfo=ZONE) - datetime.fromisoformat(begun)


def shift_clock() -> None:
    """Shift what the product takes for now; processes that carry on its work are told the moment, as they are of a set clock."""
    # Known before the shift, the cache keeps the true clock, by which Python's own `time` lets its entries end.
    import django.core.cache.backends.db  # noqa: F401

    from headwater.core import clock

    away, true_now, true_fixed = shift(), timezone.now, clock.fixed_moment
    if away:
        timezone.now = lambda: true_now() + away
        clock.fixed_moment = lambda: true_fixed() or timezone.now()
