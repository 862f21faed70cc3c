"""Pages of agreements: for leaders, hosts and the department."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import agreement_pdf, end_awards, freeze_pdf, sign
from headwater.calls.views.office import the_call
from headwater.core import blobs
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import SIGNED_IN, access, page
from headwater.core.web import attempt, download, keys_in
from headwater.registry.models import own_records


def awards(request: HttpRequest) -> Any:
    return Award.objects.visible_to(request.user).select_related(
        "agreement", "leader__account", "host", "call__scheme", "application"
    )


def columns() -> list[Column]:
    return [
        Column(_("名称"), lambda a: a.title_zh, kind="title", url=lambda a: f"/my/projects/{a.number}/"),
        Column(_("编号"), lambda a: a.number, sort="number"),
        Column(_("负责人"), lambda a: a.leader.name_zh),
        Column(_("金额（万元）"), lambda a: a.amount_fen, kind="money"),
        Column(_("签署"), lambda a: "、".join(str(Party(s.party).label) for s in a.agreement.signatures.all())),
        Column(_("状态"), lambda a: Award.State(a.state), kind="state"),
    ]


@page("calls.apply")
def mine(request: HttpRequest) -> HttpResponse:
    rows = awards(request).filter(leader__in=own_records(request.user)).prefetch_related("agreement__signatures")
    listing = Listing(
        request,
        rows,
        columns(),
        name="projects",
        order="number",
        empty_title=_("还没有项目"),
        empty_hint=_("获批后在这里签订任务书。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("我的项目")})


@page(SIGNED_IN)
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """An agreement: its content, who has signed, and the button for whose turn it is."""
    row = access(request.user, "awards.agreement.view", awards(request), number=number)
    if request.method == "POST":
        party = request.POST.get("party", "")
        if party in Party.values:
            attempt(request, lambda: sign(awards=[row], party=Party(party), actor=request.actor), success=_("已签署。"))
        return redirect("agreement", number=number)
    signed = {s.party: s for s in row.agreement.signatures.all()}
    turn = next((p for p in Party if p not in signed), None)
    can = turn is not None and row.state == Award.State.AGREEMENT and request.user.has_perm(f"awards.sign.{turn.value}", row)
    parties = [(p, signed.get(p)) for p in Party]
    return render(
        request,
        "awards/agreement.html",
        {
            "award": row,
            "content": row.agreement.content,
            "parties": parties,
            "turn": turn,
            "can": can,
            **money_shown(row.agreement.content.get("money") or {}),
        },
    )


REGIME_WORDS = {"lump": gettext_lazy("包干制＋负面清单"), "budget3": gettext_lazy("预算制"), "block": gettext_lazy("年度稳定支持")}


def money_shown(money: dict[str, Any]) -> dict[str, Any]:
    """The money of an agreement for its page: the regime in words, and the lines and steps with their amounts."""
    rows = [*money.get("lines", []), *([[_("间接费用"), "", money["indirect_fen"]]] if money.get("indirect_fen") else [])]
    return {
        "regime": REGIME_WORDS[money.get("regime", "lump")],
        "money": [{"texts": row[:-1], "fen": row[-1]} for row in rows],
        "steps": [{"texts": row[:-1], "fen": row[-1]} for row in money.get("steps", [])],
    }


@page(SIGNED_IN)
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    row = access(request.user, "awards.agreement.view", awards(request), number=number)
    if row.agreement.signed_at:
        freeze_pdf(agreement=row.agreement, actor=request.actor)
        row.agreement.refresh_from_db()
        return download(blobs.read(row.agreement.pdf.sha256), row.agreement.pdf.name, "application/pdf")
    return download(agreement_pdf(row.agreement), f"{row.number}-任务书-未签.pdf", "application/pdf")


def read_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def bulk(request: HttpRequest, rows: Any, party: Party, title: str, back: str, **more: Any) -> HttpResponse:
    """Sign many agreements for one party, chosen row by row; the department also records which have ended."""
    if request.method == "POST":
        chosen = list(rows.filter(pk__in=keys_in(request.POST, "pk")))
        how, day = request.POST.get("end", ""), read_day(request.POST.get("day", ""))
        if not chosen:
            messages.error(request, _("请先选择任务书"))
        elif how in {"close", "terminate"}:
            if day is None:
                messages.error(request, _("请填写日期"))
            else:
                attempt(
                    request,
                    lambda: end_awards(awards=chosen, how=how, day=day, actor=request.actor),
                    success=_("已登记 %d 项。") % len(chosen),
                )
        else:
            attempt(
                request, lambda: sign(awards=chosen, party=party, actor=request.actor), success=_("已签署 %d 份。") % len(chosen)
            )
        return redirect(back)
    listing = Listing(
        request,
        rows.prefetch_related("agreement__signatures"),
        columns(),
        name="agreements",
        order="number",
        search=("number", "title_zh", "leader__name_zh"),
        selectable=True,
        filters=[Filter("state", _("状态"), Award.State.choices, "state")],
        empty_title=_("没有任务书"),
        empty_hint=_("结果发布后生成任务书。"),
    )
    return listing.export() or render(
        request, "awards/agreements.html", {"list": listing, "title": title, "party": party, **more}
    )


@page("awards.sign.host")
def host(request: HttpRequest) -> HttpResponse:
    rows = awards(request).filter(host__in=request.user.scopes("host_manager", "organisation"))
    return bulk(request, rows, Party.HOST, _("单位项目与任务书"), "/host/agreements/")


@page("awards.sign.department")
def department(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "awards.sign.department")
    return bulk(
        request,
        awards(request).filter(call=call),
        Party.DEPARTMENT,
        call.title_zh,
        f"/office/calls/{pk}/agreements/",
        call=call,
        tab="agreements",
    )
