"""What fund staff must not have: projects under way."""

from __future__ import annotations

from collections.abc import Collection

from headwater.awards.models import ENDED, GIVEN_UP, Award
from headwater.core.command import Actor
from headwater.registry.fund_staff import WORK, Work


def projects_of(people: Collection[int], actor: Actor) -> list[Work]:
    """List the projects that these people lead or take part in, from the decision to the end; awards are public."""
    rows = Award.objects.exclude(state__in=[*GIVEN_UP, *ENDED])
    leaders = rows.filter(leader__in=people).values_list("leader", "number")
    participation = {"application__participants__person__in": people, "application__participants__declined_at__isnull": True}
    participants = rows.filter(**participation).values_list("application__participants__person", "number")
    keys = set(people)
    return [(person, number) for person, number in [*leaders, *participants] if person in keys]


WORK.add("awards", projects_of)
