"""Pages of agreements: for leaders, hosts and the department."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.awards.forms import ChosenForm, RefuseForm
from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import agreement_pdf, agreements_sight, freeze_pdf, sign
from headwater.awards.services.closing import ACTS, WITHOUT_REASON, end_awards
from headwater.awards.services.giving_up import consequence, extend_agreements, refuse_agreement
from headwater.calls.models import Call
from headwater.calls.pages import the_call
from headwater.core import blobs, clock
from headwater.core.acts import Act
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.money import wan
from headwater.core.own import without_own
from headwater.core.permission import SIGNED_IN, access, page
from headwater.core.views.acts import confirm_act
from headwater.core.web import attempt, download, keys_in, language_asked
from headwater.registry.models import own_records


def awards(request: HttpRequest) -> Any:
    return Award.objects.visible_to(request.user).select_related(
        "agreement", "leader__account", "host", "call__scheme", "application"
    )


def columns() -> list[Column]:
    return [
        Column(_("名称"), lambda a: both(a, "title"), kind="title", url=lambda a: f"/my/projects/{a.number}/"),
        Column(_("编号"), lambda a: a.number, sort="number"),
        Column(_("负责人"), lambda a: both(a.leader), phone=True),
        Column(_("金额（万元）"), lambda a: a.amount_fen, kind="money", phone=True),
        Column(_("签署"), lambda a: "、".join(str(Party(s.party).label) for s in a.agreement.signatures.all())),
        Column(_("签订期限"), due, sort="agreement_by", kind="date"),
        Column(_("状态"), lambda a: Award.State(a.state), kind="state"),
    ]


def due(award: Award) -> date | None:
    """Return the last day for signing, as long as somebody has to sign."""
    return clock.local_day(award.agreement_by) if award.state == Award.State.AGREEMENT else None


@page("calls.apply")
def mine(request: HttpRequest) -> HttpResponse:
    rows = awards(request).filter(leader__in=own_records(request.user)).prefetch_related("agreement__signatures")
    listing = Listing(
        request,
        rows,
        columns(),
        name="projects",
        title=_("我的项目"),
        order="number",
        empty_title=_("还没有项目"),
        empty_hint=_("获批后在这里签订任务书。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing})


@page("awards.ledger")
def ledger(request: HttpRequest) -> HttpResponse:
    """Show the finance officer all awards with their amounts, and the sums of those that the list holds."""
    rows = without_own(awards(request), request.user).prefetch_related("agreement__signatures")
    of_call = Column(_("批次"), lambda a: both(a.call, "title"))
    of_host = Column(_("依托单位"), lambda a: both(a.host))
    listing = Listing(
        request,
        rows,
        [*columns()[:3], of_host, of_call, *columns()[3:]],
        name="ledger",
        title=_("项目与经费"),
        order="number",
        search=("number", "title_zh", "leader__name_zh", "host__name_zh"),
        filters=[
            Filter("state", _("状态"), Award.State.choices, "state"),
            Filter(
                "call",
                _("批次"),
                [(c.pk, named(c, "title")) for c in Call.objects.filter(awards__isnull=False).distinct()],
                "call",
            ),
        ],
        empty_title=_("还没有项目"),
        empty_hint=_("公示结束、决定发布之后，项目和任务书会出现在这里。"),
    )
    sums = [
        (Award.State(s), n, fen)
        for s, n, fen in listing.rows_all.order_by("state").values_list("state").annotate(n=Count("pk"), fen=Sum("amount_fen"))
    ]
    return listing.export() or render(request, "awards/ledger.html", {"list": listing, "sums": sums})


@page(SIGNED_IN)
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """Show an agreement: its content, its signatures, and a button for the party that signs next."""
    row = access(request.user, "awards.agreement.view", awards(request), number=number)
    if request.method == "POST":
        party = request.POST.get("party", "")
        if party in Party.values:
            attempt(
                request,
                lambda: sign(awards=[row], party=Party(party), actor=request.actor, seen=request.POST.get("seen", "")),
                success=_("已签署。"),
            )
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
            "seen": agreements_sight([row]).token,
            "may_refuse": row.state == Award.State.AGREEMENT and request.user.has_perm("awards.refuse", row),
            **money_shown(row.agreement.content.get("money") or {}),
        },
    )


REGIME_WORDS = {
    "lump": gettext_lazy("包干制＋负面清单"),
    "budget3": gettext_lazy("预算制"),
    "block": gettext_lazy("年度稳定支持"),
}


def money_shown(money: dict[str, Any]) -> dict[str, Any]:
    """Prepare the money of an agreement for its page: the regime in words, the lines and steps with their amounts, and who pays
    where there are several.
    """
    sources = money.get("sources", [])
    rows = [*money.get("lines", []), *([[_("间接费用"), "", money["indirect_fen"]]] if money.get("indirect_fen") else [])]
    return {
        "regime": REGIME_WORDS[money.get("regime", "lump")],
        "sources": _lines(sources) if len(sources) > 1 else [],
        "money": _lines(rows),
        "steps": _lines(money.get("steps", [])),
    }


def _lines(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"texts": row[:-1], "fen": row[-1]} for row in rows]


@page(SIGNED_IN)
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Download an agreement: as it was signed once all have, before with what is signed so far; or its translation."""
    row = access(request.user, "awards.agreement.view", awards(request), number=number)
    if language_asked(request) == "en":
        return download(agreement_pdf(row.agreement, "en"), f"{row.number}-agreement.pdf", "application/pdf")
    if row.agreement.signed_at:
        freeze_pdf(agreement=row.agreement, actor=request.actor)
        row.agreement.refresh_from_db()
        return download(blobs.read(row.agreement.pdf.sha256), row.agreement.pdf.name, "application/pdf")
    return download(agreement_pdf(row.agreement), f"{row.number}-任务书-未签.pdf", "application/pdf")


def act_in_words(how: str) -> tuple[str, str]:
    """What the department does to chosen awards, and what it means."""
    if how == "extend":
        return _("延长签订期限"), _("只能在签订期限届满前延长；新的期限从所填日期的当日结束起算。")
    act = ACTS[how]
    state = {"state": Award.State(act.target).label}
    told = (
        _("所选项目自所填日期起为“%(state)s”。")
        if how in WITHOUT_REASON
        else _("所选项目自所填日期起为“%(state)s”，须写明理由。")
    )
    return _("登记%(act)s") % {"act": act.label}, told % state


def act_on_chosen(request: HttpRequest, chosen: list[Award], how: str, back: str) -> HttpResponse:
    """Ask for the details of an act on the chosen awards, then do it to all of them or to none."""
    form = ChosenForm(request.POST if request.POST.get("confirmed") else None)
    if form.is_bound and form.is_valid():
        day, reason = form.cleaned_data["day"], form.cleaned_data["reason"]
        if how == "extend":
            is_done = attempt(
                request,
                lambda: extend_agreements(awards=chosen, until=day, reason=reason, actor=request.actor),
                form=form,
                success=_("已延长 %d 项的签订期限。") % len(chosen),
            )
        else:
            is_done = attempt(
                request,
                lambda: end_awards(awards=chosen, how=how, day=day, reason=reason, actor=request.actor),
                form=form,
                success=_("已登记 %d 项。") % len(chosen),
            )
        if is_done:
            return redirect(back)
    title, hint = act_in_words(how)
    context = {"chosen": chosen, "how": how, "form": form, "title": title, "hint": hint, "back": back, "call": chosen[0].call}
    return render(request, "awards/chosen.html", context, status=422 if form.errors else 200)


@page(SIGNED_IN)
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """Let leader or host give the award up: the page shows where the money goes and who is told, and asks for the reason."""
    row = access(request.user, "awards.refuse", awards(request).filter(state=Award.State.AGREEMENT), number=number)
    form = RefuseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        is_done = attempt(
            request,
            lambda: refuse_agreement(award=row, reason=reason, actor=request.actor),
            form=form,
            success=_("已放弃，并已通知各方。"),
        )
        if is_done:
            return redirect("agreement", number=number)
    context = {"award": row, "form": form, "effect": consequence(row)}
    return render(request, "awards/refuse.html", context, status=422 if form.errors else 200)


def sign_chosen(request: HttpRequest, chosen: list[Award], party: Party, back: str, **more: Any) -> HttpResponse:
    """Show which agreements are signed and what follows; confirmed and unchanged since the list was read, sign them."""
    seen = request.POST.get("listed" if request.POST.get("confirmed") else "seen", "")
    last = party == Party.DEPARTMENT
    act = Act(
        title=_("核对后签署"),
        verb=_("签署（%d 份）") % len(chosen),
        back=back,
        columns=[_("编号"), _("名称"), _("负责人"), _("依托单位"), _("金额（万元）"), _("状态")],
        rows=[
            [a.number, named(a, "title"), named(a.leader), named(a.host), wan(a.amount_fen), a.get_state_display()]
            for a in chosen
        ],
        changes=[
            _("代表%s签署") % party.label,
            _("三方签署完成，项目转为“执行中”，经费按任务书执行") if last else _("随后由下一方签署；三方签署完成后生效"),
        ],
        told=[_("不另行通知；各方在待办和项目页看到")],
        undo=_("签署后不能撤回；生效前单位或负责人可以放弃签订，生效后按变更或终止办理。"),
        hidden={"pk": [a.pk for a in chosen], "listed": seen},
    )
    work = partial(sign, awards=chosen, party=party, actor=request.actor, seen=seen)
    return confirm_act(request, act, work, _("已签署 %d 份。") % len(chosen), template="calls/act.html", **more)


def bulk(request: HttpRequest, rows: Any, party: Party, title: str, back: str, **more: Any) -> HttpResponse:
    """Sign many agreements for one party, chosen row by row; the department also extends them and records which have ended."""
    if request.method == "POST":
        chosen = list(rows.filter(pk__in=keys_in(request.POST, "pk")).order_by("number"))
        if chosen and party == Party.DEPARTMENT and request.POST.get("end") in {"extend", *ACTS}:
            return act_on_chosen(request, chosen, request.POST["end"], back)
        if not chosen:
            messages.error(request, _("请先选择任务书"))
            return redirect(back)
        return sign_chosen(request, chosen, party, back, **more)
    listing = Listing(
        request,
        rows.prefetch_related("agreement__signatures"),
        columns(),
        name="agreements",
        title=title,
        order="number",
        search=("number", "title_zh", "leader__name_zh"),
        selectable=True,
        filters=[Filter("state", _("状态"), Award.State.choices, "state")],
        empty_title=_("没有任务书"),
        empty_hint=_("结果发布后生成任务书。"),
    )
    file = listing.export()
    if file:
        return file
    token = agreements_sight(listing.objects).token
    acts = (
        [(how, act_in_words(how)[0], how in set(ACTS) - WITHOUT_REASON) for how in ("extend", *ACTS)]
        if party == Party.DEPARTMENT
        else []
    )
    return render(
        request, "awards/agreements.html", {"list": listing, "title": title, "party": party, "acts": acts, "seen": token, **more}
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
        without_own(awards(request).filter(call=call), request.user),
        Party.DEPARTMENT,
        named(call, "title"),
        f"/office/calls/{pk}/agreements/",
        call=call,
        tab="agreements",
    )
