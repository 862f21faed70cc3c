"""Reports as their writers work on them: begun, saved, submitted, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Model

from headwater.casework.asking import steps_of
from headwater.casework.reports.checking import against
from headwater.casework.reports.figures import first_answers, known_of, last_answers, weighed
from headwater.casework.reports.filings import Filing, filing_of, is_known
from headwater.casework.reports.kinds import REPORTS, writers_of
from headwater.casework.reports.models import IN_REVIEW, Report
from headwater.casework.reports.obligations import obligation_of
from headwater.casework.reports.stores import STORE
from headwater.casework.reports.workflow import REPORT
from headwater.casework.subjects import holds
from headwater.core import clock
from headwater.core.approvals import Step, begin, open_case, withdraw
from headwater.core.command import Actor, Log, command
from headwater.core.errors import NotAllowed, Reason, Refused, refuse_if
from headwater.core.roles import ROLES, Scope
from headwater.core.translation import gettext as _
from headwater.forms.autosaving import Changes
from headwater.forms.kept import keep_form
from headwater.forms.lookback import settle_clash
from headwater.forms.models import Version
from headwater.forms.sheets import save_answers
from headwater.forms.versions import SAVE, mark_step

HOST_ROLE = "host_manager"
"""Whose step is that of the host; every other one is the office's."""


def lock_report(report: Report) -> Report:
    return Report.objects.select_for_update().get(pk=report.pk)


def lock_open(report: Report) -> Report:
    """
    Raises:
        Refused: it is not being written.
    """
    row = lock_report(report)
    if not row.is_open:
        raise Refused.because(_("报告已提交，不能再修改；需要修改的，先撤回，或由审核人退回"), code="state")
    return row


def start_report(*, subject: Model, kind: str, since: date, actor: Actor) -> Report:
    """Begin the report that a record owes for the period that begins on `since`. Begun twice it is the same one.

    Its first answers come from the records of the house, and from the last report.

    Raises:
        Refused: the record owes no such report, or not yet.
    """
    label = subject._meta.label_lower
    with command(actor, "reports.start", subject, name="reports.start") as log:
        row = {"subject_kind": label, "subject_id": subject.pk, "kind": kind, "since": since}
        if begun := Report.objects.filter(**row).first():
            return begun
        owed = obligation_of(label, subject.pk, kind, since, clock.today())
        if owed is None:
            raise Refused.because(_("这份报告现在不需要报送"), code="not_owed")
        roles = writers_of(REPORTS[label], owed.kind)
        if actor.account is not None and not any(holds(actor.account, name, subject) for name in roles):
            raise NotAllowed("reports.start")
        period = {"until": owed.period.until, "period": owed.period.code(owed.kind.every), "due_on": owed.due_on}
        now = {"started_at": clock.now(), "started_by": actor.account}
        Report.objects.bulk_create([Report(**row, **period, **now)], ignore_conflicts=True)
        report = Report.objects.select_for_update().get(**row)
        filing = filing_of(report)
        earlier = last_answers(report, REPORTS[label].earlier(subject))
        values = first_answers(filing.kind, known_of(filing), earlier)
        log(report, after={"subject": [label, subject.pk], "kind": kind, "period": report.period, "filled": sorted(values)})
        if values and not filing.sheet.revision:
            save_answers(STORE.of(report.pk), filing.form, values, actor=actor, kind=Version.Kind.FILL)
    return report


def save_report(
    *, report: Report, values: Mapping[str, Any], actor: Actor, base: Mapping[str, Any] | None = None, kind: str = SAVE
) -> Changes:
    """Save only the answers that are named, so that two people may write at once; see `save_answers`.

    Raises:
        Refused: it is not being written any more, or a value that cannot be stored (with its field).
    """
    with command(actor, "reports.write", report, name="reports.save") as log:
        row = lock_open(report)
        changes = save_answers(STORE.of(row.pk), filing_of(row).form, values, actor=actor, base=base, kind=kind)
        if changes.before:
            log(row, after={"fields": sorted(changes.before)})
    return changes


def settle(*, report: Report, version: int, name: str, actor: Actor) -> None:
    """Keep one's own words where two people wrote in one place."""
    with command(actor, "reports.write", report, name="reports.decide_clash") as log:
        if settle_clash(STORE.of(report.pk), version=version, name=name, actor=actor):
            log(report, after={"version": version, "field": name})


def submit_report(*, report: Report, actor: Actor, seen: int | None = None) -> Report:
    """Submit a report to its chain. What the records of the house say of its figures now is kept beside it.

    `seen` is the revision that the writer has read.

    Raises:
        Refused: changed since it was read, or with every problem, each with its question.
    """
    with command(actor, "reports.write", report, name="reports.submit") as log:
        row = lock_open(report)
        filing = filing_of(row)
        if not is_known(filing):
            raise Refused.because(_("这类报告已不再要求报送"), code="not_owed")
        if seen is not None and seen != filing.sheet.revision:
            raise Refused.because(_("内容在您核对之后有修改，没有提交；请重新核对"), code="changed")
        refuse_if(against(filing.answers))
        steps = _steps(filing)
        given, self_reported = weighed(filing.answers, known_of(filing))
        now = clock.now()
        REPORT.move(
            [row],
            "submit",
            log,
            submitted_at=now,
            submitted_by=actor.account,
            form=keep_form(filing.kind.definition),
            given=given,
            self_reported=self_reported,
            replaced={},
            note="",
        )
        mark_step(STORE, [row.pk], Version.Kind.SUBMIT, actor=actor, at=now, sealed=True)
        if not steps:
            _accept_at_once(row, log)
            return row
        if steps[0].role != HOST_ROLE:
            REPORT.move([row], "confirm", log.following(submitted=True))
        begin(subject=row, chain=steps, people=filing.about.people(filing.record), log=log)
    return row


def _steps(filing: Filing) -> list[Step]:
    """The steps in which the chain is asked.

    Raises:
        Refused: a role is never held for everything, and the record has nothing for which it could be held: nobody could answer.
    """
    steps = steps_of(filing.kind.chain, filing.record, applies_to=filing.kind.of)
    nobody = [s for s in steps if s.scope == Scope.ALL and Scope.ALL not in ROLES[s.role].scopes]
    values = {"record": filing.subject}
    refuse_if(
        Reason(_("%(record)s 没有可以审核的%(role)s，请与主管部门联系") % (values | {"role": ROLES[s.role].label}), code="nobody")
        for s in nobody
    )
    return steps


def _accept_at_once(row: Report, log: Log) -> None:
    """A kind without a chain asks nobody."""
    follows = log.following(submitted=True)
    REPORT.move([row], "confirm", follows)
    REPORT.move([row], "accept", follows, accepted_at=clock.now())


def withdraw_report(*, report: Report, actor: Actor) -> Report:
    """Take a report back that waits for others. Who submitted it may, and the system.

    Raises:
        Refused: it does not wait, or somebody else submitted it.
    """
    with command(actor, "reports.write", report, name="reports.withdraw") as log:
        row = lock_report(report)
        if row.state not in IN_REVIEW:
            raise Refused.because(_("报告不在审核中，不能撤回"), code="state")
        case = open_case(row)
        if case is not None:
            withdraw(case=case, log=log)
        REPORT.move([row], "withdraw", log, submitted_at=None)
        mark_step(STORE, [row.pk], Version.Kind.WITHDRAW, actor=actor, at=clock.now())
    return row
