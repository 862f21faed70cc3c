"""Fund staff neither apply nor take part (regulation of 2024, art. 21), in whichever order the two come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import Reason, Refused
from headwater.core.models import RoleGrant
from headwater.core.register import Register
from headwater.core.roles import ROLES, fund_staff_roles
from headwater.core.services import GRANT_CHECKS
from headwater.registry.models import EarlierProject, Person, records_of
from headwater.registry.queries import basis_of, region_here

Work = tuple[int, str]
"""Somebody, and what of theirs is under way: a name that the viewer may know, or empty."""
WorkOf = Callable[[Collection[int], Actor], list[Work]]
WORK: Register[WorkOf] = Register("work under way")
"""What people lead or take part in that is not decided or not finished."""


NAMES = """WITH one AS (SELECT DISTINCT coalesce(merged_into_id, id) AS id FROM registry_person WHERE id IN ({people})),
    record AS (SELECT p.* FROM registry_person p JOIN one ON one.id = p.id
        UNION ALL SELECT p.* FROM registry_person p JOIN one ON one.id = p.merged_into_id)
    SELECT DISTINCT name_zh FROM record r WHERE is_fund_staff OR EXISTS (SELECT 1 FROM core_rolegrant g WHERE g.account_id = r.account_id
        AND g.role = ANY(%(roles)s) AND g.since <= %(now)s AND (g.until IS NULL OR g.until > %(now)s)) ORDER BY name_zh"""
"""Names of fund staff among some people, whichever of their records says so: one statement, as every submission asks it."""


def fund_staff() -> set[int]:
    """Return all who are marked as fund staff or hold a role of it now."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role__in=fund_staff_roles(), account=OuterRef("account"))
    return set(Person.objects.filter(Q(is_fund_staff=True) | Exists(grants)).values_list("pk", flat=True))


def lock_persons(people: Collection[int]) -> None:
    """Wait for whoever makes fund staff of these people, or applicants of fund staff, so that the two cannot miss each other.

    The records that stand for them are locked, as a submission does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM registry_person WHERE id IN (SELECT coalesce(merged_into_id, id) FROM registry_person WHERE id = ANY(%s))
            ORDER BY id FOR NO KEY UPDATE""",
            [list(people)],
        )


def refuse_fund_staff(people: Collection[int], *, field: str = "") -> None:
    """Refuse fund staff as people who join or go on with an application. Call inside a command.

    Raises:
        Refused: some of these people are fund staff; by name.
    """
    lock_persons(people)
    refuse_staff_among("SELECT unnest(%(people)s::bigint[])", {"people": list(people)}, field=field)


def refuse_staff_among(people: str, parameters: dict[str, Any], *, field: str = "") -> None:
    """Refuse fund staff among people whom a query gives (SQL of one column, ids of any of their records); they are locked already.

    Raises:
        Refused: some of them are fund staff; by name.
    """
    with connection.cursor() as cursor:
        cursor.execute(NAMES.format(people=people), {**parameters, "roles": sorted(fund_staff_roles()), "now": clock.now()})
        names = "、".join(name for (name,) in cursor.fetchall())
    if names:
        text = _("%(names)s 是基金管理人员，不得申请或参与%(basis)s") % {"names": names, "basis": _citation()}
        raise Refused([Reason(text, field=field, code="staff")])


def _citation() -> str:
    """Return the rule that keeps fund staff apart, in brackets, where the region cites one."""
    basis = basis_of(region_here(), "fund_staff")
    return _("（%s）") % basis if basis else ""


def work_under_way(people: Collection[int], actor: Actor) -> dict[int, list[str]]:
    """Return what these people lead or take part in, by the record that stands for each; names are for those who may see them."""
    work: dict[int, list[str]] = defaultdict(list)
    records = records_of(people)
    earlier = EarlierProject.objects.filter(person__in=list(records), closed=False).values_list("person", "number")
    for person, name in [*earlier, *(row for work_of in WORK.values() for row in work_of(list(records), actor))]:
        if name not in work[records[person]]:
            work[records[person]].append(name)
    return dict(work)


def objection(names: Sequence[str]) -> str:
    """Return why somebody with work under way does not become fund staff."""
    works = "、".join(n for n in names if n)
    text = _("有在办的申请或在研项目，不能担任基金管理人员%s") % _citation()
    return f"{text}：{works}" if works else text


def not_at_work(grants: Sequence[RoleGrant], actor: Actor) -> list[str]:
    """Return the objections to roles of the fund for people who apply, take part or carry out a project."""
    accounts = {g.account_id for g in grants if ROLES[g.role].fund_staff}
    if not accounts:
        return []
    people = set(Person.objects.filter(account__in=accounts).values_list("pk", flat=True))
    lock_persons(people)
    busy = work_under_way(people, actor)
    names_by_person = dict(Person.objects.filter(pk__in=busy).values_list("pk", "name_zh"))
    return [f"{names_by_person[pk]}{objection(names)}" for pk, names in busy.items()]


GRANT_CHECKS.add("registry.not_at_work", not_at_work)
