"""Who may cause the events of bodies."""

from __future__ import annotations

from typing import Any

from headwater.casework.bodies.models import Attendance, Body, BodyMember, BodyOpinion, Recusal, Sitting, SittingItem, in_office
from headwater.casework.subjects import holds, kind_of
from headwater.core import clock
from headwater.core.causes import SYSTEM, Party, Right, declare, either, right_for, subject
from headwater.core.models import Account, Event
from headwater.registry.rights import records_of_account


def body_of(event: Event) -> Body | None:
    """Return the body that an event is about."""
    record: Any = subject(event)
    if isinstance(record, Recusal | BodyOpinion):
        record = record.item
    if isinstance(record, SittingItem | Attendance):
        record = record.sitting
    return record if isinstance(record, Body) else getattr(record, "body", None)


def manages(event: Event, account: Account) -> bool:
    body = body_of(event)
    if body is None:
        return False
    roles = body.kind.definition["roles"]
    if body.subject_id is None:
        return any(account.holds_everywhere(role) for role in roles)
    record = body.record
    return any(holds(account, role, record) for role in roles)


def leads(event: Event, account: Account) -> bool:
    body, people = body_of(event), records_of_account(account)
    posts = [BodyMember.Post.CHAIR, BodyMember.Post.VICE, BodyMember.Post.SECRETARY]
    return body is not None and body.members.filter(in_office(clock.today()), post__in=posts, person__in=people).exists()


def judged(event: Event, account: Account) -> bool:
    """Tell whether somebody has a part in the case that a body of one case judges."""
    body = body_of(event)
    if body is None or body.subject_id is None or body.kind.definition["standing"]:
        return False
    record = body.record
    return bool(set(kind_of(record).people(record)) & records_of_account(account))


def asked(event: Event, account: Account) -> bool:
    record: Any = subject(event)
    people = records_of_account(account)
    if isinstance(record, BodyMember):
        return record.person_id in people
    if isinstance(record, Attendance | Recusal | BodyOpinion):
        return record.member.person_id in people
    return isinstance(record, Sitting) and record.attendances.filter(member__person__in=people).exists()


PART = Party("somebody with a part in the case", judged)
MANAGER = right_for(Party("who manages the body", manages)).but(PART)
LEADER = either(MANAGER, right_for(Party("chair, vice chair or secretary of the body", leads)))
MEMBER = right_for(Party("the member", asked))

RIGHTS: dict[str, Right] = {
    "bodies.convene": MANAGER,
    "bodies.change_members": MANAGER,
    "bodies.dissolve": MANAGER,
    "bodies.put_rules": LEADER,
    "bodies.call_sitting": LEADER,
    "bodies.change_sitting": LEADER,
    "bodies.cancel_sitting": LEADER,
    "bodies.hold": LEADER,
    "bodies.close_sitting": LEADER,
    "bodies.recuse": either(LEADER, MEMBER),
    "bodies.answer_invitation": MEMBER,
    "bodies.vote": MEMBER,
    "bodies.save_opinion": MEMBER,
    "bodies.submit_opinion": MEMBER,
    "bodies.remind": SYSTEM,
}
declare(RIGHTS)
