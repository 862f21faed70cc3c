"""What the pages of reports share: how a reader reaches a report."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from headwater.casework.reports.filings import Filing, filings_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.writing import ReportWriting
from headwater.core.permission import access


def report_for(request: HttpRequest, pk: int, action: str) -> Report:
    rows = Report.objects.visible_to(request.user).select_related("started_by", "submitted_by")
    report: Report = access(request.user, action, rows, pk=pk)
    return report


def filing_for(request: HttpRequest, pk: int, action: str) -> Filing:
    """Return a report that the reader may reach; one whose record is gone is not there."""
    found = filings_of([report_for(request, pk, action)])
    if not found:
        raise Http404
    return found[0]


def writing_for(request: HttpRequest, pk: int, action: str = "reports.write") -> ReportWriting:
    return ReportWriting(filing_for(request, pk, action))
