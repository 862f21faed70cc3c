"""Which record a work is on already, whom a printed name means: set by set, whatever the number of works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from headwater.registry.works.permissions import Reach
from headwater.registry.works.values import Author, NewWork

SAME = """SELECT t.n, coalesce(w.merged_into_id, w.id) FROM unnest(%s::int[], %s::text[], %s::text[]) AS t(n, scheme, value)
    JOIN registry_workidentifier i USING (scheme, value) JOIN registry_work w ON w.id = i.work_id ORDER BY 1, 2"""
ALIKE = """WITH t AS MATERIALIZED (SELECT * FROM unnest(%s::int[], %s::text[], %s::int[], %s::text[]) AS t(n, kind, year, key))
    SELECT t.n, coalesce(w.merged_into_id, w.id) FROM t JOIN registry_work w ON registry_title_key(w.title_zh) = t.key
        WHERE w.kind = t.kind AND w.year IS NOT DISTINCT FROM t.year
    UNION SELECT t.n, coalesce(w.merged_into_id, w.id) FROM t JOIN registry_work w ON registry_title_key(w.title_en) = t.key
        WHERE w.kind = t.kind AND w.year IS NOT DISTINCT FROM t.year ORDER BY 1, 2"""
TITLE_KEYS = """SELECT registry_title_key(zh), registry_title_key(en) FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS t(zh, en, n)
    ORDER BY n"""
# Of the people whom somebody answers for, those whom each name can mean, as the records that stand for them.
MEANT = """WITH mine AS (SELECT DISTINCT coalesce(p.merged_into_id, p.id) AS one, key
        FROM registry_person p CROSS JOIN LATERAL unnest(registry_name_keys(p.name_zh, p.name_en)) key WHERE p.id = ANY(%(people)s)
    UNION SELECT coalesce(p.merged_into_id, p.id), key FROM registry_personname f JOIN registry_person p ON p.id = f.person_id
        CROSS JOIN LATERAL unnest(registry_name_keys(f.text)) key WHERE p.id = ANY(%(people)s))
    SELECT t.n, min(mine.one) FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t(name, n)
        CROSS JOIN LATERAL unnest(registry_name_keys(t.name)) asked JOIN mine ON mine.key = asked
    GROUP BY t.n HAVING count(DISTINCT mine.one) = 1"""
# Of everybody, by the name and the institution as printed: the registered name of it in either language.
MEANT_THERE = """SELECT t.n, min(coalesce(p.merged_into_id, p.id))
    FROM unnest(%(names)s::text[], %(places)s::text[]) WITH ORDINALITY AS t(name, place, n)
    JOIN registry_person p ON registry_name_keys(p.name_zh, p.name_en) && registry_name_keys(t.name)
    JOIN registry_organisation o ON o.id = p.organisation_id
        AND (position(o.name_zh IN t.place) > 0 OR (o.name_en <> '' AND position(lower(o.name_en) IN lower(t.place)) > 0))
    GROUP BY t.n HAVING count(DISTINCT coalesce(p.merged_into_id, p.id)) = 1"""


def find_same(identifiers: Sequence[Mapping[str, str]]) -> list[list[int]]:
    """Return for each work's identifiers, in their normal form, the works that have any of them (1 query)."""
    lines = [(n, scheme, value) for n, values in enumerate(identifiers) for scheme, value in values.items()]
    return (
        _by_number(SAME, [list(column) for column in zip(*lines, strict=True)], len(identifiers))
        if lines
        else [[] for _ in identifiers]
    )


def find_alike(works: Sequence[NewWork]) -> list[list[int]]:
    """Return for each work the works of its kind and year that have one of its titles (2 queries)."""
    lines = [
        (n, w.kind, int(w.issued[:4]) if w.issued else None, key)
        for n, (w, keys) in enumerate(zip(works, title_keys(works), strict=True))
        for key in keys
    ]
    return _by_number(ALIKE, [list(column) for column in zip(*lines, strict=True)], len(works)) if lines else [[] for _ in works]


def title_keys(works: Sequence[NewWork]) -> list[list[str]]:
    """Return the keys under which titles are compared (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(TITLE_KEYS, [[w.title_zh for w in works], [w.title_en for w in works]])
        return [[key for key in dict.fromkeys(keys) if key] for keys in cursor.fetchall()]


def _by_number(statement: str, columns: list[list[Any]], count: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)
        for n, key in cursor.fetchall():
            if key not in found[n]:
                found[n].append(key)
    return found


def with_people(works: Sequence[NewWork], reach: Reach) -> list[NewWork]:
    """Return works with the people whom their printed names mean (1 or 2 queries).

    A name means somebody when it can mean only one of the people for whom whoever enters the work answers; for who answers for everybody,
    when name and institution together mean only one. Who is named twice in a work is left open.
    """
    printed = list(
        dict.fromkeys((a.name, a.organisation if reach.everybody else "") for w in works for a in w.authors if not a.person)
    )
    if reach.everybody:
        printed = [(name, place) for name, place in printed if place]
    meant = dict(zip(printed, _meant(printed, reach), strict=True)) if printed else {}
    return [_linked(w, meant, reach) for w in works] if meant else list(works)


def _meant(printed: Sequence[tuple[str, str]], reach: Reach) -> list[int | None]:
    people: list[int | None] = [None] * len(printed)
    names, places = [name for name, _place in printed], [place for _name, place in printed]
    with connection.cursor() as cursor:
        if reach.everybody:
            cursor.execute(MEANT_THERE, {"names": names, "places": places})
        else:
            keys = list(reach.people().values_list("pk", flat=True))
            cursor.execute(MEANT, {"names": names, "people": keys})
        for n, person in cursor.fetchall():
            people[n - 1] = person
    return people


def _linked(work: NewWork, meant: Mapping[tuple[str, str], int | None], reach: Reach) -> NewWork:
    people = [a.person or meant.get((a.name, a.organisation if reach.everybody else "")) for a in work.authors]
    times: dict[int, int] = defaultdict(int)
    for person in people:
        if person:
            times[person] += 1
    authors = [
        a if a.person or not p or times[p] > 1 else replace(a, person=p) for a, p in zip(work.authors, people, strict=True)
    ]
    return replace(work, authors=authors)


def open_place(authors: Sequence[Author], name: str) -> int:
    """Return the place (from 1) of the only author without a person who is printed under a name; 0 where none or several are."""
    places = [n for n, a in enumerate(authors, start=1) if not a.person and a.name == name]
    return places[0] if len(places) == 1 else 0
