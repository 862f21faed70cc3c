"""States of bodies and of their sittings."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.bodies.models import Body, Sitting
from headwater.core.errors import Reason
from headwater.core.workflow import Transition, Workflow


def nothing_in_session(body: Any) -> Reason | None:
    """A body is not dissolved while it sits."""
    if body.sittings.filter(state=Sitting.State.OPEN).exists():
        return Reason(_("有会议正在进行，请先结束会议"))
    return None


BODY = Workflow(
    "body",
    "bodies.body",
    Body.State,
    (
        Transition(
            Body.State.ACTIVE, "dissolve", Body.State.DISSOLVED, "bodies.manage", gettext_lazy("解散"), (nothing_in_session,)
        ),
    ),
)
S = Sitting.State
SITTING = Workflow(
    "sitting",
    "bodies.sitting",
    Sitting.State,
    (
        Transition(S.CALLED, "hold", S.OPEN, "bodies.lead", gettext_lazy("登记到会并开会")),
        Transition(S.UNMET, "hold", S.OPEN, "bodies.lead", gettext_lazy("补记到会并开会")),
        Transition(S.OPEN, "hold", S.OPEN, "bodies.lead", gettext_lazy("更正到会")),
        Transition(S.CALLED, "fail", S.UNMET, "bodies.lead", gettext_lazy("记为未达法定人数")),
        Transition(S.UNMET, "fail", S.UNMET, "bodies.lead", gettext_lazy("更正到会")),
        Transition(S.OPEN, "close", S.HELD, "bodies.lead", gettext_lazy("结束会议")),
        Transition(S.CALLED, "cancel", S.CANCELLED, "bodies.lead", gettext_lazy("取消会议")),
    ),
)
