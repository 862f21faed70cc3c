"""The editor of a request: the doors that `forms.editing` and `forms.version_pages` open, for its proposer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.casework.requests.views.doors import found, tabs_of
from headwater.casework.requests.writing import RequestWriting
from headwater.core.permission import page
from headwater.forms import editing, version_pages


def writing_of(http: HttpRequest, pk: int, action: str = "requests.write") -> RequestWriting:
    return RequestWriting(found(http, pk, action))


@page("requests.list", signed_out=editing.keep_for_later)
def edit(http: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Show a section. Without script its button saves; with script every change is saved as it is made."""
    writing = writing_of(http, pk)
    if writing.form.section(section) is None:
        raise Http404

    def show(errors: Mapping[str, str] = {}, base: Mapping[str, Any] = {}, status: int = 200) -> HttpResponse:
        context = editing.section_context(http, writing, section, errors, base)
        return render(
            http, "requests/edit.html", {**context, "tabs": tabs_of(writing), "request_row": writing.row}, status=status
        )

    return editing.edit(http, writing, section, show)


@page("requests.list", methods=("POST",))
def save(http: HttpRequest, pk: int) -> HttpResponse:
    refusal = editing.wrong_account(http)
    return refusal if refusal is not None else editing.autosave(http, writing_of(http, pk))


@page("requests.list", methods=("POST",))
def presence(http: HttpRequest, pk: int) -> HttpResponse:
    return editing.presence(http, writing_of(http, pk))


@page("requests.list", methods=("POST",))
def drop_unsaved(http: HttpRequest, pk: int, section: str) -> HttpResponse:
    return editing.drop_unsaved(http, writing_of(http, pk), section)


@page("requests.list")
def versions(http: HttpRequest, pk: int) -> HttpResponse:
    return version_pages.versions(http, writing_of(http, pk, "requests.view"))


@page("requests.list")
def compare(http: HttpRequest, pk: int) -> HttpResponse:
    return version_pages.compared(http, writing_of(http, pk, "requests.view"))


@page("requests.list", methods=("POST",))
def restore(http: HttpRequest, pk: int, version: int) -> HttpResponse:
    return version_pages.restored(http, writing_of(http, pk), version)
