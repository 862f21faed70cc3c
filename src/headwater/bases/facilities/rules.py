"""Money and hours of a facility. Pure: no clock, no database."""

from __future__ import annotations

from decimal import Decimal

from headwater.core.numbers import to_places

MOST_HOURS = 8784
"""The hours of a leap year."""


def executed(paid: int, planned: int) -> Decimal | None:
    """Return what has come of what was planned in per cent; None where nothing was planned."""
    return to_places(Decimal(paid) * 100 / planned, 1) if planned else None
