"""Pages on which the applicant names referees, removes them from the list, or writes to them again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.applying.views.parts import editor_page
from headwater.calls.forms import OutsideForm, RefereeForm
from headwater.calls.joining.services.outside import invite_outside_member
from headwater.calls.joining.services.referees import name_referee, remove_referee, send_referee_again
from headwater.calls.joining.views.links import new_link, sends_too_often
from headwater.calls.pages import draft
from headwater.core.permission import page
from headwater.core.web import attempt, key_in


@page("calls.apply")
def referees(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, remove, or write to a referee again. A new link is shown once."""
    row = draft(request, pk)
    if request.method != "POST" or (not request.POST.get("remove") and sends_too_often(request)):
        return redirect("application_edit", pk=pk, section="referees")
    result: dict[str, Any] = {}
    if request.POST.get("remove") or request.POST.get("link"):
        rows, verb = row.referees.select_related("application__leader"), "remove" if request.POST.get("remove") else "link"
        referee = get_object_or_404(rows, pk=key_in(request.POST, verb))
        if request.POST.get("remove"):
            attempt(request, lambda: remove_referee(referee=referee, actor=request.actor), success=_("已移除。"))
        else:
            attempt(request, lambda: result.update(referee=referee, key=send_referee_again(referee=referee, actor=request.actor)))
    else:
        form = RefereeForm(request.POST)

        def work() -> None:
            result["referee"], result["key"] = name_referee(application=row, values=form.cleaned_data, actor=request.actor)

        if not form.is_valid() or not attempt(request, work, form=form):
            return editor_page(request, row, "referees", referee_form=form, status=422)
    if "key" not in result:
        return redirect("application_edit", pk=pk, section="referees")
    address = request.build_absolute_uri(reverse("refer", args=[result["key"]]))
    return new_link(request, row, address, result["referee"].name, result["referee"].email, "referees")


@page("calls.apply", methods=("POST",))
def outside_member(request: HttpRequest, pk: int) -> HttpResponse:
    """Invite a member whom the registry does not know."""
    row, form = draft(request, pk), OutsideForm(request.POST)
    if sends_too_often(request):
        return editor_page(request, row, "members", more={"outside_form": form})
    if form.is_valid() and attempt(
        request,
        lambda: invite_outside_member(application=row, values=form.cleaned_data, actor=request.actor),
        form=form,
        success=_("已加入并发出邀请；请对方确认。"),
    ):
        return redirect("application_edit", pk=pk, section="members")
    return editor_page(request, row, "members", more={"outside_form": form}, status=422)
