"""What is barred because a report is late: gates of other engines ask here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Model

from headwater.casework.reports.kinds import BLOCK, REPORTS
from headwater.casework.reports.obligations import Obligation, obligations
from headwater.core.errors import Reason
from headwater.core.translation import gettext as _


def blocked(subject: str, what: str, on: date, keys: Sequence[int] | None = None) -> dict[int, list[Obligation]]:
    """Return the late reports that bar `what` (as kinds name it, such as "requests"), by the key of the record of a kind.

    A report that waits for others bars nothing: its writers have done what they can.
    """
    bars: dict[int, list[Obligation]] = {}
    for o in obligations(on, subject=subject, keys=keys):
        rules = [r for r in o.kind.late if r.does == BLOCK and r.what == what]
        if not o.is_written and any(o.days_late(on) >= r.after_days for r in rules):
            bars.setdefault(o.subject_id, []).append(o)
    return bars


def blocks(subject: Model, what: str, on: date) -> list[Obligation]:
    """Return the late reports that bar `what` for one record; none where it does not report."""
    kind = subject._meta.label_lower
    return blocked(kind, what, on, [subject.pk]).get(subject.pk, []) if kind in REPORTS else []


def reasons(bars: Iterable[Obligation], on: date) -> list[Reason]:
    """Say why something is barred, and what to do about it."""
    return [
        Reason(
            _("%(report)s已逾期 %(days)d 天，报送后才能办理") % {"report": o.words, "days": o.days_late(on)}, code="report_late"
        )
        for o in bars
    ]
