"""A report as its editor writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from headwater.casework.reports.checking import results_of
from headwater.casework.reports.filings import Filing, filing_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.services.filing import save_report, settle
from headwater.casework.reports.stores import STORE
from headwater.core.command import Actor
from headwater.core.i18n import Bilingual, named
from headwater.core.permission import may
from headwater.forms.autosaving import Changes
from headwater.forms.results import Result
from headwater.forms.versions import SAVE
from headwater.forms.writing import SheetWriting

FILES, SUBMIT = "files", "submit"
"""Pages of the editor beside the sections of the form."""


class ReportWriting(SheetWriting):
    word = Bilingual("报告", "report")
    routes = "report"

    def __init__(self, filing: Filing) -> None:
        self.subject = STORE.of(filing.report.pk)
        self._use(filing)

    def _use(self, filing: Filing) -> None:
        self.filing, self.record, self.form, self.context = filing, filing.report, filing.form, filing.context
        self.take(filing.sheet)

    @property
    def report(self) -> Report:
        report: Report = self.record
        return report

    @property
    def state(self) -> Report.State:
        return Report.State(self.report.state)

    @property
    def title(self) -> str:  # type: ignore[override]
        return str(self.filing.full_title)

    @property
    def url(self) -> str:  # type: ignore[override]
        return reverse("report", args=[self.key])

    @property
    def files_url(self) -> str:  # type: ignore[override]
        return self.address("edit", FILES) if self.form.attachments else ""

    @property
    def began_at(self) -> datetime:  # type: ignore[override]
        return self.report.started_at

    @property
    def author(self) -> str:  # type: ignore[override]
        return named(self.report.started_by) if self.report.started_by else "—"

    @property
    def is_open(self) -> bool:
        return self.report.is_open

    @property
    def pages(self) -> list[str]:
        """The codes of the pages of the editor."""
        files = [FILES] if self.form.attachments else []
        return [*(s.code for s in self.form.sections), *files, SUBMIT]

    def save(
        self, values: Mapping[str, Any], *, actor: Actor, base: Mapping[str, Any] | None = None, kind: str = SAVE
    ) -> Changes:
        changes = save_report(report=self.report, values=values, base=base, actor=actor, kind=kind)
        self.reload()
        return changes

    def settle(self, *, version: int, name: str, actor: Actor) -> None:
        settle(report=self.report, version=version, name=name, actor=actor)

    def reload(self) -> None:
        self._use(filing_of(Report.objects.get(pk=self.key)))

    def may_write(self, user: Any) -> bool:
        return may(user, "reports.write", self.report)

    def versions(self, user: Any) -> Any:
        """Who writes reads all versions; others those of steps."""
        rows = super().versions(user)
        return rows if self.may_write(user) else rows.filter(kind__in=["submit", "return", "fill"])

    def results(self) -> Sequence[Result]:
        return results_of(self.answers)
