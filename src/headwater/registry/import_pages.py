"""The page of an import, wherever it stands: try a file in a dry run, then, confirmed, take in the same file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.errors import Refused
from headwater.core.jobs import enqueue
from headwater.core.models import Job
from headwater.core.web import key_in
from headwater.registry.tables import IMPORTS, Importable, ImportResult

LARGE = 200 * 1024
"""Bytes of a table (some thousand rows) beyond which its import is a job of the worker."""
LONG = 2 * 1024 * 1024
"""Bytes beyond which the dry run of what is previewed line by line is a job, too."""
SHOWN = 500
"""Lines of a preview that a page shows, those first that somebody has to look at; all of them are confirmed."""


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("内容"))
    file = forms.FileField(label=gettext_lazy("文件"), required=False)

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, IMPORTS[kind].label) for kind in kinds]  # type: ignore[attr-defined]
        if len(kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()
            self.fields["kind"].initial = kinds[0]


def import_page(request: HttpRequest, kinds: Sequence[str], *, title: Any, hint: Any, here: str) -> HttpResponse:
    """Try a file in a dry run that lists every bad row; then, confirmed, import the same file. `here` is the route of the page."""
    form = ImportForm(request.POST or None, request.FILES or None, kinds=kinds)
    result, token = None, request.POST.get("held", "")
    if request.method == "POST" and form.is_valid():
        try:
            answer = _tried_or_done(request, form, here)
            if isinstance(answer, HttpResponse):
                return answer
            result, token = answer
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("file", reason.text)
    elif tried := _tried_before(request):
        result, token = tried, "1"
        form = ImportForm(initial={"kind": request.session["import"]["kind"]}, kinds=kinds)
    for line in (result or {}).get("lines", ()):
        line["word"] = WORDS.get(line["state"], "")
    answers = [("", _("请选择")), ("same", _("同一成果，补充登记的内容")), ("other", _("另一成果，作为新成果登记"))]
    context = {
        "form": form,
        "result": result,
        "answers": answers,
        "held": token,
        "kinds": [(kind, IMPORTS[kind].label) for kind in kinds],
        "title": title,
        "hint": hint,
    }
    return render(request, "registry/imports.html", context, status=422 if form.errors else 200)


def _tried_or_done(request: HttpRequest, form: ImportForm, here: str) -> HttpResponse | tuple[dict[str, Any], str]:
    """Return what a dry run found or an import did, with the mark that the file is held; or the page of the job that does it."""
    kind, upload = form.cleaned_data["kind"], form.cleaned_data["file"]
    table = IMPORTS[kind]
    name, content = (upload.name, upload.read(table.most_bytes + 1)) if upload else _held_file(request)
    if len(content) > table.most_bytes:
        raise Refused.because(_("文件超过 %d MB，请分批导入") % (table.most_bytes // 1048576), field="file")
    if request.POST.get("confirmed"):
        how = _how(request, table)
        if len(content) > LARGE:
            return _as_job(request, kind, name, content, how, here)
        result = table.work(name=name, content=content, actor=request.actor, dry_run=False, **how)  # type: ignore[attr-defined]
        _drop(request)
        return told(result), ""
    _hold(request, kind, name, content)
    if table.previewed and len(content) > LONG:
        held = request.session["import"]
        job = enqueue("registry.try_import", actor=request.actor, table=kind, name=name, path=held["path"], here=here)  # type: ignore[attr-defined]
        request.session["import"] = held | {"job": job.pk}
        return redirect("job", pk=job.pk)
    return told(table.work(name=name, content=content, actor=request.actor, dry_run=True)), "1"  # type: ignore[attr-defined]


def _how(request: HttpRequest, table: Importable) -> dict[str, Any]:
    """Return what the confirmation says: to leave bad rows out, and of what was previewed its digest and the answers by line."""
    how: dict[str, Any] = {"skip_bad": bool(request.POST.get("skip_bad"))}
    if table.previewed:
        answers = {key.removeprefix("line-"): value for key, value in request.POST.items() if key.startswith("line-") and value}
        how |= {"seen": request.POST.get("seen", ""), "answers": answers}
    return how


def told(result: ImportResult) -> dict[str, Any]:
    """Return a result as plain data, as a page shows it and a job keeps it: of the lines and mistakes the first that want a look."""
    plain = asdict(result)
    lines = sorted(plain.get("lines", ()), key=lambda line: (ORDER.get(line["state"], 9), line["line"]))
    return plain | {"lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN), "errors": plain["errors"][:SHOWN], "works": []}


WORDS = {
    "new": gettext_lazy("新增"),
    "same": gettext_lazy("已登记，无变化"),
    "changed": gettext_lazy("更新"),
    "asked": gettext_lazy("请选择"),
    "joined": gettext_lazy("并入前面的行"),
    "faulty": gettext_lazy("有问题"),
}
"""What becomes of a line of a preview."""
ORDER = {"faulty": 0, "asked": 1, "changed": 2, "new": 3, "joined": 4, "same": 5}
"""What of a preview comes first."""


def _tried_before(request: HttpRequest) -> dict[str, Any] | None:
    """Return what a job found in the file of this session, once it has ended."""
    job = Job.objects.filter(
        pk=key_in(request.GET, "tried"), asked_by=request.user.pk, kind="registry.try_import", state=Job.State.DONE
    ).first()
    held = request.session.get("import") or {}
    return job.result["preview"] if job and job.result and held.get("job") == job.pk else None


def _as_job(request: HttpRequest, kind: str, name: str, content: bytes, how: dict[str, Any], here: str) -> HttpResponse:
    """Hand a large table to the worker: the page shows how it goes."""
    path = default_storage.save(f"imports/job-{uuid4().hex}", ContentFile(content))
    _drop(request)
    url = reverse(here)
    job = enqueue("registry.import", actor=request.actor, table=kind, name=name, path=path, url=url, **how)  # type: ignore[attr-defined]
    return redirect("job", pk=job.pk)


def _hold(request: HttpRequest, kind: str, name: str, content: bytes) -> None:
    """Keep the uploaded table between the dry run and the import, for this session only."""
    if request.session.get("import", {}).get("name") == name and request.POST.get("held"):
        return
    _drop(request)
    path = default_storage.save(f"imports/{request.session.session_key or 'x'}", ContentFile(content))
    request.session["import"] = {"kind": kind, "name": name, "path": path}


def _drop(request: HttpRequest) -> None:
    """Delete the table, which holds personal data, once it is imported or another takes its place."""
    table = request.session.pop("import", None)
    if table:
        default_storage.delete(table["path"])


def _held_file(request: HttpRequest) -> tuple[str, bytes]:
    table = request.session.get("import")
    if not request.POST.get("held") or not table or not default_storage.exists(table["path"]):
        raise Refused.because(_("请选择文件"), field="file")
    with default_storage.open(table["path"]) as source:
        return table["name"], source.read()
