"""Public pages of a notice outside of calls: what it lists, as a file, and objections to its lines."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from headwater.casework.notices.models import Notice, NoticeRow
from headwater.casework.notices.objecting import objection_counts
from headwater.casework.notices.pages import Objected, objection_page
from headwater.casework.notices.periods import provisional
from headwater.casework.notices.services.objections import ask_objection
from headwater.casework.notices.views.parts import objections_of, table_of
from headwater.core.clock import local_day, official_day
from headwater.core.documents import render_pdf
from headwater.core.docx import DOCX, render_docx, template_of
from headwater.core.i18n import chinese, named
from headwater.core.permission import PUBLIC, page
from headwater.core.web import download
from headwater.schemes.papers import Papers
from headwater.schemes.placeholders import values_of


@page(PUBLIC)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """What is published, until when, and how objections ended; while it is open each line can be objected to."""
    row = get_object_or_404(Notice.objects.visible_to(request.user).select_related("kind"), pk=pk)
    context = {
        "notice": row,
        "rule": row.rule,
        "rows": table_of(row, row.rows.all()),
        "texts": row.texts.get("zh" if chinese() or not row.title_en else "en", {}),
        "provisional": provisional(row.without_calendar) if row.is_open else "",
        "objections": objection_counts(objections_of(row), closed=row.closed_at is not None),
    }
    return render(request, "notices/notice.html", context)


@page(PUBLIC)
def notice_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A notice with its text and its list, as PDF or DOCX, for the notice board."""
    row = get_object_or_404(Notice.objects.visible_to(request.user).select_related("kind"), pk=pk)
    data = notice_data(row)
    if request.GET.get("as") == "docx":
        template = template_of("notice", row.kind.code)
        return download(
            render_docx(data if template is None else values_of("notice", data), template), f"{row.title_zh}.docx", DOCX
        )
    return download(render_pdf("core/typst/notice.typ", data), f"{row.title_zh}.pdf", "application/pdf")


def notice_data(row: Notice) -> dict[str, Any]:
    """Return the data that the Typst template of notices needs, in Chinese."""
    rule, texts = row.rule, row.texts["zh"]
    lines = row.rows.all()
    has_holder = any(line.holder_zh for line in lines)
    heads = ["序号", rule.line.zh, *([rule.holder.zh] if has_holder else []), *(word.zh for _code, word in rule.columns)]
    cells = [
        [
            str(line.position),
            line.title_zh,
            *([line.holder_zh] if has_holder else []),
            *(line.cell(code).zh for code, _word in rule.columns),
        ]
        for line in lines
    ]
    return {
        "heading": row.title_zh,
        "paragraphs": [["p", text] for text in texts["paragraphs"]],
        "issuer": texts["issuer"],
        "date": official_day(local_day(row.starts_at)),
        "annex": Papers({}).text("notice_annex", title=row.title_zh),
        "heads": heads,
        "widths": [0, 2.2, *([1.6] if has_holder else []), *(1 for _column in rule.columns)],
        "rows": cells,
        "digest": row.digest,
        "total": "",
    }


@page(PUBLIC)
def objection(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Object to a line of an open notice, by name; it counts once the link in the mail is confirmed."""
    line = get_object_or_404(NoticeRow.objects.select_related("notice__kind"), pk=row, notice=pk)
    words = " · ".join(filter(None, [str(line.title), str(line.holder)]))
    replier = str(line.notice.rule.replier)
    about = Objected(line.notice.is_open, words, named(line.notice, "title"), line.notice.url, replier)
    return objection_page(request, about, partial(ask_objection, row=line))
