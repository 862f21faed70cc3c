"""Official papers as files: PDF, or DOCX for the office's word processor, after its own template where it has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

from headwater.calls.models import Call, PaperTemplate
from headwater.core import blobs
from headwater.core.documents import render_pdf
from headwater.core.docx import DOCX, render_docx
from headwater.core.web import download
from headwater.registry.queries import region_code, region_folder
from headwater.schemes.placeholders import values_of

TYPST = {"letter": "letter", "covering": "letter", "notice": "notice"}
"""The Typst template of each paper."""


def give_out(request: HttpRequest, name: str, call: Call, paper: str, data: dict[str, Any]) -> HttpResponse:
    """Give out a paper under `name`: as DOCX where `?as=docx` asks for it, else as PDF."""
    if request.GET.get("as") == "docx":
        template = template_of(paper, call.scheme.code)
        return download(render_docx(data if template is None else values_of(paper, data), template), f"{name}.docx", DOCX)
    return download(render_pdf(f"calls/typst/{TYPST[paper]}.typ", data), f"{name}.pdf", "application/pdf")


def template_of(paper: str, scheme: str) -> bytes | None:
    """Return the template of a paper: what the office has put in use, for the scheme before what is for all, else what the region
    package has, in the same order; None for the plain layout (one query).
    """
    rows = PaperTemplate.objects.in_force().filter(region=region_code(), paper=paper, scheme__in=["", scheme])
    own = {row.scheme: row.file for row in rows.select_related("file")}
    for file in (own.get(scheme), own.get("")):
        if file is not None:
            return blobs.read(file.sha256)
    path = in_package(region_folder(), paper, scheme)
    return path.read_bytes() if path else None


def in_package(package: Path, paper: str, scheme: str) -> Path | None:
    """Return where the region package has a template of a paper: the scheme's, else that of all schemes."""
    files = (package / "templates" / scheme / f"{paper}.docx", package / "templates" / f"{paper}.docx")
    return next((file for file in files if file.is_file()), None)
