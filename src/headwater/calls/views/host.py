"""Pages of host institutions and recommending agencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.facts import check_applications
from headwater.calls.forms import NoteForm
from headwater.calls.models import Application, Call, HostQuota, Letter
from headwater.calls.rules import Outcome
from headwater.calls.services.endorsement import endorse, quota_use, recommend, return_to_author, return_to_host
from headwater.calls.states import CallState, State
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import access, page
from headwater.core.web import attempt

RELATED = ("call__scheme", "host", "leader__account", "discipline")


def hosts_of(request: HttpRequest) -> set[int]:
    return request.user.scopes("host_manager", "organisation")


def columns() -> list[Column]:
    return [
        Column(_("项目名称"), lambda a: a.title_zh, kind="title", url=lambda a: f"/applications/{a.pk}/"),
        Column(_("编号"), lambda a: a.number, sort="number"),
        Column(_("申请人"), lambda a: a.leader.name_zh),
        Column(_("批次"), lambda a: a.call.title_zh),
        Column(_("金额（万元）"), lambda a: a.amount_fen, kind="money"),
        Column(_("状态"), lambda a: a.public_state, kind="state"),
    ]


@page("calls.endorse")
def endorse_queue(request: HttpRequest) -> HttpResponse:
    """The queue with its quota meters; what is chosen is shown row by row before it is endorsed."""
    hosts = hosts_of(request)
    rows = Application.objects.visible_to(request.user).filter(host__in=hosts).select_related(*RELATED)
    waiting = rows.filter(state=State.HOST_REVIEW)
    show_all = request.GET.get("all") == "1"
    listing = Listing(
        request,
        rows if show_all else waiting,
        name="endorsement",
        order="-id",
        search=("title_zh", "number", "leader__name_zh"),
        columns=columns(),
        filters=[
            Filter("call", _("批次"), [(c.pk, c.title_zh) for c in Call.objects.filter(applications__in=rows).distinct()], "call")
        ],
        selectable=not show_all,
        empty_title=_("没有待审核的申请"),
        empty_hint=_("申请人提交后会出现在这里；请在单位审核截止前报送。"),
    )
    meters = [
        {
            "quota": q,
            "used": quota_use(q.organisation_id, q.call_id),
            "waiting": waiting.filter(call=q.call, host=q.organisation_id).count(),
        }
        for q in HostQuota.objects.filter(organisation__in=hosts, call__state=CallState.PUBLISHED).select_related(
            "call", "organisation"
        )
    ]
    return listing.export() or render(request, "calls/endorse.html", {"list": listing, "meters": meters, "show_all": show_all})


def chosen(request: HttpRequest, state: State, **scope: Any) -> list[Application]:
    pks = [int(v) for v in request.POST.getlist("pk") if v.isdecimal()][:2000]
    rows = Application.objects.visible_to(request.user).filter(pk__in=pks, state=state, **scope).select_related(*RELATED)
    return list(rows.order_by("pk"))


@page("calls.endorse", methods=("POST",))
def endorse_chosen(request: HttpRequest) -> HttpResponse:
    """First the exact rows with what the rules say of them; then, confirmed, all of them or none."""
    rows = chosen(request, State.HOST_REVIEW, host__in=hosts_of(request))
    if not rows:
        messages.error(request, _("请先选择申请"))
        return redirect("endorse")
    if request.POST.get("confirmed") and attempt(
        request, lambda: endorse(applications=rows, actor=request.actor), success=_("已审核报送 %d 项。") % len(rows)
    ):
        return redirect("endorse")
    return render(
        request,
        "calls/preview.html",
        {
            "rows": with_results(rows),
            "title": _("核对后报送"),
            "action": "/host/endorse/chosen/",
            "verb": _("确认报送"),
            "back": "/host/endorse/",
            "promise": _("本单位已核实申请人资格和材料的真实性、完整性与合法性（条例第九条、第十条）。"),
        },
    )


def with_results(rows: list[Application]) -> list[tuple[Application, list[Any]]]:
    """Applications with the rules that they fail, by call so that the number of queries stays small."""
    out = []
    for call in {r.call_id: r.call for r in rows}.values():
        group = [r for r in rows if r.call_id == call.pk]
        results = check_applications(group, call)
        out += [(r, [x for x in results[r.pk] if x.outcome == Outcome.FAILED]) for r in group]
    return out


def return_page(request: HttpRequest, pk: int, action: str, work: Callable[..., None], done: str, back: str) -> HttpResponse:
    """Send an application back with a note: the host to its author, the agency to the host."""
    row = access(request.user, action, Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor, note = request.actor, form.cleaned_data["note"]
        if attempt(request, lambda: work(application=row, note=note, actor=actor), form=form, success=done):
            return redirect(back)
    return render(
        request, "calls/return.html", {"application": row, "form": form, "back": back}, status=422 if form.errors else 200
    )


@page("calls.endorse")
def host_return(request: HttpRequest, pk: int) -> HttpResponse:
    return return_page(request, pk, "calls.endorse", return_to_author, _("已退回申请人。"), "/host/endorse/")


@page("calls.endorse")
def host_letters(request: HttpRequest) -> HttpResponse:
    rows = Letter.objects.filter(application__host__in=hosts_of(request)).select_related("application__leader")
    listing = Listing(
        request,
        rows,
        name="letters",
        order="-id",
        search=("number", "application__title_zh", "application__leader__name_zh"),
        columns=[
            Column(_("文号"), lambda x: x.number, kind="title", url=lambda x: f"/letters/{x.pk}/"),
            Column(_("类型"), lambda x: x.get_kind_display()),
            Column(_("项目"), lambda x: x.application.title_zh),
            Column(_("申请人"), lambda x: x.application.leader.name_zh),
            Column(_("日期"), lambda x: x.issued_at, kind="date"),
        ],
        filters=[Filter("kind", _("类型"), Letter.Kind.choices, "kind")],
        empty_title=_("没有通知书"),
        empty_hint=_("受理和立项结果通过依托单位通知申请人。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("通知书")})


@page("calls.recommend")
def recommend_queue(request: HttpRequest) -> HttpResponse:
    agencies = request.user.scopes("recommender", "agency")
    rows = Application.objects.visible_to(request.user).filter(host__recommender__in=agencies).select_related(*RELATED)
    show_all = request.GET.get("all") == "1"
    listing = Listing(
        request,
        rows if show_all else rows.filter(state=State.RECOMMENDING),
        name="recommendation",
        order="-id",
        columns=[*columns(), Column(_("依托单位"), lambda a: a.host.name_zh)],
        search=("title_zh", "number", "leader__name_zh", "host__name_zh"),
        selectable=not show_all,
        empty_title=_("没有待推荐的申请"),
        empty_hint=_("所属单位审核通过后会出现在这里。"),
    )
    return listing.export() or render(request, "calls/recommend.html", {"list": listing, "show_all": show_all})


@page("calls.recommend", methods=("POST",))
def recommend_chosen(request: HttpRequest) -> HttpResponse:
    agencies = request.user.scopes("recommender", "agency")
    rows = chosen(request, State.RECOMMENDING, host__recommender__in=agencies)
    if not rows:
        messages.error(request, _("请先选择申请"))
        return redirect("recommend")
    if request.POST.get("confirmed") and attempt(
        request, lambda: recommend(applications=rows, actor=request.actor), success=_("已推荐 %d 项。") % len(rows)
    ):
        return redirect("recommend")
    return render(
        request,
        "calls/preview.html",
        {
            "rows": with_results(rows),
            "title": _("核对推荐清单"),
            "action": "/recommend/chosen/",
            "verb": _("确认推荐"),
            "back": "/recommend/",
            "promise": "",
        },
    )


@page("calls.recommend")
def recommend_return(request: HttpRequest, pk: int) -> HttpResponse:
    return return_page(request, pk, "calls.recommend", return_to_host, _("已退回依托单位。"), "/recommend/")
