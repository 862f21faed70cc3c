"""What every page shows: navigation by role, counts, the demo banner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from headwater.core.navigation import modules_for
from headwater.web.entries import grouped
from headwater.web.tour import tour_here

ENTRANCES = {"/", "/accounts/login/"}
"""Pages with a button for each of the demo's people; the tour has them at its steps."""


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"demo": settings.DEMO, "theme": request.COOKIES.get("theme", "auto")}
    if settings.DEMO and request.path in ENTRANCES:
        context |= {"demo_entries": grouped(), "toured": tour_here(get_language() or "") is not None}
    if user is not None and user.is_authenticated:
        unread = user.notifications.filter(read_at__isnull=True).count()
        context |= {"modules": modules_for(user, request.path), "unread": unread, "grants": user.grants}
    return context
