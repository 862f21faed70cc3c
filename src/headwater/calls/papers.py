"""Official papers as files: PDF, or DOCX for the office's word processor, after its own template where it has one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from headwater.calls.models import Call
from headwater.core.documents import render_pdf
from headwater.core.docx import DOCX, render_docx, template_for
from headwater.core.web import download
from headwater.registry.queries import region_folder

TYPST = {"letter": "letter", "covering": "letter", "notice": "notice"}
"""The Typst template of each paper."""


def give_out(request: HttpRequest, name: str, call: Call, paper: str, data: dict[str, Any]) -> HttpResponse:
    """Give out a paper under `name`: as DOCX where `?as=docx` asks for it, else as PDF."""
    if request.GET.get("as") == "docx":
        template = template_for(region_folder(), call.scheme.code, paper)
        return download(render_docx(data, template), f"{name}.docx", DOCX)
    return download(render_pdf(f"calls/typst/{TYPST[paper]}.typ", data), f"{name}.pdf", "application/pdf")
