"""Pages of officers and the committee: panels, the decision board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call, Decision, own_applications
from headwater.calls.schemes import scheme_of
from headwater.calls.services.decisions import approve_decisions, committed_fen, publish_notice, reconsider
from headwater.calls.services.sights import decisions_sight, notice_sight, to_publish, waiting_decisions
from headwater.calls.states import State
from headwater.calls.views.office import the_call
from headwater.core import clock
from headwater.core.permission import access, page
from headwater.core.seen import Sight
from headwater.core.web import attempt, key_in, keys_in
from headwater.registry.models import ReviewGroup
from headwater.review.models import Expert, Panel, PanelMember
from headwater.review.services.deciding import proposals_of, propose, unfinished, vote_again
from headwater.review.services.panels import candidates_for_panel, close_voting, make_panel, open_voting
from headwater.review.services.suggesting import Suggestion, compare, reached, suggest


def others_of(request: HttpRequest, call: Call) -> Any:
    """The applications of a call that one may see and does not take part in."""
    rows = Application.objects.visible_to(request.user).filter(call=call)
    return rows.exclude(pk__in=own_applications(request.user))


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
            "panels": call.panels.annotate(n=Count("items", distinct=True), m=Count("members", distinct=True)),
            "tab": "panels",
            "groups": [(g, count[g.code]) for g in ReviewGroup.objects.all() if g.code in count],
            "ready": sum(count.values()),
        },
    )


@page("review.manage")
def new_panel(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    call = the_call(request, pk, "review.manage")
    field = get_object_or_404(ReviewGroup, code=group)
    rows = list(
        others_of(request, call)
        .filter(state=State.REVIEWED, review_group=group)
        .select_related("ranking", "leader", "host")
        .order_by("ranking__rank")
    )
    experts = candidates_for_panel(call, field)
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
    inside = request.user.has_role("programme_officer", "committee")
    visible = others_of(request, call) if inside else Application.objects.none()
    own = own_applications(request.user)
    rows = list(
        visible.filter(ranking__isnull=False)
        .select_related("call", "leader", "host", "ranking", "decision", "panel_item")
        .order_by("ranking__rank")[:400]
    )
    open_ones = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW])
    undecided = open_ones.exclude(pk__in=own).count()
    suggestion = suggest(call, without=request.GET.getlist("without")) if undecided else Suggestion(set(), {}, [])
    for row in rows:
        row.suggested, row.why = row.pk in suggestion.funded, suggestion.reasons.get(row.pk, "")
    line = next((row.pk for row in rows if row.why), None)
    waiting = Decision.objects.filter(call=call, approved_at__isnull=True).exclude(application__in=own).count()
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
            "committed": committed_fen(call),
            "waiting": waiting,
            "tab": "decide",
            "undecided": undecided,
            "scheme": scheme_of(call),
            "notices": call.notices.count(),
            "approved": Decision.objects.filter(call=call, approved_at__isnull=False).exists(),
        },
    )


@page("calls.board")
def compare_sets(request: HttpRequest, pk: int) -> HttpResponse:
    """What other budgets would fund, and what each rule of balance costs."""
    call = the_call(request, pk)
    if not request.user.has_role("programme_officer", "committee"):
        raise PermissionDenied
    suggestion = suggest(call)
    own = {row["pk"] for row in own_applications(request.user)}
    titles = {k: row for k, row in enumerate(suggestion.applications) if row.pk not in own}
    rows = [
        {
            "name": outcome.name,
            "without": without,
            "reasons": reasons,
            "entering": [titles[k] for k in outcome.entering if k in titles],
            "leaving": [titles[k] for k in outcome.leaving if k in titles],
            "count": len(outcome.result.proposals) if outcome.result else None,
            "money": outcome.result.money if outcome.result else None,
        }
        for outcome, reasons, without in compare(suggestion)
    ]
    context = {"call": call, "suggestion": suggestion, "rows": rows, "reached": reached(suggestion), "tab": "decide"}
    return render(request, "review/compare_sets.html", context)


@dataclass(frozen=True)
class Approval:
    """An act on a whole list that others prepared: its lines are shown first, and what is confirmed is what was shown."""

    action: str
    rows: Callable[[Call], list[Decision]]
    sight: Callable[[Call, Any], Sight]
    work: Callable[..., Any]
    title: Callable[[], str]
    button: Callable[[], str]
    done: Callable[[], str]


APPROVALS = {
    "approve": Approval(
        "calls.decide.approve",
        waiting_decisions,
        lambda call, _account: decisions_sight(call),
        approve_decisions,
        lambda: _("核对后核准"),
        lambda: _("核准以上决定"),
        lambda: _("决定已核准。"),
    ),
    "notice": Approval(
        "calls.notice.publish",
        to_publish,
        notice_sight,
        publish_notice,
        lambda: _("核对后公示"),
        lambda: _("公示以上名单"),
        lambda: _("公示已发布。"),
    ),
}


def approve_shown(request: HttpRequest, call: Call, approval: Approval) -> HttpResponse:
    """First the exact lines; then, confirmed and unchanged since, the act. When something has changed they are shown anew."""
    if request.POST.get("confirmed") and attempt(
        request,
        lambda: approval.work(call=call, actor=request.actor, seen=request.POST.get("seen", "")),
        success=approval.done(),
    ):
        return redirect("decide", pk=call.pk)
    own = {row["pk"] for row in own_applications(request.user)}
    rows = [d for d in approval.rows(call) if d.application_id not in own]
    context = {
        "call": call,
        "scheme": scheme_of(call),
        "verb": request.POST["do"],
        "title": approval.title(),
        "button": approval.button(),
        "rows": rows,
        "total": sum(d.amount_fen for d in rows if d.outcome == Decision.Outcome.FUND),
        "seen": approval.sight(call, request.user).token,
        "tab": "decide",
    }
    return render(request, "review/approve_preview.html", context)


def _decide(request: HttpRequest, call: Call) -> HttpResponse:
    verb = request.POST.get("do")
    if verb == "propose" and request.user.has_perm("calls.decide.propose", call):
        funded = set(keys_in(request.POST, "fund"))
        if request.POST.get("confirmed"):
            attempt(request, lambda: propose(call=call, funded=funded, actor=request.actor), success=_("决定已提出，待核准。"))
            return redirect("decide", pk=call.pk)
        proposals = proposals_of(call, funded, request.user)
        chosen = [p for p in proposals if p.amount_fen is not None]
        total = sum(p.amount_fen for p in chosen) + committed_fen(call)
        over, waiting = total > call.budget_fen, unfinished(call)
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
    if verb in APPROVALS and request.user.has_perm(APPROVALS[verb].action, call):
        return approve_shown(request, call, APPROVALS[verb])
    if verb == "reconsider" and request.user.has_perm("calls.decide.propose", call):
        row = get_object_or_404(
            Application.objects.visible_to(request.user).select_related("call", "leader"),
            pk=key_in(request.POST, "pk"),
            call=call,
        )
        attempt(request, lambda: reconsider(application=row, actor=request.actor), success=_("已撤回该项决定。"))
    else:
        messages.error(request, _("您不能执行这一步"))
    return redirect("decide", pk=call.pk)
