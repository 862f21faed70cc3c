"""Objections from the public to lines of notices of calls (the rules: `casework.notices.objecting`)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from headwater.calls.deciding.services.objections import tell_applicant, terms_of
from headwater.calls.models import Application, NoticeRow, Objection, ObjectionClaim
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.casework.notices.objecting import DESKS, Desk, keep_claim, objection_from, read_objection, take_claim
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.i18n import named


def ask_objection(*, row: NoticeRow, name: str, contact: str, text: str, actor: Actor, source: str = "") -> str:
    """Keep what somebody objects to a line of an open notice and send their address a link that confirms it; returns its key.

    Raises:
        Refused: the notice is over, a field is wrong, or too many came from this `source` or for this contact.
    """
    values = read_objection(name=name, contact=contact, text=text)
    if not row.notice.is_open:
        raise Refused.because(_("公示期已结束"))
    with command(Actor(None, actor.source, actor.request_id), "calls.notice.object", name="calls.ask_objection"):
        return keep_claim(ObjectionClaim, row, values, terms=terms_of(row.notice.call), title=row.title, source=source)


def file_objection(*, key: str, actor: Actor) -> Objection:
    """File the objection that the link of this key confirms. The line is suspended.

    Raises:
        Refused: the link has ended, the result is out, or this contact has an open objection to this line already.
    """
    with command(Actor(None, actor.source, actor.request_id), "calls.notice.object", name="calls.file_objection") as log:
        claim = take_claim(DESKS["calls"], key)
        row = claim.row
        if row.notice.closed_at is not None:
            raise Refused.because(_("公示期已结束"), code="over")
        objection: Objection = objection_from(claim, Objection, notice=row.notice)
        if Application.objects.filter(pk=row.application_id, state=State.PUBLICITY).exists():
            moving = Application.objects.filter(call=row.notice.call, pk=row.application_id).moving()
            APPLICATION.apply(moving.prefetch_related("participants__person"), "suspend", log)
        tell_applicant(objection)
        log(objection, after={"row": row.pk})
    return objection


DESKS.add(
    "calls",
    Desk(
        claims=ObjectionClaim,
        related=("row__notice__call__scheme", "row__application"),
        file=lambda key, actor: file_objection(key=key, actor=actor),
        line=lambda claim: f"{claim.row.title} · {claim.row.leader} · {claim.row.host}",
        notice=lambda claim: named(claim.row.notice, "title"),
        url=lambda claim: f"/notices/{claim.row.notice_id}/",
    ),
)
