"""The list of what is due: with which base, which verb, and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.bases.standards.dues import due_verbs
from headwater.core import clock
from headwater.core.permission import page
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of


@page("bases.dues")
def dues(request: HttpRequest) -> HttpResponse:
    """List the bases with which a rule of their kind asks for something; invented ones apart from real ones."""
    invented = "invented" in request.GET
    every = due_verbs(clock.today())
    real, made_up = [d for d in every if not d.base.invented], [d for d in every if d.base.invented]
    shown = made_up if invented or not real else real
    context = {
        "rows": [(due, page_of(register_of(due.base), due.base)) for due in shown],
        "real_count": len(real),
        "invented_count": len(made_up),
        "invented": shown is made_up,
        "may_act": request.user.has_perm("registers.open"),
    }
    return render(request, "bases/standards/due_list.html", context)
