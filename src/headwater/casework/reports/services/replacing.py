"""Self-reported figures give way to those that the house comes to know: both are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.casework.reports.figures import replaceable
from headwater.casework.reports.filings import filings_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.stores import STORE
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.forms.answers.merging import same
from headwater.forms.models import Version
from headwater.forms.sheets import save_answers
from headwater.forms.versions import mark_step

MOST = 500
"""So many reports are looked at in one transaction."""


def replace_in(reports: Sequence[Report], log: Log) -> int:
    """Put what the house knows by now in the place of figures that were only reported, and mark those that agree; the rows are
    locked. Call inside a command; returns how many figures were settled.
    """
    known, settled, now = replaceable(reports), 0, clock.now()
    changed = [r for r in reports if r.pk in known]
    for filing in filings_of(changed):
        report, new = filing.report, known[filing.report.pk]
        differing = {code: value for code, (_source, value) in new.items() if not same(filing.sheet.answers.get(code), value)}
        before = {code: filing.sheet.answers.get(code) for code in differing}
        if differing:
            save_answers(STORE.of(report.pk), filing.form, differing, actor=log.actor, kind=Version.Kind.FILL)
        report.given |= {code: {"source": source, "value": value} for code, (source, value) in new.items()}
        report.self_reported = [code for code in report.self_reported if code not in new]
        report.replaced |= {
            code: {"was": before[code], "now": value, "source": new[code][0], "at": now.isoformat()}
            for code, value in differing.items()
        }
        log(report, before={"answers": before}, after={"replaced": differing, "confirmed": sorted(set(new) - set(differing))})
        settled += len(new)
    Report.objects.bulk_update(changed, ["given", "self_reported", "replaced"])
    mark_step(STORE, [r.pk for r in changed], Version.Kind.FILL, actor=log.actor, at=now, sealed=True)
    return settled


def replace_figures(*, actor: Actor) -> int:
    """Look whether the house knows by now what accepted reports only reported; returns how many figures were settled.

    Reports that wait for an answer stay as they were shown; they are looked at when they are accepted.
    """
    accepted: Any = Report.objects.filter(state=Report.State.ACCEPTED).exclude(self_reported=[])
    settled, last = 0, 0
    while keys := list(accepted.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:MOST]):
        last = keys[-1]
        with command(actor, "reports.follow", name="reports.replace") as log:
            rows = list(accepted.filter(pk__in=keys).select_for_update().order_by("pk"))
            settled += replace_in(rows, log)
    return settled
