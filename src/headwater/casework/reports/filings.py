"""A report with what it depends on: its record, its kind, its form, and its answers worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from headwater.casework.reports.context import ReportContext, files_of
from headwater.casework.reports.kinds import REPORTS, ReportKind, ReportsOf, linked_form
from headwater.casework.reports.models import Report
from headwater.casework.reports.periods import TERM, Period
from headwater.casework.reports.stores import STORE
from headwater.casework.subjects import SUBJECTS, SubjectKind
from headwater.core.errors import Refused
from headwater.core.i18n import Bilingual
from headwater.core.translation import gettext as _
from headwater.forms.answers.state import Answers
from headwater.forms.kept import kept_definition
from headwater.forms.models import AnswerSheet, Version
from headwater.forms.shapes import Form
from headwater.forms.versions import undone


@dataclass(frozen=True)
class Filing:
    """A report, the record that it is about, its kind, and its answers; `files` are the names of its files by kind. `past` is set
    where the answers are those of its last submission, while it is written anew.
    """

    report: Report
    record: Any
    kind: ReportKind
    sheet: AnswerSheet
    files: Mapping[str, Sequence[str]]
    past: bool = False

    @property
    def about(self) -> SubjectKind:
        return SUBJECTS[self.report.subject_kind]

    @property
    def of(self) -> ReportsOf:
        return REPORTS[self.report.subject_kind]

    @property
    def period(self) -> Period:
        return Period(self.report.since, self.report.until)

    @property
    def subject(self) -> Bilingual:
        return self.about.name(self.record)

    @property
    def title(self) -> Bilingual:
        """What it is called beside its record: the annual report of a year."""
        name, period = self.kind.name, self.period.words(self.kind.every)
        return Bilingual(f"{period.zh}{name.zh}", f"{name.en}, {period.en}")

    @property
    def full_title(self) -> Bilingual:
        return Bilingual(f"{self.subject.zh} {self.title.zh}", f"{self.subject.en or self.subject.zh}: {self.title.en}")

    @property
    def form(self) -> Form:
        """The form: of a report that is being written as it is declared now, of another as it was at its submission."""
        if (self.report.is_open and not self.past) or not self.report.form_id:
            return self.kind.form
        return _kept_form(self.report.subject_kind, self.report.form_id)

    @cached_property
    def context(self) -> ReportContext:
        return ReportContext(self.about.context(self.record, self.report.until), self.period, self.files)

    @cached_property
    def answers(self) -> Answers:
        return Answers(self.form, self.sheet.answers, self.context)


@lru_cache(maxsize=256)
def _kept_form(subject_kind: str, digest: str) -> Form:
    return linked_form(kept_definition(digest), [], built_in=REPORTS[subject_kind].built_in)


def kind_of_report(report: Report, record: Any) -> ReportKind:
    """Return the kind of a report; of one that the region has given up, what is known of it."""
    kind = REPORTS[report.subject_kind].of(record).get(report.kind)
    return kind or ReportKind(report.kind, report.kind, report.kind, Form(), TERM, "")


def as_submitted(filing: Filing) -> Filing:
    """Return a report with the answers of its last submission, for those who read it while its writers mend it (2 queries)."""
    subject = STORE.of(filing.report.pk)
    last = subject.rows(Version).filter(kind=Version.Kind.SUBMIT).order_by("-id").first()
    if last is None:
        return filing
    answers = undone(subject, dict(filing.sheet.answers), last.pk)
    sheet = AnswerSheet(subject_kind=STORE.kind, subject_id=filing.report.pk, answers=answers)
    return replace(filing, sheet=sheet, past=True)


def is_known(filing: Filing) -> bool:
    """Return whether the region still has the kind of a report."""
    return bool(filing.kind.due)


def filings_of(reports: Iterable[Report]) -> list[Filing]:
    """Return reports with what they depend on: one query for each kind of record, one for the answers, one for the files."""
    rows = list(reports)
    keys: dict[str, set[int]] = {}
    for r in rows:
        keys.setdefault(r.subject_kind, set()).add(r.subject_id)
    records = {kind: SUBJECTS[kind].model._base_manager.in_bulk(pks) for kind, pks in keys.items()}
    pks = [r.pk for r in rows]
    sheets = {s.subject_id: s for s in AnswerSheet.objects.filter(subject_kind=STORE.kind, subject_id__in=pks)}
    files = files_of(pks)
    return [
        Filing(
            r,
            record,
            kind_of_report(r, record),
            sheets.get(r.pk) or AnswerSheet(subject_kind=STORE.kind, subject_id=r.pk),
            files.get(r.pk, {}),
        )
        for r in rows
        if (record := records[r.subject_kind].get(r.subject_id)) is not None
    ]


def filing_of(report: Report) -> Filing:
    """
    Raises:
        Refused: the record is gone.
    """
    found = filings_of([report])
    if not found:
        raise Refused.because(_("报告所属的记录已不存在"))
    return found[0]
