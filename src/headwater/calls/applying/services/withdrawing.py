"""Lets an author withdraw an application, and reopen it while the call is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.endorsement import tell_of_withdrawal
from headwater.calls.locks import lock_people
from headwater.calls.models import Application, Version
from headwater.calls.staff_work import refuse_staff_of
from headwater.calls.states import ENDORSED, State
from headwater.calls.stores import APPLICATIONS
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused
from headwater.core.register import Register
from headwater.forms.versions import mark_step

Withdrawn = Callable[[Application, Log], None]
ON_WITHDRAW: Register[Withdrawn] = Register("end with a withdrawal")
"""What ends with an application that its author withdraws, in the same transaction."""


def withdraw_application(*, application: Application, actor: Actor, reason: str = "") -> None:
    """Withdraw an application, by its applicant, until its review begins. It holds no place of a quota or limit any more, and
    whoever has received it is told. Once the host has endorsed it, others have worked on it, and a reason is required.

    Raises:
        Refused: no reason, or the review has begun.
    """
    reason = reason.strip()[:500]
    with command(actor, "calls.application.withdraw", application, name="calls.withdraw_application") as log:
        rows = list(Application.objects.filter(pk=application.pk).moving().select_for_update(of=("self",)))
        was = State(rows[0].state)
        if was in ENDORSED and not reason and not isinstance(APPLICATION.find(rows[0], "withdraw"), Reason):
            raise Refused.because(_("请写明撤回的理由"), field="reason")
        anew: dict[str, Any] = dict.fromkeys(("endorsed_at", "received_at", "host_rank")) if rows[0].call.is_open else {}
        APPLICATION.move(rows, "withdraw", log, **anew)
        if reason:
            log(rows[0], after={"reason": reason})
        mark_step(APPLICATIONS, [r.pk for r in rows], Version.Kind.WITHDRAW, actor=actor, at=clock.now())
        for function in ON_WITHDRAW.values():
            function(rows[0], log)
        tell_of_withdrawal(rows[0], was, reason)


def reopen_application(*, application: Application, actor: Actor) -> None:
    """Make a withdrawn application a draft again while the call is open. It keeps its number."""
    with command(actor, "calls.application.submit", application, name="calls.reopen_application") as log:
        rows = list(Application.objects.filter(pk=application.pk).moving().select_for_update(of=("self",)))
        lock_people([application.leader_id])
        refuse_staff_of(rows)
        same = Application.objects.filter(call=application.call, leader_of_record=application.leader.survivor_id)
        if same.filter(state=State.DRAFT).exists():
            raise Refused.because(_("该批次中您已有一份填写中的申请书"))
        APPLICATION.move(rows, "reopen", log, submitted_at=None)
