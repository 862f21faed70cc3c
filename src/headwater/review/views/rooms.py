"""The rooms of panels: the agenda and the ballot, an item, the meeting for a calendar, the minutes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.pages import application_context
from headwater.core.own import own_cases, without_own
from headwater.core.permission import access, page
from headwater.core.web import attempt, download
from headwater.registry.models import is_own, own_records
from headwater.review.models import Opinion, Panel, PanelMember
from headwater.review.services.convening import calendar_of, slots
from headwater.review.services.dissolving import may_dissolve
from headwater.review.services.minutes import Minutes, minutes_of, minutes_pdf
from headwater.review.services.reviving import sign_revival
from headwater.review.services.voting import CHOICES, cast_ballot, missing_ballots, recusals, repeatable


@page("review.panel.view")
def panels(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "review/panels.html",
        {"panels": Panel.objects.visible_to(request.user).select_related("call").order_by("-id")[:200]},
    )


def _room(request: HttpRequest, pk: int, action: str = "review.panel.view") -> Panel:
    row: Panel = access(request.user, action, Panel.objects.visible_to(request.user).select_related("call__scheme"), pk=pk)
    return row


def hidden_from(user: Any, recused: dict[int, list[PanelMember]]) -> set[int]:
    """Applications on a panel that a reader does not see: those from which they are recused, and their own cases."""
    mine = {a for a, members in recused.items() if any(is_own(user, m.expert.person) for m in members)}
    return mine | own_cases(user)


@page("review.panel.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The room: who is recused or has a part in an item does not see it at all, and cannot vote on it; places are the reader's own."""
    row = _room(request, pk)
    member = (
        PanelMember.objects.filter(panel=row, expert__person__in=own_records(request.user))
        .select_related("expert__person", "panel__call")
        .first()
    )
    recused = recusals(row)
    hidden = hidden_from(request.user, recused)
    voted = set(member.casts.values_list("item", flat=True)) if member else set()
    items = _seen_items(row, hidden, own_cases(request.user))
    if request.method == "POST" and member:
        votes = {i.pk: request.POST.get(f"vote_{i.pk}", "") for i in items if i.pk not in voted}
        votes = {k: v for k, v in votes.items() if v in CHOICES}
        if not votes:
            messages.error(request, _("还没有选择"))
        else:
            attempt(
                request,
                lambda: cast_ballot(member=member, votes=votes, actor=request.actor),
                success=_("已投 %d 项，投票不记名。") % len(votes),
            )
        return redirect("panel", pk=pk)
    officer = request.user.has_perm("review.panel.manage", row)
    absences = missing_ballots(row) if row.state == Panel.State.VOTING else {}
    return render(
        request,
        "review/panel.html",
        {
            "panel": row,
            "member": member,
            "items": items,
            "voted": voted,
            "hidden": without_own(row.items.all(), request.user).count() - len(items),
            "left_to_vote": sum(1 for i in items if i.pk not in voted and not i.result),
            "officer": officer,
            "ballots": [("yes", _("同意")), ("no", _("不同意")), ("abstain", _("弃权"))],
            "may_dissolve": officer and may_dissolve(row),
            "minutes": row.state == Panel.State.CLOSED and request.user.has_perm("review.panel.minutes", row),
            **(_of_the_officer(row, items, recused, absences) if officer else {}),
            "members": row.members.select_related("expert__person__organisation"),
            "can_vote": member and row.state == Panel.State.VOTING and member.present,
        },
    )


def _seen_items(panel: Panel, hidden: set[int], own: Collection[int]) -> list[Any]:
    """Return the items that a reader sees, each with its number and the time that the agenda plans for it; of `own` ones nothing tells."""
    rows = panel.items.select_related(
        "application__call", "application__leader", "application__host", "application__ranking"
    ).annotate(signed=Count("revivals"))
    items: list[Any] = []
    for slot in slots(panel, rows.order_by("position"), own):
        if slot.item.application_id not in hidden:
            items.append(slot.item)
            items[-1].slot = slot
    return items


def _of_the_officer(
    row: Panel, items: list[Any], recused: dict[int, list[PanelMember]], absences: dict[Any, list[PanelMember]]
) -> dict[str, Any]:
    """What only the officer of the panel sees: who is recused, whose ballot is missing on which item, what may be voted on anew."""
    present = row.members.filter(present=True).count()
    names = {i.pk: members for i, members in absences.items()}
    for item in items:
        item.waits_for = names.get(item.pk, [])
        item.voters = present - sum(1 for m in recused.get(item.application_id, []) if m.present)
        item.cast = item.voters - len(item.waits_for)
    again = {i.pk for i in repeatable(row)}
    return {
        "recused": recused,
        "incomplete": [i for i in items if i.waits_for],
        "repeatable": [i for i in items if i.pk in again],
        "present": present,
    }


@page("review.panel.view")
def panel_item(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """What a member judges by: the application and its opinions without their authors; a recused member finds nothing."""
    row = _room(request, pk)
    agenda_item = get_object_or_404(
        row.items.select_related(
            "application__call__scheme", "application__leader", "application__host", "application__discipline"
        ),
        pk=item,
    )
    if agenda_item.application_id in hidden_from(request.user, recusals(row)):
        raise Http404
    member = row.members.filter(expert__person__in=own_records(request.user)).select_related("expert__person").first()
    if request.method == "POST":
        if member:
            attempt(
                request, lambda: sign_revival(item=agenda_item, member=member, actor=request.actor), success=_("已联名提请表决。")
            )
        return redirect("panel_item", pk=pk, item=item)
    opinions = Opinion.objects.filter(assignment__application=agenda_item.application, submitted_at__isnull=False).order_by(
        "text_applicant"
    )
    signers = set(agenda_item.revivals.values_list("member", flat=True)) if agenda_item.signatures_needed else set()
    return render(
        request,
        "review/panel_item.html",
        {
            **application_context(agenda_item.application, judging=True),
            "panel": row,
            "opinions": opinions,
            "ranking": getattr(agenda_item.application, "ranking", None),
            "of_fund": request.user.has_perm("review.opinion.fund", agenda_item),
            "item": agenda_item,
            "signed": len(signers),
            "can_sign": member
            and agenda_item.signatures_needed
            and row.state == Panel.State.PREPARING
            and member.pk not in signers,
        },
    )


@page("review.panel.view")
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the meeting as a file for a calendar."""
    row = _room(request, pk)
    return download(calendar_of(row).encode(), f"{row.name}.ics", "text/calendar")


@page("review.panel.minutes")
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes as tables, for the screen and the printer."""
    return render(request, "review/minutes.html", {"minutes": _minutes(request, pk)})


@page("review.panel.minutes")
def minutes_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes as PDF, to be signed."""
    found = _minutes(request, pk)
    return download(minutes_pdf(found), f"{found.panel.name} {_('会议评审记录')}.pdf", "application/pdf")


def _minutes(request: HttpRequest, pk: int) -> Minutes:
    """Return the minutes of a closed panel without what the reader stood back from."""
    row = _room(request, pk, "review.panel.minutes")
    if row.state != Panel.State.CLOSED:
        raise Http404
    known = set(without_own(row.items.all(), request.user).values_list("application", flat=True))
    unknown = set(row.items.values_list("application", flat=True)) - known
    return minutes_of(row, hidden_from(request.user, recusals(row)), unknown)
