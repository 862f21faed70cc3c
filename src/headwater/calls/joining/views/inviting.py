"""Pages behind invitations of members: the link, the invitation itself, opening an account through the link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.answers.loading import answers_of
from headwater.calls.applying.services.applications import confirm_participation
from headwater.calls.forms import ClaimForm, DeclineForm
from headwater.calls.joining.services.inviting import claim_account, decline_participation, end_link, find_link, send_again
from headwater.calls.models import Link, Participant, Party
from headwater.calls.schemes import scheme_of
from headwater.calls.signing import asked
from headwater.calls.states import State
from headwater.core.permission import PUBLIC, SIGNED_IN, page
from headwater.core.rates import count_use
from headwater.core.web import attempt
from headwater.registry.models import own_records

LINKS_A_MINUTE = 30
"""Openings of links from one address; more is somebody trying keys."""


SENDINGS_A_MINUTE = 10
"""Invitations that one account sends: each is a mail to an address that the sender chose."""


def sends_too_often(request: HttpRequest) -> bool:
    if not count_use(f"invite:{request.user.pk}", SENDINGS_A_MINUTE).over:
        return False
    messages.error(request, _("发送邀请过于频繁，请一分钟后再试"))
    return True


def sealed(response: HttpResponse) -> HttpResponse:
    """A page whose address is a key: no index, no copy. To other sites no page here sends its address (the site's policy); to this
    site it must, for a form without an origin is refused.
    """
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def ended(request: HttpRequest, end: str, status: int) -> HttpResponse:
    """A plain page that says what to do; a key that never was and one that belongs elsewhere look the same."""
    return sealed(render(request, "calls/joining/link_end.html", {"end": end}, status=status))


def followed(request: HttpRequest, key: str, kind: str) -> Link | HttpResponse:
    """The live link of a key, or the page that answers instead of it."""
    if count_use(f"link:{request.META.get('REMOTE_ADDR', '')}", LINKS_A_MINUTE).over:
        return ended(request, "often", 429)
    link = find_link(key)
    if link is None or getattr(link, kind) is None:
        return ended(request, "unknown", 404)
    if link.end:
        return ended(request, link.end, 410)
    return link


def invitation(row: Participant) -> dict[str, Any]:
    """What a member is asked to agree to."""
    scheme = scheme_of(row.application.call)
    return {
        "participant": row,
        "application": row.application,
        "documents": asked(scheme, Party.MEMBER, answers_of(row.application)),
        "open": row.application.state == State.DRAFT,
    }


@page(PUBLIC)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A member's link: shows what one is asked to join. It signs nothing: confirming asks for the member's own log-in."""
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
    sent, actor = False, request.actor
    if claim.is_valid():
        sent = attempt(request, lambda: claim_account(participant=row, **claim.cleaned_data, actor=actor), form=claim)
    elif decline.is_valid() and attempt(
        request,
        lambda: decline_participation(participant=row, **decline.cleaned_data, actor=actor, by_link=True),
        form=decline,
        success=_("已谢绝，申请人会收到您的理由。"),
    ):
        return ended(request, "declined", 200)
    shown = {**invitation(row), "claim": claim, "decline": decline, "sent": sent, "login": bool(account)}
    shown["next"] = reverse("participation", args=[row.pk])
    return sealed(render(request, "calls/joining/confirm_link.html", shown, status=422 if claim.errors or decline.errors else 200))


@page(SIGNED_IN)
def participation(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own invitation to take part: confirm by signing, or decline with a reason."""
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


def member_link(request: HttpRequest, row: Participant) -> HttpResponse:
    """For the leader: a new link, shown in this one answer."""
    made: dict[str, str] = {}

    def work() -> None:
        made["key"] = send_again(participant=row, actor=request.actor)

    if sends_too_often(request) or not attempt(request, work):
        return redirect("application_edit", pk=row.application_id, section="members")
    address = request.build_absolute_uri(reverse("confirm", args=[made["key"]]))
    return new_link(request, row.application, address, row.person.name_zh, row.person.email, "members")


def new_link(request: HttpRequest, application: Any, address: str, name: str, email: str, section: str) -> HttpResponse:
    context = {"application": application, "address": address, "name": name, "email": email, "section": section}
    return sealed(render(request, "calls/joining/link_new.html", context))


def member_link_end(request: HttpRequest, row: Participant) -> HttpResponse:
    attempt(request, lambda: end_link(participant=row, actor=request.actor), success=_("链接已失效；对方登录后仍可确认。"))
    return redirect("application_edit", pk=row.application_id, section="members")
