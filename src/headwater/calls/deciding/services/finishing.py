"""Finishes a call (办结) when everything in it has ended: by itself, or by an officer who has seen that nothing is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.checking.services.rechecking import end_of_asking, open_letters
from headwater.calls.endorsing.services.endorsement import officers
from headwater.calls.models import Application, Call
from headwater.calls.phases import ENDED_EARLY
from headwater.calls.states import CallState, State
from headwater.calls.words import state_word
from headwater.calls.workflow import CALL
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, refuse_if
from headwater.core.register import Register
from headwater.core.services import notify


@dataclass(frozen=True)
class Open:
    """Something that has not ended in a call: in words, how many, and the page of it."""

    label: str
    count: int
    url: str = ""


OpenParts = Callable[[Call], list[Open]]
OPEN_PARTS: Register[OpenParts] = Register("open part of a call")
"""What an app on a higher floor still has open in a call."""


def still_open(call: Call) -> list[Open]:
    """Return everything in a call that has not ended: deadlines, applications, re-checks that may be asked for, notices, and
    what other apps know.
    """
    parts = []
    if clock.now() < call.recommend_by:
        due = f"{timezone.localtime(call.recommend_by):%Y-%m-%d %H:%M}"
        parts.append(Open(_("申报、审核和推荐到 %s 截止") % due, 1))
    rows = Application.objects.filter(call=call).exclude(state__in=ENDED_EARLY).order_by()
    counts = dict(rows.values_list("state").annotate(n=Count("pk")))
    desk = f"/office/calls/{call.pk}"
    parts += [
        Open(state_word(call, s).label, counts[s.value], f"{desk}/applications/?state={s.value}")
        for s in State
        if counts.get(s.value)
    ]
    if n := _may_be_rechecked(call):
        parts.append(Open(_("仍可申请复审"), n, f"{desk}/letters/"))
    if n := call.notices.filter(closed_at__isnull=True).count():
        parts.append(Open(_("公示没有结束"), n))
    return parts + [part for function in OPEN_PARTS.values() for part in function(call)]


def _may_be_rechecked(call: Call) -> int:
    """Return the refused applications for which a re-check may still be asked."""
    letters = open_letters(application__call=call)
    last = letters.last()
    if last is None or end_of_asking(last, call) < clock.now():
        return 0
    return len({x.application_id for x in letters if end_of_asking(x, call) >= clock.now()})


def finish_call(*, call: Call, actor: Actor) -> None:
    """Close a call in which everything has ended, and tell its officers.

    Raises:
        Refused: something has not ended, with each kind of it.
    """
    with command(actor, "calls.notice.publish", call, name="calls.finish_call") as log:
        row = Call.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=call.pk)
        refuse_if(Reason(f"{part.label}：{part.count}", code="open") for part in still_open(row))
        CALL.apply(Call.objects.filter(pk=call.pk), "finish", log)
        notify(officers(call.pk), title=lambda: _("批次已办结：%s") % call.title_zh[:120], url=f"/office/calls/{call.pk}/")


def finish_everywhere(*, actor: Actor) -> int:
    """Finish every published call in which nothing is open any more. It is safe to run twice."""
    over = Call.objects.filter(state=CallState.PUBLISHED, recommend_by__lte=clock.now()).select_related("scheme").order_by("pk")
    ended = [call for call in over if not still_open(call)]
    for call in ended:
        finish_call(call=call, actor=actor)
    return len(ended)
