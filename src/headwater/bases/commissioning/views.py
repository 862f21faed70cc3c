"""The commissions of bases, for officers and those who read everything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.bases.commissioning.queries import commissions, years_of_money
from headwater.calls.models import Call
from headwater.calls.terms import terms_of
from headwater.core.permission import page

CAP = "direct_share_max_percent"


@page("bases.dues")
def board(request: HttpRequest) -> HttpResponse:
    """List the commissions that go on, those whose base does not fit any more first, with the share of the money of the year."""
    rows = commissions()

    def percent(call: Call) -> int | None:
        value = terms_of(call)(CAP)
        return None if value is None else int(value)

    context = {
        "rows": sorted(rows, key=lambda c: not c.is_flagged),
        "flagged": sum(c.is_flagged for c in rows),
        "years": years_of_money(rows, percent),
    }
    return render(request, "bases/commissioning/board.html", context)
