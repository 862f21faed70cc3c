"""The two stages of a call: who is invited from the outlines and may therefore write a full application."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.deciding.services.letters import write_letters
from headwater.calls.models import LONG, Application, Call, Letter
from headwater.calls.states import Stage, State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.services import notify
from headwater.registry.models import Person, accounts_of

LEAST_WORDS = 4
"""Characters of the reason that the letter to an outline which is not invited gives."""


def invited_outline(call: Call, leader: Person) -> Application | None:
    """Return the outline that lets `leader` write a full application; None for a call in one stage.

    Raises:
        Refused: a full call, and no outline of this leader was invited.
    """
    if call.stage != Stage.FULL:
        return None
    outline = Application.objects.filter(call=call.outline, leader_of_record=leader.survivor_id, state=State.INVITED).first()
    if outline is None:
        raise Refused.because(_("本批次仅限预申报后受邀的申请人申报"))
    return outline


def invite(*, applications: Sequence[Application], yes: bool, actor: Actor, reason: str = "") -> list[Application]:
    """Invite outlines to the full stage, or tell their applicants that they are not invited, with the reason: all of them or
    none.

    Raises:
        Refused: an application of another stage or state, or no reason for a refusal.
    """
    if not yes and len(reason.strip()) < LEAST_WORDS:
        raise Refused.because(_("请写明不邀请的理由"), field="reason")
    with command(actor, "calls.invite", name="calls.invite") as log:
        decided = {} if yes else {"decided_at": clock.now()}
        rows = APPLICATION.apply(_moving(applications), "invite" if yes else "not_invite", log, **decided)
        if not yes:
            write_letters(rows, Letter.Kind.REJECTED, lambda _a: {"note": reason.strip()})
        for row in rows:
            title = row.title_zh[:60]
            message = (_("“%s”受邀提交正式申请书") if yes else _("“%s”未受邀进入正式申报")) % title
            notify(accounts_of([row.leader_id]), title=partial(str, message), url=f"/applications/{row.pk}/")
    return rows


def _moving(applications: Sequence[Application]) -> Any:
    return (
        Application.objects.filter(pk__in=[a.pk for a in applications])
        .select_related("call__scheme", "host", "leader")
        .defer(*LONG, "call__scheme__definition")
        .prefetch_related("participants__person")
    )
