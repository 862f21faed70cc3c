"""How works are kept: many at once by COPY, with their identifiers and authors; what one holds, for the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from headwater.core import clock
from headwater.core.models import Account
from headwater.registry.models import Work, WorkAuthor, WorkIdentifier
from headwater.registry.works.identifiers import read_all
from headwater.registry.works.values import LISTS, OF_RECORD, Author, NewWork, row_of

OF_WORK = (*OF_RECORD, "year", "origin", "source", "entered_by_id", "entered_at", "revision", "merge_reason")


def insert_works(works: Sequence[NewWork], *, origin: str, account: Account | None) -> list[int]:
    """Keep works that were made plain and have no problem, with their identifiers and authors; returns their keys (4 statements)."""
    if not works:
        return []
    entered = {"origin": origin, "entered_by_id": account.pk if account else None, "entered_at": clock.now()}
    entered |= {"revision": 1, "merge_reason": ""}
    keys = _keys(Work, len(works))
    rows = []
    for key, work in zip(keys, works, strict=True):
        values = {**row_of(work), **entered, "source": work.source}
        rows.append((key, *(values[name] for name in OF_WORK)))
    _copy(Work, ("id", *OF_WORK), rows)
    insert_identifiers((key, read_all(w.identifiers)[0]) for key, w in zip(keys, works, strict=True))
    insert_authors((key, n, a) for key, w in zip(keys, works, strict=True) for n, a in enumerate(w.authors, start=1))
    return keys


def insert_identifiers(rows: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    _copy(WorkIdentifier, ("work_id", "scheme", "value"), [(key, s, v) for key, values in rows for s, v in values.items()])


def insert_authors(rows: Iterable[tuple[int, int, Author]]) -> None:
    """Keep authors, each with the work and the place that they have in it."""
    some = [(work, place, a.name, a.organisation, a.person) for work, place, a in rows]
    _copy(WorkAuthor, ("work_id", "position", "name", "organisation", "person_id"), some)


def _keys(model: Any, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [model._meta.db_table, count]
        )
        return [key for (key,) in cursor.fetchall()]


def _copy(model: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def facts_of(work: NewWork) -> dict[str, Any]:
    """Return what the log keeps of a work: what is filled in, without the abstract, which its digest covers."""
    values = {name: getattr(work, name) for name in OF_RECORD if name != "abstract"}
    values |= {name: list(values[name]) for name in LISTS}
    values |= {"identifiers": read_all(work.identifiers)[0], "authors": [a.name for a in work.authors][:50]}
    values["people"] = [a.person for a in work.authors if a.person]
    return {name: value for name, value in values.items() if value}


def kept(work: Work) -> NewWork:
    """Return a work as it is on record (2 queries)."""
    authors = [Author(a.name, a.organisation, a.person_id) for a in work.authors.order_by("position", "pk")]
    identifiers = {i.scheme: i.value for i in work.identifiers.all()}
    return kept_as(work, authors, identifiers)


def kept_as(work: Work, authors: Sequence[Author], identifiers: Mapping[str, str]) -> NewWork:
    values = {name: getattr(work, name) for name in OF_RECORD}
    return NewWork(**values, authors=authors, identifiers=identifiers, source=work.source)
