"""Pages behind invitations of members: the link, the invitation itself, opening an account through the link."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.applying.services.applications import confirm_participation
from headwater.calls.forms import ClaimForm, DeclineForm
from headwater.calls.joining.services.inviting import claim_account, decline_participation
from headwater.calls.joining.views.links import ended, followed, sealed
from headwater.calls.loading import answers_of
from headwater.calls.models import Participant, Party
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.permission import PUBLIC, SIGNED_IN, page
from headwater.core.web import attempt
from headwater.forms.signing import asked
from headwater.registry.models import own_records


def invitation(row: Participant) -> dict[str, Any]:
    """Return what a member is asked to agree to."""
    scheme = scheme_of(row.application.call)
    return {
        "participant": row,
        "application": row.application,
        "documents": asked(scheme, Party.MEMBER, answers_of(row.application)),
        "open": row.application.state == State.DRAFT,
    }


@page(PUBLIC)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a member is invited to join, by a link. The link signs nothing: confirming needs the member's own log-in."""
    link = followed(request, token, "participant")
    if isinstance(link, HttpResponse):
        return link
    row = link.participant
    if row is None:
        raise Http404
    account = row.person.account_id
    if request.user.is_authenticated:
        if account == request.user.pk:
            return sealed(redirect("participation", pk=row.pk))
        return sealed(render(request, "calls/joining/confirm_other.html", status=403))
    claim = ClaimForm(request.POST if request.POST.get("do") == "claim" else None)
    decline = DeclineForm(request.POST if request.POST.get("do") == "decline" else None)
    is_sent, actor = False, request.actor
    if claim.is_valid():
        is_sent = attempt(request, lambda: claim_account(participant=row, **claim.cleaned_data, actor=actor), form=claim)
    elif decline.is_valid() and attempt(
        request,
        lambda: decline_participation(participant=row, **decline.cleaned_data, actor=actor, by_link=True),
        form=decline,
        success=_("已谢绝，申请人会收到您的理由。"),
    ):
        return ended(request, "declined", 200)
    page_context = {**invitation(row), "claim": claim, "decline": decline, "sent": is_sent, "login": bool(account)}
    page_context["next"] = reverse("participation", args=[row.pk])
    return sealed(
        render(request, "calls/joining/confirm_link.html", page_context, status=422 if claim.errors or decline.errors else 200)
    )


@page(SIGNED_IN)
def participation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one's own invitation to take part: confirm it by signing, or decline it with a reason."""
    rows = Participant.objects.select_related(
        "application__call__scheme", "application__leader", "application__host", "organisation"
    )
    row = rows.filter(pk=pk, person__in=own_records(request.user)).first()
    if row is None:
        raise Http404
    form = DeclineForm(request.POST if request.POST.get("do") == "decline" else None)
    actor = request.actor
    if request.POST.get("do") == "confirm" and attempt(
        request,
        lambda: confirm_participation(participants=[row], actor=actor, agree=request.POST.getlist("agree")),
        success=_("已确认参与。"),
    ):
        return redirect("applications")
    if form.is_valid() and attempt(
        request,
        lambda: decline_participation(participant=row, **form.cleaned_data, actor=actor),
        form=form,
        success=_("已谢绝，申请人会收到您的理由。"),
    ):
        return redirect("applications")
    return render(request, "calls/joining/confirm.html", {**invitation(row), "form": form}, status=422 if form.errors else 200)
