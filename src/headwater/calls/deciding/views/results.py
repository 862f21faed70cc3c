"""Pages of the results of a call for its officers: decisions and letters, as tables and archives."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from headwater.calls.checking.services.exports import RESULTS, with_letter
from headwater.calls.models import Call, Decision, Letter, Places
from headwater.calls.pages import letter_list, the_call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import RESULT_STATES, State
from headwater.calls.words import state_choices, state_word
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.own import without_own
from headwater.core.permission import page
from headwater.core.views.archives import bar_answer
from headwater.registry.queries import person_url

READ = (
    *("outcome", "amount_fen", "rank", "reason", "deviation", "deviation_words", "approved_at"),
    *(f"application__{name}" for name in ("number", "title_zh", "state", "leader__name_zh", "leader__organisation")),
    *("application__leader__account", "application__host__name_zh"),
)
"""The fields that the columns of the results read."""


def result_columns(request: HttpRequest, call: Call, rows: QuerySet[Decision], decided: dict[str, str]) -> list[Column]:
    """List the columns of the results; the ranks are those that the reader may know."""
    scheme, leader_page = scheme_of(call), person_url(request.user)
    places = Places(request.user, call, rows.values_list("rank", flat=True))
    money = []
    if scheme.has_money:
        amount = scheme.words["amount"]
        money = [Column(amount, lambda d: d.amount_fen or None, sort="amount_fen", kind="money", phone=True)]
    return [
        Column(
            scheme.words["title"],
            lambda d: both(d.application, "title"),
            kind="title",
            url=lambda d: f"/office/applications/{d.application_id}/",
        ),
        Column(_("编号"), lambda d: d.application.number, sort="application__number"),
        Column(_("申请人"), lambda d: both(d.application.leader), url=lambda d: leader_page(d.application.leader)),
        Column(_("依托单位"), lambda d: both(d.application.host)),
        Column(_("排序"), lambda d: places(d.rank), kind="number"),
        Column(_("决定"), lambda d: decided[d.outcome], phone=True),
        *money,
        Column(_("理由"), lambda d: d.reason, screen=False),
        Column(_("偏离会议评审结果的理由"), lambda d: d.get_deviation_display(), screen=False),
        Column(_("偏离理由说明"), lambda d: d.deviation_words, screen=False),
        Column(_("核准"), lambda d: d.approved_at, kind="date"),
        Column(_("状态"), lambda d: state_word(call, State(d.application.state)), kind="state"),
    ]


@page("calls.check")
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """List the decisions of a call with their ranks and amounts. Those not yet approved or public are marked so."""
    call = the_call(request, pk, "calls.check")
    words = scheme_of(call).words
    decided = {Decision.Outcome.FUND.value: words["yes"], Decision.Outcome.REFUSE.value: words["no"]}
    rows = Decision.objects.visible_to(request.user).filter(call=call)
    listing = Listing(
        request,
        rows,
        name=f"{call.code}-results",
        title=f"{call.code} {_('结果')}",
        order="application__number",
        search=("application__title_zh", "application__number", "application__leader__name_zh", "application__host__name_zh"),
        columns=result_columns(request, call, rows, decided),
        only=READ,
        filters=[
            Filter("outcome", _("决定"), list(decided.items()), "outcome"),
            Filter("state", _("状态"), state_choices(call, RESULT_STATES), "application__state"),
        ],
        selectable=True,
        empty_title=_("还没有决定"),
        empty_hint=_("提出决定之后会出现在这里。"),
    )
    released = with_letter(rows)
    if request.method == "POST":
        return _export(request, listing, released, f"{call.code} {_('结果通知书')}")
    page_context = {"list": listing, "call": call, "tab": "results", "archive": released.exists()}
    return listing.export() or render(request, "calls/call_list.html", page_context)


def _export(request: HttpRequest, listing: Listing, released: Any, title: str) -> HttpResponse:
    """Export all chosen rows as a table, or those that have their letter as an archive."""
    if request.POST.get("format") == "zip":
        chosen = listing.selection()
        missing = chosen.exclude(pk__in=released.values("pk")).count()
        listing.rows_all = listing.rows_all.filter(pk__in=released.values("pk"))
        if missing:
            messages.warning(request, _("有 %d 项结果尚未发布，没有通知书，不在压缩包中") % missing)
    return bar_answer(request, listing, kind=RESULTS, title=title)


@page("calls.check")
def letters(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "calls.check")
    rows = without_own(Letter.objects.visible_to(request.user).filter(application__call=call), request.user)
    title = f"{call.code} {_('通知书')}"
    return letter_list(
        request, rows, title, _("不予受理和各项决定的通知书会出现在这里。"), covering=True, call=call, tab="letters"
    )
