"""How long a public notice runs, and the digest of exactly what it lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.clock import Due
from headwater.core.parameters import Parameters


def period(parameters: Parameters, key: str, scheme: str = "") -> tuple[Due, datetime]:
    """Return the last day of a notice that begins today, and its last moment. The name of the dated parameter `key` says the unit:
    working days by the State Council's calendar, or calendar days.
    """
    last = clock.due(clock.today(), key, parameters.number(key, scheme))
    return last, clock.end_of_day(last.day)


def digest_of_lines(lines: Sequence[Sequence[Any]]) -> str:
    """Return the SHA-256 of what a notice lists, in the order in which it is shown."""
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()


def provisional(year: int | None) -> str:
    """Return the note on a period of working days in a year whose calendar is not published; empty where there is no such year."""
    sentence = _("%(year)d 年的工作日历尚未公布，公示期满日按周一至周五暂定，公布后以核定的日期为准。")
    return sentence % {"year": year} if year else ""
