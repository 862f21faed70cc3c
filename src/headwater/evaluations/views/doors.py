"""The doors of the pages of evaluations: a round, or an entry in it, as far as its reader may see it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from headwater.core.permission import access
from headwater.evaluations.models import Entrant, GradeDraft, Round


def the_round(request: HttpRequest, pk: int, action: str = "evaluations.view") -> Round:
    rows = Round.objects.visible_to(request.user).select_related("call__scheme")
    row: Round = access(request.user, action, rows, pk=pk)
    return row


def the_entrant(request: HttpRequest, round_: Round, pk: int, action: str = "evaluations.view") -> Entrant:
    rows = Entrant.objects.visible_to(request.user).filter(round=round_)
    row: Entrant = access(request.user, action, rows.select_related("round__call__scheme", "application", "host"), pk=pk)
    return row


def open_draft(round_: Round) -> GradeDraft | None:
    """Return the draft that waits for its approval or its publication (1 query)."""
    states = [GradeDraft.State.DRAFTED, GradeDraft.State.APPROVED]
    row: Any = round_.drafts.filter(state__in=states).select_related("round__call__scheme", "drafted_by").first()
    return row


def round_url(round_: Round) -> str:
    return reverse("office_evaluation", args=[round_.pk])


def entrant_url(entrant: Entrant) -> str:
    return reverse("evaluation_entrant", args=[entrant.round_id, entrant.pk])
