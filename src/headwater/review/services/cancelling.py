"""The end of the assignments of a call that is cancelled."""

from __future__ import annotations

from django.utils.translation import gettext as _

from headwater.calls.models import Call
from headwater.calls.publishing.services.changing import ON_CANCEL
from headwater.core import clock
from headwater.core.command import Log
from headwater.core.services import notify
from headwater.registry.models import accounts_of
from headwater.review.models import Assignment, Expert

State = Assignment.State


@ON_CANCEL.under("review")
def release_experts(call: Call, reason: str, log: Log) -> None:
    """Release the open assignments of a call and notify the experts who were invited. Submitted opinions stay as they are."""
    waiting = Assignment.objects.filter(application__call=call, state__in=[State.PROPOSED, State.INVITED, State.ACCEPTED])
    rows = list(waiting.select_for_update().order_by("pk"))
    invited = [r.expert_id for r in rows if r.state != State.PROPOSED]
    for row in rows:
        log(row, before={"state": row.state}, after={"state": "released"})
    text = _("批次已取消")
    Assignment.objects.filter(pk__in=[r.pk for r in rows]).update(
        state=State.RELEASED, decline_reason=text, answered_at=clock.now()
    )
    experts = accounts_of(Expert.objects.filter(pk__in=invited).values_list("person", flat=True))
    notify(experts, title=lambda: _("评审不再需要，批次已取消：%s") % call.title_zh[:120], body=reason, url="/review/")
