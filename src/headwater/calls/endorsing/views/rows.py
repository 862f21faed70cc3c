"""Lists from which a host or an agency chooses: their columns, the chosen rows, and the return of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.batches import plan_return
from headwater.calls.forms import NoteForm, NotEndorsedForm
from headwater.calls.models import Application, Call
from headwater.calls.pages import RELATED, confirm
from headwater.calls.words import state_outside
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter
from headwater.core.permission import access
from headwater.core.web import attempt, keys_in

MOST_CHOSEN = 2000


def columns() -> list[Column]:
    return [
        Column(_("名称"), lambda a: both(a, "title"), kind="title", url=lambda a: f"/applications/{a.pk}/"),
        Column(_("编号"), lambda a: a.number, sort="number"),
        Column(_("申请人"), lambda a: both(a.leader)),
        Column(_("批次"), lambda a: both(a.call, "title")),
        Column(_("金额（万元）"), lambda a: a.amount_fen or None, kind="money"),
        Column(_("单位排序"), lambda a: a.host_rank, kind="number"),
        Column(_("状态"), state_outside, kind="state"),
    ]


def back_column(where: str) -> Column:
    return Column(_("操作"), lambda a: _("退回"), kind="action", url=lambda a: where % a.pk, export=False)


def call_filter(rows: Any) -> Filter:
    calls = Call.objects.filter(applications__in=rows).distinct().order_by("pk").only("title_zh", "title_en")
    return Filter("call", _("批次"), [(c.pk, named(c, "title")) for c in calls], "call")


def chosen(request: HttpRequest, **scope: Any) -> list[Application]:
    """Return the chosen rows, whatever their state is by now, and warn of those that the reader cannot see any more."""
    pks = set(keys_in(request.POST, "pk"))
    if len(pks) > MOST_CHOSEN:
        messages.error(request, _("一次最多办理 %d 项，请分批选择") % MOST_CHOSEN)
        return []
    applications = Application.objects.visible_to(request.user).filter(pk__in=pks, **scope).select_related(*RELATED)
    rows = list(applications.prefetch_related("participants__person").order_by("pk"))
    if not rows:
        messages.error(request, _("请先选择申请"))
    elif len(rows) < len(pks):
        messages.warning(request, _("有 %d 项已被撤回或退回，不在下表中") % (len(pks) - len(rows)))
    return rows


def confirm_return(
    request: HttpRequest, rows: list[Application], work: Callable[..., Any], page_: dict[str, Any]
) -> HttpResponse:
    """Return several applications with one note, or, as a host, refuse to endorse them."""
    ending = page_.get("returning") == "not_endorse"
    plan = plan_return(rows, request.user, "not_endorse" if ending else "return")
    form = (NotEndorsedForm if ending else NoteForm)(request.POST if request.POST.get("confirmed") else None)
    page_context = {"title": _("核对后退回"), "verb": _("确认退回"), "promise": "", "returning": "return", **page_}

    def send_back() -> Any:
        return work(applications=plan.ready, note=form.cleaned_data["note"], actor=request.actor)

    return confirm(request, plan, send_back, _("%d 项已不予报送。") if ending else _("已退回 %d 项。"), page_context, form)


def return_page(
    request: HttpRequest, pk: int, action: str, work: Callable[..., Any], done: str, back: str, kind: type[NoteForm] = NoteForm
) -> HttpResponse:
    """Return an application with a note: from the host to its author, from the agency to the host; or refuse to endorse it."""
    row = access(request.user, action, Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor, note = request.actor, form.cleaned_data["note"]
        if attempt(request, lambda: work(applications=[row], note=note, actor=actor), form=form, success=done):
            return redirect(back)
    context = {"application": row, "form": form, "back": back, "verb": _("不予报送") if kind is NotEndorsedForm else _("退回")}
    return render(request, "calls/endorsing/return.html", context, status=422 if form.errors else 200)
