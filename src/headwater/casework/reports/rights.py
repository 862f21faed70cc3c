"""Who may cause the events of reports."""

from __future__ import annotations

from typing import Any

from headwater.casework.reports.kinds import REPORTS
from headwater.casework.reports.models import Report
from headwater.casework.subjects import SUBJECTS, holds, subject_of
from headwater.core.causes import SYSTEM, Party, Right, declare, office, right_for, subject
from headwater.core.models import Account, ApprovalCase, Event
from headwater.core.own import persons_of


def record_of(event: Event) -> Any:
    """Return the record that an event of a report is about, through its report or the case of its chain."""
    row = subject(event)
    if isinstance(row, ApprovalCase):
        row = Report.objects.filter(pk=row.subject_id).first()
    if not isinstance(row, Report):
        return None
    try:
        return subject_of(row.subject_kind, row.subject_id)
    except LookupError:
        return None


def writes(event: Event, account: Account) -> bool:
    record = record_of(event)
    return record is not None and any(holds(account, role, record) for role in REPORTS[record._meta.label_lower].writers)


def has_part(event: Event, account: Account) -> bool:
    record = record_of(event)
    people = SUBJECTS[record._meta.label_lower].people(record) if record is not None else ()
    return not set(people).isdisjoint(persons_of(account))


WRITER = right_for(Party("who writes reports of the record", writes))
OFFICER = office("programme_officer").but(Party("somebody with a part in the record", has_part))

RIGHTS: dict[str, Right] = {
    "reports.start": WRITER,
    "reports.save": WRITER,
    "reports.decide_clash": WRITER,
    "reports.attach": WRITER,
    "reports.detach": WRITER,
    "reports.submit": WRITER,
    "reports.withdraw": WRITER,
    "reports.reopen": OFFICER,
    "reports.remind": SYSTEM,
    "reports.follow_up": SYSTEM,
    "reports.replace": SYSTEM,
}
declare(RIGHTS)
