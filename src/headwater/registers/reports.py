"""Entries as records that report: which reports they owe, and from when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import DateField, F, Func, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Least

from headwater.casework.reports.kinds import REPORTS, ReportKind, ReportsOf
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.kinds import kind_of, kinds_here
from headwater.registers.lineage import chains
from headwater.registers.models import Entry, Succession
from headwater.registers.parts import REPORT
from headwater.registers.shapes import BUILT_IN

YEAR = "date_trunc('year', %(expressions)s)::date"
HALF = "(date_trunc('year', %(expressions)s + interval '6 months') - interval '6 months')::date"
PERIOD_STARTS = {"year": (YEAR,), "half_year": (YEAR, HALF)}
"""The first day of the period in which a day lies: the last of these."""


def declare_reports(register: RegisterOf) -> None:
    """Declare the reports of the entries of a table."""
    label, model = register.label_of_model, register.model

    def earlier(entry: Any) -> Sequence[int]:
        return [key for key in chains(label, [entry.pk]).get(entry.pk, []) if key != entry.pk]

    def kinds() -> Iterable[ReportKind]:
        here = [kind for kind in kinds_here().values() if kind.register in REGISTERS and REGISTERS[kind.register].model is model]
        return [report for kind in here for report in reports_of(kind)]

    REPORTS.add(
        label,
        ReportsOf(
            subject=label,
            kinds=kinds,
            of=of_entry,
            owing=lambda report: owing(register, report),
            writers=tuple(k.role for k in register.keepers),
            built_in=BUILT_IN,
            earlier=earlier,
        ),
    )


def reports_of(kind: Any) -> tuple[ReportKind, ...]:
    """Return the reports that entries of a kind owe."""
    reports: tuple[ReportKind, ...] = kind.parts.get(REPORT, ())
    return reports


def of_entry(entry: Any) -> Mapping[str, ReportKind]:
    return {report.code: report for report in reports_of(kind_of(entry))}


def owing(register: RegisterOf, report: ReportKind) -> QuerySet[Any]:
    """Return the entries that owe a kind of report, with the days from and until which they are at work. What took the place of another in
    a period owes the report of the whole period: the other was not at work any more at its end. A kind that names states is owed by the
    entries that are in one of them, from the day on which they began in the house.
    """
    if report.within:
        return of_states(register, report)
    rows: QuerySet[Any] = register.model._default_manager.filter(kind=report.of, since__isnull=False)
    since: Any = F("since")
    if templates := PERIOD_STARTS.get(report.every):
        links = Succession.objects.filter(subject_kind=register.label_of_model, after_id=OuterRef("pk")).order_by("on")
        starts = [_day(Subquery(links.values("on")[:1], output_field=DateField()), template) for template in templates]
        since = Least(since, Greatest(*starts) if len(starts) > 1 else starts[0])
    owing_rows: QuerySet[Any] = rows.annotate(
        owed_since=since, owed_until=Coalesce(_day(F("succeeded_on"), "(%(expressions)s - 1)"), F("until"))
    )
    return owing_rows


FROM_THE_START = (Entry.Origin.OFFICER, Entry.Origin.DECISION)
"""Ways of entry of what begins in the house: what came from a table or from public sources was there before, and owes no plan of it."""


def of_states(register: RegisterOf, report: ReportKind) -> QuerySet[Any]:
    """Return the entries of a kind in some states that began in the house; of several calendar periods those since then are owed."""
    rows = register.model._default_manager.filter(kind=report.of, state__in=report.within, origin__in=FROM_THE_START)
    found: QuerySet[Any] = rows.annotate(owed_since=F("opened_on"), owed_until=F("until"))
    return found


def _day(of: Any, template: str) -> Func:
    return Func(of, template=template, output_field=DateField())
