"""Pages of the links of invitations: a link is opened, shown once, and ended."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.joining.services.inviting import end_link, find_link, send_again
from headwater.calls.models import Link, Participant
from headwater.core.rates import count_use
from headwater.core.web import attempt

LINKS_A_MINUTE = 30
"""Openings of links from one address; more is somebody trying keys."""


SENDINGS_A_MINUTE = 10
"""Invitations that one account sends: each is a mail to an address that the sender chose."""


def sends_too_often(request: HttpRequest) -> bool:
    if not count_use(f"invite:{request.user.pk}", SENDINGS_A_MINUTE).over:
        return False
    messages.error(request, _("发送邀请过于频繁，请一分钟后再试"))
    return True


def sealed(response: HttpResponse) -> HttpResponse:
    """Seal a page whose address is a key: no index, no copy. No page here sends its address to other sites (the site's policy);
    it must send it to this site, as a form without an origin is refused.
    """
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def ended(request: HttpRequest, end: str, status: int) -> HttpResponse:
    """Show a plain page that says what to do. A key that never was and one that belongs elsewhere look the same."""
    return sealed(render(request, "calls/joining/link_end.html", {"end": end}, status=status))


def followed(request: HttpRequest, key: str, kind: str) -> Link | HttpResponse:
    """Return the live link of a key, or the page that answers instead of it."""
    if count_use(f"link:{request.META.get('REMOTE_ADDR', '')}", LINKS_A_MINUTE).over:
        return ended(request, "often", 429)
    link = find_link(key)
    if link is None or getattr(link, kind) is None:
        return ended(request, "unknown", 404)
    if link.end:
        return ended(request, link.end, 410)
    return link


def new_link(request: HttpRequest, application: Any, address: str, name: str, email: str, section: str) -> HttpResponse:
    context = {"application": application, "address": address, "name": name, "email": email, "section": section}
    return sealed(render(request, "calls/joining/link_new.html", context))


def member_link(request: HttpRequest, row: Participant) -> HttpResponse:
    """Show the leader a new link, in this one answer only."""
    result: dict[str, str] = {}

    def work() -> None:
        result["key"] = send_again(participant=row, actor=request.actor)

    if sends_too_often(request) or not attempt(request, work):
        return redirect("application_edit", pk=row.application_id, section="members")
    address = request.build_absolute_uri(reverse("confirm", args=[result["key"]]))
    return new_link(request, row.application, address, row.person.name_zh, row.person.email, "members")


def member_link_end(request: HttpRequest, row: Participant) -> HttpResponse:
    attempt(request, lambda: end_link(participant=row, actor=request.actor), success=_("链接已失效；对方登录后仍可确认。"))
    return redirect("application_edit", pk=row.application_id, section="members")
