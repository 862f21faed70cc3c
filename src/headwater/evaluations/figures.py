"""Figures that the house computes of entries for their evaluation: any app adds what it knows, under the code that sheets name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.casework.bodies.models import Sitting, SittingItem
from headwater.casework.reports.models import Report
from headwater.core import clock
from headwater.core.register import Register

Read = Callable[[str, Sequence[int], date, date], Mapping[int, Decimal]]


@dataclass(frozen=True)
class FigureOf:
    """`read` gives the figure of entries of a table (its label, their keys) over a window of days, in a fixed number of queries; of what is
    absent nothing is known. As a computed score it stands from 0 to 100.
    """

    label: str | Promise
    read: Read


FIGURES: Register[FigureOf] = Register("figure of an evaluation")


def reports_in_time(label: str, keys: Sequence[int], since: date, until: date) -> dict[int, Decimal]:
    """Return the share, in per cent, of the reports of the window that were first handed in by their day (1 query)."""
    rows = Report.objects.filter(subject_kind=label, subject_id__in=keys, since__gte=since, until__lte=until)
    rows = rows.filter(due_on__lte=clock.today())
    counts = rows.order_by().values_list("subject_id")
    in_time = Count("pk", filter=Q(submitted_at__isnull=False, submitted_at__date__lte=F("due_on")))
    return {pk: Decimal(part * 100) / whole for pk, part, whole in counts.annotate(part=in_time, whole=Count("pk"))}


def committee_years(label: str, keys: Sequence[int], since: date, until: date) -> dict[int, Decimal]:
    """Return the share, in per cent, of the years of the window in which a standing body of the entry met (1 query)."""
    rows = SittingItem.objects.filter(
        sitting__state=Sitting.State.HELD,
        sitting__body__subject_kind=label,
        sitting__body__subject_id__in=keys,
        sitting__body__kind__definition__standing=True,
        sitting__meets_at__date__gte=since,
        sitting__meets_at__date__lte=until,
    )
    years = max(1, until.year - since.year + (1 if (until.month, until.day) >= (since.month, since.day) else 0))
    met: dict[int, set[int]] = {}
    for pk, year in rows.order_by().values_list("sitting__body__subject_id", "sitting__meets_at__year").distinct():
        met.setdefault(pk or 0, set()).add(year)
    return {pk: min(Decimal(100), Decimal(100 * len(on)) / years) for pk, on in met.items()}


FIGURES.add("reports_in_time", FigureOf(_("按时报送报告的比例"), reports_in_time))
FIGURES.add("committee_years", FigureOf(_("开过委员会会议的年度比例"), committee_years))
