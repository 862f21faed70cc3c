"""The draw among applications that stand equal at the end of a quota or of the money."""

from __future__ import annotations

import secrets
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.models import Call
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.solver import solve
from headwater.review.models import Draw
from headwater.review.services.deciding import unfinished_reviews
from headwater.review.services.selecting import Line, draws_of
from headwater.review.services.suggesting import lines_of

MOST_PUBLIC = 200


def to_draw(call: Call) -> list[Line]:
    """The lines of a call across which applications stand equal and are not drawn yet."""
    draws = draws_of(call)
    return [line for line in lines_of(call) if line.equals and line.group not in draws]


def draw_equals(*, call: Call, actor: Actor, public: str = "") -> list[Draw]:
    """Draw in every group where applications stand equal across the line. `public` are words that nobody could know before (a draw of
    the state lottery); without any, a random seed is made. The draw is kept with its proof and never made twice.

    Raises:
        Refused: reviews or votes have not ended, or nothing is to be drawn.
    """
    with command(actor, "review.draw", call, name="review.draw_equals") as log:
        row = Call.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=call.pk)
        if reasons := unfinished_reviews(row):
            raise Refused(reasons)
        lines = to_draw(row)
        if not lines:
            raise Refused.because(_("没有得分相同而须抽签的申请"))
        seed = " ".join(public.split())[:MOST_PUBLIC] or secrets.token_hex(16)
        draws = []
        for line in lines:
            record = solve("headwater.solving.lottery:draw", [a.number for a in line.equals], seed, _settings(line))
            draw = Draw.objects.create(
                call=row, group=line.group, public=seed, record=record, made_by=actor.account, made_at=clock.now()
            )
            log(draw, after={"group": line.group, **record})
            draws.append(draw)
    return draws


def _settings(line: Line) -> dict[str, Any]:
    """The places that are drawn for, or the money with the cost of each application."""
    if line.places is None:
        return {"budget": int(line.open_money or 0), "costs": {a.number: int(a.amount_fen) for a in line.equals}}
    return {"places": line.open_places}
