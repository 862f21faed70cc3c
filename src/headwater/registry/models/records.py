"""One person, one or several records: whoever asks what somebody has, did or may do asks through these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from headwater.core.models import Account
from headwater.registry.models.people import Person

# Every record of the people to whom some records belong, with the record that stands for each: two look-ups by index.
RECORDS = """WITH asked AS (SELECT DISTINCT coalesce(merged_into_id, id) AS one FROM registry_person WHERE {of})
    SELECT one, one FROM asked UNION ALL SELECT p.id, asked.one FROM registry_person p JOIN asked ON asked.one = p.merged_into_id"""

FAMILY = """kin AS (
        SELECT coalesce(p.merged_into_id, p.id) AS one FROM people JOIN registry_relation r ON r.first_id = people.id
        JOIN registry_person p ON p.id = r.second_id WHERE r.kind = 'kin'
        UNION SELECT coalesce(p.merged_into_id, p.id) FROM people JOIN registry_relation r ON r.second_id = people.id
        JOIN registry_person p ON p.id = r.first_id WHERE r.kind = 'kin'
    ), family AS (
        SELECT one AS id FROM kin UNION SELECT p.id FROM kin JOIN registry_person p ON p.merged_into_id = kin.one
    )"""
"""Parts of a WITH after `people` (id): all records of close family, from whichever side the tie was put down."""


def records_of(people: Iterable[int]) -> dict[int, int]:
    """Return all records of the people whose records are given, each with the surviving one: one statement."""
    return _records("id = ANY(%s)", list(people))


def _records(of: str, value: Any) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(RECORDS.format(of=of), [value])
        return dict(cursor.fetchall())


def own_records(user: Any) -> list[int]:
    """Return the ids of the records of the person who holds this account; read once for a request, as the roles are."""
    if not getattr(user, "pk", None):
        return []
    cache: dict[str, list[int]] = user.__dict__
    if "_own_records" not in cache:
        cache["_own_records"] = list(_records("account_id = %s", user.pk))
    return cache["_own_records"]


def is_own(user: Any, person: Person) -> bool:
    """Return whether a record is of the person who holds this account."""
    return bool(user.pk) and (person.account_id == user.pk or person.pk in own_records(user))


def accounts_of(people: Iterable[int]) -> Any:
    """Return the accounts of people, of whichever of their records."""
    return Account.objects.filter(person__in=list(records_of(people))).order_by("pk")


def surviving(people: Iterable[Person]) -> list[Person]:
    """Return the records that stand for some records, each once, in their order."""
    return list(dict.fromkeys(p.survivor for p in people))
