"""Pages of officers and the committee: panels, the decision board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.decisions import approve_decisions, committed_for, publish_notice, reconsider
from headwater.calls.deciding.services.sights import decisions_sight, notice_sight, to_publish, waiting_decisions
from headwater.calls.models import Application, Call, Decision
from headwater.calls.pages import the_call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.errors import Refused
from headwater.core.own import own_cases, without_own
from headwater.core.permission import page
from headwater.core.seen import Sight
from headwater.core.web import attempt, key_in, keys_in
from headwater.review.models import PanelItem
from headwater.review.services.deciding import STATED, Departure, departs, proposals_of, propose, unfinished
from headwater.review.services.drawing import draw_equals, to_draw
from headwater.review.services.suggesting import Suggestion, balance_rows, compare, suggest
from headwater.review.views.rows import others_of, placed
from headwater.schemes.judging import DecisionRule


@page("calls.board")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision board: the ranking with its spread, the panel's result, the budget line, and what is proposed."""
    call = the_call(request, pk)
    if request.method == "POST":
        return _decide(request, call)
    scheme = scheme_of(call)
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
    placed(request, call, rows)
    for row in rows:
        row.suggested, row.why = row.pk in suggestion.funded, suggestion.reasons.get(row.pk, "")
        row.open = row.state == (State.PANEL if scheme.has_panel else State.REVIEWED)
        row.voted = _vote_of(row) if row.open else ""
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
            "balance_rows": balance_rows(suggestion),
            "committed": committed_for(request.user, call),
            "waiting": waiting,
            "tab": "decide",
            "undecided": undecided,
            "unheard": sum(1 for row in rows if row.state == State.REVIEWED) if scheme.has_panel else 0,
            "scheme": scheme,
            "approvable": not undecided or scheme.rolling,
            **(drawing_context(call, request.user) if inside else {}),
            "notices": call.notices.filter(closed_at__isnull=True).count(),
            "approved": decisions.filter(
                approved_at__isnull=False, application__state__in=[State.PROPOSED, State.NOT_PROPOSED]
            ).exists(),
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
            "count": outcome.count,
            "money": outcome.money,
        }
        for outcome, reasons, without in compare(suggestion)
    ]
    context = {"call": call, "suggestion": suggestion, "rows": rows, "balance_rows": balance_rows(suggestion), "tab": "decide"}
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
    success: Callable[[], str]


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
        success=approval.success(),
    ):
        return redirect("decide", pk=call.pk)
    rows = [d for d in approval.rows(call) if d.application_id not in own_cases(request.user)]
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
        return _propose(request, call)
    if verb in APPROVALS and request.user.has_perm(APPROVALS[verb].action, call):
        return approve_shown(request, call, APPROVALS[verb])
    if verb == "draw" and request.user.has_perm("review.draw", call):
        public = request.POST.get("public", "")
        attempt(
            request, lambda: draw_equals(call=call, actor=request.actor, public=public), success=_("已抽签，结果和种子已保存。")
        )
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


def drawing_context(call: Call, account: Any) -> dict[str, Any]:
    """What the board shows of lines by mark: who stands equal and waits for a draw, and the draws with their proof."""
    own = own_cases(account)
    waiting = [
        {
            "group": line.group,
            "places": line.open_places,
            "money": line.open_money,
            "equals": [a for a in line.equals if a.pk not in own],
        }
        for line in to_draw(call)
    ]
    numbers = set(Application.objects.filter(call=call, pk__in=own).values_list("number", flat=True))
    draws = [
        (d, [(n, n in d.record["winners"]) for n in d.record["order"] if n not in numbers]) for d in call.draws.order_by("group")
    ]
    return {"to_draw": waiting, "draws": draws, "rule_words": rule_words(scheme_of(call).judging.decision)}


def rule_words(rule: DecisionRule) -> list[str]:
    """The pass mark and the quota of a scheme, as the board tells them."""
    per = {
        "call": _("本批次"),
        "field": _("每个评审领域"),
        "host": _("每个依托单位"),
        "city": _("每个地区"),
        "research_class": _("每类研究属性"),
    }
    words = [_("合格线 %s 分") % f"{rule.pass_mark:g}"] if rule.pass_mark is not None else []
    if rule.quota is not None:
        words.append(_("%(per)s限 %(quota)d 项") % {"per": per[rule.quota_per], "quota": rule.quota})
    return words + ([_("得分相同的抽签决定")] if rule.draws else [])


def _vote_of(row: Application) -> str:
    """The vote of the panel from which a decision can depart: "yes", "no", or an empty text without a vote."""
    item = getattr(row, "panel_item", None)
    if item is None or not item.result:
        return ""
    return "yes" if item.result == PanelItem.Result.RECOMMENDED else "no"


def _propose(request: HttpRequest, call: Call) -> HttpResponse:
    """The proposed decisions once more, with a coded reason and words for each that departs from its panel; then the command."""
    funded = set(keys_in(request.POST, "fund"))
    departures = _departures(request, call, funded)
    errors: dict[str, str] = {}
    if request.POST.get("confirmed"):
        try:
            propose(call=call, funded=funded, departures=departures, actor=request.actor)
        except Refused as refused:
            errors = {r.field: r.text for r in refused.reasons if r.code == "deviation"}
            for text in [r.text for r in refused.reasons if r.code != "deviation"][:30]:
                messages.error(request, text)
        else:
            messages.success(request, _("决定已提出，待核准。"))
            return redirect("decide", pk=call.pk)
    proposals = proposals_of(call, funded, request.user, departures)
    for_all = _for_all(request)
    placed(request, call, [p.application for p in proposals])
    for p in proposals:
        p.application.departs = departs(p.application, p.amount_fen is not None)
        departure = departures.get(p.application.pk, Departure())
        p.application.departure = departure if p.amount_fen is not None or departure != for_all else Departure()
        p.application.error = errors.get(f"deviation_{p.application.pk}", "")
    funding = [p for p in proposals if p.amount_fen is not None]
    refused_ones = [p for p in proposals if p.amount_fen is None]
    total = sum(p.amount_fen for p in funding) + committed_for(request.user, call)
    context = {
        "call": call,
        "chosen": funding,
        "refused": [p for p in refused_ones if not p.application.departs],
        "left_out": [p for p in refused_ones if p.application.departs],
        "codes": [("", _("选择理由")), *((c.value, c.label) for c in Decision.Deviation if c.value in STATED)],
        "for_all": for_all,
        "not_funded": len(refused_ones),
        "unheard": sum(1 for p in refused_ones if p.application.state == State.REVIEWED) if scheme_of(call).has_panel else 0,
        "departing": sum(1 for p in proposals if p.application.departs),
        "errors": errors,
        "scheme": scheme_of(call),
        "total": total,
        "over": total > call.budget_fen,
        "waiting": unfinished(call, request.user),
    }
    context["blocked"] = context["over"] or context["waiting"]
    return render(request, "review/decide_preview.html", context)


def _for_all(request: HttpRequest) -> Departure:
    """The reason that the form gives once for all recommended applications that are not funded."""
    return Departure(request.POST.get("code_all", ""), request.POST.get("words_all", ""))


def _departures(request: HttpRequest, call: Call, funded: set[int]) -> dict[int, Departure]:
    """What was given for each departing row; a row of recommended ones left out that holds nothing takes what was given for all of them."""
    post, for_all = request.POST, _for_all(request)
    departures = {}
    for p in proposals_of(call, funded, request.user):
        fund = p.amount_fen is not None
        if departs(p.application, fund):
            pk = p.application.pk
            own = Departure(post.get(f"code_{pk}", ""), post.get(f"words_{pk}", ""))
            departures[pk] = for_all if own == Departure() and not fund else own
    return departures
