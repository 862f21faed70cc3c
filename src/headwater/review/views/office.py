"""Pages of officers: assignment board, progress, opinions, expert database."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.avoided import Avoided, avoided_of
from headwater.calls.models import Application, Call, has_own_in
from headwater.calls.pages import the_call
from headwater.calls.states import LIVE, State
from headwater.calls.words import state_word
from headwater.core.i18n import both
from headwater.core.jobs import enqueue
from headwater.core.listing import Column, Filter, Listing
from headwater.core.names import normal_name
from headwater.core.own import without_own
from headwater.core.permission import access, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in
from headwater.registry.models import Person
from headwater.review.fields import prospects
from headwater.review.models import Assignment, Conflict, Expert, Ranking, Round
from headwater.review.queries import expert_loads, explain_pair, involved, places, progress_board, review_deadlines, shortages_of
from headwater.review.services import acts
from headwater.review.services.assigning import publish_round
from headwater.review.services.ending import close_reviews, plan_ending
from headwater.review.services.inviting import (
    assign_by_hand,
    expire_invitations,
    overdue_invitations,
    release_assignment,
    why_not_by_hand,
)
from headwater.review.services.opinions import remind
from headwater.review.services.replacing import Substitute, not_asked, substitutes
from headwater.review.terms import review_terms
from headwater.review.views.rows import others_of


@page("review.manage")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """The assignment board: run, look at coverage, loads and conflicts, publish; the seed replays the draw."""
    call = the_call(request, pk, "review.manage")
    if request.method == "POST":
        return _act_on_rounds(request, call)
    rounds = rounds_for(request, call)
    proposed = next((r for r in rounds if r.state == Round.State.PROPOSED), None)
    conflicts = without_own(Conflict.objects.filter(application__call=call), request.user)
    kinds = conflicts.values_list("kind").annotate(n=Count("pk")).order_by("-n")
    listing = _pairs_proposed(request, call, proposed)
    return listing.export() or render(
        request,
        "review/assign.html",
        {
            "call": call,
            "rounds": rounds,
            "proposed": proposed,
            "aims": [("total", _("总匹配度最高")), ("fair", _("先照顾匹配最差的申请"))],
            "aim": "fair" if proposed and proposed.settings.get("fair") else "total",
            "kinds": [(Conflict.Kind(k).label, n) for k, n in kinds],
            "list": listing,
            "loads": expert_loads(call, request.user),
            "shortages": shortages_of(proposed, request.user) if proposed else [],
            "may_publish": proposed and request.user.has_perm("review.round.publish", proposed),
            "tab": "assign",
            "waiting": without_own(call.applications.filter(state=State.ACCEPTED), request.user).count(),
            "overdue": overdue_invitations(call, request.user).count(),
            "fields": [p for p in prospects(call, others_of(request, call)) if p.short],
            "avoided": unclear_names(others_of(request, call)),
        },
    )


def _pairs_proposed(request: HttpRequest, call: Call, proposed: Round | None) -> Listing:
    pairs = Assignment.objects.visible_to(request.user).filter(round=proposed) if proposed else Assignment.objects.none()
    return Listing(
        request,
        pairs,
        name="assignment",
        title=f"{call.code} {_('专家指派')}",
        order="-score",
        search=("application__title_zh", "expert__person__name_zh"),
        columns=[
            Column(_("申请"), lambda a: both(a.application, "title"), kind="title"),
            Column(
                _("专家"),
                lambda a: both(a.expert.person),
                url=lambda a: f"/office/pair/{a.application_id}/{a.expert_id}/",
                phone=True,
            ),
            Column(_("单位"), lambda a: both(a.expert.person.organisation) if a.expert.person.organisation else ""),
            Column(_("匹配度"), lambda a: f"{a.score:.3f}", sort="score", kind="number", phone=True),
        ],
        only=("score", "application__title_zh", "expert__person__name_zh", "expert__person__organisation__name_zh"),
        empty_title=_("没有待发布的方案"),
        empty_hint=_("运行指派后，先在这里核对，再发布。"),
    )


def unclear_names(rows: QuerySet[Application]) -> list[tuple[Application, list[Avoided]]]:
    """Applications that ask to avoid somebody whom the registry does not know, or of whom it knows several."""
    asking = list(
        rows.filter(state__in=LIVE)
        .exclude(unsuitable=[])
        .only("number", "title_zh", "title_en", "unsuitable")
        .order_by("number", "pk")
    )
    avoidances = avoided_of(asking)
    unclear = [(row, [one for one in avoidances.get(row.pk, []) if not one.is_clear]) for row in asking]
    return [(row, names) for row, names in unclear if names]


def rounds_for(request: HttpRequest, call: Call) -> list[Round]:
    """The last rounds of a call; without their figures, which are over all pairs, where the reader's own case was received."""
    rounds = list(call.rounds.exclude(record__has_key="by_hand")[:10])
    if has_own_in(request.user, call):
        for row in rounds:
            row.record = {}
    return rounds


def _act_on_rounds(request: HttpRequest, call: Call) -> HttpResponse:
    back, frame = f"/office/calls/{call.pk}/assign/", {"template": "calls/act.html", "call": call, "tab": "assign"}
    if request.POST.get("publish"):
        round_ = get_object_or_404(Round.objects.select_related("call__scheme"), pk=key_in(request.POST, "publish"), call=call)
        if not request.user.has_perm("review.round.publish", round_):
            raise PermissionDenied
        pairs = round_.assignments.filter(state=Assignment.State.PROPOSED)
        act = acts.publishing(round_, pairs, back)
        work = partial(publish_round, round_=round_, actor=request.actor)
        return confirm_act(request, act, work, _("已发出评审邀请。"), **frame)
    if request.POST.get("expire"):
        late = overdue_invitations(call, request.user)
        act = acts.expiring(call, late, back)
        done = _("已收回 %d 份逾期未答的邀请。") % len(act.rows)
        return confirm_act(request, act, partial(expire_invitations, call=call, actor=request.actor), done, **frame)
    run = enqueue("review.assign", actor=request.actor, call=call.pk, fair=request.POST.get("aim") == "fair")
    return redirect("job", pk=run.pk)


@page("review.manage")
def pair(request: HttpRequest, application: int, expert: int) -> HttpResponse:
    """Why an expert was chosen for an application, or may not be."""
    row = access(
        request.user,
        "review.manage",
        Application.objects.visible_to(request.user).select_related("call__scheme", "discipline", "leader__account", "host"),
        pk=application,
    )
    who = get_object_or_404(Expert.objects.select_related("person__organisation"), pk=expert)
    why = explain_pair(row, who, request.user)
    return render(request, "review/pair.html", {"application": row, "expert": who, "call": row.call, "why": why})


@page("review.manage")
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "review.manage")
    if request.method == "POST":
        if request.POST.get("do") == "remind":
            attempt(request, lambda: remind(call=call, actor=request.actor), success=_("已提醒未提交的专家。"))
        return redirect("progress", pk=pk)
    rows = progress_board(call, request.user).filter(pk__in=Application.objects.visible_to(request.user).values("pk"))
    least = review_terms(call).needed
    listing = Listing(
        request,
        rows,
        name="progress",
        title=f"{call.code} {_('评审进度')}",
        order="id",
        search=("title_zh", "number"),
        columns=[
            Column(_("申请"), lambda a: both(a, "title"), kind="title", url=lambda a: f"/office/reviews/{a.pk}/"),
            Column(_("编号"), lambda a: a.number),
            Column(_("待答"), lambda a: a.n_invited, kind="number"),
            Column(_("评审中"), lambda a: a.n_accepted, kind="number", phone=True),
            Column(_("已提交"), lambda a: a.n_submitted, sort="n_submitted", kind="number", phone=True),
            Column(_("谢绝"), lambda a: a.n_declined, kind="number"),
            Column(_("状态"), lambda a: state_word(call, State(a.state)), kind="state"),
        ],
        only=("number", "title_zh", "state"),
        filters=[Filter("short", _("有效意见不足"), [("1", _("不足"))], apply=lambda q, _v: q.filter(n_submitted__lt=least))],
        empty_title=_("还没有送审"),
        empty_hint=_("在“专家指派”中运行并发布方案。"),
    )
    assignments = Assignment.objects.filter(application__call=call).exclude(
        state__in=["proposed", "declined", "expired", "released"]
    )
    total = without_own(assignments, request.user)
    return listing.export() or render(
        request,
        "review/progress.html",
        {
            "call": call,
            "list": listing,
            "involved": involved([call], request.user).select_related("application", "expert__person").order_by("pk"),
            "sent": total.count(),
            "submitted": total.filter(state="submitted").count(),
            "tab": "progress",
            "least": least,
        },
    )


@page("calls.review.start")
def end_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Exactly what ending the review does: the dates, who leaves it, whose opinion is missing, who is thanked; confirmed and
    unchanged, it ends.
    """
    call = the_call(request, pk, "calls.review.start")
    query = request.POST if request.method == "POST" else request.GET
    wait = query.get("wait", "1") != "0"
    plan = plan_ending(call, request.user, wait=wait)
    act = acts.ending(call, plan, f"/office/calls/{pk}/progress/", request.POST if request.method == "POST" else None)
    filled_in = act.form is None or act.form.is_valid()
    if request.method == "POST" and filled_in and attempt(request, lambda: _end(request, call, wait), form=act.form):
        return redirect("progress", pk=pk)
    leaving = {a.pk for a in plan.withdrawn}
    rows = sorted(plan.missing, key=lambda a: (a.pk not in plan.drafts, a.pk not in leaving, a.pk))
    excerpt = rows[: max(SHOWN, len(plan.drafts))]
    parts = [(_("结束评审的申请"), plan.ready), (_("等待草稿的申请"), plan.waiting), (_("有效意见不足的申请"), plan.short)]
    context = {
        "call": call,
        "plan": plan,
        "act": act,
        "form": act.form,
        "wait": wait,
        "due": review_deadlines([call], request.user).get(call.pk),
        "missing": [(a, plan.drafts.get(a.pk), a.pk in leaving) for a in excerpt],
        "left": len(rows) - len(excerpt),
        "groups": [(label, [(a, plan.valid.get(a.pk, 0)) for a in part]) for label, part in parts],
        "tab": "progress",
    }
    failed = act.form is not None and act.form.errors
    return render(request, "review/end_review.html", context, status=422 if failed else 200)


SHOWN = 40
"""Opinions that are missing, on the page; those with a saved draft are always all there."""


def _end(request: HttpRequest, call: Call, wait: bool) -> None:
    given = {"seen": request.POST.get("seen", ""), "reason": request.POST.get("reason", "")}
    counts = close_reviews(call=call, actor=request.actor, wait=wait, **given)
    messages.success(request, _("%(complete)d 项评审完成，%(short)d 项有效意见不足。") % counts)


@page("review.manage")
def reviews(request: HttpRequest, pk: int) -> HttpResponse:
    """All opinions on one application, with who wrote them: for the officer only, never for one who takes part in it."""
    row = access(
        request.user,
        "review.manage",
        Application.objects.visible_to(request.user).select_related("call__scheme", "leader__account", "host", "discipline"),
        pk=pk,
    )
    if request.method == "POST":
        return _act_on_reviews(request, row)
    text = request.GET.get("find", "").strip()
    rows = (
        Assignment.objects.visible_to(request.user)
        .filter(application=row)
        .select_related("expert__person__organisation", "opinion")
        .order_by("pk")
    )
    ranking = Ranking.objects.filter(application=row).first()
    return render(
        request,
        "review/reviews.html",
        {
            "application": row,
            "call": row.call,
            "rows": rows,
            "ranking": ranking,
            "rank": places(row.call, request.user)(ranking.rank) if ranking else None,
            "why_not": why_not_by_hand(row),
            "found": _found(request, row, text),
            "find": text,
            "near": bool(request.GET.get("near")),
        },
    )


def _act_on_reviews(request: HttpRequest, row: Application) -> HttpResponse:
    """Show what it is to take a task back, or to invite one more expert; confirmed, it is done."""
    back, frame = f"/office/reviews/{row.pk}/", {"template": "calls/act.html", "call": row.call, "tab": "progress"}
    data, reason = given(request), request.POST.get("reason", "")
    if request.POST.get("release"):
        mine = Assignment.objects.visible_to(request.user).filter(application=row)
        tasks = mine.select_related("application__call__scheme", "application__leader", "expert__person")
        task = get_object_or_404(tasks, pk=key_in(request.POST, "release"))
        work = partial(release_assignment, assignment=task, reason=reason, actor=request.actor)
        return confirm_act(request, acts.releasing(task, back, data), work, _("已撤回。"), **frame)
    who = key_in(request.POST, "expert")
    found = substitutes(row, request.user, named=[who]) if who else []
    if not found or why_not_by_hand(row):
        return redirect("reviews", pk=row.pk)
    act = acts.inviting(row, found[0], back, data)

    def invite() -> None:
        day = act.form.cleaned_data["answer_by"] if act.form else None
        assign_by_hand(application=row, expert=found[0].expert, actor=request.actor, answer_by=day)

    return confirm_act(request, act, invite, _("已邀请。"), **frame)


MOST_FOUND = 12
"""Experts offered at once."""


def _found(request: HttpRequest, row: Application, text: str) -> list[Substitute]:
    """Experts of a name, or those who fit best, with fit, load and conflicts."""
    if why_not_by_hand(row) or not (text or request.GET.get("near")):
        return []
    if not text:
        return substitutes(row, request.user)[:MOST_FOUND]
    meant = Q(person__name_zh__contains=normal_name(text) or text) | Q(person__in=Person.objects.called(text))
    named = list(not_asked(row).filter(meant).order_by("pk").values_list("pk", flat=True)[:MOST_FOUND])
    return substitutes(row, request.user, named=named) if named else []
