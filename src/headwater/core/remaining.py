"""How long it is until a date, in words: one sentence for one deadline, wherever it stands."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.core import clock


def time_left(until: date | datetime | None) -> str:
    """Return the time to a date in days, and to a deadline of today or tomorrow in hours or minutes: 还有 5 天, 还有 7 小时, 已过 3 天."""
    if not until:
        return ""
    days = clock.days_left(until)
    seconds = (until - clock.now()).total_seconds() if isinstance(until, datetime) else None
    if days < 0:
        return ngettext("已过 %d 天", "已过 %d 天", -days) % -days
    if seconds is not None and seconds <= 0:
        return _("已截止")
    if seconds is not None and days < 2:
        hours, minutes = int(seconds) // 3600, max(1, int(seconds) // 60)
        if hours:
            return ngettext("还有 %d 小时", "还有 %d 小时", hours) % hours
        return ngettext("还有 %d 分钟", "还有 %d 分钟", minutes) % minutes
    return ngettext("还有 %d 天", "还有 %d 天", days) % days if days else _("今天")
