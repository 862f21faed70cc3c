"""Pages for two people in one draft: who else is there, and words that arrived after the session was over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from headwater.calls.applying.writing import ApplicationWriting
from headwater.calls.pages import mine
from headwater.core.permission import access, page
from headwater.forms import editing


def writing_of(request: HttpRequest, pk: int) -> ApplicationWriting:
    return ApplicationWriting(access(request.user, "calls.application.write", mine(request), pk=pk), request.user)


@page("calls.apply", methods=("POST",))
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the editor is still open, every half minute, and answer with who else is there."""
    return editing.presence(request, writing_of(request, pk))


@page("calls.apply", methods=("POST",))
def drop_unsaved(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    return editing.drop_unsaved(request, writing_of(request, pk), section)
