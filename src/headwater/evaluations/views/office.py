"""Pages of officers: the rounds, one round with where it stands, the table of a group, a new round."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.models import Call
from headwater.calls.pages import the_call
from headwater.calls.schemes import scheme_of
from headwater.calls.words import state_inside
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.listing import TYPES, Column, Listing
from headwater.core.own import own_cases
from headwater.core.permission import page
from headwater.core.sheets import write_xlsx
from headwater.core.web import attempt, download
from headwater.evaluations.forms import OpenForm
from headwater.evaluations.material import in_force
from headwater.evaluations.models import Consequence, Grade, Round
from headwater.evaluations.results import Result, quotas_of, results_of
from headwater.evaluations.services.following import consequences_due
from headwater.evaluations.services.grading import standing_against
from headwater.evaluations.services.opening import admit, open_round, write_missing
from headwater.evaluations.showing import grade_name, why_words
from headwater.evaluations.taking import entries_for, groups_of, is_obliged, kinds_for, plan_round
from headwater.evaluations.views.doors import entrant_url, open_draft, round_url, the_round
from headwater.evaluations.visits import visits_of


@page("evaluations.list")
def rounds(request: HttpRequest) -> HttpResponseBase:
    """List the rounds that somebody may see."""
    listing = Listing(
        request,
        Round.objects.visible_to(request.user).select_related("call"),
        name="evaluations",
        title=_("评估轮次"),
        order="-opened_at",
        search=("call__title_zh", "call__code"),
        columns=[
            Column(_("批次"), lambda r: named(r.call, "title"), kind="title", url=round_url),
            Column(_("评估期起"), lambda r: r.since, kind="date"),
            Column(_("评估期止"), lambda r: r.until, sort="until", kind="date", phone=True),
            Column(_("启动时间"), lambda r: r.opened_at, sort="opened_at", kind="date"),
            Column(_("结束时间"), lambda r: r.closed_at, kind="date", phone=True),
        ],
        empty_title=_("还没有评估轮次"),
        empty_hint=_("先发布评估批次，再从这里启动轮次：系统为每个须参加的条目写好自评报告。"),
    )
    calls = [c for c in _calls_without_round(request) if request.user.has_perm("evaluations.open", c)]
    return listing.export() or render(request, "evaluations/rounds.html", {"list": listing, "calls": calls})


def _calls_without_round(request: HttpRequest) -> list[Call]:
    """Return the published calls that grade and have no round yet, while self-reports may come in (1 query and the schemes)."""
    rows = Call.objects.visible_to(request.user).open_at(clock.now()).filter(evaluation__isnull=True)
    rows = rows.filter(scheme__definition__scheme__outcome="grade").select_related("scheme")
    return [c for c in rows if scheme_of(c).outcome_kind.grades]


@page("evaluations.open")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who would take part in the round of a call, and open it."""
    call = the_call(request, pk, "evaluations.open")
    choices = [(k.code, str(k.label)) for k in kinds_for(call).values()]
    first = {"on": clock.today(), "kinds": _of_one_sheet(call)}
    form = OpenForm(choices, request.POST or None, initial=first)
    context: dict[str, Any] = {"call": call, "form": form}
    if form.is_valid():
        values = {"kinds": form.cleaned_data["kinds"], "on": form.cleaned_data["on"]}
        made: list[Round] = []

        def work() -> None:
            volunteers = [int(v) for v in request.POST.getlist("volunteer") if v.isdigit()]
            made.append(open_round(call=call, volunteers=volunteers, actor=request.actor, **values))

        if request.POST.get("confirmed") and attempt(request, work, form=form, success=_("轮次已启动，自评报告已写好。")):
            return redirect(round_url(made[0]))
        context |= _prospect(request, call, form, values)
    return render(request, "evaluations/new_round.html", context, status=422 if form.errors else 200)


def _of_one_sheet(call: Call) -> list[str]:
    """Return the kinds that are evaluated on the sheet of the first."""
    kinds = list(kinds_for(call).values())
    return [k.code for k in kinds if k.evaluation and kinds[0].evaluation and k.evaluation.sheet == kinds[0].evaluation.sheet]


def _prospect(request: HttpRequest, call: Call, form: OpenForm, values: dict[str, Any]) -> dict[str, Any]:
    try:
        plan = plan_round(call, values["kinds"], values["on"])
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(reason.field if reason.field in form.fields else None, reason.text)
        return {}
    entries = entries_for(plan)
    groups = groups_of(plan, entries)
    rows = [
        {
            "entry": e,
            "obliged": is_obliged(plan, e),
            "group": groups[e.pk][1],
            "leader": next((getattr(e, k.column) for k in plan.register.keepers if getattr(e, k.column, None)), None),
        }
        for e in entries
    ]
    return {"plan": plan, "rows": rows, "obliged": sum(1 for r in rows if r["obliged"])}


@page("evaluations.view")
def evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where a round stands: material, groups, what is in the way, drafts, what follows."""
    round_ = the_round(request, pk)
    if request.method == "POST":
        return _act(request, round_)
    entrants = [e for e in round_.entrants.select_related("application__call") if e.application_id not in own_cases(request.user)]
    grades = in_force(round_)
    groups = Counter((e.group, e.group_name) for e in entrants)
    states = Counter(str(state_inside(e.application)) if e.application else _("没有自评报告") for e in entrants)
    draft = open_draft(round_)
    context = {
        "round": round_,
        "call": round_.call,
        "draft": draft,
        "drafts": round_.drafts.select_related("drafted_by", "approved_by", "notice"),
        "entrants": entrants,
        "states": sorted(states.items(), key=lambda s: -s[1]),
        "groups": [
            (code, name, n, _graded(round_, code, entrants, grades))
            for (code, name), n in sorted(groups.items(), key=lambda g: g[0][0])
        ],
        "without": [e for e in entrants if e.application_id is None],
        "against": [] if draft or round_.closed_at else standing_against(round_),
        "ungraded": sum(1 for e in entrants if e.pk not in grades),
        "visits": visits_of(round_),
        "due": consequences_due(round_, request.user) if request.user.has_perm("evaluations.follow", round_.call) else [],
        "followed": Consequence.objects.filter(grade__entrant__round=round_).select_related("grade__entrant", "proposal"),
        "takes_in": clock.now() < round_.call.closes_at,
    }
    return render(request, "evaluations/round.html", context)


def _graded(round_: Round, code: str, entrants: list[Any], grades: dict[int, Grade]) -> list[tuple[str, int]]:
    """Return how many of a group have which grade, the best first."""
    counts = Counter(grades[e.pk].grade for e in entrants if e.group == code and e.pk in grades)
    return [(str(g.name), counts[g.code]) for g in round_.of.grades if counts[g.code]]


def _act(request: HttpRequest, round_: Round) -> HttpResponse:
    """Write self-reports that are missing, or take in one more entry."""
    if request.POST.get("do") == "write":
        attempt(request, lambda: write_missing(round_=round_, actor=request.actor), success=_("已补写自评报告。"))
    elif request.POST.get("do") == "admit":
        keys = [int(v) for v in request.POST.getlist("entry") if v.isdigit()]
        attempt(request, lambda: admit(round_=round_, entries=keys, actor=request.actor), success=_("已增加参评条目。"))
    return redirect(round_url(round_))


@page("evaluations.view")
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the table of a group: everybody's points under each head, the grades as they would be now, and who stands at each line."""
    round_ = the_round(request, pk)
    code = request.GET.get("group", "")
    everybody = [r for r in results_of(round_) if r.entrant.group == code]
    own = own_cases(request.user)
    results = [r for r in everybody if r.entrant.application_id not in own]
    if request.GET.get("format") == "xlsx":
        return download(_workbook(round_, results), f"{round_.call.code}-{code or 'all'}.xlsx", TYPES["xlsx"])
    graded = in_force(round_)
    lines = quotas_of(round_.of, everybody) if len(results) == len(everybody) else []
    edges = {r.entrant.pk for q in lines for r in (q.last_in, q.first_out) if r}
    context = {
        "round": round_,
        "call": round_.call,
        "group": everybody[0].entrant.group_name if everybody else "",
        "code": code,
        "heads": round_.of.heads,
        "rows": [_row(round_, r, graded, edges) for r in results],
        "lines": lines,
        "hidden": len(everybody) - len(results),
    }
    return render(request, "evaluations/group.html", context)


def _row(round_: Round, r: Result, graded: dict[int, Grade], edges: set[int]) -> dict[str, Any]:
    grade = graded.get(r.entrant.pk)
    return {
        "entrant": r.entrant,
        "url": entrant_url(r.entrant),
        "type": next((words for code, words in round_.of.types if code == r.entrant.type), ""),
        "heads": [r.points.of_head(h.code) for h in round_.of.heads],
        "total": r.points.total,
        "rank": r.graded.rank,
        "grade": grade_name(round_.of, r.graded.grade),
        "why": why_words(round_.of, r.graded.why, r.graded.passed_over, r.material.vetoes),
        "settled": grade,
        "settled_name": grade_name(round_.of, grade.grade) if grade else "",
        "differs": grade is not None and grade.grade != r.graded.grade,
        "edge": r.entrant.pk in edges,
        "missing": [str(i.name) for i in r.points.missing],
    }


def _workbook(round_: Round, results: list[Result]) -> bytes:
    """Return a group as a workbook: points under each head and each indicator."""
    indicators = round_.of.indicators
    heading = [
        *(_("名次"), _("编号"), _("名称"), _("依托单位"), _("类型"), _("等次"), _("总分")),
        *(str(h.name) for h in round_.of.heads),
        *(str(i.name) for i in indicators),
        _("说明"),
    ]
    types = {code: str(words) for code, words in round_.of.types}
    rows = []
    for r in results:
        by = {line.indicator.code: line.points for line in r.points.lines}
        rows.append(
            [
                *(r.graded.rank or "", r.entrant.number, named(r.entrant), named(r.entrant.host) if r.entrant.host else ""),
                *(types[r.entrant.type], str(grade_name(round_.of, r.graded.grade)), float(r.points.total)),
                *(float(r.points.of_head(h.code)) for h in round_.of.heads),
                *(float(by[i.code]) if i.code in by else "" for i in indicators),
                why_words(round_.of, r.graded.why, r.graded.passed_over, r.material.vetoes),
            ]
        )
    return write_xlsx(_("评估得分"), heading, rows)
