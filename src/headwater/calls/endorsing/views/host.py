"""Pages of host institutions."""

from __future__ import annotations

from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.checking.services.exports import APPLICATIONS
from headwater.calls.deciding.services.covering import covering_data
from headwater.calls.endorsing.services.batches import plan_endorsement
from headwater.calls.endorsing.services.endorsement import endorse, not_endorse, rank_applications, return_to_author, rooms
from headwater.calls.endorsing.views.rows import back_column, call_filter, chosen, columns, confirm_return, return_page
from headwater.calls.forms import NotEndorsedForm
from headwater.calls.joining.services.partners import sign_as_partner, waiting_for
from headwater.calls.models import Application, Call, HostLetter, HostQuota, Letter, Party
from headwater.calls.pages import RELATED, confirm, letter_list
from headwater.calls.papers import give_out
from headwater.calls.queries import quota_meters
from headwater.calls.quotas import quota_words
from headwater.calls.states import State
from headwater.core.listing import Listing
from headwater.core.numbers import BadNumber, read_decimal
from headwater.core.permission import page
from headwater.core.views.archives import bar_answer
from headwater.core.web import attempt
from headwater.registry.models import Organisation


def hosts_of(request: HttpRequest) -> set[int]:
    return request.user.scopes("host_manager", "organisation")


@page("calls.endorse")
def endorse_queue(request: HttpRequest) -> HttpResponse:
    """Show the queue with its quota meters. The chosen rows are shown one by one before they are endorsed."""
    hosts = hosts_of(request)
    rows = Application.objects.visible_to(request.user).filter(host__in=hosts).select_related(*RELATED)
    show_all = request.GET.get("all") == "1"
    listing = Listing(
        request,
        rows if show_all else rows.filter(state=State.HOST_REVIEW),
        name="endorsement",
        title=_("单位审核"),
        order="-id",
        search=("title_zh", "number", "leader__name_zh"),
        columns=columns() if show_all else [*columns(), back_column("/host/endorse/%d/return/")],
        filters=[call_filter(rows)],
        selectable=True,
        empty_title=_("没有待审核的申请"),
        empty_hint=_("申请人提交后会出现在这里；请在单位审核截止前报送。"),
    )
    if request.method == "POST":
        return bar_answer(request, listing, kind=APPLICATIONS, title=_("本单位申请书"))
    meters = quota_meters(hosts)
    context = {"list": listing, "meters": meters, "show_all": show_all, "many_hosts": len(hosts) > 1, "archive": True}
    return listing.export() or render(request, "calls/endorsing/endorse.html", context)


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
    page_context = {
        "title": _("核对后报送"),
        "action": "/host/endorse/chosen/",
        "verb": _("确认报送"),
        "back": "/host/endorse/",
        "documents": plan.documents(Party.HOST),
    }
    agree = request.POST.getlist("agree")
    return confirm(
        request,
        plan,
        lambda: endorse(applications=plan.ready, actor=request.actor, agree=agree),
        _("已报送 %d 项。"),
        page_context,
    )


@page("calls.partner.sign")
def partner(request: HttpRequest) -> HttpResponse:
    """Show what waits for the signature of one's institution as a partner: who applies, which of its people take part, and the
    words.
    """
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
    """Show the waiting applications of one host in one call, in its order. The line of the quota divides them."""
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
        "fitting": ranked[: room.free] if room.free is not None else ranked,
    }
    return render(request, "calls/endorsing/rank.html", context)


def _place(text: str) -> Decimal:
    """Return the typed place. What is no number comes last."""
    try:
        return read_decimal(text)
    except BadNumber:
        return Decimal("Infinity")


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
    return letter_list(request, rows, _("通知书"), _("形式审查和评审结果通过依托单位通知申请人。"), covering=True)


@page("calls.application.list")
def host_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Download an official letter to a host, with the list of the notices that it covers."""
    row = get_object_or_404(HostLetter.objects.visible_to(request.user).select_related("call__scheme"), pk=pk)
    return give_out(request, row.number, row.call, "covering", covering_data(row))
