"""Lists for those who read reports: what was filed, and what is owed and late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.reports.listing import answer_columns, kind_choices, report_columns, report_filters, with_records
from headwater.casework.reports.models import Report
from headwater.casework.reports.obligations import Obligation, obligations, records_of
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.core.i18n import Bilingual, both
from headwater.core.listing import Listing
from headwater.core.permission import page
from headwater.core.rows import Rows
from headwater.core.sheets import write_csv, write_xlsx
from headwater.core.web import download
from headwater.registry.lookups import ORGANISATIONS
from headwater.registry.models import Organisation

STANDINGS = {"late": gettext_lazy("已逾期"), "soon": gettext_lazy("未到期"), "waiting": gettext_lazy("审核中")}
HEADING = (
    *(gettext_lazy("名称"), gettext_lazy("报告"), gettext_lazy("报告期"), gettext_lazy("依托单位")),
    *(gettext_lazy("报送期限"), gettext_lazy("逾期天数"), gettext_lazy("状态")),
)


@page("reports.list")
def all_reports(request: HttpRequest) -> HttpResponse:
    """List the reports that were submitted about the records of the reader; a file of one kind has the answers as columns."""
    rows = Report.objects.read_by(request.user)
    listing = Listing(
        request,
        rows,
        [*report_columns(), *answer_columns(request.GET.get("kind", ""))],
        title=_("定期报告"),
        name="reports",
        order="-since",
        filters=report_filters(rows),
        prepare=with_records,
        empty_title=_("还没有收到报告"),
        empty_hint=_("提交的报告按报告期列在这里。"),
    )
    title, hint = _("定期报告"), _("选定一种报告后导出，每一栏答案各成一列。")
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": title, "hint": hint})


@dataclass(frozen=True)
class OwedLine:
    """A report that is owed, as a line of a list."""

    obligation: Obligation
    record: Bilingual
    url: str
    host: Bilingual
    days_late: int

    @property
    def state(self) -> Any:
        return Report.State(self.obligation.state) if self.obligation.state else _("未开始")

    @property
    def cells(self) -> list[Any]:
        o = self.obligation
        texts = [str(self.record), str(o.kind.name), str(o.period.words(o.kind.every)), str(self.host), str(o.due_on)]
        return [*texts, self.days_late, str(getattr(self.state, "label", self.state))]


@page("reports.list")
def late(request: HttpRequest) -> HttpResponse:
    """List the reports that are owed about the records of the reader, those first that are due first."""
    on = clock.today()
    everything = sorted(obligations(on, reader=request.user), key=lambda o: (o.due_on, o.subject_kind, o.subject_id))
    chosen = {name: request.GET.get(name, "").strip()[:80] for name in ("kind", "host")}
    chosen["standing"] = request.GET.get("standing", "late")
    owed = narrowed(request, everything, chosen, on)
    if (form := request.GET.get("format")) in {"csv", "xlsx"}:
        heading, cells = [str(h) for h in HEADING], [line.cells for line in lines_of(owed, on)]
        content = write_csv(heading, cells) if form == "csv" else write_xlsx("reports", heading, cells)
        return download(content, f"reports-owed-{on}.{form}", "application/octet-stream")
    listing = Rows(request, owed)
    context = {
        "list": listing,
        "rows": lines_of(listing.objects, on),
        "chosen": chosen,
        "standings": [("", _("全部")), *STANDINGS.items()],
        "kinds": [("", _("报告")), *kind_choices()],
        "lookup": ORGANISATIONS,
        "counts": [(label, sum(1 for o in everything if stands(o, on) == code)) for code, label in STANDINGS.items()],
    }
    return render(request, "reports/late.html", context)


def stands(o: Obligation, on: date) -> str:
    """Return where an obligation stands: late, to be written in time, or waiting for those who answer."""
    return "waiting" if o.is_written else "late" if o.days_late(on) > 0 else "soon"


def narrowed(request: HttpRequest, owed: Sequence[Obligation], chosen: dict[str, str], on: date) -> list[Obligation]:
    """Return what the filters of the page leave: by kind, standing and institution (one query for each kind of record)."""
    found = [o for o in owed if not chosen["kind"] or f"{o.subject_kind}/{o.kind.code}" == chosen["kind"]]
    found = [o for o in found if chosen["standing"] in {"", stands(o, on)}]
    if not chosen["host"]:
        return found
    hosts = ORGANISATIONS.matching(request.user, chosen["host"]).values("pk")
    keys: set[tuple[str, int]] = set()
    for code in {o.subject_kind for o in found}:
        if path := SUBJECTS[code].paths.get("organisation"):
            rows = SUBJECTS[code].model._base_manager.filter(**{f"{path}__in": hosts})
            keys |= {(code, pk) for pk in rows.values_list("pk", flat=True)}
    return [o for o in found if (o.subject_kind, o.subject_id) in keys]


def lines_of(owed: Sequence[Obligation], on: date) -> list[OwedLine]:
    """Return obligations with their records and hosts (one query for each kind of record, one for the hosts)."""
    records = records_of(owed)
    keys = {key: SUBJECTS[key[0]].scope_of(record, "organisation") for key, record in records.items()}
    hosts = Organisation.objects.in_bulk({pk for pk in keys.values() if pk is not None})
    lines = []
    for o in owed:
        about, record = SUBJECTS[o.subject_kind], records.get((o.subject_kind, o.subject_id))
        if record is None:
            continue
        host = hosts.get(keys[o.subject_kind, o.subject_id] or 0)
        url = f"/reports/{o.report}/" if o.is_written else about.url(record)
        lines.append(OwedLine(o, about.name(record), url, both(host) if host else Bilingual(""), max(0, o.days_late(on))))
    return lines
