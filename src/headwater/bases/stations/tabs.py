"""The tab of a station: its site on a map, plots, sensors and programmes with how complete they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from headwater.bases.standards.bars import held_against
from headwater.bases.standards.shown import figures_of
from headwater.bases.stations import geometry, rules, tables
from headwater.bases.stations.figures import by_programme, last_year
from headwater.bases.stations.models import Plot, Programme
from headwater.bases.tables.lists import parts_of
from headwater.bases.tables.parts import has_tables, tables_of
from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.permission import may
from headwater.registers.declared import TABS, Tab
from headwater.registers.shapes import Kind

TABLES = (tables.PLOTS, tables.SENSORS, tables.PROGRAMMES, tables.COUNTS)


def site(request: HttpRequest, entry: Any, kind: Kind) -> tuple[str, Mapping[str, Any]]:
    """Show the site and its figures to everybody; the tables themselves only to those who see the entry from inside."""
    today, inside = clock.today(), may(request.user, "registers.view", entry)
    return "bases/stations/tab.html", {
        "site": site_of(entry),
        "parts": parts_of(request, entry, TABLES) if inside else [],
        "figures": figures_of(entry, today, *TABLES),
        "bars": held_against(entry, today) if inside else [],
        "items": items_of(entry) if has_tables(kind, tables.PROGRAMMES) else [],
        "has_counts": tables.COUNTS in tables_of(kind),
        "year": today.year - 1,
    }


def site_of(entry: Any) -> geometry.Drawing | None:
    """Draw the plots of a station, and the station itself where its position is known (1 query)."""
    marks = []
    for plot in Plot.objects.filter(base=entry):
        corners = plot.outline
        if not corners and plot.latitude is not None and plot.longitude is not None:
            corners = [[float(plot.longitude), float(plot.latitude)]]
        if corners:
            marks.append(geometry.Mark(plot.name, corners))
    if entry.latitude is not None:
        marks.append(geometry.Mark(named(entry), [[float(entry.longitude), float(entry.latitude)]], "station"))
    return geometry.drawing(marks) if len(marks) > 1 or any(len(m.corners) > 1 for m in marks) else None


@dataclass(frozen=True)
class Item:
    """A programme with what it gave in a period; `complete` in per cent, None where nobody counted."""

    programme: Programme
    observed: int
    expected: int

    @property
    def complete(self) -> Decimal | None:
        return rules.completeness([(self.observed, self.expected)]) if self.expected else None


def items_of(entry: Any) -> list[Item]:
    """Return the programmes of a station with their observations of the last whole year (2 queries)."""
    since, until = last_year(clock.today())
    counts = by_programme(entry.pk, since, until)
    rows = Programme.objects.filter(base=entry, since__lte=until).exclude(until__lt=since).order_by("item")
    return [Item(p, *counts.get(p.pk, (0, 0))) for p in rows]


TABS.add("site", Tab(gettext_lazy("站区与观测"), 15, lambda kind: has_tables(kind, *TABLES), site, public=True))
