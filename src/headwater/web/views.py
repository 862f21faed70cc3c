"""The shell: demo entry and error pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from headwater.core.models import Account
from headwater.core.permission import PUBLIC, page
from headwater.forms.unsaved import keep_unsaved
from headwater.web.entries import entries
from headwater.web.tour import tour_here, with_people


@page(PUBLIC, methods=("POST",))
def demo_enter(request: HttpRequest) -> HttpResponse:
    """Enter the demo as one of its listed accounts; outside the demo this page does not exist."""
    if not settings.DEMO:
        raise Http404
    name = request.POST.get("username", "")
    if name not in {e.username for e in entries()}:
        raise Http404
    login(request, Account.objects.get(username=name), backend="headwater.web.accounts.Backend")
    target = request.POST.get("next", "")
    return redirect(target if url_has_allowed_host_and_scheme(target, {request.get_host()}) else "desk")


@page(PUBLIC)
def tour(request: HttpRequest) -> HttpResponse:
    """Show the region's tour through the year; outside the demo, or where the region has none, this page does not exist."""
    found = tour_here(get_language() or "") if settings.DEMO else None
    if found is None:
        raise Http404
    return render(request, "tour.html", {"tour": found, "steps": with_people(found.steps, entries())})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer requests that cannot be read, such as one with too many fields. Django's own pages read the body again, and fail."""
    return HttpResponse(render_to_string("400.html"), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a page older than the log-in: an editor's words are kept and shown again, anything else has to be sent anew."""
    match = resolve(request.path)
    if match.url_name == "application_edit":
        draft = {"signature": request.POST.get("_who", ""), "body": request.POST.urlencode()}
        if keep_unsaved(pk=match.kwargs["pk"], section=match.kwargs["section"], **draft):
            return redirect(request.path)
    return render(request, "400.html", {"reason": _("页面停留太久，请返回刷新后重试。")}, status=403)
