"""Counts what else is recommended in a call, for the rules that need it: by host and topic, by place, by age of the leaders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import Count

from headwater.calls.models import Application, Call
from headwater.calls.states import ENDORSED
from headwater.schemes.rules.base import Peers


def peers_of(rows: Sequence[Application], call: Call) -> dict[int, Peers]:
    """Return by application how many are recommended of its host and topic and of its place, and when the leaders of its host's
    were born (three queries).
    """
    endorsed = Application.objects.filter(call=call, state__in=ENDORSED).order_by()
    hosts = {a.host_id for a in rows}
    of_hosts = endorsed.filter(host__in=hosts)
    topics = {(host, topic): n for host, topic, n in of_hosts.values_list("host", "topic").annotate(n=Count("pk"))}
    births: dict[int, list[date | None]] = defaultdict(list)
    for host, born in of_hosts.values_list("host", "leader__birth_date").order_by("pk"):
        births[host].append(born)
    places: Counter[int | None] = Counter(dict(endorsed.values_list("host__place").annotate(n=Count("pk"))))
    return {a.pk: Peers(topics.get((a.host_id, a.topic), 0), places[a.host.place_id], tuple(births[a.host_id])) for a in rows}
