"""The reports of a record as a part of its page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from headwater.casework.reports.kinds import REPORTS
from headwater.casework.reports.models import OPEN, READERS, Report
from headwater.casework.reports.obligations import obligations
from headwater.casework.subjects import holds
from headwater.core import clock

TEMPLATE = "reports/tab.html"


def reports_tab(request: HttpRequest, record: Any) -> tuple[str, dict[str, Any]]:
    """Return the template and its words: what the record owes, and its reports that the reader may see (a fixed number of queries)."""
    kind, user = record._meta.label_lower, request.user
    of = REPORTS[kind]
    known = getattr(user, "is_authenticated", False)
    writes = known and any(holds(user, role, record) for role in of.writers)
    reads = writes or (known and any(holds(user, role, record) for role in READERS))
    rows = Report.objects.visible_to(user).filter(subject_kind=kind, subject_id=record.pk)
    names = {k.code: k for k in of.of(record).values()}
    reports = [
        {"report": r, "name": names[r.kind].name if r.kind in names else r.kind, "state": Report.State(r.state)}
        for r in rows.exclude(state__in=OPEN).order_by("-since", "kind")
    ]
    owed = list(obligations(clock.today(), subject=kind, keys=[record.pk])) if reads else []
    return TEMPLATE, {"record": record, "kind": kind, "owed": owed, "reports": reports, "writes": writes}


def has_reports(record: Any) -> bool:
    """Return whether a record has to report."""
    kind = record._meta.label_lower
    return kind in REPORTS and bool(REPORTS[kind].of(record))
