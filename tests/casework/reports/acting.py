"""People of one institution who file, confirm and accept its reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from headwater.casework.reports.models import Report
from headwater.casework.reports.services.filing import save_report, start_report, submit_report
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.command import Actor
from headwater.core.models import Account
from headwater.forms.models import AnswerSheet
from headwater.registry.models import Organisation
from tests.casework.reports.world import new_unit, writer_of
from tests.make import WAN

FULL = {
    "staff": 12,
    "summary": "全年运行正常",
    "income": 30 * WAN,
    "projects": [{"name": "甲", "arrived": 10 * WAN}, {"name": "乙", "arrived": 20 * WAN}],
}
"""Answers that may be submitted."""


def morning(year: int = 2026, month: int = 1, day: int = 10) -> datetime:
    return clock.local(date(year, month, day), 9)


@dataclass
class Cast:
    unit: Organisation
    writer: Account
    manager: Account
    officer: Account

    def start(self, year: int = 2025, kind: str = "annual") -> Report:
        return start_report(subject=self.unit, kind=kind, since=date(year, 1, 1), actor=Actor(self.writer))

    def save(self, report: Report, **values: Any) -> Any:
        return save_report(report=report, values=values, actor=Actor(self.writer))

    def submit(self, report: Report) -> Report:
        return submit_report(report=report, actor=Actor(self.writer))

    def answer(self, report: Report, who: Account, verdict: str = "approve", note: str = "") -> Report:
        case = open_case(report)
        assert case is not None
        answer(case=case, verdict=verdict, seen=case_sight(case).token, note=note, actor=Actor(who))
        return Report.objects.get(pk=report.pk)

    def filed(self, year: int = 2025, **values: Any) -> Report:
        """A report that was submitted."""
        report = self.start(year)
        self.save(report, **(FULL | values))
        return self.submit(report)

    def accepted(self, year: int = 2025, **values: Any) -> Report:
        report = self.filed(year, **values)
        self.answer(report, self.manager)
        return self.answer(report, self.officer)


def new_cast(since: date = date(2023, 1, 1)) -> Cast:
    unit = new_unit(since)
    return Cast(unit, writer_of(unit), writer_of(unit, "host_manager", name="管理员"), Account.objects.get(username="officer"))


def answers_of(report: Report) -> dict[str, Any]:
    sheet = AnswerSheet.objects.filter(subject_kind="report", subject_id=report.pk).first()
    return dict(sheet.answers) if sheet else {}
