"""Actions of reports."""

from __future__ import annotations

from typing import Any

import rules

from headwater.casework.reports.filings import kind_of_report
from headwater.casework.reports.kinds import REPORTS, writers_of
from headwater.casework.reports.models import READERS, Report
from headwater.casework.subjects import SUBJECTS, holds, subject_of
from headwater.core.own import persons_of
from headwater.core.permission import allow, is_signed_in

OFFICE = ("programme_officer",)


def record_of(report: Report) -> Any:
    """Return the record of a report, read once for each instance; None when it is gone."""
    if not hasattr(report, "_record"):
        try:
            report._record = subject_of(report.subject_kind, report.subject_id)  # type: ignore[attr-defined]
        except LookupError:
            report._record = None  # type: ignore[attr-defined]
    return report._record  # type: ignore[attr-defined]


def has_part(user: Any, report: Report) -> bool:
    """Return whether somebody, or close family, has a part in the record of a report."""
    people = set(SUBJECTS[report.subject_kind].people(record)) if (record := record_of(report)) is not None else set()
    return not people.isdisjoint(persons_of(user))


@rules.predicate
def writes_any(user: Any) -> bool:
    """Hold a role that writes reports of some kind of record."""
    return any(user.has_role(*of.writers) for of in REPORTS.values() if of.writers)


@rules.predicate
def writes_for(user: Any, subject: Any) -> bool:
    """Hold a role that writes some report of a record."""
    if subject is None:
        return bool(writes_any(user))
    of = REPORTS.get(subject._meta.label_lower)
    return of is not None and any(holds(user, name, subject) for name in of.writers)


@rules.predicate
def writes(user: Any, report: Report | None) -> bool:
    if report is None:
        return bool(writes_any(user))
    record = record_of(report)
    if record is None:
        return False
    roles = writers_of(REPORTS[report.subject_kind], kind_of_report(report, record))
    return any(holds(user, name, record) for name in roles)


@rules.predicate
def reads_any(user: Any) -> bool:
    """Hold a role that reads reports, where there is anything that reports."""
    return bool(REPORTS) and bool(user.has_role(*READERS))


@rules.predicate
def reads(user: Any, report: Report | None) -> bool:
    """Read what was submitted about the record."""
    if report is None:
        return bool(reads_any(user))
    record = record_of(report)
    return report.submitted_at is not None and record is not None and any(holds(user, name, record) for name in READERS)


@rules.predicate
def for_office(user: Any, report: Report | None) -> bool:
    if report is None:
        return bool(user.has_role(*OFFICE))
    record = record_of(report)
    return record is not None and any(holds(user, name, record) for name in OFFICE) and not has_part(user, report)


allow("reports.own", is_signed_in & writes_any)
allow("reports.start", is_signed_in & writes_for)
allow("reports.write", is_signed_in & writes)
allow("reports.list", is_signed_in & reads_any)
allow("reports.view", is_signed_in & (writes | reads))
allow("reports.answer", is_signed_in & reads)
allow("reports.reopen", is_signed_in & for_office)
allow("reports.follow", rules.always_deny)  # the system alone
