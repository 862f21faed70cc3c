"""The cultivation of bases: what everybody reads, what leaders and officers read, and figures taken from the records."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.bases.cultivation.queries import cultivated_kinds, programme, standings, steps_of, support_of
from headwater.bases.cultivation.services import take_known
from headwater.bases.doors import KEEP, base_for
from headwater.core import clock
from headwater.core.permission import PUBLIC, page
from headwater.core.web import attempt
from headwater.registers.doors import page_of
from headwater.registers.finding import address_of
from headwater.registers.listings import INVENTED
from headwater.registers.subjects import register_of


def _programmes(request: HttpRequest) -> list[Any]:
    asked = True if INVENTED in request.GET else None
    return [programme(kind, invented=asked) for kind in cultivated_kinds()]


def _linked(bases: list[Any], *, public: bool) -> list[tuple[Any, str]]:
    """Return bases with the address of their page: the public one, or that from inside."""
    if public:
        return [(b, address_of(register_of(b), b)) for b in bases if b.is_public]
    return [(b, page_of(register_of(b), b, "cultivation")) for b in bases]


@page(PUBLIC)
def public(request: HttpRequest) -> HttpResponse:
    """Show the targets, how many are there, the themes and the bases that are cultivated."""
    parts = []
    for found in _programmes(request):
        themes = [(t, _linked(t.bases, public=True), _linked(t.reached, public=True)) for t in found.themes]
        parts.append({"found": found, "themes": themes, "bases": _linked(found.bases, public=True)})
    return render(request, "bases/cultivation.html", {"parts": parts})


@page("bases.read_cultivation")
def office(request: HttpRequest) -> HttpResponse:
    """Show how ready each base is, what it lacks, when it gets there, and the pipeline against the targets."""
    parts = []
    for found in _programmes(request):
        rows = standings(found.bases)
        support = support_of(found.bases)
        lines = [
            {"standing": s, "url": page_of(register_of(s.base), s.base, "cultivation"), "support": support.get(s.base.pk)}
            for s in sorted(rows, key=lambda s: (-s.ready.percent, s.base.number))
        ]
        parts.append({"found": found, "lines": lines, "steps": steps_of(found, rows), "asked": _asked(found)})
    return render(request, "bases/cultivation_office.html", {"parts": parts, "year": clock.today().year})


def _asked(found: Any) -> dict[int, tuple[float, float | None]]:
    """Return what the targets ask by the end of their years."""
    return {t.by: (t.least, t.most) for t, _n in found.targets if t.by}


@page(KEEP, methods=("POST",))
def known(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """Take over what the house knows of the indicators of a base for a year."""
    entry = base_for(request, pk, KEEP)
    attempt(request, lambda: take_known(entry=entry, year=year, actor=request.actor), success=_("已从系统记录取数。"))
    return redirect(page_of(register_of(entry), entry, "cultivation"))
