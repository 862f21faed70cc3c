"""Tells whether several people write in a draft."""

from __future__ import annotations

from headwater.calls.models import Application


def is_shared(row: Application) -> bool:
    """Tell whether anybody else may write in the draft."""
    return row.participants.filter(may_edit=True, confirmed_at__isnull=False).exists()
