"""Who acts, and the three ways a request can fail without being the user's fault or the code's."""

from __future__ import annotations

import errno
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from headwater.core.api import client_address, problem
from headwater.core.command import Actor
from headwater.core.errors import NotAllowed
from headwater.core.second_factor import lacks_second_factor
from headwater.core.sign_ins import SEEN_EVERY, note_sign_in
from headwater.core.text import clean_fields

Next = Callable[[HttpRequest], HttpResponse]


class UnavailableMiddleware:
    """The middleware answers with one clear page and status 503, never a traceback, while the database is down or the disk full."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            return self._page(request, error)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        down = isinstance(error, (OperationalError, InterfaceError)) or disk_is_full(error)
        return self._page(request, error) if down else None

    def _page(self, request: HttpRequest, error: Exception) -> HttpResponse:
        logging.getLogger("headwater").error("not available: %s", str(error).splitlines()[0] if str(error) else error)
        response: HttpResponse
        if request.path.startswith("/api/"):
            response = problem(503, "Service unavailable")
        else:
            response = HttpResponse(render_to_string("503.html", {"disk": disk_is_full(error)}), status=503)
        response["Retry-After"] = "5"
        return response


def disk_is_full(error: BaseException) -> bool:
    """Say whether the file system or the database had no room to write."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error.__cause__, psycopg.errors.DiskFull)


class CharsetMiddleware:
    """The middleware refuses any charset but UTF-8, which browsers send, before anything tries to read by it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.strip("\"' ").lower() not in {"utf-8", "utf8"}:
            return HttpResponse(render_to_string("400.html"), status=415)
        return self.get_response(request)


class CleanTextMiddleware:
    """The middleware cleans every form and query before a view sees it, so that no view can forget to."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        request.GET = clean_fields(request.GET)
        if request.method == "POST":
            request.POST = clean_fields(request.POST)


class ActorMiddleware:
    """The middleware puts the actor of commands on the request: account, address and a request id that every event carries."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex[:16]
        account = request.user if request.user.is_authenticated else None
        address = request.META.get("REMOTE_ADDR", "")
        request.actor = Actor(account=account, source=f"web:{address}", request_id=request_id)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        if request.user.is_authenticated:
            response.setdefault("Cache-Control", "private, no-store")
        return response


class SecondFactorMiddleware:
    """The middleware leads whoever decides or administers without a second factor to set it up; they can do nothing else until then."""

    OPEN = ("/accounts/", "/language/", "/api/")
    """Where one enters, leaves and sets up; programs show a token, which is refused by itself."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.lacks_second_factor = request.user.is_authenticated and lacks_second_factor(request.user)  # type: ignore[attr-defined]
        if request.lacks_second_factor and not request.path.startswith(self.OPEN):  # type: ignore[attr-defined]
            return redirect("mfa_activate_totp")
        return self.get_response(request)


class SignInMiddleware:
    """The middleware notes the sessions of an account, so that its owner can end them. It writes a session at most every five minutes."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        if request.user.is_authenticated and session.session_key:
            key, at = session.get("noted", ("", 0.0))
            if key != session.session_key or time.time() - at > SEEN_EVERY.total_seconds():
                note_sign_in(
                    account=request.user,
                    key=session.session_key,
                    before=key,
                    address=client_address(request),
                    agent=request.headers.get("User-Agent", ""),
                )
                session["noted"] = (session.session_key, time.time())
        return response


class RefusalMiddleware:
    """The middleware answers 403 to a command that says "not allowed", and 400 to text that no database can hold (a NUL)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotAllowed):
            raise PermissionDenied(str(error))
        if isinstance(error, DataError) and request.path.startswith("/api/"):
            return problem(400, _("请求有误"))
        if isinstance(error, DataError):
            return render(request, "400.html", status=400)
        return None
