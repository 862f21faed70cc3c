"""Bodies of an institution, made by the commands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from headwater.casework.bodies.models import Attendance, Body, BodyMember, Sitting
from headwater.casework.bodies.services.calling import Agenda, call_sitting
from headwater.casework.bodies.services.composing import Chosen
from headwater.casework.bodies.services.convening import convene
from headwater.casework.bodies.services.holding import hold, vote
from headwater.core import clock
from headwater.core.models import Account
from headwater.registry.models import Organisation, Person
from tests.make import actor, as_, new_host, new_person

COMMITTEE, PANEL, ETHICS = "academic-committee", "acceptance-panel", "ethics-committee"


def outsiders(n: int, home: Organisation | None = None, name: str = "外专家") -> list[Person]:
    """People of another institution, with accounts and addresses."""
    home = home or new_host("外校")
    people = [new_person(f"{name}{i}", home) for i in range(n)]
    for p in people:
        Account.objects.filter(pk=p.account_id).update(email=f"{p.account.username}@example.org")
    return people


def chosen(people: list[Person], **more: Any) -> list[Chosen]:
    """The first is the chair."""
    return [Chosen(p, "chair" if n == 0 else "member", **more) for n, p in enumerate(people)]


def committee(size: int = 9, kind: str = COMMITTEE, host: Organisation | None = None, **more: Any) -> Body:
    host = host or new_host("设会大学")
    values = {
        "kind": kind,
        "record": host,
        "name_zh": f"{host.name_zh}委员会",
        "members": chosen(outsiders(size)),
        "actor": actor("officer"),
    }
    return convene(**(values | more))


def called(body: Body, *items: Agenda, meets_at: datetime | None = None, **more: Any) -> Sitting:
    at = meets_at or clock.now() + timedelta(days=body.rule.notice_days + 1)
    agenda = list(items) or [Agenda("审议年度计划")]
    return call_sitting(body=body, meets_at=at, place="一号会议室", agenda=agenda, actor=actor("officer"), **more)


def in_session(body: Body, *items: Agenda, present: int | None = None) -> tuple[Sitting, list[BodyMember]]:
    """A sitting that has begun, with its members; the first `present` of them are there."""
    sitting = called(body, *items)
    Sitting.objects.filter(pk=sitting.pk).update(meets_at=clock.now() - timedelta(minutes=1))
    members = list(body.members.order_by("pk"))
    here = members[: len(members) if present is None else present]
    return hold(sitting=sitting, present=[m.pk for m in here], actor=actor("officer")), members


def cast(sitting: Sitting, member: BodyMember, *choices: str) -> int:
    """The ballots of a member on the items in order."""
    items = sitting.items.order_by("position")
    votes = {i.pk: c for i, c in zip(items, choices, strict=False)}
    return vote(sitting=sitting, member=member, votes=votes, actor=as_(member.person))


def attendance(sitting: Sitting, member: BodyMember) -> Attendance:
    return Attendance.objects.select_related("sitting", "member").get(sitting=sitting, member=member)
