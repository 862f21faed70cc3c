"""Policy pages: the document as a living table of contents, and for leaders what is late and who answers for it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from headwater.calls.clocks import check_due
from headwater.calls.models import Application, Call, of_officer
from headwater.calls.states import CallState, State
from headwater.core import clock
from headwater.core.own import without_own
from headwater.core.permission import PUBLIC, page
from headwater.core.sheets import write_csv, write_xlsx
from headwater.core.web import download
from headwater.policy.models import Article
from headwater.policy.queries import Reading, articles_with_evidence, latest_values, one_moment, readings
from headwater.policy.registry import INDICATORS, for_article
from headwater.registry.models import PriorityField
from headwater.review.queries import review_deadlines


@page(PUBLIC)
def policy(request: HttpRequest) -> HttpResponse:
    evidence = articles_with_evidence()
    chapters: dict[int, dict[str, object]] = {}
    for a in Article.objects.prefetch_related("agencies", "measures"):
        chapter = chapters.setdefault(a.chapter, {"chapter_zh": a.chapter_zh, "chapter_en": a.chapter_en, "articles": []})
        chapter["articles"].append((a, evidence.get(a.number, 0)))
    return render(
        request,
        "policy/policy.html",
        {
            "chapters": list(chapters.values()),
            "covered": sum(1 for n in evidence.values() if n),
            "count": len(evidence),
            "at": latest_values().at,
        },
    )


@page(PUBLIC)
def article(request: HttpRequest, number: int) -> HttpResponse:
    row = get_object_or_404(Article.objects.prefetch_related("agencies", "measures", "targets"), number=number)
    return render(
        request,
        "policy/article.html",
        {
            "article": row,
            "readings": readings(number),
            "at": latest_values().at,
            "previous": Article.objects.filter(number=number - 1).first(),
            "next": Article.objects.filter(number=number + 1).first(),
            "fields": PriorityField.objects.filter(code__in=row.fields),
        },
    )


@page(PUBLIC)
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """A figure and the records that it counts, both of the moment in which they are shown, on the page or as a file."""
    found = INDICATORS.get(code)
    if found is None:
        raise Http404
    with one_moment():
        now, value, table = clock.now(), found.value(), found.records()
    heading = [str(h) for h in table.heading]
    form = request.GET.get("format")
    if form in {"csv", "xlsx"}:
        rows = [[str(c) if not isinstance(c, (int, float)) else c for c in row] for row in table.rows]
        content = write_csv(heading, rows) if form == "csv" else write_xlsx("records", heading, rows)
        return download(content, f"{code}.{form}", "application/octet-stream")
    reading = next((r for n in found.articles[:1] for r in readings(n) if r.indicator.code == code), Reading(found, value, []))
    return render(
        request,
        "policy/indicator.html",
        {
            "indicator": found,
            "reading": reading,
            "value": value,
            "heading": heading,
            "link": table.link,
            "rows": table.rows[:500],
            "total": len(table.rows),
            "articles": Article.objects.filter(number__in=found.articles),
            "now": timezone.localtime(now),
        },
    )


@page("policy.lead")
def lead(request: HttpRequest) -> HttpResponse:
    """For those who answer for an article: what has evidence, what misses its target, what is late and whose it is."""
    values = latest_values()
    rows = []
    for a in Article.objects.prefetch_related("agencies"):
        found = [Reading(i, values.get(i.code), []) for i in for_article(a.number)]
        rows.append(
            {
                "article": a,
                "measured": sum(1 for r in found if r.value is not None),
                "indicators": len(found),
                "missed": [r for r in found if r.met is False],
            }
        )
    late = what_is_late(request.user)
    return render(request, "policy/lead.html", {"rows": rows, "values": values, "at": values.at, "late": late})


def what_is_late(account: Any) -> list[dict[str, Any]]:
    """Formal checks and reviews that wait, by call, with the day on which they are due; less `account`'s own cases, and for who is only an
    officer of some calls in these alone.
    """
    counts: dict[tuple[int, str], int] = {}
    running = Call.objects.filter(state=CallState.PUBLISHED, closes_at__lt=clock.now())
    if not account.has_role("leadership", "committee", "agency_liaison"):
        running = running.filter(of_officer(account, "pk"))
    calls = list(running.select_related("scheme"))
    waiting = without_own(Application.objects.filter(call__in=calls, state__in=[State.RECEIVED, State.IN_REVIEW]), account)
    for pk, state, n in waiting.values_list("call", "state").annotate(n=Count("pk")):
        counts[pk, state] = n
    opinions = review_deadlines(calls, account)
    late = []
    for call in calls:
        if n := counts.get((call.pk, State.RECEIVED)):
            late.append({"call": call, "what": "formal_check", "count": n, "due": check_due(call)})
        if n := counts.get((call.pk, State.IN_REVIEW)):
            late.append({"call": call, "what": "review", "count": n, "due": opinions.get(call.pk)})
    return late
