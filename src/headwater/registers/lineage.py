"""The chain of records across new names, mergers and divisions: what compares years follows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from headwater.core.i18n import named
from headwater.registers.declared import RegisterOf
from headwater.registers.finding import address_of
from headwater.registers.models import Succession

CHAIN = """WITH RECURSIVE chain (start, id) AS (
        SELECT k, k FROM unnest(%(keys)s::bigint[]) k
        UNION SELECT chain.start, s.before_id FROM chain JOIN registers_succession s ON s.after_id = chain.id
            WHERE s.subject_kind = %(kind)s)
    SELECT start, id FROM chain ORDER BY start, id"""


def chains(kind: str, keys: Iterable[int]) -> dict[int, list[int]]:
    """Return the keys of all records from which each of some records of a kind came, itself among them: one statement."""
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, {"keys": list(keys), "kind": kind})
        for start, key in cursor.fetchall():
            found.setdefault(start, []).append(key)
    return found


def lines_of(register: RegisterOf, entry: Any, *, public: bool = False) -> list[tuple[str, str, str]]:
    """Return the records right before and after an entry: (how, name, address); those that are not public not for everybody (2 queries)."""
    rows = list(Succession.objects.filter(subject_kind=register.label_of_model, before_id=entry.pk))
    rows += Succession.objects.filter(subject_kind=register.label_of_model, after_id=entry.pk)
    if not rows:
        return []
    others = register.model._default_manager.filter(pk__in={k for r in rows for k in (r.before_id, r.after_id)} - {entry.pk})
    others = others.filter(is_public=True) if public else others
    by_key = {o.pk: o for o in others}
    lines = []
    for row in rows:
        other = by_key.get(row.after_id if row.before_id == entry.pk else row.before_id)
        if other is not None:
            way = "→" if row.before_id == entry.pk else "←"
            words = f"{row.get_how_display()} {way} {row.on}"
            lines.append((words, f"{other.number} {named(other)}", address_of(register, other)))
    return lines


def neighbours_of(register: RegisterOf, entry: Any) -> tuple[list[str], list[str]]:
    """Return the numbers of the public records right before and right after an entry (2 queries)."""
    links = Succession.objects.filter(subject_kind=register.label_of_model)
    pairs = list((links.filter(before_id=entry.pk) | links.filter(after_id=entry.pk)).values_list("before_id", "after_id"))
    keys = {k for pair in pairs for k in pair} - {entry.pk}
    numbers = dict(register.model._default_manager.filter(pk__in=keys, is_public=True).values_list("pk", "number"))
    before = [numbers[b] for b, a in pairs if a == entry.pk and b in numbers]
    return before, [numbers[a] for b, a in pairs if b == entry.pk and a in numbers]
