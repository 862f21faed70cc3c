"""Pages of host institutions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.checking.services.exports import APPLICATIONS, LETTERS
from headwater.calls.deciding.services.letters import letter_name
from headwater.calls.endorsing.services.batches import Plan, plan_endorsement, plan_return
from headwater.calls.endorsing.services.endorsement import endorse, not_endorse, rank_applications, return_to_author, rooms
from headwater.calls.forms import NoteForm, NotEndorsedForm
from headwater.calls.joining.services.partners import sign_as_partner, waiting_for
from headwater.calls.models import Application, Call, HostQuota, Letter, Party
from headwater.calls.queries import quota_meters
from headwater.calls.quotas import quota_words
from headwater.calls.states import State
from headwater.calls.words import said_outside, words_of
from headwater.core.listing import Column, Filter, Listing
from headwater.core.numbers import BadNumber, read_decimal
from headwater.core.permission import access, page
from headwater.core.views import exports
from headwater.core.web import attempt, keys_in
from headwater.registry.models import Organisation

RELATED = ("call__scheme", "host", "leader__account", "discipline")
MOST_CHOSEN = 2000


def hosts_of(request: HttpRequest) -> set[int]:
    return request.user.scopes("host_manager", "organisation")


def columns() -> list[Column]:
    return [
        Column(_("名称"), lambda a: a.title_zh, kind="title", url=lambda a: f"/applications/{a.pk}/"),
        Column(_("编号"), lambda a: a.number, sort="number"),
        Column(_("申请人"), lambda a: a.leader.name_zh),
        Column(_("批次"), lambda a: a.call.title_zh),
        Column(_("金额（万元）"), lambda a: a.amount_fen or None, kind="money"),
        Column(_("单位排序"), lambda a: a.host_rank, kind="number"),
        Column(_("状态"), said_outside, kind="state"),
    ]


def back_column(where: str) -> Column:
    return Column(_("操作"), lambda a: _("退回"), kind="action", url=lambda a: where % a.pk, export=False)


def call_filter(rows: Any) -> Filter:
    calls = Call.objects.filter(applications__in=rows).distinct().values_list("pk", "title_zh")
    return Filter("call", _("批次"), list(calls), "call")


@page("calls.endorse")
def endorse_queue(request: HttpRequest) -> HttpResponse:
    """The queue with its quota meters; what is chosen is shown row by row before it is endorsed."""
    hosts = hosts_of(request)
    rows = Application.objects.visible_to(request.user).filter(host__in=hosts).select_related(*RELATED)
    show_all = request.GET.get("all") == "1"
    listing = Listing(
        request,
        rows if show_all else rows.filter(state=State.HOST_REVIEW),
        name="endorsement",
        order="-id",
        search=("title_zh", "number", "leader__name_zh"),
        columns=columns() if show_all else [*columns(), back_column("/host/endorse/%d/return/")],
        filters=[call_filter(rows)],
        selectable=True,
        empty_title=_("没有待审核的申请"),
        empty_hint=_("申请人提交后会出现在这里；请在单位审核截止前报送。"),
    )
    if request.method == "POST":
        return exports.answer(request, listing, kind=APPLICATIONS, title=_("本单位申请书"))
    meters = quota_meters(hosts)
    context = {"list": listing, "meters": meters, "show_all": show_all, "many_hosts": len(hosts) > 1, "archive": True}
    return listing.export() or render(request, "calls/endorsing/endorse.html", context)


def chosen(request: HttpRequest, **scope: Any) -> list[Application]:
    """The rows that were chosen, whatever has become of them since; what cannot be seen any more is told of."""
    pks = set(keys_in(request.POST, "pk"))
    if len(pks) > MOST_CHOSEN:
        messages.error(request, _("一次最多办理 %d 项，请分批选择") % MOST_CHOSEN)
        return []
    found = Application.objects.visible_to(request.user).filter(pk__in=pks, **scope).select_related(*RELATED)
    rows = list(found.prefetch_related("participants__person").order_by("pk"))
    if not rows:
        messages.error(request, _("请先选择申请"))
    elif len(rows) < len(pks):
        messages.warning(request, _("有 %d 项已被撤回或退回，不在下表中") % (len(pks) - len(rows)))
    return rows


def confirm(
    request: HttpRequest, plan: Plan, work: Callable[[], Any], success: str, page_: dict[str, Any], form: Any = None
) -> HttpResponse:
    """First the exact rows and what will become of each; then, confirmed and unchanged since, all that can be done together."""
    status = 200
    if request.POST.get("confirmed") and plan.ready:
        if request.POST.get("seen") != plan.digest:
            messages.warning(request, _("您核对之后情况有变化，没有办理任何一项；请重新核对。"))
        elif form is not None and not form.is_valid():
            status = 422
        elif attempt(request, work, form=form, success=success % len(plan.ready)):
            return redirect(page_["back"])
    return render(request, "calls/endorsing/preview.html", {"plan": plan, "form": form, **page_}, status=status)


def confirm_return(request: HttpRequest, rows: list[Application], work: Callable[..., Any], page_: dict[str, Any]) -> HttpResponse:
    """Send several applications back with one note, or, as a host, do not endorse them."""
    ending = page_.get("returning") == "not_endorse"
    plan = plan_return(rows, request.user, "not_endorse" if ending else "return")
    form = (NotEndorsedForm if ending else NoteForm)(request.POST if request.POST.get("confirmed") else None)
    shown = {"title": _("核对后退回"), "verb": _("确认退回"), "promise": "", "returning": "return", **page_}

    def send_back() -> Any:
        return work(applications=plan.ready, note=form.cleaned_data["note"], actor=request.actor)

    return confirm(request, plan, send_back, _("%d 项已不予报送。") if ending else _("已退回 %d 项。"), shown, form)


@page("calls.endorse", methods=("POST",))
def endorse_chosen(request: HttpRequest) -> HttpResponse:
    rows = chosen(request, host__in=hosts_of(request))
    if not rows:
        return redirect("endorse")
    place = {"action": "/host/endorse/chosen/", "back": "/host/endorse/"}
    if request.POST.get("return"):
        return confirm_return(request, rows, return_to_author, place)
    if request.POST.get("not_endorse"):
        ends = {"title": _("核对后不予报送"), "verb": _("确认不予报送"), "returning": "not_endorse"}
        return confirm_return(request, rows, not_endorse, place | ends)
    plan = plan_endorsement(rows, request.user)
    shown = {
        "title": _("核对后报送"),
        "action": "/host/endorse/chosen/",
        "verb": _("确认报送"),
        "back": "/host/endorse/",
        "documents": plan.documents(Party.HOST),
    }
    agree = request.POST.getlist("agree")
    return confirm(
        request, plan, lambda: endorse(applications=plan.ready, actor=request.actor, agree=agree), _("已审核报送 %d 项。"), shown
    )


@page("calls.partner.sign")
def partner(request: HttpRequest) -> HttpResponse:
    """What waits for the signature of one's institution as a partner: who applies, who of one's own takes part, and the words."""
    waiting = waiting_for(hosts_of(request))
    if request.method == "POST":
        chosen = [row for row, _documents in waiting if str(row.pk) in request.POST.getlist("pk")]
        agree = request.POST.getlist("agree")
        attempt(
            request,
            lambda: sign_as_partner(applications=chosen, actor=request.actor, agree=agree),
            success=_("已签署 %d 项申请。") % len(chosen),
        )
        return redirect("partner")
    own = hosts_of(request)
    rows = [
        {"application": row, "documents": documents, "members": [m for m in row.participants.all() if m.organisation_id in own]}
        for row, documents in waiting
    ]
    return render(request, "calls/endorsing/partner.html", {"rows": rows})


@page("calls.endorse")
def rank(request: HttpRequest, host: int, call: int) -> HttpResponse:
    """The waiting applications of one host in one call, in its order; the line of the quota runs through them."""
    if host not in hosts_of(request):
        raise Http404
    batch = get_object_or_404(Call.objects.visible_to(request.user).select_related("scheme"), pk=call)
    waiting = Application.objects.visible_to(request.user).filter(host=host, call=call, state=State.HOST_REVIEW)
    rows = sorted(waiting.select_related(*RELATED), key=lambda a: (a.host_rank or 1_000_000, a.pk))
    if request.method == "POST":
        ordered = sorted(rows, key=lambda a: _place(request.POST.get(f"rank-{a.pk}", "")))
        attempt(request, lambda: rank_applications(ordered=ordered, actor=request.actor), success=_("排序已保存。"))
        return redirect("host_rank", host=host, call=call)
    room = rooms([(host, call)])[host, call]
    quota = HostQuota.objects.filter(organisation=host, call=call).first()
    ranked = [r for r in rows if r.host_rank]
    context = {
        "call": batch,
        "host": get_object_or_404(Organisation, pk=host),
        "rows": rows,
        "room": room,
        "why": quota_words(room.quota, quota.basis if quota else {}),
        "fitting": ranked[: room.left] if room.left is not None else ranked,
    }
    return render(request, "calls/endorsing/rank.html", context)


def _place(text: str) -> Decimal:
    """The place that was typed; what is no number comes last."""
    try:
        return read_decimal(text)
    except BadNumber:
        return Decimal("Infinity")


def return_page(
    request: HttpRequest, pk: int, action: str, work: Callable[..., Any], done: str, back: str, kind: type[NoteForm] = NoteForm
) -> HttpResponse:
    """Send an application back with a note: the host to its author, the agency to the host; or do not endorse it."""
    row = access(request.user, action, Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor, note = request.actor, form.cleaned_data["note"]
        if attempt(request, lambda: work(applications=[row], note=note, actor=actor), form=form, success=done):
            return redirect(back)
    context = {"application": row, "form": form, "back": back, "verb": _("不予报送") if kind is NotEndorsedForm else _("退回")}
    return render(request, "calls/endorsing/return.html", context, status=422 if form.errors else 200)


@page("calls.endorse")
def host_return(request: HttpRequest, pk: int) -> HttpResponse:
    return return_page(request, pk, "calls.endorse", return_to_author, _("已退回申请人。"), "/host/endorse/")


@page("calls.endorse")
def host_not_endorse(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("已不予报送，申请人和参与者会收到理由。")
    return return_page(request, pk, "calls.endorse", not_endorse, done, "/host/endorse/", NotEndorsedForm)


@page("calls.endorse")
def host_letters(request: HttpRequest) -> HttpResponse:
    rows = Letter.objects.visible_to(request.user).filter(application__host__in=hosts_of(request))
    return letter_list(request, rows, _("通知书"), _("受理和评审结果通过依托单位通知申请人。"))


def letter_list(request: HttpRequest, rows: Any, title: str, empty_hint: str, **context: Any) -> HttpResponse:
    """Letters, as a table or as an archive of PDFs: for a host, an officer, an applicant."""
    listing = Listing(
        request,
        rows.select_related("application__leader", "application__host", "application__call"),
        name="letters",
        order="-id",
        search=("number", "application__title_zh", "application__leader__name_zh"),
        columns=[
            Column(_("文号"), lambda x: x.number, kind="title", url=lambda x: f"/letters/{x.pk}/"),
            Column(_("类型"), lambda x: letter_name(words_of(x.application), x.kind)),
            Column(_("编号"), lambda x: x.application.number),
            Column(_("名称"), lambda x: x.application.title_zh),
            Column(_("申请人"), lambda x: x.application.leader.name_zh),
            Column(_("依托单位"), lambda x: x.application.host.name_zh),
            Column(_("日期"), lambda x: x.issued_at, kind="date"),
        ],
        filters=[Filter("kind", _("类型"), Letter.Kind.choices, "kind")],
        selectable=True,
        empty_title=_("没有通知书"),
        empty_hint=empty_hint,
    )
    if request.method == "POST":
        return exports.answer(request, listing, kind=LETTERS, title=title)
    shown = {"list": listing, "title": title, "archive": True, **context}
    return listing.export() or render(request, "calls/call_list.html" if "call" in context else "core/list.html", shown)
