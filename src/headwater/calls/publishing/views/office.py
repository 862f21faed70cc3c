"""Pages of programme officers: calls, formal check, decisions, notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.checking.services.exports import APPLICATIONS
from headwater.calls.checking.services.rechecking import ASKED_AT
from headwater.calls.clocks import check_due, check_period, recheck_due, recheck_period
from headwater.calls.deciding.services.decisions import committed_for
from headwater.calls.deciding.services.sights import call_sight, words_sight
from headwater.calls.endorsing.services.endorsement import expire_late
from headwater.calls.forms import SchemeForm
from headwater.calls.models import Application, Call, of_officer
from headwater.calls.pages import the_call
from headwater.calls.phases import phase_of
from headwater.calls.pictures import PICTURES
from headwater.calls.publishing.services import acts
from headwater.calls.publishing.services.approving import differences, own_terms, text_changes
from headwater.calls.publishing.services.calls import ask_call_approval, publish_call, send_call_back
from headwater.calls.publishing.services.changing import why_not_cancel
from headwater.calls.publishing.services.wording import changed_words, newer_words, take_new_words
from headwater.calls.queries import counted, state_counts
from headwater.calls.schemes import scheme_of
from headwater.calls.states import IN_THE_HOUSE, SHOWN_OUTSIDE, CallState, State
from headwater.calls.words import state_choices, state_word
from headwater.core import clock
from headwater.core.acts import Act
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.permission import may, page
from headwater.core.seen import Sight
from headwater.core.views.acts import confirm_act
from headwater.core.views.archives import bar_answer
from headwater.core.web import attempt
from headwater.registry.models import ReviewGroup
from headwater.registry.queries import person_url
from headwater.schemes.conditions import condition_of


@page("calls.board")
def calls(request: HttpRequest) -> HttpResponse:
    reach = Q() if request.user.has_role("committee", "leadership") else of_officer(request.user, "pk")
    rows = (
        Call.objects.visible_to(request.user)
        .filter(reach)
        .select_related("scheme")
        .annotate(
            n=Count("applications", filter=counted(request.user, "applications__")),
            received=Count("applications", filter=counted(request.user, "applications__", IN_THE_HOUSE)),
        )
    )
    listing = Listing(
        request,
        rows,
        name="calls",
        title=_("批次管理"),
        order="-id",
        search=("title_zh", "code"),
        columns=[
            Column(_("批次"), lambda c: both(c, "title"), kind="title", url=lambda c: f"/office/calls/{c.pk}/"),
            Column(_("年度"), lambda c: c.year, sort="year", kind="number"),
            Column(_("状态"), lambda c: CallState(c.state), kind="state"),
            Column(_("申报截止"), lambda c: c.closes_at, sort="closes_at", kind="date", phone=True),
            Column(_("申请数"), lambda c: c.n, kind="number"),
            Column(_("已送达"), lambda c: c.received, kind="number", phone=True),
            Column(_("预算（万元）"), lambda c: c.budget_fen, sort="budget_fen", kind="money"),
        ],
        filters=[Filter("state", _("状态"), CallState.choices, "state")],
        empty_title=_("还没有批次"),
        empty_hint=_("选择项目类型和年度，新建一个批次。"),
    )
    can_begin = request.user.has_perm("calls.call.begin")
    return listing.export() or render(
        request,
        "calls/publishing/office.html",
        {"list": listing, "form": SchemeForm(initial={"year": clock.today().year + 1}), "can_begin": can_begin},
    )


STEPS: dict[str, tuple[Callable[[Call, Any, str], Any], str]] = {
    "ask_approval": (lambda c, a, _seen: ask_call_approval(call=c, actor=a), "calls.call.draft"),
    "send_back": (lambda c, a, _seen: send_call_back(call=c, actor=a), "calls.call.draft"),
    "publish": (lambda c, a, seen: publish_call(call=c, actor=a, seen=seen), "calls.call.approve"),
    "words": (lambda c, a, seen: take_new_words(call=c, actor=a, seen=seen), "calls.call.approve"),
    "expire": (lambda c, a, _seen: expire_late(call=c, actor=a), "calls.check"),
}


@page("calls.board", methods=("POST",))
def step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Do one step on the call's board; each verb names its own permission. What touches others is shown first."""
    if verb not in STEPS:
        return redirect("call_board", pk=pk)
    work, action = STEPS[verb]
    call = the_call(request, pk, action)
    seen = request.POST.get("seen_call" if request.POST.get("confirmed") else "seen", "")
    done = partial(work, call, request.actor, seen)
    sight = {"publish": call_sight, "words": _words_seen}.get(verb)
    if sight and not attempt(request, lambda: sight(call).require(seen)):
        return redirect("call_board", pk=pk)
    act = _shown_first(request, call, verb, seen)
    if act is not None:
        return confirm_act(request, act, done, _("已完成。"), template="calls/act.html", call=call, tab="board")
    attempt(request, done, success=_("已完成。"))
    back = request.POST.get("back") or ""
    return redirect(back) if back.startswith("/office/") else redirect("call_board", pk=pk)


def _words_seen(call: Call) -> Sight:
    newer = newer_words(call)
    return words_sight(call, newer) if newer else Sight({})


def _shown_first(request: HttpRequest, call: Call, verb: str, seen: str) -> Act | None:
    """What a step does, where it touches others; None where it does not, or where the command refuses it anyhow."""
    back = f"/office/calls/{call.pk}/"
    if verb == "expire":
        return acts.closing_late(call, request.user, back)
    if verb == "publish" and call.state == CallState.APPROVAL:
        return acts.opening(call, seen, back)
    newer = newer_words(call) if verb == "words" else None
    return acts.rewording(call, newer, request.user, seen, back) if newer else None


def to_approve(call: Call) -> dict[str, Any]:
    """Return what the second officer reads: who wrote the call, and how it differs from earlier ones and from the region."""
    unpublished = call.state in {CallState.DRAFT, CallState.APPROVAL}
    return {
        "editors": Account.objects.filter(pk__in=call.edited_by).exclude(pk=call.drafted_by_id or 0),
        "changes": differences(call) if unpublished else [],
        "texts": text_changes(call) if unpublished else [],
        "nothing_before": unpublished and call.cloned_from is None,
        "own_terms": own_terms(call),
    }


@page("calls.board")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the board of a call: the funnel by state, the clocks at risk, the next steps."""
    call = the_call(request, pk)
    scheme = scheme_of(call)
    others = without_own(Application.objects.filter(call=call), request.user)
    counts = state_counts(call, request.user)
    first_recheck = others.filter(state=State.RECHECK).aggregate(first=Min(ASKED_AT))["first"]
    inside = request.user.has_perm("calls.check", call)
    funnel = [(state_word(call, s), counts[s.value], s in IN_THE_HOUSE) for s in State if counts.get(s.value)]
    clocks = [
        (_("申报截止"), call.closes_at, ""),
        (_("单位审核截止"), call.endorse_by, ""),
        (_("归口推荐截止"), call.recommend_by, ""),
        (_("形式审查完成"), check_due(call), check_period(call)),
    ]
    if first_recheck:
        clocks.append((_("复审决定"), recheck_due(call, first_recheck), recheck_period(call)))
    newer = newer_words(call) if call.state == CallState.PUBLISHED and clock.now() < call.closes_at else None
    return render(
        request,
        "calls/publishing/board.html",
        {
            "call": call,
            "seen": {"publish": call_sight(call).token, "words": words_sight(call, newer).token if newer else ""},
            "funnel": funnel,
            "way": PICTURES["funnel"].draw(request.user, [call]) if may(request.user, "calls.statistics", call) else None,
            "clocks": clocks,
            "inside": inside,
            "committed": committed_for(request.user, call),
            "notices": call.notices.all(),
            "late": any(counts.get(s.value) for s in (State.DRAFT, State.HOST_REVIEW, State.RECOMMENDING))
            and clock.now() >= call.closes_at,
            "scheme": scheme,
            "phase": phase_of(call),
            "finishing": clock.now() >= call.recommend_by,
            "change": call.changes.waiting().first(),
            "may_cancel": not why_not_cancel(call, request.user),
            **to_approve(call),
            "full_calls": call.full_calls.all(),
            "new_words": changed_words(call, newer) if newer else [],
            "documents": [(d, condition_of(scheme, d.when)) for d in scheme.documents],
        },
    )


OPTIONAL_COLUMNS = (
    ("discipline", "discipline__code", Column(gettext_lazy("申请代码"), lambda a: a.discipline.code if a.discipline else "")),
    (
        "second_discipline",
        "second_discipline__code",
        Column(gettext_lazy("第二申请代码"), lambda a: a.second_discipline.code if a.second_discipline else ""),
    ),
    ("research_class", "research_class", Column(gettext_lazy("研究属性"), lambda a: a.get_research_class_display())),
    ("amount", "amount_fen", Column(gettext_lazy("金额（万元）"), lambda a: a.amount_fen, sort="amount_fen", kind="money")),
)
"""What a scheme may ask or not: the part, the field that its column reads, the column."""


ALWAYS_READ = (
    *("number", "title_zh", "state", "host_rank"),
    *("leader__name_zh", "leader__organisation", "leader__account", "host__name_zh"),
)
"""The fields that the columns of every scheme read."""


def application_columns(request: HttpRequest, call: Call, asked: Sequence[Column], *, ranked: bool) -> list[Column]:
    """List the columns of a call's applications with those that its scheme asks for; ranks of hosts where some `ranked` theirs."""
    leader_page = person_url(request.user)
    title = scheme_of(call).words["title"]
    return [
        Column(title, lambda a: both(a, "title"), kind="title", url=lambda a: f"/office/applications/{a.pk}/"),
        Column(_("编号"), lambda a: a.number, sort="number"),
        Column(_("申请人"), lambda a: both(a.leader), url=lambda a: leader_page(a.leader)),
        Column(_("依托单位"), lambda a: both(a.host)),
        Column(_("单位排序"), lambda a: a.host_rank, kind="number", screen=ranked),
        *asked,
        Column(_("状态"), lambda a: state_word(call, State(a.state)), kind="state"),
    ]


@page("calls.check")
def applications(request: HttpRequest, pk: int) -> HttpResponse:
    """List the applications of a call that are in the house; chosen ones go out as a table or an archive."""
    call = the_call(request, pk, "calls.check")
    scheme = scheme_of(call)
    others = without_own(Application.objects.visible_to(request.user), request.user)
    rows = others.filter(call=call)
    asked = [(field, column) for part, field, column in OPTIONAL_COLUMNS if part in scheme.asks]
    columns = [column for _field, column in asked]
    listing = Listing(
        request,
        rows,
        name=call.code,
        title=f"{call.code} {_('全部申请')}",
        order="number",
        search=("title_zh", "number", "leader__name_zh", "host__name_zh"),
        columns=application_columns(request, call, columns, ranked=rows.filter(host_rank__isnull=False).exists()),
        only=(*ALWAYS_READ, *(field for field, _column in asked)),
        filters=[
            Filter("state", _("状态"), state_choices(call, IN_THE_HOUSE), "state"),
            Filter("group", _("评审领域"), [(g.code, named(g)) for g in ReviewGroup.objects.all()], "review_group"),
        ],
        selectable=True,
        empty_title=_("还没有收到申请"),
        empty_hint=_("依托单位和归口管理部门报送后会出现在这里。"),
    )
    if request.method == "POST":
        return bar_answer(request, listing, kind=APPLICATIONS, title=f"{call.code} {_('申请书')}")
    return listing.export() or render(
        request,
        "calls/call_list.html",
        {
            "list": listing,
            "call": call,
            "tab": "applications",
            "archive": True,
            "tables": [f for f in scheme.fields if f.has_rows],
            "outside": sum(n for state, n in state_counts(call, request.user).items() if state in SHOWN_OUTSIDE),
        },
    )
