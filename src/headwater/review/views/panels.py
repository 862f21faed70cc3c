"""Pages of officers: panels of a call, a new panel over one field or several, steps of a vote."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.pages import the_call
from headwater.calls.states import State
from headwater.core.errors import Refused
from headwater.core.own import own_rows
from headwater.core.permission import access, page
from headwater.core.web import attempt, keys_in
from headwater.registry.models import ReviewGroup
from headwater.review.fields import NO_FIELD, prospects
from headwater.review.models import Panel, PanelItem, PanelMember
from headwater.review.services.dissolving import dissolve_panel, may_dissolve, plan_dissolving, restore_panel
from headwater.review.services.voting import close_voting, open_voting, vote_again
from headwater.review.terms import panel_terms
from headwater.review.views.panel_form import PanelForm
from headwater.review.views.rows import others_of, placed


@page("review.manage")
def panels(request: HttpRequest, pk: int) -> HttpResponse:
    """The panels of a call, and the fields that still need one: alone, joined, or with members from elsewhere."""
    call = the_call(request, pk, "review.manage")
    fields = prospects(call, others_of(request, call))
    return render(
        request,
        "review/call_panels.html",
        {
            "call": call,
            "panels": call.panels.annotate(
                n=Count("items", filter=~own_rows(PanelItem, request.user, "items__"), distinct=True),
                m=Count("members", distinct=True),
            ),
            "tab": "panels",
            "fields": fields,
            "least": panel_terms(call).size,
            "ready": sum(p.waiting for p in fields),
            "coming": sum(p.coming for p in fields),
        },
    )


@page("review.panel.manage")
def new_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """A panel over the chosen fields; its members come from these, from neighbouring fields, from outside, or are searched for."""
    call = the_call(request, pk, "review.panel.manage")
    codes = request.GET.getlist("group")
    groups = list(ReviewGroup.objects.filter(code__in=codes))
    if len(groups) + (NO_FIELD in codes) != len(set(codes)):
        raise Http404
    if not codes:
        return redirect("call_panels", pk=pk)
    rows = _waiting(request, call, groups, NO_FIELD in codes)
    placed(request, call, rows)
    form = PanelForm(request, call, groups, rows)
    if request.method == "POST" and not form.searching and form.make():
        messages.success(request, _("会评组已建立，已通知组员。"))
        return redirect("call_panels", pk=pk)
    context = {"call": call, "groups": groups, "form": form, "title": _("新建会评组"), "verb": _("建立会评组"), "tab": "panels"}
    return render(request, "review/panel_form.html", context)


@page("review.panel.manage")
def edit_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a panel until its vote: name, time and place, members, and the agenda with its order and minutes."""
    row = _managed(request, pk)
    if row.state != Panel.State.PREPARING:
        messages.error(request, _("投票已开始或已结束，不能再修改"))
        return redirect("panel", pk=pk)
    on_agenda = Application.objects.filter(panel_item__panel=row).select_related("ranking", "leader", "host", "panel_item")
    rows = list(on_agenda.order_by("panel_item__position"))
    if row.opened_at is None:
        waiting = others_of(request, row.call).filter(state=State.REVIEWED)
        rows += waiting.select_related("ranking", "leader", "host", "panel_item").order_by("ranking__rank", "pk")
    placed(request, row.call, rows)
    groups = list(ReviewGroup.objects.filter(code__in={a.review_group for a in rows if hasattr(a, "panel_item")}))
    form = PanelForm(request, row.call, groups, rows, row)
    if request.method == "POST" and not form.searching and form.make():
        messages.success(request, _("会评组已修改，有变化的已通知组员。"))
        return redirect("panel", pk=pk)
    context = {
        "call": row.call,
        "panel": row,
        "form": form,
        "title": _("修改会评组"),
        "verb": _("保存并通知组员"),
        "tab": "panels",
    }
    return render(request, "review/panel_form.html", context)


@page("review.panel.manage")
def dissolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Show exactly what dissolving a panel does, to which rows and people; confirmed and unchanged, it is dissolved."""
    row, error, reason = _managed(request, pk), "", request.POST.get("reason", "")
    if not may_dissolve(row):
        messages.error(request, _("投票开始后，会评组不能解散"))
        return redirect("panel", pk=pk)
    if request.method == "POST":
        try:
            dissolve_panel(panel=row, reason=reason, seen=request.POST.get("seen", ""), actor=request.actor)
        except Refused as refused:
            error = str(refused)
        else:
            messages.success(request, _("会评组已解散，已通知组员；在会议时间之前可以恢复。"))
            return redirect("panel", pk=pk)
    context = {"call": row.call, "panel": row, "plan": plan_dissolving(row), "error": error, "reason": reason, "tab": "panels"}
    return render(request, "review/panel_dissolve.html", context)


def _managed(request: HttpRequest, pk: int) -> Panel:
    rows = Panel.objects.visible_to(request.user).select_related("call__scheme")
    row: Panel = access(request.user, "review.panel.manage", rows, pk=pk)
    return row


def _waiting(request: HttpRequest, call: Call, groups: list[ReviewGroup], unsorted: bool) -> list[Application]:
    """What the chosen fields have ready for a panel; `unsorted` adds what belongs to no field."""
    of_fields = Q(review_group__in=[g.code for g in groups])
    if unsorted:
        of_fields |= ~Q(review_group__in=ReviewGroup.objects.values("code"))
    rows = others_of(request, call).filter(of_fields, state=State.REVIEWED)
    return list(rows.select_related("ranking", "leader", "host").order_by("ranking__rank", "pk"))


@page("review.panel.manage", methods=("POST",))
def panel_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    row = _managed(request, pk)
    reason = request.POST.get("reason", "")
    if verb == "open":
        present = list(PanelMember.objects.filter(panel=row, pk__in=keys_in(request.POST, "present")))
        attempt(request, lambda: open_voting(panel=row, present=present, actor=request.actor), success=_("投票已开始。"))
    elif verb == "again":
        items = list(PanelItem.objects.filter(panel=row, pk__in=keys_in(request.POST, "item")))
        attempt(
            request,
            lambda: vote_again(panel=row, items=items, reason=reason, actor=request.actor),
            success=_("可以重新登记到会并投票。"),
        )
    elif verb == "restore":
        attempt(request, lambda: restore_panel(panel=row, actor=request.actor), success=_("会评组已恢复，已通知组员。"))
    elif verb == "close":
        attempt(request, lambda: close_voting(panel=row, reason=reason, actor=request.actor), success=_("投票已结束并计票。"))
    return redirect("panel", pk=pk)
