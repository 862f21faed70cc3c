"""Finds the applications under way that fund staff must not have."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Participant
from headwater.calls.states import UNDECIDED
from headwater.core.command import Actor, system
from headwater.registry.fund_staff import WORK, Work, fund_staff, lock_persons, refuse_staff_among, work_under_way


def undecided_of(people: Collection[int], actor: Actor) -> list[Work]:
    """Return the applications from draft to decision that these people lead or have joined."""
    joined = Q(participants__person__in=people, participants__declined_at__isnull=True)
    rows = Application.objects.filter(state__in=UNDECIDED)
    applications = Application.objects.filter(pk__in=rows.values("pk"))
    visible = set(
        (applications if actor.account is None else applications.visible_to(actor.account)).values_list("pk", flat=True)
    )
    led = rows.filter(leader__in=people).values_list("leader", "pk", "number")
    shared = rows.filter(joined).values_list("participants__person", "pk", "number")
    persons = set(people)
    return [
        (person, (number or _("填写中的申请书")) if pk in visible else "")
        for person, pk, number in [*led, *shared]
        if person in persons
    ]


WORK.add("calls", undecided_of)


TEAM = """SELECT leader_id FROM calls_application WHERE id = ANY(%(applications)s)
    UNION SELECT person_id FROM calls_participant WHERE application_id = ANY(%(applications)s) AND declined_at IS NULL"""


def refuse_staff_of(applications: Sequence[Application], *, locked: bool = False) -> None:
    """Refuse applications that fund staff lead or have joined. Call inside a command; `locked` says that the people are locked.

    Raises:
        Refused: some of these people are fund staff; by name.
    """
    keys = [a.pk for a in applications]
    if not locked:
        members = Participant.objects.filter(application__in=keys, declined_at__isnull=True)
        lock_persons({a.leader_id for a in applications} | set(members.values_list("person_id", flat=True)))
    refuse_staff_among(TEAM, {"applications": keys})


def staff_at_work() -> list[str]:
    """Return the fund staff who lead or take part in what is under way, against the rule."""
    work = work_under_way(fund_staff(), system("verify"))
    return [f"person {person} is fund staff and has {', '.join(names)}" for person, names in sorted(work.items())]
