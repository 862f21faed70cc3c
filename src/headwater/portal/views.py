"""The public portal: no login, everything that the region answers for in the open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.awards.indicators import by_place
from headwater.awards.models import GIVEN_UP, Award
from headwater.calls.clocks import provisional
from headwater.calls.deciding.services.notice_texts import LINE, notice_data
from headwater.calls.deciding.services.objecting import ask_objection, claim_of, file_objection
from headwater.calls.indicators import schemes, years
from headwater.calls.models import Call, Notice, NoticeRow, Objection
from headwater.calls.papers import give_out
from headwater.calls.phases import Phase, phase_of, phases_of
from headwater.calls.publishing.services.changing import lines_of
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CallState
from headwater.calls.terms import terms_of
from headwater.core import clock
from headwater.core.api import client_address
from headwater.core.i18n import both, chinese, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import SearchEntry
from headwater.core.open_data import OPEN_DATA, TYPES, write
from headwater.core.permission import PUBLIC, page
from headwater.core.rows import Rows
from headwater.core.search import Kind, excerpt, kinds_for, search, suggestions
from headwater.core.web import attempt, download, language_asked
from headwater.forms.binding import outline
from headwater.policy.models import Article
from headwater.policy.queries import Reading, articles_with_evidence, document_here, figures_here, latest_values
from headwater.portal.forms import ObjectionForm
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
            "notices": Notice.objects.order_by("-starts_at")[:4],
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


@page(PUBLIC)
def notices(request: HttpRequest) -> HttpResponse:
    rows = Notice.objects.select_related("call").annotate(n=Count("rows")).order_by("-starts_at", "-pk")
    return render(request, "portal/notices.html", {"list": Rows(request, rows, files=False)})


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
            "objections": objection_counts(row),
            "draws": [(d, d.won) for d in row.call.draws.order_by("group")],
        },
    )


def objection_counts(row: Notice) -> list[tuple[str, int]]:
    """Return how many objections a notice had and how they ended, without whom they concern. What is upheld is known at the end."""
    counts = dict(row.objections.order_by().values_list("state").annotate(n=Count("pk")))
    final = [Objection.State.DISMISSED, *([Objection.State.UPHELD] if row.closed_at else [])]
    waiting = sum(n for state, n in counts.items() if state not in final)
    lines = [(str(_("收到异议")), sum(counts.values())), (str(_("处理中")), waiting)]
    lines += [(str(state.label), counts.get(state.value, 0)) for state in final]
    return lines if counts else []


@page(PUBLIC)
def notice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Download a notice with its text and its list, for the notice board."""
    row = get_object_or_404(Notice.objects.visible_to(request.user).select_related("call__scheme"), pk=pk)
    return give_out(request, row.title_zh, row.call, "notice", notice_data(row, language_asked(request)))


@page(PUBLIC)
def objection(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    line = get_object_or_404(NoticeRow.objects.select_related("notice__call", "application"), pk=row, notice=pk)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_done = attempt(
            request,
            lambda: ask_objection(row=line, actor=request.actor, source=client_address(request), **form.cleaned_data),
            form=form,
            success=_("确认邮件已发出。请打开其中的链接确认，确认后异议才生效。"),
        )
        if is_done:
            return redirect("notice", pk=pk)
    return render(request, "portal/objection.html", {"row": line, "form": form}, status=422 if form.errors else 200)


@page(PUBLIC)
def confirm_objection(request: HttpRequest, key: str) -> HttpResponse:
    """Show what the link in the mail confirms. Opening the page alone does nothing, because mail programs open links too."""
    claim = claim_of(key)
    if claim is not None and request.method == "POST":
        is_done = attempt(
            request,
            lambda: file_objection(key=key, actor=request.actor),
            success=_("异议已提出。处理期间该项暂停办理，处理意见将发到您的邮箱。"),
        )
        if is_done:
            return redirect("notice", pk=claim.row.notice_id)
    answer = render(request, "portal/confirm_objection.html", {"claim": claim}, status=200 if claim else 410)
    answer["Referrer-Policy"], answer["Cache-Control"] = "no-referrer", "no-store"
    return answer


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
