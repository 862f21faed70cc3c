"""Pages on which a call ends: what is still open, and the act that finishes it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.finishing import finish_call, still_open
from headwater.calls.pages import the_call
from headwater.core.permission import page
from headwater.core.web import attempt


@page("calls.notice.publish")
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what has not ended in a call. When nothing is left, the officer finishes it without waiting for the worker."""
    call = the_call(request, pk, "calls.notice.publish")
    if request.method == "POST":
        if attempt(request, lambda: finish_call(call=call, actor=request.actor), success=_("批次已办结。")):
            return redirect("call_board", pk=pk)
        return redirect("call_finish", pk=pk)
    return render(request, "calls/deciding/finish.html", {"call": call, "parts": still_open(call)})
