"""Data of the PDF of a report."""

from __future__ import annotations

from typing import Any

from django.template.defaultfilters import filesizeformat

from headwater.casework.reports.comparing import compare
from headwater.casework.reports.filings import Filing
from headwater.casework.reports.models import Report
from headwater.casework.reports.showing import sections_of
from headwater.core.clock import official_date
from headwater.core.i18n import in_chinese
from headwater.core.models import StoredFile
from headwater.forms.answers.rich import to_blocks
from headwater.registry.models import Organisation
from headwater.registry.queries import region_here


def report_data(filing: Filing) -> dict[str, Any]:
    """Return what the Typst template of a report needs, in Chinese whoever asks."""
    with in_chinese():
        return _report_data(filing)


def _report_data(filing: Filing) -> dict[str, Any]:
    report, region = filing.report, region_here()
    host = Organisation.objects.filter(pk=filing.about.scope_of(filing.record, "organisation") or 0).first()
    comparison = compare(filing)
    files = StoredFile.objects.filter(owner_type="reports.report", owner_id=report.pk).order_by("pk")
    return {
        "draft": report.state != Report.State.ACCEPTED,
        "issuer": region.department_zh if region else "",
        "subject": filing.subject.zh,
        "host": host.name_zh if host else "",
        "name": filing.kind.name_zh,
        "period": filing.period.words(filing.kind.every).zh,
        "state": str(Report.State(report.state).label),
        "submitted": official_date(report.submitted_at) if report.submitted_at else "",
        "accepted": official_date(report.accepted_at) if report.accepted_at else "",
        "sections": [{"title": s.title_zh, "fields": [_answer(a) for a in answers]} for s, answers in sections_of(filing)],
        "heads": [head.zh for head in comparison.heads],
        "compared": [[line.label, *line.values, line.change_words] for line in comparison.lines],
        "files": [[f.name, filesizeformat(f.size), f.sha256] for f in files],
    }


def _answer(answer: Any) -> dict[str, Any]:
    s = answer.shown
    blocks = to_blocks(s.text) if s.kind == "rich" else []
    marks = [f"{m.label}：{m.note}" if m.note else m.label for m in answer.marks]
    item = {"label": s.label, "kind": s.kind, "text": s.text, "blocks": blocks, "marks": marks}
    return item | {"heads": list(s.heads), "numeric": list(s.numeric), "rows": list(s.rows), "notes": list(s.notes)}
