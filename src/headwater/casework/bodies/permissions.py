"""Actions on bodies. Who convenes and manages one holds a role that its kind names, for its record or everywhere."""

from __future__ import annotations

from typing import Any

import rules

from headwater.casework.bodies.models import Attendance, Body, BodyKind, BodyMember, Sitting, in_office
from headwater.casework.bodies.services.composing import Founding
from headwater.casework.subjects import holds, kind_of
from headwater.core import clock
from headwater.core.permission import allow, is_signed_in
from headwater.registry.models import own_records
from headwater.registry.queries import region_code

LEADING = (BodyMember.Post.CHAIR, BodyMember.Post.VICE, BodyMember.Post.SECRETARY)
"""Who leads the sittings of a body besides those who manage it."""


def body_of(record: Any) -> Body | None:
    return record.body if isinstance(record, Sitting) else record if isinstance(record, Body) else None


def managing_roles(user: Any) -> frozenset[str]:
    """Return the roles that some kind of body here names; read once for a request."""
    cached: frozenset[str] | None = user.__dict__.get("_managing_roles")
    if cached is None:
        definitions = BodyKind.objects.current(region_code()).values_list("definition__roles", flat=True)
        cached = user.__dict__["_managing_roles"] = frozenset(role for roles in definitions for role in roles)
    return cached


@rules.predicate
def manages(user: Any, record: Any) -> bool:
    """Tell whether an account holds a role that the kind names. Without a record: whether it may hold one for some body."""
    if isinstance(record, Founding):
        return _holds(user, record.kind.roles, record.record)
    body = body_of(record)
    if body is None:
        return bool(user.grants) and user.has_role(*managing_roles(user))
    return _holds(user, body.rule.roles, body.record)


def _holds(user: Any, roles: tuple[str, ...], about: Any) -> bool:
    if about is None:
        return any(user.holds_everywhere(role) for role in roles)
    return any(holds(user, role, about) for role in roles)


@rules.predicate
def no_part_in_case(user: Any, record: Any) -> bool:
    """Tell whether somebody has no part in the record that is judged. A standing body may be kept by those to whom its record belongs;
    one for a single case may not.
    """
    body = body_of(record)
    rule = record.kind if isinstance(record, Founding) else body.rule if body else None
    if rule is None or rule.standing:
        return True
    about = record.record if isinstance(record, Founding) else body.record if body else None
    return about is None or not set(kind_of(about).people(about)) & set(own_records(user))


@rules.predicate
def sits(user: Any, record: Any) -> bool:
    """Tell whether somebody was asked to a sitting; without one, whether they sit or sat anywhere."""
    if isinstance(record, Sitting):
        return Attendance.objects.filter(sitting=record, member__person__in=own_records(user)).exists()
    cache = user.__dict__
    if "_sits_on_bodies" not in cache:
        cache["_sits_on_bodies"] = BodyMember.objects.filter(person__in=own_records(user)).exists()
    return bool(cache["_sits_on_bodies"])


@rules.predicate
def leads(user: Any, record: Any) -> bool:
    """Tell whether somebody is chair, vice chair or secretary in office."""
    body = body_of(record)
    if body is None:
        return bool(sits(user, None))
    return body.members.filter(in_office(clock.today()), post__in=LEADING, person__in=own_records(user)).exists()


allow("bodies.list", is_signed_in & (manages | sits))
allow("bodies.view", is_signed_in)
allow("bodies.convene", is_signed_in & manages & no_part_in_case)
allow("bodies.manage", is_signed_in & manages & no_part_in_case)
allow("bodies.lead", is_signed_in & ((manages & no_part_in_case) | leads))
allow("bodies.sit", is_signed_in & sits)
allow("bodies.minutes", is_signed_in & (manages | sits))
allow("bodies.remind", rules.always_deny)
