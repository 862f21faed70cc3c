"""Columns and filters of lists of reports; the answers of one kind as columns of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.reports.filings import Filing, filings_of
from headwater.casework.reports.kinds import REPORTS, ReportKind
from headwater.casework.reports.models import Report
from headwater.casework.reports.periods import Period
from headwater.casework.subjects import SUBJECTS
from headwater.core.i18n import Bilingual, both, named
from headwater.core.listing import Column, Filter
from headwater.forms.fieldtype import label
from headwater.forms.shapes import Field
from headwater.registry.lookups import ORGANISATIONS
from headwater.registry.models import Organisation


def with_records(reports: list[Report]) -> None:
    """Read what the cells of a page of reports need: their records, answers, and hosts (a fixed number of queries)."""
    filings = {f.report.pk: f for f in filings_of(reports)}
    hosts = {pk: f.about.scope_of(f.record, "organisation") for pk, f in filings.items()}
    named_hosts = Organisation.objects.in_bulk({key for key in hosts.values() if key is not None})
    for r in reports:
        r.filing = filings.get(r.pk)  # type: ignore[attr-defined]
        r.host = named_hosts.get(hosts.get(r.pk) or 0)  # type: ignore[attr-defined]


def filing(report: Any) -> Filing | None:
    found: Filing | None = report.filing
    return found


def record_name(report: Any) -> Any:
    return filing(report).subject if filing(report) else _("（记录已不存在）")  # type: ignore[union-attr]


def period_words(report: Any) -> Bilingual:
    one = filing(report)
    period = Period(report.since, report.until)
    return period.words(one.kind.every) if one else Bilingual(report.period)


def report_columns() -> list[Column]:
    return [
        Column(_("名称"), record_name, kind="title", url=lambda r: reverse("report", args=[r.pk])),
        Column(_("报告"), lambda r: filing(r).kind.name if filing(r) else r.kind),  # type: ignore[union-attr]
        Column(_("报告期"), period_words, sort="since"),
        Column(_("依托单位"), lambda r: both(r.host) if r.host else ""),
        Column(_("报送期限"), lambda r: r.due_on, sort="due_on", kind="date"),
        Column(_("提交时间"), lambda r: r.submitted_at, kind="date"),
        Column(_("自报数据"), lambda r: len(r.self_reported), kind="number"),
        Column(_("状态"), lambda r: Report.State(r.state), kind="state"),
    ]


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds of reports by record and code, each once."""
    found: dict[str, str] = {}
    for of in REPORTS.values():
        for kind in of.kinds():
            found.setdefault(f"{of.subject}/{kind.code}", f"{SUBJECTS[of.subject].label} {named(kind)}")
    return sorted(found.items())


def of_kind(rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
    subject, _slash, code = choice.partition("/")
    return rows.filter(subject_kind=subject, kind=code)


def by_name(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return the reports of records whose name, in either language, contains a text."""
    condition = Q(pk__in=[])
    for code in REPORTS:
        model, either = SUBJECTS[code].model, Q()
        for name in ("name_zh", "name_en"):
            try:
                model._meta.get_field(name)
            except FieldDoesNotExist:
                continue
            either |= Q(**{f"{name}__icontains": text})
        if either:
            condition |= Q(subject_kind=code, subject_id__in=model._base_manager.filter(either).values("pk"))
    return rows.filter(condition)


def by_host(rows: QuerySet[Any], hosts: Any) -> QuerySet[Any]:
    """Return the reports of records of some institutions."""
    condition = Q(pk__in=[])
    for code in REPORTS:
        if path := SUBJECTS[code].paths.get("organisation"):
            keys = SUBJECTS[code].model._base_manager.filter(**{f"{path}__in": hosts.values("pk")}).values("pk")
            condition |= Q(subject_kind=code, subject_id__in=keys)
    return rows.filter(condition)


def report_filters(rows: QuerySet[Any]) -> list[Filter]:
    periods = sorted(set(rows.order_by().values_list("period", flat=True)), reverse=True)
    return [
        Filter("name", _("名称"), typed="text", apply=by_name),
        Filter("kind", _("报告"), kind_choices(), apply=of_kind),
        Filter("period", _("报告期"), [(p, p) for p in periods], "period"),
        Filter("state", _("状态"), Report.State.choices, "state"),
        Filter("host", _("依托单位"), lookup=ORGANISATIONS, apply=by_host),
    ]


def kinds_chosen(choice: str) -> list[ReportKind]:
    """Return the kinds that a choice of the filter means: one code may stand for several, each of some records."""
    subject, _slash, code = choice.partition("/")
    of = REPORTS.get(subject)
    return [k for k in of.kinds() if k.code == code] if of else []


def answer_columns(choice: str) -> list[Column]:
    """Return the answers of a kind as columns of a file; those of several forms side by side, a question once."""
    columns: dict[str, Column] = {}
    for kind in kinds_chosen(choice):
        for f in kind.form.fields:
            columns.setdefault(f.code, Column(label(f), _cell(f), screen=False))
    return list(columns.values())


def _cell(f: Field) -> Callable[[Any], Any]:
    def value(report: Any) -> Any:
        one = filing(report)
        own = one.form.field(f.code) if one else None
        return own.of.for_sheet(own, one.answers.get(f.code), one.answers) if one and own else None

    return value
