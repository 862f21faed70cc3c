"""Pages on which two officers change or cancel a published call: one proposes, the other reads the change and its audience and
takes it into force.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.sights import change_sight
from headwater.calls.forms import AmendForm, CancelForm
from headwater.calls.models import CallChange
from headwater.calls.pages import the_call
from headwater.calls.publishing.services.changing import (
    DATES,
    WORDS,
    approve_change,
    audience,
    drop_change,
    lines_of,
    propose_change,
    why_not_cancel,
)
from headwater.calls.states import CANCELLABLE
from headwater.core.own import without_own
from headwater.core.permission import may, page
from headwater.core.web import attempt


@page("calls.call.draft")
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose later deadlines, another contact, a note to the guide."""
    call = the_call(request, pk, "calls.call.draft")
    form = AmendForm(request.POST or None, initial={name: getattr(call, name, "") for name in (*DATES, *WORDS)})
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in (*DATES, *WORDS) if name in request.POST}
        reason, reason_en = form.cleaned_data["reason"], form.cleaned_data["reason_en"]
        if attempt(
            request,
            lambda: propose_change(call=call, values=values, reason=reason, reason_en=reason_en, actor=request.actor),
            form=form,
            success=_("变更已提出，等待另一位项目主管核准。"),
        ):
            return redirect("call_change", pk=pk)
    context = {
        "call": call,
        "form": form,
        "audience": audience(call),
        "title": _("变更批次"),
        "hint": _("只能延后时限、更改联系方式或补充说明指南。"),
    }
    return render(request, "calls/publishing/call_amend.html", context, status=422 if form.errors else 200)


@page("calls.call.draft")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "calls.call.draft")
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if attempt(
            request,
            lambda: propose_change(
                call=call, cancel=True, reason=values["reason"], reason_en=values["reason_en"], actor=request.actor
            ),
            form=form,
            success=_("取消已提出，等待另一位项目主管核准。"),
        ):
            return redirect("call_change", pk=pk)
    context = {
        "call": call,
        "form": form,
        "audience": audience(call),
        "title": _("取消批次"),
        "hint": _("草稿和申请将全部终止，不计入限项。已有会议评审或决定的批次不能取消。"),
        "problems": why_not_cancel(call, request.user),
        "ends": without_own(call.applications.filter(state__in=CANCELLABLE), request.user).count(),
    }
    return render(request, "calls/publishing/call_amend.html", context, status=422 if form.errors else 200)


@page("calls.board")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the waiting change: what it does and who will be told. The second officer takes it into force."""
    call = the_call(request, pk)
    row = CallChange.objects.waiting().filter(call=call).select_related("call", "proposed_by").first()
    if row is None:
        return redirect("call_board", pk=pk)
    if request.method == "POST":
        drop = request.POST.get("decision") == "drop"
        if attempt(
            request,
            lambda: (
                drop_change(change=row, actor=request.actor)
                if drop
                else approve_change(change=row, actor=request.actor, seen=request.POST.get("seen", ""))
            ),
            success=_("变更已放弃。") if drop else _("变更已生效，并已通知有关各方。"),
        ):
            return redirect("call_board", pk=pk)
    ending = without_own(call.applications.filter(state__in=CANCELLABLE), request.user)
    context = {
        "call": call,
        "change": row,
        "lines": lines_of(row),
        "audience": audience(call),
        "seen": change_sight(row).token,
        "ends": ending.count() if row.kind == CallChange.Kind.CANCEL else None,
        "undo": _("取消后不能恢复。") if row.kind == CallChange.Kind.CANCEL else _("核准后立即生效；只能再提出一次变更来更正。"),
        "can_approve": may(request.user, "calls.call.approve_change", row),
        "can_drop": may(request.user, "calls.call.draft", call),
    }
    return render(request, "calls/publishing/call_change.html", context)
