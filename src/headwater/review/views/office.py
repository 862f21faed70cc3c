"""Pages of officers: assignment board, progress, panels, decision board, expert database."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call, Decision
from headwater.calls.services.decisions import Proposal, approve_decisions, committed_fen, propose_decisions, publish_notice, reconsider
from headwater.calls.states import State
from headwater.calls.views.office import the_call
from headwater.core import clock
from headwater.core.jobs import enqueue
from headwater.core.listing import Column, Filter, Listing
from headwater.core.parameters import Parameters
from headwater.core.permission import access, page
from headwater.core.web import attempt
from headwater.registry.models import ReviewGroup
from headwater.review.models import Assignment, Conflict, Expert, Panel, PanelMember, Ranking, Round
from headwater.review.queries import expert_loads, explain_pair, progress_board
from headwater.review.services.assigning import assign_by_hand, expire_invitations, publish_round, release_assignment
from headwater.review.services.opinions import close_reviews, remind
from headwater.review.services.panels import candidates_for_panel, close_voting, make_panel, open_voting


@page("review.manage")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """The assignment board: run, look at coverage, loads and conflicts, publish; the seed replays the draw."""
    call = the_call(request, pk, "review.manage")
    if request.method == "POST":
        if request.POST.get("publish"):
            round_ = get_object_or_404(Round.objects.select_related("call__scheme"), pk=request.POST["publish"], call=call)
            attempt(request, lambda: publish_round(round_=round_, actor=request.actor), success=_("已发出评审邀请。"))  # type: ignore[attr-defined]
            return redirect("assign", pk=pk)
        if request.POST.get("expire"):
            attempt(request, lambda: expire_invitations(call=call, actor=request.actor), success=_("逾期未答的邀请已收回。"))  # type: ignore[attr-defined]
            return redirect("assign", pk=pk)
        found = enqueue("review.assign", actor=request.actor, call=call.pk)  # type: ignore[attr-defined]
        return redirect("job", pk=found.pk)
    rounds = list(call.rounds.exclude(record__has_key="by_hand")[:10])
    proposed = next((r for r in rounds if r.state == Round.State.PROPOSED), None)
    kinds = Conflict.objects.filter(application__call=call).values_list("kind").annotate(n=Count("pk")).order_by("-n")
    pairs = Assignment.objects.visible_to(request.user).filter(round=proposed).select_related("application", "expert__person__organisation") if proposed else Assignment.objects.none()
    listing = Listing(
        request, pairs, name="assignment", order="-score", search=("application__title_zh", "expert__person__name_zh"),
        columns=[
            Column(_("申请"), lambda a: a.application.title_zh, kind="title"), Column(_("专家"), lambda a: a.expert.person.name_zh, url=lambda a: f"/office/pair/{a.application_id}/{a.expert_id}/"),
            Column(_("单位"), lambda a: a.expert.person.organisation.name_zh if a.expert.person.organisation else ""), Column(_("匹配度"), lambda a: f"{a.score:.3f}", sort="score", kind="number"),
        ],
        empty_title=_("没有待发布的方案"), empty_hint=_("运行指派后，先在这里核对，再发布。"),
    )  # fmt: skip
    return listing.export() or render(request, "review/assign.html", {
        "call": call, "rounds": rounds, "proposed": proposed, "kinds": [(Conflict.Kind(k).label, n) for k, n in kinds], "list": listing, "loads": expert_loads(call)[:12], "tab": "assign",
        "waiting": Application.objects.filter(call=call, state=State.ACCEPTED).count(),
    })  # fmt: skip


@page("review.manage")
def pair(request: HttpRequest, application: int, expert: int) -> HttpResponse:
    """Why an expert was chosen for an application, or may not be."""
    row = access(request.user, "review.manage", Application.objects.visible_to(request.user).select_related("call__scheme", "discipline", "leader__account", "host"), pk=application)
    who = get_object_or_404(Expert.objects.select_related("person__organisation"), pk=expert)
    return render(request, "review/pair.html", {"application": row, "expert": who, "call": row.call, "why": explain_pair(row, who)})


@page("review.manage")
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "review.manage")
    if request.method == "POST":
        verb = request.POST.get("do")
        if verb == "close":
            attempt(request, lambda: _close(request, call))
        elif verb == "remind":
            attempt(request, lambda: remind(call=call, actor=request.actor), success=_("已提醒未提交的专家。"))  # type: ignore[attr-defined]
        return redirect("progress", pk=pk)
    rows = progress_board(call).filter(pk__in=Application.objects.visible_to(request.user).values("pk"))
    least = Parameters(call.scheme.region, call.closes_at.date()).number("min_reviews_valid", call.scheme.code, 3)
    listing = Listing(
        request, rows, name="progress", order="id", search=("title_zh", "number"),
        columns=[
            Column(_("申请"), lambda a: a.title_zh, kind="title", url=lambda a: f"/office/reviews/{a.pk}/"), Column(_("编号"), lambda a: a.number), Column(_("待答"), lambda a: a.n_invited, kind="number"),
            Column(_("评审中"), lambda a: a.n_accepted, kind="number"), Column(_("已提交"), lambda a: a.n_submitted, sort="n_submitted", kind="number"),
            Column(_("谢绝"), lambda a: a.n_declined, kind="number"), Column(_("状态"), lambda a: State(a.state), kind="state"),
        ],
        filters=[Filter("short", _("有效意见不足"), [("1", _("不足"))], apply=lambda q, _v: q.filter(n_submitted__lt=least))],
        empty_title=_("还没有送审"), empty_hint=_("在“专家指派”中运行并发布方案。"),
    )  # fmt: skip
    total = Assignment.objects.filter(application__call=call).exclude(state__in=["proposed", "declined", "expired", "released"])
    return listing.export() or render(request, "review/progress.html", {
        "call": call, "list": listing, "sent": total.count(), "submitted": total.filter(state="submitted").count(), "tab": "progress", "least": least,
    })  # fmt: skip


def _close(request: HttpRequest, call: Call) -> None:
    counts = close_reviews(call=call, actor=request.actor)  # type: ignore[attr-defined]
    messages.success(request, _("%(complete)d 项评审完成，%(short)d 项有效意见不足。") % counts)


@page("review.manage")
def reviews(request: HttpRequest, pk: int) -> HttpResponse:
    """All opinions on one application, with who wrote them: for the officer only, never for one who takes part in it."""
    row = access(request.user, "review.manage", Application.objects.visible_to(request.user).select_related("call__scheme", "leader__account", "host", "discipline"), pk=pk)
    if request.method == "POST":
        if request.POST.get("release"):
            found = get_object_or_404(Assignment.objects.select_related("application__leader"), pk=request.POST["release"], application=row)
            attempt(request, lambda: release_assignment(assignment=found, reason=request.POST.get("reason", ""), actor=request.actor), success=_("已撤回。"))  # type: ignore[attr-defined]
        elif request.POST.get("expert", "").isdecimal():
            who = get_object_or_404(Expert, pk=request.POST["expert"])
            attempt(request, lambda: assign_by_hand(application=row, expert=who, actor=request.actor), success=_("已邀请。"))  # type: ignore[attr-defined]
        return redirect("reviews", pk=pk)
    text = request.GET.get("find", "").strip()
    found = Expert.objects.filter(is_active=True, person__name_zh__contains=text).select_related("person__organisation")[:10] if text else []
    rows = Assignment.objects.visible_to(request.user).filter(application=row).select_related("expert__person__organisation", "opinion").order_by("pk")
    return render(request, "review/reviews.html", {"application": row, "call": row.call, "rows": rows, "ranking": Ranking.objects.filter(application=row).first(), "found": found, "find": text})


@page("review.manage")
def panels(request: HttpRequest, pk: int) -> HttpResponse:
    """Make panels from the ranked applications of a field."""
    call = the_call(request, pk, "review.manage")
    ready = Application.objects.visible_to(request.user).filter(call=call, state=State.REVIEWED)
    groups = [(g, ready.filter(review_group=g.code).count()) for g in ReviewGroup.objects.all()]
    return render(request, "review/call_panels.html", {
        "call": call, "panels": call.panels.annotate(n=Count("items", distinct=True), m=Count("members", distinct=True)), "tab": "panels",
        "groups": [g for g in groups if g[1]], "ready": ready.count(),
    })  # fmt: skip


@page("review.manage")
def new_panel(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    call = the_call(request, pk, "review.manage")
    field = get_object_or_404(ReviewGroup, code=group)
    rows = list(Application.objects.visible_to(request.user).filter(call=call, state=State.REVIEWED, review_group=group).select_related("ranking", "leader", "host").order_by("ranking__rank"))
    experts = candidates_for_panel(call, field)
    if request.method == "POST":
        chosen = [e for e in experts if str(e.pk) in request.POST.getlist("expert")]
        items = [a for a in rows if str(a.pk) in request.POST.getlist("pk")]
        chair = next((e for e in chosen if str(e.pk) == request.POST.get("chair")), chosen[0] if chosen else None)
        meets = parse_datetime(request.POST.get("meets_at", "")) if request.POST.get("meets_at") else None
        meets = clock.local(meets.date(), meets.hour, meets.minute) if meets else None
        if not items or chair is None:
            messages.error(request, _("请选择上会的申请、组员和组长"))
        elif attempt(request, lambda: make_panel(call=call, name=f"{call.title_zh}{field.name_zh}评审组", group=field, applications=items, experts=chosen, chair=chair,
                                                 meets_at=meets, actor=request.actor), success=_("会评组已建立，已通知组员。")):  # type: ignore[attr-defined]  # fmt: skip
            return redirect("call_panels", pk=pk)
    return render(request, "review/new_panel.html", {"call": call, "group": field, "rows": rows, "experts": experts, "post": request.POST if request.method == "POST" else None, "tab": "panels"})


@page("review.panel.manage", methods=("POST",))
def panel_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    row = access(request.user, "review.panel.manage", Panel.objects.visible_to(request.user).select_related("call"), pk=pk)
    if verb == "open":
        present = list(PanelMember.objects.filter(panel=row, pk__in=[v for v in request.POST.getlist("present") if v.isdecimal()]))
        attempt(request, lambda: open_voting(panel=row, present=present, actor=request.actor), success=_("投票已开始。"))  # type: ignore[attr-defined]
    elif verb == "close":
        attempt(request, lambda: close_voting(panel=row, actor=request.actor), success=_("投票已结束并计票。"))  # type: ignore[attr-defined]
    return redirect("panel", pk=pk)


@page("calls.board")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision board: the ranking with its spread, the panel's result, the budget line, and what is proposed."""
    call = the_call(request, pk)
    if request.method == "POST":
        return _decide(request, call)
    visible = Application.objects.visible_to(request.user).filter(call=call) if request.user.has_role("programme_officer", "committee") else Application.objects.none()  # type: ignore[union-attr]
    rows = list(
        visible.filter(ranking__isnull=False).select_related("leader", "host", "ranking", "decision", "panel_item").order_by("ranking__rank")[:400]
    )
    spent, line = 0, None
    for row in rows:
        decision = getattr(row, "decision", None)
        item = getattr(row, "panel_item", None)
        row.can_fund = row.state == State.PANEL and item is not None and item.result == "recommended"
        if decision and decision.outcome == "fund":
            spent += decision.amount_fen
        elif row.can_fund and line is None:
            if spent + row.amount_fen > call.budget_fen:
                line = row.pk
            else:
                spent += row.amount_fen
                row.suggested = True
    waiting = Decision.objects.filter(call=call, approved_at__isnull=True).count()
    return render(request, "review/decide.html", {
        "call": call, "rows": rows, "line": line, "spent": spent, "committed": committed_fen(call), "waiting": waiting, "tab": "decide",
        "undecided": Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED]).count(), "notices": call.notices.count(),
        "approved": Decision.objects.filter(call=call, approved_at__isnull=False).exists(),
    })  # fmt: skip


def _decide(request: HttpRequest, call: Call) -> HttpResponse:
    verb = request.POST.get("do")
    if verb == "propose" and request.user.has_perm("calls.decide.propose", call):  # type: ignore[union-attr]
        rows = list(Application.objects.visible_to(request.user).filter(call=call, state__in=[State.PANEL, State.REVIEWED]).select_related("ranking", "panel_item"))
        funded = {int(v) for v in request.POST.getlist("fund") if v.isdecimal()}
        proposals = [_proposal(a, a.pk in funded) for a in rows]
        if request.POST.get("confirmed"):
            attempt(request, lambda: propose_decisions(call=call, proposals=proposals, actor=request.actor), success=_("已提出 %d 项决定，待核准。") % len(proposals))  # type: ignore[attr-defined]
            return redirect("decide", pk=call.pk)
        chosen = [p for p in proposals if p.amount_fen]
        total = sum(p.amount_fen for p in chosen) + committed_fen(call)
        return render(request, "review/decide_preview.html", {"call": call, "chosen": chosen, "refused": len(proposals) - len(chosen), "total": total, "over": total > call.budget_fen})
    if verb == "approve" and request.user.has_perm("calls.decide.approve", call):  # type: ignore[union-attr]
        attempt(request, lambda: approve_decisions(call=call, actor=request.actor), success=_("资助决定已核准。"))  # type: ignore[attr-defined]
    elif verb == "notice" and request.user.has_perm("calls.notice.publish", call):  # type: ignore[union-attr]
        attempt(request, lambda: publish_notice(call=call, actor=request.actor), success=_("公示已发布。"))  # type: ignore[attr-defined]
    elif verb == "reconsider" and request.user.has_perm("calls.decide.propose", call):  # type: ignore[union-attr]
        row = get_object_or_404(Application.objects.visible_to(request.user).select_related("call", "leader"), pk=request.POST.get("pk") or 0, call=call)
        attempt(request, lambda: reconsider(application=row, actor=request.actor), success=_("已撤回该项决定。"))  # type: ignore[attr-defined]
    else:
        messages.error(request, _("您不能执行这一步"))
    return redirect("decide", pk=call.pk)


def _proposal(application: Application, fund: bool) -> Proposal:
    item = getattr(application, "panel_item", None)
    recommended = item is not None and item.result == "recommended"
    if application.state == State.REVIEWED:
        return Proposal(application, 0, application.ranking.rank if hasattr(application, "ranking") else None, _("经通讯评审，综合排序未进入会议评审。"))
    if fund:
        return Proposal(application, application.amount_fen, application.ranking.rank, "", "" if recommended else "budget_balance")
    return Proposal(application, 0, application.ranking.rank, _("受年度预算限制。") if recommended else _("会议评审未建议资助。"))


@page("review.expert.list")
def experts(request: HttpRequest) -> HttpResponse:
    rows = Expert.objects.select_related("person__organisation").annotate(
        open=Count("assignments", filter=Q(assignments__state__in=["invited", "accepted"])), done=Count("assignments", filter=Q(assignments__state="submitted")),
        declined=Count("assignments", filter=Q(assignments__state="declined")),
    )  # fmt: skip
    listing = Listing(
        request, rows, name="experts", order="id", search=("person__name_zh", "person__organisation__name_zh", "keywords"),
        columns=[
            Column(_("姓名"), lambda e: e.person.name_zh, kind="title"), Column(_("单位"), lambda e: e.person.organisation.name_zh if e.person.organisation else ""),
            Column(_("研究方向"), lambda e: e.keywords), Column(_("上限"), lambda e: e.max_load, sort="max_load", kind="number"), Column(_("在评"), lambda e: e.open, kind="number"),
            Column(_("已评"), lambda e: e.done, sort="done", kind="number"), Column(_("谢绝"), lambda e: e.declined, kind="number"), Column(_("区外"), lambda e: _("是") if e.is_external else ""),
        ],
        filters=[Filter("group", _("评审领域"), [(g.code, g.name_zh) for g in ReviewGroup.objects.all()], apply=_in_group), Filter("external", _("区内外"), [("1", _("区外")), ("0", _("区内"))], apply=lambda q, v: q.filter(is_external=v == "1"))],
        empty_title=_("专家库是空的"), empty_hint=_("导入人员后登记为专家。"),
    )  # fmt: skip
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("专家库")})


def _in_group(rows: Any, code: str) -> Any:
    group = ReviewGroup.objects.filter(code=code).first()
    wanted = Q(pk__in=[])
    for prefix in group.prefixes if group else []:
        wanted |= Q(disciplines__code__startswith=prefix)
    return rows.filter(pk__in=Expert.objects.filter(wanted).values("pk"))
