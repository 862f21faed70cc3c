"""Pages of officers and the committee: panels, the decision board."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call, Decision
from headwater.calls.schemes import scheme_of
from headwater.calls.services.decisions import approve_decisions, committed_for, publish_notice, reconsider
from headwater.calls.states import State
from headwater.calls.views.office import the_call
from headwater.core import clock
from headwater.core.own import own_rows, without_own
from headwater.core.permission import access, page
from headwater.core.web import attempt, key_in, keys_in
from headwater.registry.models import ReviewGroup
from headwater.review.models import Expert, Panel, PanelItem, PanelMember
from headwater.review.queries import places
from headwater.review.services.deciding import proposals_of, propose, unfinished, vote_again
from headwater.review.services.panels import candidates_for_panel, close_voting, make_panel, open_voting
from headwater.review.services.suggesting import Suggestion, compare, reached, suggest


def others_of(request: HttpRequest, call: Call) -> Any:
    """The applications of a call that one may see and that are not one's own."""
    return without_own(Application.objects.visible_to(request.user).filter(call=call), request.user)


@page("review.manage")
def panels(request: HttpRequest, pk: int) -> HttpResponse:
    """Make panels from the ranked applications of a field."""
    call = the_call(request, pk, "review.manage")
    ready = others_of(request, call).filter(state=State.REVIEWED)
    count = dict(ready.order_by().values_list("review_group").annotate(n=Count("pk")))
    return render(
        request,
        "review/call_panels.html",
        {
            "call": call,
            "panels": call.panels.annotate(
                n=Count("items", filter=~own_rows(PanelItem, request.user, "items__"), distinct=True),
                m=Count("members", distinct=True),
            ),
            "tab": "panels",
            "groups": [(g, count[g.code]) for g in ReviewGroup.objects.all() if g.code in count],
            "ready": sum(count.values()),
        },
    )


@page("review.panel.manage")
def new_panel(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    call = the_call(request, pk, "review.panel.manage")
    field = get_object_or_404(ReviewGroup, code=group)
    rows = list(
        others_of(request, call)
        .filter(state=State.REVIEWED, review_group=group)
        .select_related("ranking", "leader", "host")
        .order_by("ranking__rank")
    )
    _placed(request, call, rows)
    experts = candidates_for_panel(call, field, account=request.user)
    if request.method == "POST":
        chosen = [e for e in experts if str(e.pk) in request.POST.getlist("expert")]
        items = [a for a in rows if str(a.pk) in request.POST.getlist("pk")]
        chair = next((e for e in chosen if str(e.pk) == request.POST.get("chair")), None)
        meets = parse_datetime(request.POST.get("meets_at", "")) if request.POST.get("meets_at") else None
        meets = clock.local(meets.date(), meets.hour, meets.minute) if meets else None
        if not items or chair is None:
            messages.error(request, _("请选择上会的申请、组员和组长"))
        elif attempt(
            request,
            lambda: make_panel(
                call=call,
                name=f"{call.title_zh}{field.name_zh}评审组",
                group=field,
                applications=items,
                experts=chosen,
                chair=chair,
                meets_at=meets,
                actor=request.actor,
            ),
            success=_("会评组已建立，已通知组员。"),
        ):
            return redirect("call_panels", pk=pk)
    return render(
        request,
        "review/new_panel.html",
        {
            "call": call,
            "group": field,
            "rows": rows,
            "experts": experts,
            "picked": _picked(request, rows, experts),
            "tab": "panels",
        },
    )


def _placed(request: HttpRequest, call: Call, rows: list[Any]) -> None:
    """Give each application its position as the reader may know it."""
    place_of = places(call, request.user)
    for row in rows:
        row.place = place_of(row.ranking.rank if hasattr(row, "ranking") else None)


def _picked(request: HttpRequest, rows: list[Application], experts: list[Expert]) -> dict[str, Any]:
    """What is ticked: what was sent when the form comes back, else all applications and the nine with the fewest conflicts."""
    sent = request.POST if request.method == "POST" else None
    return {
        "applications": set(sent.getlist("pk")) if sent is not None else {str(a.pk) for a in rows},
        "experts": set(sent.getlist("expert")) if sent is not None else {str(e.pk) for e in experts[:9]},
        "chair": sent.get("chair", "") if sent is not None else str(experts[0].pk) if experts else "",
        "meets_at": sent.get("meets_at", "") if sent is not None else "",
    }


@page("review.panel.manage", methods=("POST",))
def panel_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    row = access(request.user, "review.panel.manage", Panel.objects.visible_to(request.user).select_related("call"), pk=pk)
    if verb == "open":
        present = list(
            PanelMember.objects.filter(panel=row, pk__in=keys_in(request.POST, "present"))
        )
        attempt(request, lambda: open_voting(panel=row, present=present, actor=request.actor), success=_("投票已开始。"))
    elif verb == "again":
        attempt(request, lambda: vote_again(panel=row, actor=request.actor), success=_("可以重新登记到会并投票。"))
    elif verb == "close":
        attempt(request, lambda: close_voting(panel=row, actor=request.actor), success=_("投票已结束并计票。"))
    return redirect("panel", pk=pk)


@page("calls.board")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision board: the ranking with its spread, the panel's result, the budget line, and what is proposed."""
    call = the_call(request, pk)
    if request.method == "POST":
        return _decide(request, call)
    inside = request.user.has_perm("calls.decide.read", call)
    visible = others_of(request, call) if inside else Application.objects.none()
    rows = list(
        visible.filter(ranking__isnull=False)
        .select_related("call", "leader", "host", "ranking", "decision", "panel_item")
        .order_by("ranking__rank")[:400]
    )
    open_ones = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW])
    undecided = without_own(open_ones, request.user).count()
    asks = {"without": request.GET.getlist("without"), "account": request.user}
    suggestion = suggest(call, **asks) if undecided and inside else Suggestion(set(), {}, [])
    _placed(request, call, rows)
    for row in rows:
        row.suggested, row.why = row.pk in suggestion.funded, suggestion.reasons.get(row.pk, "")
    line = next((row.pk for row in rows if row.why), None)
    decisions = without_own(Decision.objects.filter(call=call), request.user)
    waiting = decisions.filter(approved_at__isnull=True).count()
    return render(
        request,
        "review/decide.html",
        {
            "call": call,
            "rows": rows,
            "line": line,
            "components": len({row.ranking.component for row in rows}),
            "suggestion": suggestion,
            "reached": reached(suggestion),
            "committed": committed_for(request.user, call),
            "waiting": waiting,
            "tab": "decide",
            "undecided": undecided,
            "scheme": scheme_of(call),
            "notices": call.notices.count(),
            "approved": decisions.filter(approved_at__isnull=False).exists(),
        },
    )


@page("calls.board")
def compare_sets(request: HttpRequest, pk: int) -> HttpResponse:
    """What other budgets would fund, and what each rule of balance costs."""
    call = the_call(request, pk)
    if not request.user.has_perm("calls.decide.read", call):
        raise PermissionDenied
    suggestion = suggest(call, account=request.user)
    titles = dict(enumerate(suggestion.applications))
    rows = [
        {
            "name": outcome.name,
            "without": without,
            "reasons": reasons,
            "entering": [titles[k] for k in outcome.entering],
            "leaving": [titles[k] for k in outcome.leaving],
            "count": len(outcome.result.proposals) if outcome.result else None,
            "money": outcome.result.money if outcome.result else None,
        }
        for outcome, reasons, without in compare(suggestion)
    ]
    context = {"call": call, "suggestion": suggestion, "rows": rows, "reached": reached(suggestion), "tab": "decide"}
    return render(request, "review/compare_sets.html", context)


def _decide(request: HttpRequest, call: Call) -> HttpResponse:
    verb = request.POST.get("do")
    if verb == "propose" and request.user.has_perm("calls.decide.propose", call):
        funded = set(keys_in(request.POST, "fund"))
        if request.POST.get("confirmed"):
            attempt(request, lambda: propose(call=call, funded=funded, actor=request.actor), success=_("决定已提出，待核准。"))
            return redirect("decide", pk=call.pk)
        proposals = proposals_of(call, funded, request.user)
        _placed(request, call, [p.application for p in proposals])
        chosen = [p for p in proposals if p.amount_fen is not None]
        total = sum(p.amount_fen for p in chosen) + committed_for(request.user, call)
        over, waiting = total > call.budget_fen, unfinished(call, request.user)
        context = {
            "call": call,
            "chosen": chosen,
            "refused": [p for p in proposals if p.amount_fen is None],
            "scheme": scheme_of(call),
            "total": total,
            "over": over,
            "waiting": waiting,
        }
        return render(request, "review/decide_preview.html", context)
    if verb == "approve" and request.user.has_perm("calls.decide.approve", call):
        attempt(request, lambda: approve_decisions(call=call, actor=request.actor), success=_("决定已核准。"))
    elif verb == "notice" and request.user.has_perm("calls.notice.publish", call):
        attempt(request, lambda: publish_notice(call=call, actor=request.actor), success=_("公示已发布。"))
    elif verb == "reconsider" and request.user.has_perm("calls.decide.propose", call):
        row = get_object_or_404(
            Application.objects.visible_to(request.user).select_related("call", "leader"),
            pk=key_in(request.POST, "pk"),
            call=call,
        )
        attempt(request, lambda: reconsider(application=row, actor=request.actor), success=_("已撤回该项决定。"))
    else:
        messages.error(request, _("您不能执行这一步"))
    return redirect("decide", pk=call.pk)
