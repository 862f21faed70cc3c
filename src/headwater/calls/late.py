"""What is late in calls: each app tells of its own part of the way, by who should have done it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from headwater.calls.checking.services.rechecking import ASKED_AT
from headwater.calls.clocks import check_due, recheck_due
from headwater.calls.models import Application, Call
from headwater.calls.states import CallState, State
from headwater.core import clock
from headwater.core.own import without_own
from headwater.core.register import Register


@dataclass(frozen=True)
class Late:
    """So many cases of a call that `who` should have dealt with by `due`, the earliest of their deadlines."""

    call: Call
    what: str
    who: str
    count: int
    due: datetime

    @property
    def days(self) -> int:
        """Return the days since the last on which it was in time."""
        return (clock.today() - clock.last_day(self.due)).days


LATE: Register[Callable[[Any, Sequence[Call]], Iterable[Late]]] = Register("source of what is late")


@LATE.under("calls")
def of_applications(account: Any, calls: Sequence[Call]) -> Iterator[Late]:
    """Yield what waits beyond the dates of its call before its review begins (two queries)."""
    by_key = {c.pk: c for c in calls if c.state == CallState.PUBLISHED}
    waiting = [State.HOST_REVIEW, State.RECOMMENDING, State.RECEIVED]
    rows = without_own(Application.objects.filter(call__in=by_key, state__in=waiting), account).order_by()
    for key, state, n in rows.values_list("call", "state").annotate(n=Count("pk")).order_by("call", "state"):
        what, who, due = _due(by_key[key], State(state))
        if due < clock.now():
            yield Late(by_key[key], what, who, n, due)
    yield from _rechecks(account, by_key)


def _rechecks(account: Any, calls: Mapping[int, Call]) -> Iterator[Late]:
    """Yield the re-checks that are answered too late: each has its own date."""
    rows = without_own(Application.objects.filter(call__in=calls, state=State.RECHECK), account).order_by("call")
    dues: dict[int, list[datetime]] = {}
    for key, asked in rows.annotate(asked=ASKED_AT).values_list("call", "asked"):
        if asked is not None:
            dues.setdefault(key, []).append(recheck_due(calls[key], asked))
    for key, moments in dues.items():
        if late := [due for due in moments if due < clock.now()]:
            yield Late(calls[key], _("复审决定"), _("项目主管"), len(late), min(late))


def _due(call: Call, state: State) -> tuple[str, str, datetime]:
    """Return what waits in a state, for whom, and until when."""
    if state == State.HOST_REVIEW:
        return _("单位审核"), _("依托单位"), call.endorse_by
    if state == State.RECOMMENDING:
        return _("归口推荐"), _("归口管理部门"), call.recommend_by
    return _("形式审查"), _("项目主管"), check_due(call)
