"""What fund staff must not have: applications under way."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Participant
from headwater.calls.states import UNDECIDED
from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.roles import FUND_STAFF
from headwater.registry.fund_staff import WORK, Work, fund_staff, lock_persons, refuse_named, work_under_way


def undecided_of(people: Collection[int], actor: Actor) -> list[Work]:
    """Applications from draft to decision that these people lead or have joined."""
    joined = Q(participants__person__in=people, participants__declined_at__isnull=True)
    rows = Application.objects.filter(state__in=UNDECIDED)
    seen = Application.objects.filter(pk__in=rows.values("pk"))
    known = set((seen if actor.account is None else seen.visible_to(actor.account)).values_list("pk", flat=True))
    led = rows.filter(leader__in=people).values_list("leader", "pk", "number")
    shared = rows.filter(joined).values_list("participants__person", "pk", "number")
    wanted = set(people)
    return [
        (person, (number or _("填报中的申请书")) if pk in known else "") for person, pk, number in [*led, *shared] if person in wanted
    ]


WORK.append(undecided_of)


def refuse_staff_of(applications: Sequence[Application], *, locked: bool = False) -> None:
    """Applications go on only without fund staff among leaders and members. Call inside a command; `locked` says that the people are.

    Raises:
        Refused: some of these people are fund staff; by name.
    """
    keys = [a.pk for a in applications]
    if not locked:
        members = Participant.objects.filter(application__in=keys, declined_at__isnull=True)
        lock_persons({a.leader_id for a in applications} | set(members.values_list("person_id", flat=True)))
    refuse_named(_staff_in(keys))


STAFF = """WITH team AS (SELECT leader_id AS person FROM calls_application WHERE id = ANY(%(keys)s)
        UNION SELECT person_id FROM calls_participant WHERE application_id = ANY(%(keys)s) AND declined_at IS NULL),
    one AS (SELECT coalesce(p.merged_into_id, p.id) AS id FROM registry_person p JOIN team ON team.person = p.id),
    record AS (SELECT p.* FROM registry_person p JOIN one ON one.id = p.id
        UNION SELECT p.* FROM registry_person p JOIN one ON one.id = p.merged_into_id)
    SELECT DISTINCT name_zh FROM record r WHERE is_fund_staff OR EXISTS (SELECT 1 FROM core_rolegrant g WHERE g.account_id = r.account_id
        AND g.role = ANY(%(roles)s) AND g.since <= %(now)s AND (g.until IS NULL OR g.until > %(now)s)) ORDER BY name_zh"""
"""Names of fund staff among the people of applications, whichever of their records says so."""


def _staff_in(keys: list[int]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(STAFF, {"keys": keys, "roles": sorted(FUND_STAFF), "now": clock.now()})
        return [name for (name,) in cursor.fetchall()]


def staff_at_work() -> list[str]:
    """Fund staff who lead or take part in what is under way, against the rule."""
    found = work_under_way(fund_staff(), system("verify"))
    return [f"person {person} is fund staff and has {', '.join(names)}" for person, names in sorted(found.items())]
