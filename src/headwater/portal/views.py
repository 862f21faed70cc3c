"""The public portal: no login, everything that the region answers for in the open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _

from headwater.awards.indicators import by_place
from headwater.awards.models import GIVEN_UP, Award
from headwater.calls.deciding.services.notice_texts import LINE, notice_data
from headwater.calls.deciding.services.objecting import ask_objection
from headwater.calls.indicators import schemes, years
from headwater.calls.models import Call, Notice, NoticeRow
from headwater.calls.papers import give_out
from headwater.calls.phases import Phase, phase_of, phases_of
from headwater.calls.publishing.services.changing import lines_of
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CallState
from headwater.calls.terms import terms_of
from headwater.casework.notices.feed import MOST_IN_FEED, feed_of
from headwater.casework.notices.objecting import objection_counts
from headwater.casework.notices.pages import Objected, confirmation_page, objection_page
from headwater.casework.notices.periods import provisional
from headwater.casework.notices.published import published
from headwater.core import clock
from headwater.core.i18n import both, chinese, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import SearchEntry
from headwater.core.open_data import OPEN_DATA, TYPES, write
from headwater.core.permission import PUBLIC, page
from headwater.core.rows import Rows
from headwater.core.search import Kind, excerpt, kinds_for, search, suggestions
from headwater.core.web import download, language_asked
from headwater.forms.binding import outline
from headwater.policy.models import Article
from headwater.policy.queries import Reading, articles_with_evidence, document_here, figures_here, latest_values
from headwater.registry.maps import region_map
from headwater.registry.models import PriorityField, ReviewGroup
from headwater.registry.places import place_choices, places_within, places_word
from headwater.registry.queries import basis_of, region_here
from headwater.schemes.requirements import requirement
from headwater.schemes.rules import RULES

MOST_FOUND, MOST_OF_A_KIND = 50, 3
"""Entries that one search gives, and of these the most of a kind on a page of several kinds."""


@page(PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    values = latest_values()
    evidence, by_code = articles_with_evidence(values), figures_here(values.evidence)
    document, region = document_here(), region_here()
    figures = [Reading(by_code[c], values.get(c)) for c in (document.headline if document else []) if c in by_code]
    return render(
        request,
        "portal/home.html",
        {
            "calls": Call.objects.open_at(clock.now()).select_related("scheme").order_by("closes_at")[:4],
            "upcoming": Call.objects.filter(state=CallState.PUBLISHED, opens_at__gt=clock.now())[:3],
            "notices": published(4),
            "figures": figures,
            "at": values.at,
            "map": region_map(by_place(Award.objects.projects())),
            "evidence": sorted(evidence.items()),
            "covered": sum(1 for n in evidence.values() if n),
            "region": region,
        },
    )


@page(PUBLIC)
def calls(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    rows = list(Call.objects.visible_to(None).select_related("scheme").order_by("-year", "closes_at"))
    phases = phases_of(rows)
    first = sorted(Phase, key=lambda phase: phase != Phase.OPEN)
    groups = [(phase.label, [c for c in rows if phases[c.pk] == phase]) for phase in first]
    return render(request, "portal/calls.html", {"groups": groups, "now": now})


@page(PUBLIC)
def call(request: HttpRequest, code: str) -> HttpResponse:
    row = get_object_or_404(Call.objects.visible_to(request.user).select_related("scheme", "agency"), code=code)
    scheme = scheme_of(row)
    terms = terms_of(row)
    rules = [requirement(u, scheme, row.year, terms) for u in scheme.rules if u.name in RULES and not u.blocks]
    amount = terms("amount_fen")
    return render(
        request,
        "portal/call.html",
        {
            "call": row,
            "phase": phase_of(row),
            "scheme": scheme,
            "outline": outline(scheme.sections),
            "rules": rules,
            "amount": amount.get("max") if isinstance(amount, dict) else amount,
            "term": terms("term_months"),
            "notices": row.notices.all(),
            "changes": [(c, lines_of(c)) for c in row.changes.in_force().select_related("call")],
            "articles": Article.objects.filter(region=row.scheme.region, number__in=scheme.articles),
        },
    )


@page(PUBLIC)
def projects(request: HttpRequest) -> HttpResponse:
    rows = Award.objects.visible_to(request.user)
    listing = Listing(
        request,
        rows,
        name="projects",
        title=_("项目"),
        order="number",
        search=("title_zh", "title_en", "leader__name_zh", "host__name_zh", "number"),
        columns=[
            Column(_("名称"), lambda a: both(a, "title"), kind="title", url=lambda a: f"/projects/{a.number}/"),
            Column(_("编号"), lambda a: a.number, sort="number", phone=False),
            Column(_("负责人"), lambda a: both(a.leader)),
            Column(_("依托单位"), lambda a: both(a.host), phone=False),
            Column(_("类型"), lambda a: both(a.call.scheme), phone=False),
            Column(_("金额（万元）"), lambda a: a.amount_fen, sort="amount_fen", kind="money"),
            Column(_("状态"), lambda a: Award.State(a.state), kind="state"),
        ],
        only=(
            *("number", "title_zh", "title_en", "amount_fen", "state", "leader__name_zh", "host__name_zh", "host__name_en"),
            *("call__scheme__name_zh", "call__scheme__name_en"),
        ),
        filters=[
            Filter(
                "call",
                _("批次"),
                [(c.pk, named(c, "title")) for c in Call.objects.filter(awards__isnull=False).distinct()],
                "call",
            ),
            Filter("scheme", _("项目类型"), schemes(), "call__scheme__code"),
            Filter("year", _("年度"), years(), "call__year"),
            Filter("place", places_word(), place_choices(), apply=lambda q, v: q.filter(host__place__in=places_within([v]))),
            Filter("group", _("评审领域"), [(g.code, named(g)) for g in ReviewGroup.objects.all()], "application__review_group"),
            Filter(
                "field", _("优先领域"), [(f.code, named(f)) for f in PriorityField.objects.all()], "application__priority_field"
            ),
        ],
        empty_title=_("还没有项目"),
        empty_hint=_("公示结束、决定发布之后，项目会出现在这里。"),
    )
    return listing.export() or render(
        request,
        "portal/projects.html",
        {"list": listing, "tally": listing.rows_all.tally(), "basis": basis_of(region_here(), "public_projects")},
    )


@page(PUBLIC)
def project(request: HttpRequest, number: str) -> HttpResponse:
    row = get_object_or_404(
        Award.objects.visible_to(request.user).select_related(
            "leader", "host__place", "call__scheme", "application__discipline", "application__second_discipline", "agreement"
        ),
        number=number,
    )
    numbers = scheme_of(row.call).articles
    members = [] if row.state in GIVEN_UP else row.application.participants.select_related("person", "organisation")
    return render(
        request,
        "portal/project.html",
        {
            "award": row,
            "scheme": scheme_of(row.call),
            "members": members,
            "articles": Article.objects.filter(region=row.call.scheme.region, number__in=numbers),
            "field": PriorityField.objects.filter(code=row.application.priority_field).first(),
        },
    )


MOST_NOTICES = 100
"""Notices on one page of the list; the earlier ones are behind a link."""


@page(PUBLIC)
def notices(request: HttpRequest) -> HttpResponse:
    """The public notices of the house, of calls and of everything else, the newest first."""
    before = parse_datetime(request.GET.get("before", "")[:40]) if request.GET.get("before") else None
    rows = published(MOST_NOTICES + 1, before if before and is_aware(before) else None)
    earlier = rows[MOST_NOTICES - 1].starts_at.isoformat() if len(rows) > MOST_NOTICES else ""
    return render(request, "portal/notices.html", {"notices": rows[:MOST_NOTICES], "earlier": earlier})


@page(PUBLIC, methods=("GET", "HEAD"))
def notices_feed(request: HttpRequest) -> HttpResponse:
    """The newest notices as an Atom feed."""
    return HttpResponse(feed_of(published(MOST_IN_FEED)), content_type="application/atom+xml; charset=utf-8")


LINES = 60
"""Lines of a notice on a page."""


@page(PUBLIC)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Notice.objects.visible_to(request.user).select_related("call__scheme"), pk=pk)
    texts = row.texts.get("zh" if chinese() or not row.title_en else "en", {})
    lines = row.rows.select_related("application__leader", "application__host").only(*LINE)
    return render(
        request,
        "portal/notice.html",
        {
            "notice": row,
            "scheme": scheme_of(row.call),
            "list": Rows(request, lines, LINES, files=False),
            "total_fen": row.rows.aggregate(total=Sum("amount_fen"))["total"] or 0,
            "texts": texts,
            "provisional": provisional(row.without_calendar) if row.is_open else "",
            "objections": objection_counts(row.objections.all(), closed=row.closed_at is not None),
            "draws": [(d, d.won) for d in row.call.draws.order_by("group")],
        },
    )


@page(PUBLIC)
def notice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Download a notice with its text and its list, for the notice board."""
    row = get_object_or_404(Notice.objects.visible_to(request.user).select_related("call__scheme"), pk=pk)
    return give_out(request, row.title_zh, row.call, "notice", notice_data(row, language_asked(request)))


@page(PUBLIC)
def objection(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    line = get_object_or_404(NoticeRow.objects.select_related("notice__call", "application"), pk=row, notice=pk)
    words = f"{line.title} · {line.leader} · {line.host}"
    about = Objected(line.notice.is_open, words, named(line.notice, "title"), f"/notices/{pk}/", _("申请人"))
    return objection_page(request, about, partial(ask_objection, row=line))


@page(PUBLIC)
def confirm_objection(request: HttpRequest, key: str) -> HttpResponse:
    """Show what the link in the mail confirms. Opening the page alone does nothing, because mail programs open links too."""
    return confirmation_page(request, key)


@page(PUBLIC)
def find(request: HttpRequest) -> HttpResponse:
    """Search all kinds by one box: the public finds public kinds, people with roles find what they may see besides.

    Of each kind the best few are shown, all of one that is asked for; where nothing is found, what sounds like it.
    """
    text, asked = request.GET.get("q", "").strip()[:100], request.GET.get("kind", "")
    kinds = [k for k in kinds_for(request.user) if asked in ("", k.code)]
    codes = [k.code for k in kinds]
    results = search(request.user, text, kinds=codes, limit=MOST_FOUND)
    context = {
        "q": text,
        "asked": asked,
        "groups": [g for k in kinds if (g := _group(k, results, text, None if asked else MOST_OF_A_KIND))["count"]],
        "suggestions": [] if results or not text else suggestions(request.user, text, kinds=codes),
    }
    return render(request, "portal/search.html", context)


def _group(kind: Kind, results: Sequence[SearchEntry], text: str, most: int | None) -> dict[str, Any]:
    """Return the entries of a kind for the page: each with its title and the part of its summary that the text is in."""
    found = [entry for entry in results if entry.kind == kind.code]
    rows = [(e.url, excerpt(e.title, text, most=300), excerpt(e.summary, text)) for e in found[:most]]
    return {"kind": kind, "count": len(found), "more": len(found) > len(rows), "rows": rows, "full": len(found) == MOST_FOUND}


@page(PUBLIC)
def open_data(request: HttpRequest) -> HttpResponse:
    rows = [(name, table, table.count()) for name, table in OPEN_DATA.items()]
    return render(request, "portal/data.html", {"registers": rows})


@page(PUBLIC)
def register(request: HttpRequest, name: str, form: str) -> HttpResponse:
    if name not in OPEN_DATA or form not in TYPES:
        raise Http404
    return download(write(name, form), f"{name}.{form}", TYPES[form])
