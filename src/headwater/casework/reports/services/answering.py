"""What follows from the answers of a report's chain, and what the office does with one that was accepted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from headwater.casework.holders import holders_of
from headwater.casework.reports.filings import Filing, filing_of
from headwater.casework.reports.kinds import REPORTS, writers_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.services.filing import HOST_ROLE, lock_report
from headwater.casework.reports.services.replacing import replace_in
from headwater.casework.reports.stores import STORE
from headwater.casework.reports.workflow import REPORT
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Refused
from headwater.core.models import ApprovalAnswer, ApprovalCase
from headwater.core.services import notify
from headwater.core.translation import gettext as _
from headwater.forms.models import Version
from headwater.forms.versions import mark_step

LEAST_REASON = 4


def went_on(report: Report, case: ApprovalCase, _answer: ApprovalAnswer, log: Log) -> None:
    """Follow the chain: a step of the host, or one of the office, is waited for now."""
    step = case.steps.get(place=case.place)
    is_host = step.role == HOST_ROLE
    if is_host and report.state == Report.State.OFFICE:
        REPORT.move([report], "hand_back", log)
    elif not is_host and report.state == Report.State.HOST:
        REPORT.move([report], "confirm", log)


def was_approved(report: Report, _case: ApprovalCase, _answer: ApprovalAnswer, log: Log) -> None:
    if report.state == Report.State.HOST:
        REPORT.move([report], "confirm", log)
    REPORT.move([report], "accept", log, accepted_at=clock.now(), note="")
    replace_in([report], log)
    _tell(report, lambda filing: _("报告审核通过：%s") % filing.full_title)


def was_returned(report: Report, _case: ApprovalCase, answer: ApprovalAnswer, log: Log) -> None:
    """A report that is refused goes back, too: it stays owed."""
    REPORT.move([report], "return", log, returned_at=clock.now(), note=answer.note)
    mark_step(STORE, [report.pk], Version.Kind.RETURN, actor=log.actor, at=clock.now())
    _tell(report, lambda filing: _("报告被退回：%s") % filing.full_title, answer.note)


def reopen_report(*, report: Report, reason: str, actor: Actor) -> Report:
    """Give a report that was accepted back to its writers, with a reason: it is owed again.

    Raises:
        Refused: it is not accepted, or the reason is missing.
    """
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Refused.because(_("请写明重新打开的理由，至少 %d 字") % LEAST_REASON, field="reason")
    with command(actor, "reports.reopen", report, name="reports.reopen") as log:
        row = lock_report(report)
        REPORT.move([row], "reopen", log, accepted_at=None, returned_at=clock.now(), note=reason)
        mark_step(STORE, [row.pk], Version.Kind.RETURN, actor=actor, at=clock.now())
        _tell(row, lambda filing: _("报告被重新打开，请修改后再次提交：%s") % filing.full_title, reason)
    return row


def writers_for(filing: Filing) -> Sequence[Any]:
    """Return the accounts that write a report."""
    roles = writers_of(REPORTS[filing.report.subject_kind], filing.kind)
    return holders_of(filing.about, [filing.report.subject_id], roles).get(filing.report.subject_id, [])


def _tell(report: Report, title: Any, body: str = "") -> None:
    filing = filing_of(report)
    notify(writers_for(filing), title=partial(title, filing), body=body, url=f"/reports/{report.pk}/")
