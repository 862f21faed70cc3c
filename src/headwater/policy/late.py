"""Work that waits and is counted by a clock: formal checks and reviews, by call, with their due days."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from headwater.calls.clocks import check_due
from headwater.calls.models import Application, Call, of_officer
from headwater.calls.states import CallState, State
from headwater.core import clock
from headwater.core.own import without_own
from headwater.review.queries import review_deadlines


def what_is_late(account: Any) -> list[dict[str, Any]]:
    """List formal checks and reviews that wait, by call, with their due days.

    `account`'s own cases are left out; an officer of some calls sees these calls alone.
    """
    counts: dict[tuple[int, str], int] = {}
    running = Call.objects.filter(state=CallState.PUBLISHED, closes_at__lt=clock.now())
    if not account.has_role("leadership", "committee", "agency_liaison"):
        running = running.filter(of_officer(account, "pk"))
    calls = list(running.select_related("scheme"))
    waiting = without_own(Application.objects.filter(call__in=calls, state__in=[State.RECEIVED, State.IN_REVIEW]), account)
    for pk, state, n in waiting.values_list("call", "state").annotate(n=Count("pk")):
        counts[pk, state] = n
    opinions = review_deadlines(calls, account)
    late = []
    for call in calls:
        if n := counts.get((call.pk, State.RECEIVED)):
            late.append({"call": call, "what": "formal_check", "count": n, "due": check_due(call)})
        if n := counts.get((call.pk, State.IN_REVIEW)):
            late.append({"call": call, "what": "review", "count": n, "due": opinions.get(call.pk)})
    return late
