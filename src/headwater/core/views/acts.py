"""The page of an act that is read before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.core.acts import Act
from headwater.core.errors import Refused
from headwater.core.web import attempt


def confirm_act(
    request: HttpRequest,
    act: Act,
    work: Callable[[], Any],
    success: Any,
    *,
    then: str = "",
    template: str = "core/act.html",
    **context: Any,
) -> HttpResponse:
    """Show an act; once it is confirmed as it was shown, do it and open `then`, or where it came from."""
    status = 200
    if request.POST.get("confirmed"):
        if _ready(request, act) and attempt(request, work, form=act.form, success=success):
            return redirect(then or act.back)
        status = 422
    return render(request, template, {"act": act, "form": act.form, **context}, status=status)


def _ready(request: HttpRequest, act: Act) -> bool:
    """Tell whether an act may be done now: nothing stands against it, it is as it was read, its form is filled in."""
    try:
        act.sight.require(request.POST.get("seen", ""))
    except Refused as refused:
        messages.warning(request, str(refused))
        return False
    ticked = set(request.POST.getlist("acknowledged"))
    if not {str(n) for n in range(1, len(act.warnings) + 1)} <= ticked:
        messages.error(request, _("请先逐条确认提示"))
        return False
    return not act.blocked and (act.form is None or act.form.is_valid())


def given(request: HttpRequest) -> Any:
    """Return what a form of an act is bound to: nothing before the confirmation."""
    return request.POST if request.POST.get("confirmed") else None
