"""Pages of officers and the committee: panels, the decision board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.deciding.services import acts
from headwater.calls.deciding.services.decisions import (
    Proposal,
    approve_decisions,
    committed_for,
    publish_notice,
    reconsider,
    send_back,
)
from headwater.calls.deciding.services.sights import decisions_sight, notice_sight, to_publish, waiting_decisions
from headwater.calls.models import LONG, Application, Call, Decision
from headwater.calls.pages import the_call
from headwater.calls.queries import state_counts
from headwater.calls.schemes import scheme_of
from headwater.calls.states import RESULT_STATES, State
from headwater.calls.words import state_word
from headwater.core.acts import Act
from headwater.core.errors import Refused
from headwater.core.own import own_cases, without_own
from headwater.core.permission import access, page
from headwater.core.seen import Sight
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in, keys_in
from headwater.review.models import PanelItem
from headwater.review.services.acts import drawing, proposing
from headwater.review.services.deciding import STATED, Departure, departs, proposals_of, proposals_sight, propose, unfinished
from headwater.review.services.drawing import draw_equals, to_draw
from headwater.review.services.suggesting import Suggestion, balance_rows, compare, suggest
from headwater.review.views.rows import others_of, placed
from headwater.schemes.judging import DecisionRule

ROWS = 30
"""Applications on a page of the board; what is ticked on the others goes along in the form."""


@page("calls.board")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision board: the ranking with its spread, the panel's result, the budget line, and what is proposed."""
    call = the_call(request, pk)
    if request.method == "POST" and not request.POST.get("page"):
        return _decide(request, call)
    if not request.user.has_perm("calls.decide.read", call):
        return _decide_outside(request, call)
    scheme = scheme_of(call)
    ranked = others_of(request, call).filter(ranking__isnull=False)
    open_ones = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW])
    undecided = without_own(open_ones, request.user).count()
    asks = {"without": request.GET.getlist("without"), "account": request.user}
    suggestion = suggest(call, **asks) if undecided else Suggestion(set(), {}, [])
    decisions = without_own(Decision.objects.filter(call=call), request.user)
    waiting = decisions.filter(approved_at__isnull=True).count()
    return render(
        request,
        "review/decide.html",
        {
            "call": call,
            **_board_page(request, call, ranked, suggestion),
            "components": ranked.order_by().values("ranking__component").distinct().count(),
            "suggestion": suggestion,
            "balance_rows": balance_rows(suggestion),
            "committed": committed_for(request.user, call),
            "waiting": waiting,
            "tab": "decide",
            "undecided": undecided,
            "unheard": ranked.filter(state=State.REVIEWED).count() if scheme.has_panel else 0,
            "scheme": scheme,
            "codes": reason_codes(),
            "approvable": not undecided or scheme.rolling,
            **drawing_context(call, request.user),
            "notices": call.notices.filter(closed_at__isnull=True).count(),
            "approved": decisions.filter(
                approved_at__isnull=False, application__state__in=[State.PROPOSED, State.NOT_PROPOSED]
            ).exists(),
        },
    )


def _ticked(request: HttpRequest) -> set[int]:
    """What is ticked on the page and on the others."""
    return {*keys_in(request.POST, "fund"), *keys_in(request.POST, "also")}


def _board_page(request: HttpRequest, call: Call, ranked: QuerySet[Application], suggestion: Suggestion) -> dict[str, Any]:
    """One page of the ranking, with what is ticked on the others: the suggestion, or what the reader has made of it."""
    open_state = State.PANEL if scheme_of(call).has_panel else State.REVIEWED
    pages = Paginator(ranked.order_by("ranking__rank", "pk").values_list("pk", flat=True), ROWS)
    number = pages.get_page(request.POST.get("page") or request.GET.get("page"))
    related = ("leader", "host", "ranking", "decision", "panel_item")
    texts = [name for name in LONG if not name.startswith("call__")]
    rows = list(ranked.filter(pk__in=list(number)).select_related(*related).defer(*texts).order_by("ranking__rank", "pk"))
    for row in rows:
        row.call = call
    placed(request, call, rows)
    ticked = _ticked(request) if request.method == "POST" else suggestion.funded
    for row in rows:
        row.suggested, row.why = row.pk in ticked, suggestion.reasons.get(row.pk, "")
        row.open = row.state == open_state
        row.voted = _vote_of(row) if row.open else ""
    elsewhere = ranked.filter(state=open_state).exclude(pk__in=[row.pk for row in rows])
    return {
        "rows": rows,
        "number": number,
        "also": sorted(ticked.intersection(elsewhere.values_list("pk", flat=True))) if ticked and pages.num_pages > 1 else [],
        "line": next((a.pk for a in suggestion.applications if a.pk in suggestion.reasons), None),
    }


def _decide_outside(request: HttpRequest, call: Call) -> HttpResponse:
    """What a leader reads of the decisions of a call: how far they are, and what has been made public."""
    counts = state_counts(call, request.user)
    steps = [(state_word(call, s), counts[s.value]) for s in DECIDING if counts.get(s.value)]
    context = {
        "call": call,
        "scheme": scheme_of(call),
        "steps": steps,
        "notices": call.notices.annotate(n=Count("rows")).order_by("starts_at"),
        "committed": committed_for(request.user, call),
        "tab": "decide",
    }
    return render(request, "review/decide_outside.html", context)


DECIDING = (State.IN_REVIEW, State.REVIEWED, State.PANEL, *RESULT_STATES)
"""The states from the review to the result, as a leader's page counts them."""


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
    act: Callable[[Call, list[Decision], str], Act]
    success: Callable[[], str]


APPROVALS = {
    "approve": Approval(
        "calls.decide.approve",
        waiting_decisions,
        lambda call, _account: decisions_sight(call),
        approve_decisions,
        acts.approving,
        lambda: _("决定已核准。"),
    ),
    "notice": Approval(
        "calls.notice.publish", to_publish, notice_sight, publish_notice, acts.publishing, lambda: _("公示已发布。")
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
        "act": approval.act(call, rows, f"/office/calls/{call.pk}/decide/"),
        "rows": rows,
        "total": sum(d.amount_fen for d in rows if d.outcome == Decision.Outcome.FUND),
        "seen": approval.sight(call, request.user).token,
        "tab": "decide",
    }
    return render(request, "review/approve_preview.html", context)


TAKING_BACK = {
    "reconsider": ("calls.decide.propose", reconsider, lambda: _("已撤回该项决定。")),
    "send_back": ("calls.decide.approve", send_back, lambda: _("已退回该项决定。")),
}
"""Acts on one proposed decision: their action, their command, what is said afterwards."""


def take_back_shown(request: HttpRequest, call: Call, verb: str) -> HttpResponse:
    """One proposed decision with what its return means; confirmed, with a reason, it is returned."""
    action, work, done = TAKING_BACK[verb]
    rows = Application.objects.visible_to(request.user).select_related("call__scheme", "leader", "decision__proposed_by")
    row = access(request.user, action, rows.filter(call=call, decision__isnull=False), pk=key_in(request.POST, "pk"))
    back = f"/office/calls/{call.pk}/decide/"
    act = acts.taking_back(row, row.decision, verb, back, given(request))
    given_reason = request.POST.get("reason", "")
    frame = {"template": "calls/act.html", "call": call, "tab": "decide"}
    return confirm_act(request, act, lambda: work(application=row, reason=given_reason, actor=request.actor), done(), **frame)


def _decide(request: HttpRequest, call: Call) -> HttpResponse:
    verb = request.POST.get("do", "")
    if verb == "propose" and request.user.has_perm("calls.decide.propose", call):
        return _propose(request, call)
    if verb in APPROVALS and request.user.has_perm(APPROVALS[verb].action, call):
        return approve_shown(request, call, APPROVALS[verb])
    if verb in TAKING_BACK and request.user.has_perm("calls.decide.read", call):
        return take_back_shown(request, call, verb)
    if verb == "draw" and request.user.has_perm("review.draw", call):
        public = request.POST.get("public", "")
        act = drawing(to_draw(call), public, f"/office/calls/{call.pk}/decide/")
        frame = {"template": "calls/act.html", "call": call, "tab": "decide"}
        work = partial(draw_equals, call=call, actor=request.actor, public=public)
        return confirm_act(request, act, work, _("已抽签，结果和种子已保存。"), **frame)
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


def _chosen(request: HttpRequest) -> tuple[set[int], set[int] | None]:
    """Whom to fund, and to which applications the decisions are limited: all that are undecided, or those that are ticked alone."""
    scope, ticked = request.POST.get("scope", "all"), set(keys_in(request.POST, "fund"))
    if scope == "refuse":
        return set(), ticked | set(keys_in(request.POST, "refuse"))
    return (ticked, ticked) if scope == "fund" else (_ticked(request), None)


def _propose(request: HttpRequest, call: Call) -> HttpResponse:
    """The proposed decisions once more, with a coded reason and words for each that departs from its panel; then the command."""
    funded, only = _chosen(request)
    departures = _departures(request, call, funded, only)
    errors: dict[str, str] = {}
    if request.POST.get("confirmed"):
        try:
            chosen = {"funded": funded, "only": only, "departures": departures}
            propose(call=call, actor=request.actor, seen=request.POST.get("seen", ""), **chosen)
        except Refused as refused:
            errors = {r.field: r.text for r in refused.reasons if r.code == "deviation"}
            for text in [r.text for r in refused.reasons if r.code != "deviation"][:30]:
                messages.error(request, text)
        else:
            messages.success(request, _("决定已提出，待核准。"))
            return redirect("decide", pk=call.pk)
    proposals = proposals_of(call, funded, request.user, departures, only)
    if not proposals:
        messages.error(request, _("请先勾选未决定的申请"))
        return redirect("decide", pk=call.pk)
    return render(request, "review/decide_preview.html", _previewed(request, call, proposals, departures, errors))


def _previewed(
    request: HttpRequest, call: Call, proposals: list[Proposal], departures: dict[int, Departure], errors: dict[str, str]
) -> dict[str, Any]:
    """What the preview of proposed decisions shows."""
    for_all, scheme = _for_all(request), scheme_of(call)
    placed(request, call, [p.application for p in proposals])
    for p in proposals:
        p.application.departs = departs(p.application, p.amount_fen is not None)
        departure = departures.get(p.application.pk, Departure())
        p.application.departure = departure if p.amount_fen is not None or departure != for_all else Departure()
        p.application.error = errors.get(f"deviation_{p.application.pk}", "")
    funding = [p for p in proposals if p.amount_fen is not None]
    refused_ones = [p for p in proposals if p.amount_fen is None]
    total = sum(p.amount_fen or 0 for p in funding) + committed_for(request.user, call)
    waiting, over = unfinished(call, request.user), total > call.budget_fen
    open_ones = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW])
    undecided = without_own(open_ones, request.user).count()
    return {
        "call": call,
        "scope": request.POST.get("scope", "all"),
        "act": proposing(call, proposals, undecided, f"/office/calls/{call.pk}/decide/"),
        "seen": proposals_sight(proposals).token,
        "chosen": funding,
        "refused": [p for p in refused_ones if not p.application.departs],
        "left_out": [p for p in refused_ones if p.application.departs],
        "codes": reason_codes(),
        "for_all": for_all,
        "not_funded": len(refused_ones),
        "unheard": sum(1 for p in refused_ones if p.application.state == State.REVIEWED) if scheme.has_panel else 0,
        "departing": sum(1 for p in proposals if p.application.departs),
        "errors": errors,
        "scheme": scheme,
        "total": total,
        "over": over,
        "waiting": waiting,
        "blocked": over or waiting,
        "tab": "decide",
    }


def reason_codes() -> list[tuple[str, Any]]:
    """The coded reasons for which a decision may depart from its panel."""
    return [("", _("选择理由")), *((c.value, c.label) for c in Decision.Deviation if c.value in STATED)]


def _for_all(request: HttpRequest) -> Departure:
    """The reason that the form gives once for all recommended applications that are not funded."""
    return Departure(request.POST.get("code_all", ""), request.POST.get("words_all", ""))


def _departures(request: HttpRequest, call: Call, funded: set[int], only: set[int] | None) -> dict[int, Departure]:
    """What was given for each departing row; a row of recommended ones left out that holds nothing takes what was given for all of them."""
    post, for_all = request.POST, _for_all(request)
    departures = {}
    for p in proposals_of(call, funded, request.user, only=only):
        fund = p.amount_fen is not None
        if departs(p.application, fund):
            pk = p.application.pk
            own = Departure(post.get(f"code_{pk}", ""), post.get(f"words_{pk}", ""))
            departures[pk] = for_all if own == Departure() and not fund else own
    return departures
