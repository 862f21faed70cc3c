"""Indicator values, computed and kept day by day."""

from __future__ import annotations

from headwater.core import clock
from headwater.policy.models import IndicatorValue
from headwater.policy.registry import INDICATORS


def record_indicators() -> int:
    """Compute every indicator and keep today's value; running it again on the same day replaces the day's row."""
    rows = [IndicatorValue(code=i.code, on=clock.today(), value=i.value()) for i in INDICATORS.values()]
    IndicatorValue.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code", "on"], update_fields=["value"])
    return len(rows)
