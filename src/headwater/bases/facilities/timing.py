"""Machine time by request: what can be asked for at all, what follows when a request is accepted, demand against supply by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from headwater.bases.facilities.models import MachineTime
from headwater.bases.models import Base
from headwater.casework.reports.queries import accepted_reports
from headwater.casework.requests.models import Request
from headwater.core.command import Log
from headwater.core.errors import Reason
from headwater.core.i18n import named
from headwater.registers.declared import Weighing

HOURS, YEAR, PURPOSE = "hours", "time_year", "purpose"
"""The questions that a request with these guards and effects asks."""
SUPPLY = "supply"
"""The question that says what can be offered in a year: of the record as planned, of the report as it was."""
USED = "user"
"""The question of a report that says how many hours users had."""


def within_supply(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """What is asked for fits into what the record says can be offered in a year, with what was given already (1 query)."""
    hours, year = weighing.values.get(HOURS), weighing.values.get(YEAR)
    if hours is None or year is None:
        return {}
    rows = MachineTime.objects.filter(base__in=[e.pk for e in entries], year=int(year)).order_by().values_list("base")
    given, reasons = dict(rows.annotate(n=Sum("given"))), {}
    for entry in entries:
        supply = entry.answers.get(SUPPLY)
        if not isinstance(supply, (int, float)):
            reasons[entry.pk] = Reason(_("还没有登记每年计划供机时，不能申请"), field=HOURS, code="supply")
        elif (left := int(supply) - given.get(entry.pk, 0)) < int(hours):
            words = {"year": int(year), "supply": int(supply), "left": max(0, left)}
            text = _("%(year)d 年计划供机时 %(supply)d 小时，还可申请 %(left)d 小时")
            reasons[entry.pk] = Reason(text % words, field=HOURS, code="supply")
    return reasons


def book_time(entries: Sequence[Any], weighing: Weighing, log: Log) -> None:
    """Write down the machine time that was asked for: given as it was asked; the keeper of the base may give less."""
    person = getattr(weighing.account, "person", None)
    organisation = person.organisation if person else None
    for entry in entries:
        own = organisation is not None and organisation.pk == entry.host_id
        hours = int(weighing.values[HOURS])
        row = MachineTime.objects.create(
            base_id=entry.pk,
            request=weighing.request,
            user=person.name_zh if person else str(weighing.account or ""),
            organisation=organisation,
            standing=MachineTime.Standing.INSIDE if own else MachineTime.Standing.OUTSIDE,
            purpose=str(weighing.values.get(PURPOSE) or "")[:300],
            year=int(weighing.values[YEAR]),
            asked=hours,
            given=hours,
        )
        about = f"机时：{row.user}（{named(organisation) if organisation else '—'}）{row.year} 年 {hours} 小时"
        log(entry, after={"about": about, "table": "machine_time", "row": row.pk})


@dataclass(frozen=True)
class YearOfTime:
    """The hours of one year: what could be offered, what was asked for and given, what users had; None where nobody said."""

    year: int
    supply: int | None
    asked: int
    given: int
    used: int | None


def years_of(base: Base, first: int, last: int) -> list[YearOfTime]:
    """Return demand and supply of a facility by year: from machine time, open requests, accepted reports and the plan of the record (4
    queries). The plan of the record stands for years of which no report was accepted.
    """
    rows = MachineTime.objects.filter(base=base, year__range=(first, last)).order_by().values("year")
    sums = {r["year"]: r for r in rows.annotate(asked=Sum("asked"), given=Sum("given"), used=Sum("used"))}
    waiting = _waiting(base)
    reports = accepted_reports(base._meta.label_lower, [base.pk])
    reported = {r.since.year: r.answers for r in reports if SUPPLY in r.answers}
    plan = base.answers.get(SUPPLY)
    years = []
    for year in range(first, last + 1):
        row: Mapping[str, Any] = sums.get(year) or {}
        report = reported.get(year, {})
        supply, used = report.get(SUPPLY, plan), report.get(USED, row.get("used"))
        asked = (row.get("asked") or 0) + waiting.get(year, 0)
        years.append(YearOfTime(year, _whole(supply), asked, row.get("given") or 0, _whole(used)))
    return years


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None


def _waiting(base: Base) -> dict[int, int]:
    """Return the hours of requests that wait for an answer, by year."""
    rows = Request.objects.filter(subject_kind=base._meta.label_lower, subject_id=base.pk, state=Request.State.OPEN)
    found: dict[int, int] = {}
    for answers in rows.values_list("answers", flat=True):
        hours, year = _whole((answers or {}).get(HOURS)), _whole((answers or {}).get(YEAR))
        if hours is not None and year is not None:
            found[year] = found.get(year, 0) + hours
    return found
