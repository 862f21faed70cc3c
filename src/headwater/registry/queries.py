"""Reads of the registry that several apps need."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from headwater.core.names import Named, normal_name
from headwater.registry.models import Person, Region, ReviewGroup


def region_of(code: str) -> Region:
    """The region whose package was loaded under `code`."""
    return Region.objects.get(code=code)


def group_of_prefix() -> dict[str, str]:
    """Review-group code by discipline code, of whatever level the group names."""
    return {prefix: group.code for group in ReviewGroup.objects.all() for prefix in group.prefixes}


def group_of_code(code: str) -> str:
    """The review group of a discipline: that of the longest code it begins with; empty where no group names one."""
    groups = group_of_prefix()
    return next((groups[code[:n]] for n in range(len(code), 0, -1) if code[:n] in groups), "")


NAMESAKES = """SELECT t.n, p.id FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t(name, n)
        JOIN registry_person p ON registry_name_keys(p.name_zh, p.name_en) && registry_name_keys(t.name)
    UNION SELECT t.n, f.person_id FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t(name, n)
        JOIN registry_personname f ON registry_name_keys(f.text) && registry_name_keys(t.name)
    ORDER BY 1, 2"""


def namesakes(given: Iterable[Named]) -> dict[Named, list[Person]]:
    """The people whom each name can mean, in any way of writing it (2 queries). An institution that none of them has narrows nothing."""
    wanted = list(dict.fromkeys(given))
    with connection.cursor() as cursor:
        cursor.execute(NAMESAKES, {"names": [one.name for one in wanted]})
        pairs = cursor.fetchall()
    people = Person.objects.select_related("organisation").in_bulk({pk for _n, pk in pairs})
    found: dict[Named, list[Person]] = {one: [] for one in wanted}
    for n, pk in pairs:
        found[wanted[n - 1]].append(people[pk])
    return {one: [p for p in rows if _at(p, one.institution)] or rows for one, rows in found.items()}


def _at(person: Person, institution: str) -> bool:
    """Whether somebody is registered at an institution of which `institution` is the name or a part of it."""
    home = person.organisation
    wanted = normal_name(institution).casefold()
    return not wanted or any(wanted in normal_name(name).casefold() for name in ((home.name_zh, home.name_en) if home else ()))
