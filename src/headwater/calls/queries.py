"""Reads for the pages of hosts, agencies and officers: quotas and their reasons, what waits, how many there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from headwater.calls.endorsing.services.endorsement import Room
from headwater.calls.models import Application, Call, HostQuota, Likeness, NoticeRow
from headwater.calls.quotas import quota_words
from headwater.calls.states import ENDORSED, IN_THE_HOUSE, SHOWN_OUTSIDE, CallState, State
from headwater.core import clock
from headwater.core.own import own_rows, without_own
from headwater.registry.models import Organisation


@dataclass(frozen=True)
class Meter:
    """The quota of one host in one call: numbers, and their reason."""

    call: Call
    host: Organisation
    room: Room
    waiting: int
    basis: dict[str, Any] = field(default_factory=dict)

    @property
    def why(self) -> str:
        return quota_words(self.room.quota, self.basis)

    @property
    def over(self) -> int:
        """Return how many of the waiting have no place."""
        return 0 if self.room.free is None else max(0, self.waiting - self.room.free)


def quota_meters(hosts: Collection[int]) -> list[Meter]:
    """Return meters of the calls in which a host can still endorse or has something waiting: four queries."""
    calls = {c.pk: c for c in Call.objects.filter(state=CallState.PUBLISHED).defer("guide_zh", "guide_en").order_by("endorse_by")}
    rows = Application.objects.filter(host__in=hosts, call__in=calls).values_list("host", "call")
    counts = rows.annotate(waiting=Count("pk", filter=Q(state=State.HOST_REVIEW)), used=Count("pk", filter=Q(state__in=ENDORSED)))
    counts_by_key = {(h, c): (waiting, used) for h, c, waiting, used in counts.values_list("host", "call", "waiting", "used")}
    quotas = {
        (q.organisation_id, q.call_id): q for q in HostQuota.objects.filter(organisation__in=hosts, call__in=calls).order_by("pk")
    }
    names = Organisation.objects.in_bulk(sorted(hosts))
    meters = []
    for call in calls.values():
        for host in sorted(hosts):
            waiting, used = counts_by_key.get((host, call.pk), (0, 0))
            quota = quotas.get((host, call.pk))
            if waiting or (clock.now() < call.endorse_by and (quota or used)):
                room = Room(quota.quota if quota else None, used)
                meters.append(Meter(call, names[host], room, waiting, quota.basis if quota else {}))
    return meters


@dataclass(frozen=True)
class Batch:
    """The applications of an agency in one call."""

    call: Call
    waiting: int
    done: int


def recommendation_batches(agencies: Collection[int]) -> list[Batch]:
    """Return by call what waits for the agency and what it has recommended; one query for the numbers."""
    rows = Application.objects.filter(host__recommender__in=agencies, host__direct=False, call__state=CallState.PUBLISHED)
    passed = [s for s in ENDORSED if s != State.RECOMMENDING]
    counts = rows.values_list("call").annotate(
        waiting=Count("pk", filter=Q(state=State.RECOMMENDING)), done=Count("pk", filter=Q(state__in=passed))
    )
    counts_by_call = {c: (waiting, done) for c, waiting, done in counts.values_list("call", "waiting", "done")}
    calls = Call.objects.filter(pk__in=counts_by_call).defer("guide_zh", "guide_en").order_by("recommend_by")
    return [
        Batch(c, *counts_by_call[c.pk])
        for c in calls
        if counts_by_call[c.pk][0] or (clock.now() < c.recommend_by and counts_by_call[c.pk][1])
    ]


def released_rows() -> QuerySet[NoticeRow]:
    """Return the lines of notices whose results are released. They are public."""
    related = ("notice__call", "application")
    return (
        NoticeRow.objects.filter(notice__closed_at__isnull=False)
        .select_related(*related)
        .only(
            "title", "leader", "host", "amount_fen", "position", "notice__closed_at", "notice__call__code", "application__state"
        )
    )


def counted(account: Any, path: str = "", states: Collection[State] = IN_THE_HOUSE | SHOWN_OUTSIDE) -> Q:
    """Return the condition on the applications that an officer's figures count, less those in which `account` has a part: `path`
    leads to them.
    """
    return Q(**{f"{path}state__in": states}) & ~own_rows(Application, account, path)


def state_counts(call: Call, account: Any) -> dict[str, int]:
    """Return how many applications of a call stand in each state: every page of officers takes its figures from here (1 query)."""
    rows = Application.objects.filter(counted(account), call=call).order_by()
    return dict(rows.values_list("state").annotate(n=Count("pk")).values_list("state", "n"))


def likenesses_to_watch(account: Any) -> QuerySet[Likeness]:
    """Return the similar texts that the formal checks found, less those of `account`'s own cases."""
    return without_own(Likeness.objects.all(), account)
