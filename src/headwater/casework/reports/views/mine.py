"""My reports: what is owed, what is being written, what was filed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from headwater.casework.reports.kinds import REPORTS
from headwater.casework.reports.listing import report_columns, report_filters, with_records
from headwater.casework.reports.models import OPEN, Report
from headwater.casework.reports.obligations import Obligation, obligations, records_of
from headwater.casework.reports.services.filing import start_report
from headwater.casework.subjects import SUBJECTS, held
from headwater.core import clock
from headwater.core.i18n import Bilingual
from headwater.core.listing import Listing
from headwater.core.permission import page
from headwater.core.web import attempt, key_in


@dataclass(frozen=True)
class Owed:
    """A report that is owed, as a line of a page."""

    obligation: Obligation
    record: Bilingual
    url: str
    state: Any

    @property
    def is_late(self) -> bool:
        return self.obligation.days_late(clock.today()) > 0


def shown(owed: list[Obligation]) -> list[Owed]:
    """Return obligations with their records, the most urgent first."""
    records = records_of(owed)
    lines = [
        Owed(
            o,
            SUBJECTS[o.subject_kind].name(record),
            SUBJECTS[o.subject_kind].url(record),
            Report.State(o.state) if o.state else "",
        )
        for o in owed
        if (record := records.get((o.subject_kind, o.subject_id))) is not None
    ]
    return sorted(lines, key=lambda line: (line.obligation.due_on, line.record.zh))


@page("reports.own")
def reports(request: HttpRequest) -> HttpResponse:
    """Show what one has to report, what waits for others, and everything that was filed."""
    owed = list(obligations(clock.today(), account=request.user))
    open_ones = [o for o in owed if not o.is_written]
    filed = Report.objects.written_by(request.user).exclude(state__in=OPEN)
    listing = Listing(
        request,
        filed,
        report_columns(),
        title=_("定期报告"),
        name="reports",
        order="-since",
        filters=report_filters(filed),
        prepare=with_records,
        empty_title=_("还没有报送过"),
        empty_hint=_("提交的报告和审核结果列在这里。"),
    )
    return listing.export() or render(request, "reports/mine.html", {"owed": shown(open_ones), "list": listing})


@page("reports.own", methods=("POST",))
def start(request: HttpRequest) -> HttpResponse:
    """Begin a report, and open its editor."""
    kind, since = request.POST.get("subject_kind", ""), parse_date(request.POST.get("since", "") or "")
    of = REPORTS.get(kind)
    if of is None or since is None:
        raise Http404
    mine = SUBJECTS[kind].model._base_manager.filter(held(request.user, of.writers, SUBJECTS[kind]))
    record = mine.filter(pk=key_in(request.POST, "subject")).first()
    if record is None:
        raise Http404
    made: list[Report] = []
    code = request.POST.get("kind", "")
    if not attempt(request, lambda: made.append(start_report(subject=record, kind=code, since=since, actor=request.actor))):
        return redirect("reports")
    report = made[0]
    if not report.is_open:
        return redirect("report", pk=report.pk)
    form = of.of(record)[code].form
    return redirect(reverse("report_edit", args=[report.pk, form.sections[0].code]))
