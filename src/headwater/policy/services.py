"""Values of figures, computed and kept day by day."""

from __future__ import annotations

from django.utils import timezone

from headwater.core import clock
from headwater.policy.models import IndicatorValue
from headwater.policy.queries import figure_of, figures_here, one_moment


def record_indicators() -> int:
    """Compute every figure that the region names, all from the records of one moment, and keep today's value with that moment;
    running it again on the same day replaces the day's row."""
    with one_moment():
        now = clock.now()
        today = timezone.localtime(now).date()
        values = {code: figure_of(e, today).value for code, e in figures_here().items()}
    rows = [IndicatorValue(code=code, on=today, value=value, computed_at=now) for code, value in values.items()]
    columns = ["value", "computed_at"]
    IndicatorValue.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code", "on"], update_fields=columns)
    return len(rows)
