"""The page on which people see where they are signed in, and end what they do not know."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.core.permission import SIGNED_IN, page
from headwater.core.sign_ins import end_sign_ins, open_sign_ins
from headwater.core.web import attempt, key_in


@page(SIGNED_IN)
def sessions(request: HttpRequest) -> HttpResponse:
    """Show one's own sessions, with the present one marked; each other one, or all of them, can be ended at once."""
    own = request.session.session_key or ""
    if request.method == "POST":
        only = key_in(request.POST, "end")
        if only or request.POST.get("others"):
            attempt(
                request,
                lambda: end_sign_ins(account=request.user, actor=request.actor, only=only, keep=own),
                success=_("已退出，立即生效。"),
            )
        return redirect("sessions")
    return render(request, "core/sessions.html", {"rows": open_sign_ins(request.user), "own": own})
