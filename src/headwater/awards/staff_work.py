"""What fund staff must not have: projects under way."""

from __future__ import annotations

from collections.abc import Collection

from headwater.awards.models import Award
from headwater.core.command import Actor
from headwater.registry.fund_staff import WORK, Work

UNDER_WAY = (Award.State.AGREEMENT, Award.State.RUNNING)


def projects_of(people: Collection[int], actor: Actor) -> list[Work]:
    """List the projects that these people lead or take part in, from the decision to the end; awards are public."""
    rows = Award.objects.filter(state__in=UNDER_WAY)
    leaders = rows.filter(leader__in=people).values_list("leader", "number")
    participation = {"application__participants__person__in": people, "application__participants__declined_at__isnull": True}
    participants = rows.filter(**participation).values_list("application__participants__person", "number")
    keys = set(people)
    return [(person, number) for person, number in [*leaders, *participants] if person in keys]


WORK.add("awards", projects_of)
