from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.reports.kinds import REPORTS
from headwater.casework.reports.obligations import count_late, obligations, records_of
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.core.duties import DUTIES, Duty

MOST = 5
"""So many reports are named; more are one line."""


@DUTIES.under("reports.writers")
def of_writers(account: Any) -> Iterator[Duty]:
    """Yield the reports that the account has to write; what waits for others is theirs (`core.duties`)."""
    if not any(account.has_role(*of.writers) for of in REPORTS.values() if of.writers):
        return
    on = clock.today()
    owed = sorted((o for o in obligations(on, account=account) if not o.is_written), key=lambda o: o.due_on)
    records = records_of(owed[:MOST])
    for o in owed[:MOST]:
        record = records.get((o.subject_kind, o.subject_id))
        name = SUBJECTS[o.subject_kind].name(record) if record is not None else ""
        title = _("修改退回的报告：%s") if o.state == "returned" else _("报送：%s")
        url = f"/reports/{o.report}/" if o.report else "/reports/"
        due = clock.end_of_day(o.due_on)
        yield Duty(title % f"{name} {o.words}".strip(), url, due, late=o.days_late(on) > 0)
    if len(owed) > MOST:
        yield Duty(_("报送其余报告"), "/reports/", clock.end_of_day(owed[MOST].due_on), len(owed) - MOST)


@DUTIES.under("reports.readers")
def of_readers(account: Any) -> Iterator[Duty]:
    """Yield how many reports are late, for the host, the agency and the office that follow them."""
    if not REPORTS or not account.has_role("host_manager", "recommender", "programme_officer"):
        return
    if late := count_late(clock.today(), account):
        yield Duty(_("督促逾期未报的报告"), "/reports/late/", None, late)
