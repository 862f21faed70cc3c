"""Parts of the page of a base: its people, its running, what cultivates it; inside, and what its kind makes public."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headwater.bases.cultivation.declared import gaps_of
from headwater.bases.cultivation.queries import standings
from headwater.bases.labs.standing import lacking, lasting_guards
from headwater.bases.people.services import PEOPLE
from headwater.bases.rows.columns import plain_number
from headwater.bases.rows.declared import holds_of, tables_of
from headwater.bases.rows.pages import has_public, inside_part, may_keep, public_part
from headwater.core import clock
from headwater.registers.declared import TABS, Tab
from headwater.registers.shapes import AT_WORK, Kind

Content = tuple[str, Mapping[str, Any]]


def _has(tab: str) -> Callable[[Kind], bool]:
    return lambda kind: bool(tables_of(kind, tab))


def _public(tab: str) -> Callable[[Kind], bool]:
    return lambda kind: has_public(kind, tab)


def staff(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    """Show the people; who keeps the base also reaches the months of last year and of this one."""
    words = inside_part(request, entry, kind, "staff")
    if holds_of(kind, PEOPLE) and may_keep(request, entry):
        year = clock.today().year
        words["more"] = [(gettext("%d 年在岗月数") % y, reverse("base_months", args=[entry.pk, y])) for y in (year - 1, year)]
    return "bases/parts.html", words


def opening(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    """Show what the base keeps, and what it lacks of what running asks."""
    words = inside_part(request, entry, kind, "opening")
    if entry.group in AT_WORK and lasting_guards(kind):
        words["standing"] = {"missing": lacking([entry]).get(entry.pk, [])}
    return "bases/parts.html", words


def cultivation(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    """Show how ready a cultivated base is, its gap table, and what supports it."""
    words: dict[str, Any] = inside_part(request, entry, kind, "cultivation")
    if not gaps_of(kind):
        return "bases/parts.html", words
    found = standings([entry])[0]
    rows = [
        (line, [(plain_number(line.now.get(y)), plain_number(line.plan.get(y))) for y in found.years]) for line in found.lines
    ]
    words |= {"standing": found, "gap_rows": rows, "nothing": None}
    if may_keep(request, entry):
        year = clock.today().year
        words |= {"known_url": reverse("base_gap_known", args=[entry.pk, year]), "known_year": year}
    return "bases/readiness.html", words


def outside(tab: str) -> Callable[[HttpRequest, Any, Kind], Content]:
    return lambda _request, entry, kind: ("bases/public_parts.html", public_part(entry, kind, tab))


TABS.add("staff", Tab(_("队伍"), 12, _has("staff"), staff))
TABS.add("opening", Tab(_("运行与开放"), 14, _has("opening"), opening))
TABS.add("cultivation", Tab(_("培育"), 16, _has("cultivation"), cultivation))
TABS.add("public-cultivation", Tab(_("支持计划"), 16, _public("cultivation"), outside("cultivation"), public=True, inside=False))
TABS.add("public-staff", Tab(_("队伍"), 12, _public("staff"), outside("staff"), public=True, inside=False))
TABS.add("public-opening", Tab(_("运行与开放"), 14, _public("opening"), outside("opening"), public=True, inside=False))
