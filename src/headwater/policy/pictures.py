"""The pictures of a year for leaders and officers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from headwater.calls.models import Call, of_officer
from headwater.calls.pictures import pictures_of
from headwater.calls.states import CallState
from headwater.core import clock


def calls_of(account: Any) -> QuerySet[Call]:
    """Select the calls of which `account` sees statistics: leaders all, officers theirs, nobody else any."""
    rows = Call.objects.filter(state__in=[CallState.PUBLISHED, CallState.FINISHED]).defer("guide_zh", "guide_en")
    return rows if account.has_role("leadership") else rows.filter(of_officer(account, "pk"))


def pictures_of_year(account: Any, asked: str) -> dict[str, Any]:
    """Draw one year of calls: the one that is asked for, else the latest that takes no more applications."""
    calls = list(calls_of(account).select_related("scheme").order_by("code"))
    years = sorted({c.year for c in calls}, reverse=True)
    if not years:
        return {"pictures": []}
    over = [c.year for c in calls if c.closes_at < clock.now()]
    year = next((y for y in years if str(y) == asked), max(over, default=years[0]))
    chosen = [c for c in calls if c.year == year]
    return {
        "pictures": pictures_of(account, chosen),
        "years": [(str(y), str(y)) for y in years],
        "year": str(year),
        "count": len(chosen),
    }
