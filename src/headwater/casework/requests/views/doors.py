"""How pages of requests reach a request or its record, and what the pages of one that is being written have in common."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.requests.declared import REQUESTS
from headwater.casework.requests.models import Request
from headwater.casework.requests.versions import kind_of
from headwater.casework.requests.writing import RequestWriting
from headwater.casework.subjects import SUBJECTS
from headwater.core.permission import access
from headwater.forms.editing import section_tabs


def record_at(http: HttpRequest, kind: str, key: int) -> Any:
    """Return the record of an address that the reader may know of, and about which there can be requests."""
    if kind not in REQUESTS:
        raise Http404
    reach = REQUESTS[kind].reach
    record = SUBJECTS[kind].visible(http.user).filter(pk=key).first()
    if record is None and reach is not None:
        record = reach().filter(pk=key).first()
    if record is None:
        raise Http404
    return record


def found(http: HttpRequest, pk: int, action: str) -> Request:
    """Return the request of an address, for who may do `action` to it."""
    rows = Request.objects.visible_to(http.user).select_related("proposed_by", "version")
    row: Request = access(http.user, action, rows, pk=pk)
    return row


def first_page(row: Request) -> str:
    """Return where writing begins: the first section, or the submission where nothing is asked."""
    form = kind_of(row).form
    if form.sections:
        return reverse("request_edit", args=[row.pk, form.sections[0].code])
    return reverse("request_submit", args=[row.pk])


def tabs_of(writing: RequestWriting) -> list[tuple[str, str, str]]:
    """List the parts of a request that is being written: (title, completeness, address)."""
    key = writing.key
    tabs = [(title, done, reverse("request_edit", args=[key, code])) for code, title, done in section_tabs(writing.answers)]
    if writing.form.attachments:
        tabs.append((_("附件"), str(writing.row.files.filter(comment=None).count()), reverse("request_files", args=[key])))
    return [*tabs, (_("核对并提交"), "", reverse("request_submit", args=[key]))]
