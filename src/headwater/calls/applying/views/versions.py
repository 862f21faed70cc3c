"""Pages of the versions of an application: the list, two of them side by side, and restoring one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from headwater.calls.applying.writing import ApplicationWriting
from headwater.calls.pages import mine
from headwater.core.permission import access, page
from headwater.forms import version_pages


def writing_of(request: HttpRequest, pk: int, action: str) -> ApplicationWriting:
    return ApplicationWriting(access(request.user, action, mine(request), pk=pk), request.user)


@page("calls.application.list")
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """List all versions for those who write in the application; for host, agency and officers the submitted ones."""
    return version_pages.versions(request, writing_of(request, pk, "calls.application.view"))


@page("calls.application.list")
def compare_versions(request: HttpRequest, pk: int) -> HttpResponse:
    return version_pages.compared(request, writing_of(request, pk, "calls.application.view"))


@page("calls.apply", methods=("POST",))
def restore_version(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    return version_pages.restored(request, writing_of(request, pk, "calls.application.write"), version)
