"""Attachments in the editor: a plain form without script; with script a protocol of small steps, each of which may be repeated.

POST   applications/1/uploads/               kind, name, size, sha256  -> {url, offset, chunk}   begin, or go on
GET    applications/1/uploads/<token>/                                 -> {offset, done}         how far is it?
PUT    applications/1/uploads/<token>/       Upload-Offset: n, bytes   -> {offset}, or 409 {offset}
POST   applications/1/uploads/<token>/finish/                          -> {attachment, state}
DELETE applications/1/uploads/<token>/
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.applying.services.attachments import attach, detach, drop_upload, finish_upload, start_upload
from headwater.calls.applying.views.parts import attach_form, attachment_context
from headwater.calls.pages import application_context, draft, own_draft
from headwater.calls.schemes import scheme_of
from headwater.core.errors import Refused
from headwater.core.models import Upload
from headwater.core.permission import page
from headwater.core.uploads import CHUNK, OutOfPlace, append
from headwater.core.web import attempt, key_in


@page("calls.apply", methods=("GET", "HEAD"))
def attachments(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the list alone, for a page that waits for a check."""
    row = draft(request, pk)
    return render(
        request,
        "calls/applying/attachment_list.html",
        {**application_context(row), "own": True, **attachment_context(row, request)},
    )


@page("calls.apply", methods=("POST",))
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    row = own_draft(request, pk)
    if request.POST.get("remove"):
        entry = get_object_or_404(
            row.attachments.select_related("application__leader", "file"), pk=key_in(request.POST, "remove")
        )
        attempt(request, lambda: detach(attachment=entry, actor=request.actor), success=_("已删除。"))
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
    """Return an upload of the signed-in account to this application; an upload of anybody else does not exist."""
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
    """Take a chunk. It is on the disk and counted before the answer. Only the person who began an upload may continue it."""
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
        attachment = finish_upload(application=own_draft(request, pk), upload=held, actor=request.actor)
    except Refused as refused:
        return refused_answer(refused)
    return JsonResponse({"attachment": attachment.pk, "sha256": held.sha256, "state": attachment.file.state})
