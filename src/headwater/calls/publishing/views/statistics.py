"""The statistics of a call: its pictures, each with its table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.calls.pages import the_call
from headwater.calls.pictures import pictures_of
from headwater.core.permission import page


@page("calls.statistics")
def statistics(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "calls.statistics")
    return render(
        request,
        "calls/publishing/statistics.html",
        {"call": call, "pictures": pictures_of(request.user, [call]), "tab": "statistics"},
    )
