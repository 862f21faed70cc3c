"""Policy pages: the document as a living table of contents, and for leaders what is late and who answers for it."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from headwater.core import clock
from headwater.core.indicators import BREAKDOWNS, INDICATORS, Breakdown
from headwater.core.permission import PUBLIC, page
from headwater.core.rows import Rows
from headwater.core.sheets import write_csv, write_xlsx
from headwater.core.web import download
from headwater.policy.late import what_is_late
from headwater.policy.models import Evidence
from headwater.policy.pictures import pictures_of_year
from headwater.policy.queries import (
    Reading,
    articles_here,
    articles_with_evidence,
    document_here,
    figure_of,
    figures_here,
    latest_values,
    one_moment,
    readings,
)
from headwater.registry.maps import region_map
from headwater.registry.models import PriorityField


@page(PUBLIC)
def policy(request: HttpRequest) -> HttpResponse:
    values = latest_values()
    evidence = articles_with_evidence(values)
    chapters: dict[int, dict[str, object]] = {}
    for a in articles_here().prefetch_related("agencies", "measures"):
        chapter = chapters.setdefault(a.chapter, {"chapter_zh": a.chapter_zh, "chapter_en": a.chapter_en, "articles": []})
        chapter["articles"].append((a, evidence.get(a.number, 0)))
    return render(
        request,
        "policy/policy.html",
        {
            "document": document_here(),
            "chapters": list(chapters.values()),
            "covered": sum(1 for n in evidence.values() if n),
            "count": len(evidence),
            "at": values.at,
        },
    )


@page(PUBLIC)
def article(request: HttpRequest, number: int) -> HttpResponse:
    row = get_object_or_404(articles_here().prefetch_related("agencies", "measures", "targets"), number=number)
    values = latest_values()
    evidence = [e for e in values.evidence if e.article_id == row.pk]
    return render(
        request,
        "policy/article.html",
        {
            "article": row,
            "readings": readings(evidence),
            "at": values.at,
            "previous": articles_here().filter(number=number - 1).first(),
            "next": articles_here().filter(number=number + 1).first(),
            "fields": PriorityField.objects.filter(code__in=row.fields),
        },
    )


@page(PUBLIC)
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """Show a figure and the records that it counts, both of one moment, on the page or as a file."""
    evidence = figures_here().get(code)
    if evidence is None:
        raise Http404
    choices = choices_of(evidence)
    only = {b.code: [request.GET[b.code]] for b, parts in choices if request.GET.get(b.code) in dict(parts)}
    with one_moment():
        now, figure = clock.now(), figure_of(evidence, clock.today(), only)
        rows, places = figure.records.rows, figure.places() if figure.places else []
    heading = [str(h) for h in figure.records.heading]
    form = request.GET.get("format")
    if form in {"csv", "xlsx"}:
        return as_file(code, form, heading, rows)
    reading, listing = readings([evidence])[0], Rows(request, rows)
    return render(
        request,
        "policy/indicator.html",
        {
            "evidence": evidence,
            "indicator": reading.indicator,
            "reading": reading,
            "value": figure.value,
            "note": figure.note,
            "choices": [(b.code, b.label(), [("", b.label()), *parts], only.get(b.code, [""])[0]) for b, parts in choices],
            "only": only,
            "heading": [(head, is_numeric(listing.objects, n)) for n, head in enumerate(heading)],
            "link": figure.records.link,
            "list": listing,
            "rows": [shown(row, heading, figure.records.money) for row in listing.objects],
            "map": region_map(places, {**evidence.only, **only}) if places else {},
            "articles": articles_here().filter(evidence__code=code),
            "now": timezone.localtime(now),
        },
    )


def choices_of(evidence: Evidence) -> list[tuple[Breakdown, list[tuple[str, str]]]]:
    """List the breakdowns to which the figure of a piece of evidence can still be narrowed."""
    open_ = [BREAKDOWNS[name] for name in INDICATORS[evidence.indicator].breakdowns if name not in evidence.only]
    return [(b, parts) for b in open_ if len(parts := b.parts()) > 1]


def is_numeric(rows: Sequence[Sequence[object]], n: int) -> bool:
    return n > 0 and all(row[n] is None or isinstance(row[n], (int, float)) for row in rows)


def shown(row: Sequence[object], heading: Sequence[str], money: int | None) -> list[tuple[str, str, bool]]:
    """Return the cells of a record as (heading, text, is it a number?); money has its two decimals."""
    texts = [
        f"{cell:,.2f}" if n == money and isinstance(cell, (int, float)) else "" if cell is None else str(cell)
        for n, cell in enumerate(row)
    ]
    return [(heading[n], text, is_numeric([row], n)) for n, text in enumerate(texts)]


def as_file(code: str, form: str, heading: list[str], rows: Sequence[Sequence[object]]) -> HttpResponse:
    plain = [[c if isinstance(c, (int, float)) else str(c) for c in row] for row in rows]
    content = write_csv(heading, plain) if form == "csv" else write_xlsx("records", heading, plain)
    return download(content, f"{code}.{form}", "application/octet-stream")


@page("policy.lead")
def lead(request: HttpRequest) -> HttpResponse:
    """Show the leaders each article's evidence, its missed targets, what is late and who answers for it."""
    values = latest_values()
    rows = []
    for a in articles_here().prefetch_related("agencies"):
        figures = [Reading(e, values.get(e.code)) for e in values.evidence if e.article_id == a.pk]
        rows.append(
            {
                "article": a,
                "measured": sum(1 for r in figures if r.value is not None),
                "indicators": len(figures),
                "missed": [r for r in figures if r.missed],
            }
        )
    late = what_is_late(request.user)
    pictures = pictures_of_year(request.user, request.GET.get("year", ""))
    return render(request, "policy/lead.html", {"rows": rows, "values": values, "at": values.at, "late": late, **pictures})
