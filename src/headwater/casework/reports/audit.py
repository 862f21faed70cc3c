"""What the events of reports say in words, and how a report is called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from headwater.casework.reports.filings import filings_of
from headwater.casework.reports.models import Report
from headwater.core.sentences import acts, called


def with_names(reports: list[Report]) -> None:
    """Read what the reports of a page are about (a fixed number of queries)."""
    filings = {f.report.pk: f for f in filings_of(reports)}
    for report in reports:
        filing = filings.get(report.pk)
        report.named = str(filing.full_title) if filing else f"{report.kind} {report.period}"  # type: ignore[attr-defined]
        report._record = filing.record if filing else None  # type: ignore[attr-defined]


called(
    Report, lambda report: report.named, page=lambda report: f"/reports/{report.pk}/", action="reports.view", prepare=with_names
)

acts(
    {
        "reports.start": _("开始填写报告"),
        "reports.save": _("填写了报告"),
        "reports.decide_clash": _("保留了自己的文字"),
        "reports.attach": _("上传了附件"),
        "reports.detach": _("删除了附件"),
        "reports.submit": _("提交了报告"),
        "reports.withdraw": _("撤回了报告"),
        "reports.reopen": _("重新打开了报告"),
        "reports.remind": _("提醒报送"),
        "reports.follow_up": _("处理了逾期未报"),
        "reports.replace": _("以系统记录替换了自报数据"),
    }
)
