"""Files of a report that is being written."""

from __future__ import annotations

from headwater.casework.reports.filings import filing_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.services.filing import lock_open
from headwater.core import uploads
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.files import check_upload
from headwater.core.models import StoredFile
from headwater.core.services import store_file
from headwater.core.text import file_name
from headwater.core.translation import gettext as _

MOST = 20


def of_report(report: Report) -> dict[str, object]:
    return {"owner_type": report._meta.label_lower, "owner_id": report.pk}


def attach(*, report: Report, kind: str, name: str, content: bytes, actor: Actor) -> StoredFile:
    """Attach a file that arrives in one piece. Its first bytes are judged now; a job looks inside it afterwards.

    Raises:
        Refused: a kind that the form does not ask for, too many, or a file that is not taken.
    """
    with command(actor, "reports.write", report, name="reports.attach") as log:
        row = lock_open(report)
        if kind not in {a.kind for a in filing_of(row).form.attachments}:
            raise Refused.because(_("没有这类附件"), field="kind")
        if StoredFile.objects.filter(**of_report(row)).count() >= MOST:
            raise Refused.because(_("附件最多 %d 个") % MOST, field="file")
        name = file_name(name)
        content_type = check_upload(name, content)
        file = store_file(
            owner=row, kind=kind, name=name, content=content, content_type=content_type, account=actor.account, checked=False
        )
        log(row, after={"file": file.pk, "kind": kind, "name": name, "sha256": file.sha256})
        uploads.ask_for_check()
    return file


def detach(*, report: Report, file: int, actor: Actor) -> None:
    """Take a file away; its content goes with the nightly job.

    Raises:
        Refused: the report has no such file.
    """
    with command(actor, "reports.write", report, name="reports.detach") as log:
        row = lock_open(report)
        found = StoredFile.objects.filter(**of_report(row), pk=file).first()
        if found is None:
            raise Refused.because(_("没有这个附件"), field="file")
        log(row, before={"file": found.pk, "kind": found.kind, "name": found.name})
        found.delete()
