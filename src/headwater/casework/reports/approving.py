"""The chain of a report: what those who answer see, and what follows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.reports.filings import filing_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.services.answering import was_approved, was_returned, went_on
from headwater.casework.reports.showing import reading
from headwater.core.approvals import CHAINS, Chain
from headwater.core.i18n import Bilingual, named
from headwater.core.seen import Sight


def name(report: Report) -> Bilingual:
    return filing_of(report).full_title


def sight(report: Report) -> Sight:
    """The lines that an acceptance rests on: every answer, what stands behind the figures, the files."""
    filing = filing_of(report)
    words = {f.code: named(f, "label") for f in filing.form.fields}
    lines: dict[str, Any] = {f.code: filing.answers.get(f.code) for _s, fields in filing.answers.asked_sections for f in fields}
    beside = {"report.given": report.given, "report.self_reported": report.self_reported, "report.files": filing.files}
    told = {"report.given": _("系统记录"), "report.self_reported": _("自报数据"), "report.files": _("附件")}
    return Sight(lines | beside, words | told)


def show(request: HttpRequest, report: Report) -> SafeString:
    return render_to_string("reports/body.html", reading(filing_of(report), judging=True), request)


def effect(report: Report) -> list[str]:
    effects = [_("报告审核通过，不再列入待报和逾期名单")]
    if report.self_reported:
        effects.append(_("其中 %d 项为自报数据；系统今后有相应记录时，以系统记录替换，原填数保留") % len(report.self_reported))
    return effects


CHAINS.add(
    "reports.report",
    Chain(
        label=gettext_lazy("定期报告"),
        name=name,
        url=lambda report: reverse("report", args=[report.pk]),
        sight=sight,
        approved=was_approved,
        refused=was_returned,
        sent_back=was_returned,
        show=show,
        effect=effect,
        moved=went_on,
    ),
)
