"""Attachments in the editor: a plain form without script; with script a protocol of small steps, each of which may be repeated.

    POST   applications/1/uploads/               kind, name, size, sha256  -> {url, offset, chunk}   begin, or go on
    GET    applications/1/uploads/<token>/                                 -> {offset, done}         how far is it?
    PUT    applications/1/uploads/<token>/       Upload-Offset: n, bytes   -> {offset}, or 409 {offset}
    POST   applications/1/uploads/<token>/finish/                          -> {attachment, state}
    DELETE applications/1/uploads/<token>/
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.applying.services.attachments import (
    MOST,
    attach,
    detach,
    drop_upload,
    finish_upload,
    open_uploads,
    start_upload,
)
from headwater.calls.applying.views.applicant import mine, shown
from headwater.calls.forms import AttachForm
from headwater.calls.models import Application
from headwater.calls.schemes import Scheme, scheme_of
from headwater.core.errors import Refused
from headwater.core.files import MAX_BYTES
from headwater.core.i18n import named
from headwater.core.models import StoredFile, Upload
from headwater.core.permission import access, may, page
from headwater.core.prepared import Prepared
from headwater.core.uploads import CHUNK, OutOfPlace, append
from headwater.core.web import attempt, key_in


def draft(request: HttpRequest, pk: int) -> Application:
    row: Application = access(request.user, "calls.application.edit", mine(request), pk=pk)
    return row


OWN = Prepared(
    lambda pk, account: (
        Application.objects.filter(pk=pk, leader__account=account)
        .select_related("call", "leader")
        .only("state", "title_zh", "number", "call__scheme", "leader__account")
    )
)


def own_draft(request: HttpRequest, pk: int, action: str = "calls.application.edit") -> Application:
    """Like `draft`, for requests that only act: the author's own application in one small read, without its texts."""
    row = OWN.one(pk, request.user.pk) if request.user.pk else None
    if row is not None and may(request.user, action, row):
        return row
    found: Application = access(request.user, action, mine(request), pk=pk)
    return found


def attach_form(scheme: Scheme, *args: Any, **more: Any) -> AttachForm:
    form = AttachForm(*args, **more)
    form.fields["kind"].choices = [(a.kind, named(a, "label")) for a in scheme.attachments]
    return form


def attachment_context(row: Application, request: HttpRequest) -> dict[str, Any]:
    """What the list of attachments shows: files with the state of their check, and uploads that were broken off."""
    listed = list(row.attachments.select_related("file"))
    return {
        "attachments": listed,
        "checking": any(a.file.state == StoredFile.State.CHECKING for a in listed),
        "waiting": open_uploads(row, request.actor),
        "room": MOST - len(listed),
        "most": MOST,
        "upload_limit": MAX_BYTES,
    }


@page("calls.apply", methods=("GET", "HEAD"))
def attachments(request: HttpRequest, pk: int) -> HttpResponse:
    """The list alone, for a page that waits for a check."""
    row = draft(request, pk)
    return render(request, "calls/applying/attachment_list.html", {**shown(row), "own": True, **attachment_context(row, request)})


@page("calls.apply", methods=("POST",))
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    row = own_draft(request, pk)
    if request.POST.get("remove"):
        found = get_object_or_404(row.attachments.select_related("application__leader", "file"), pk=key_in(request.POST, "remove"))
        attempt(request, lambda: detach(attachment=found, actor=request.actor), success=_("已删除。"))
        return redirect("application_edit", pk=pk, section="attachments")
    if request.POST.get("drop"):
        upload = own_upload(request, pk, request.POST["drop"])
        attempt(request, lambda: drop_upload(application=row, upload=upload, actor=request.actor), success=_("已删除。"))
        return redirect("application_edit", pk=pk, section="attachments")
    form = attach_form(scheme_of(row.call), request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        attempt(
            request,
            lambda: attach(
                application=row, kind=form.cleaned_data["kind"], name=upload.name, content=upload.read(), actor=request.actor
            ),
            success=_("已上传，系统正在检查。"),
        )
    else:
        messages.error(request, "；".join(e for es in form.errors.values() for e in es))
    return redirect("application_edit", pk=pk, section="attachments")


def own_upload(request: HttpRequest, pk: int, token: str) -> Upload:
    """An upload of the signed-in account to this application; that of anybody else does not exist."""
    return get_object_or_404(Upload, token=token, account=request.user, owner_type="calls.application", owner_id=pk)


def refused_answer(refused: Refused) -> JsonResponse:
    return JsonResponse({"errors": [{"field": r.field, "text": r.text, "code": r.code} for r in refused.reasons]}, status=422)


def progress(upload: Upload, status: int = 200) -> JsonResponse:
    return JsonResponse({"offset": upload.received, "size": upload.size, "done": upload.file_id is not None}, status=status)


@page("calls.apply", methods=("POST",))
def upload_start(request: HttpRequest, pk: int) -> HttpResponse:
    row = own_draft(request, pk)
    size = request.POST.get("size", "")
    try:
        upload = start_upload(
            application=row,
            kind=request.POST.get("kind", ""),
            name=request.POST.get("name", ""),
            size=int(size) if size.isdecimal() and len(size) < 16 else 0,
            sha256=request.POST.get("sha256", ""),
            actor=request.actor,
        )
    except Refused as refused:
        return refused_answer(refused)
    url = reverse("upload", args=[pk, upload.token])
    return JsonResponse({"url": url, "offset": upload.received, "size": upload.size, "chunk": CHUNK}, status=201)


@page("calls.apply", methods=("GET", "PUT", "DELETE"))
def upload(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Take a chunk: it is on the disk and counted before the answer. Who began an upload may go on with it."""
    row = own_upload(request, pk, token)
    if request.method == "DELETE":
        drop_upload(application=own_draft(request, pk), upload=row, actor=request.actor)
        return JsonResponse({})
    if request.method == "GET":
        return progress(row)
    offset, length = request.headers.get("Upload-Offset", ""), request.headers.get("Content-Length", "")
    if not offset.isdecimal() or len(offset) > 15 or not length.isdecimal():
        return JsonResponse({"errors": [{"text": "Upload-Offset, Content-Length"}]}, status=400)
    if int(length) > CHUNK:
        return JsonResponse({"errors": [{"text": f"<= {CHUNK}"}]}, status=413)
    try:
        return progress(append(upload=row, offset=int(offset), data=request.body))
    except OutOfPlace as error:
        return progress(error.upload, 409)


@page("calls.apply", methods=("POST",))
def upload_finish(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    held = own_upload(request, pk, token)
    try:
        made = finish_upload(application=own_draft(request, pk), upload=held, actor=request.actor)
    except Refused as refused:
        return refused_answer(refused)
    return JsonResponse({"attachment": made.pk, "sha256": held.sha256, "state": made.file.state})
