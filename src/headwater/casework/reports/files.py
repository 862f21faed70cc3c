from typing import Any

from headwater.casework.reports.filings import filing_of
from headwater.casework.reports.models import Report
from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.permission import may
from headwater.core.uploads import TELL


def report_file(user: Any, file: StoredFile) -> bool:
    report = Report.objects.filter(pk=file.owner_id).first()
    return report is not None and may(user, "reports.view", report)


def told(file: StoredFile) -> tuple[str, str]:
    filing = filing_of(Report.objects.get(pk=file.owner_id))
    return str(filing.full_title), f"/reports/{file.owner_id}/edit/files/"


OWNERS.add("reports.report", report_file)
TELL.add("reports.report", told)
