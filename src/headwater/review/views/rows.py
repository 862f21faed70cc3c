"""Rows of a call in the pages of its review: which they are, and the place of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from headwater.calls.models import Application, Call
from headwater.core.own import without_own
from headwater.review.queries import places


def others_of(request: HttpRequest, call: Call) -> Any:
    """The applications of a call that one may see and that are not one's own."""
    return without_own(Application.objects.visible_to(request.user).filter(call=call), request.user)


def placed(request: HttpRequest, call: Call, rows: list[Any]) -> None:
    """Give each application its position as the reader may know it."""
    place_of = places(call, request.user)
    for row in rows:
        row.place = place_of(row.ranking.rank if hasattr(row, "ranking") else None)
