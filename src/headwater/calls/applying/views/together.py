"""Pages for two people in one draft: who else is there, where both wrote in one place, and words that arrived after the session
was over.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from headwater.calls.applying.views.parts import presence_context
from headwater.calls.pages import mine
from headwater.calls.stores import APPLICATIONS
from headwater.core.permission import access, page
from headwater.forms.unsaved import forget_unsaved


@page("calls.apply", methods=("POST",))
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the editor is still open, every half minute, and answer with who else is there."""
    row = access(request.user, "calls.application.write", mine(request), pk=pk)
    return render(request, "calls/applying/presence.html", {"application": row, **presence_context(row, request.user)})


@page("calls.apply", methods=("POST",))
def drop_unsaved(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    row = access(request.user, "calls.application.write", mine(request), pk=pk)
    forget_unsaved(APPLICATIONS.of(row.pk), section=section, actor=request.actor)
    return redirect("application_edit", pk=pk, section=section)
