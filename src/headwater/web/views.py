"""The shell: demo entry and error pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.core.models import Account
from headwater.core.permission import PUBLIC, page
from headwater.web.entries import entries


@page(PUBLIC, methods=("POST",))
def demo_enter(request: HttpRequest) -> HttpResponse:
    """Enter the demo as one of its listed accounts; outside the demo this page does not exist."""
    if not settings.DEMO:
        raise Http404
    name = request.POST.get("username", "")
    if name not in {e.username for e in entries()}:
        raise Http404
    login(request, Account.objects.get(username=name), backend="headwater.web.accounts.Backend")
    return redirect("desk")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "400.html", {"reason": _("页面停留太久，请返回刷新后重试。")}, status=403)
