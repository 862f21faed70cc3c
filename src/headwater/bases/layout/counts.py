"""Counts of bases by field, place and group of places. What is real and what a demo made up are never counted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet

from headwater.bases.models import Base
from headwater.bases.standards.figures import share
from headwater.core.i18n import Bilingual, both
from headwater.core.numbers import to_places
from headwater.registers.declared import REGISTERS
from headwater.registers.kinds import kinds_here
from headwater.registers.shapes import Kind
from headwater.registry.models import Place, PlaceGroup, PriorityField
from headwater.registry.places import place_of


@dataclass(frozen=True)
class Column:
    """A group of kinds that is counted together: the kinds of a register, or one kind of a chosen register."""

    code: str
    label: Bilingual
    kinds: tuple[str, ...]


def base_kinds() -> dict[str, Kind]:
    """Return the kinds of the registers of bases, in their order (1 query)."""
    registers = {r.code: r.place for r in REGISTERS.values() if r.model is Base}
    kinds = [k for k in kinds_here().values() if k.register in registers]
    return {k.code: k for k in sorted(kinds, key=lambda k: (registers[k.register], k.order, k.code))}


def columns_of(kinds: Mapping[str, Kind], register: str = "") -> list[Column]:
    """Return what is counted side by side: the registers, or the kinds of one of them."""
    if register:
        return [Column(k.code, k.label, (k.code,)) for k in kinds.values() if k.register == register]
    groups: dict[str, list[str]] = {}
    for kind in kinds.values():
        groups.setdefault(kind.register, []).append(kind.code)
    return [Column(code, REGISTERS[code].label, tuple(codes)) for code, codes in groups.items()]


@dataclass(frozen=True)
class Row:
    """A line of a table of counts: what it is about, a count for each column, and their sum."""

    code: str
    label: Bilingual
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def missing(self) -> int:
        """In how many columns there is nothing."""
        return sum(1 for n in self.counts if not n)


NO_FIELD = Bilingual("未填领域", "No field given")


def by_field(rows: QuerySet[Base], columns: Sequence[Column]) -> list[Row]:
    """Count bases by priority field and column; those without a field stand in a last row, so that the sum is the whole (2 queries)."""
    fields = [(f.pk, f.code, both(f)) for f in PriorityField.objects.all()]
    counts = _counts(rows, "field", columns)
    lines = [Row(code, label, counts.get(pk, [0] * len(columns))) for pk, code, label in fields]
    return [*lines, *([Row("", NO_FIELD, counts[None])] if None in counts else [])]


def _counts(rows: QuerySet[Base], by: str, columns: Sequence[Column]) -> dict[Any, list[int]]:
    at = {kind: n for n, column in enumerate(columns) for kind in column.kinds}
    counts: dict[Any, list[int]] = {}
    for key, kind, n in rows.order_by().values_list(by, "kind").annotate(n=Count("pk")):
        if kind in at:
            counts.setdefault(key, [0] * len(columns))[at[kind]] += n
    return counts


@dataclass(frozen=True)
class Balance:
    """A group of places: how many bases lie there and which share of those that lie in any, its places, those without a base."""

    label: Bilingual
    row: Row
    share: Decimal | None
    places: int
    empty: Sequence[Bilingual]

    @property
    def per_place(self) -> Decimal | None:
        return to_places(Decimal(self.row.total) / self.places, 1) if self.places else None


def by_place(rows: QuerySet[Base], columns: Sequence[Column]) -> list[tuple[Place, Row]]:
    """Count bases by the places of the region (2 queries)."""
    here, counts = place_of(), _counts(rows, "place", columns)
    sums: dict[int, list[int]] = {}
    for key, numbers in counts.items():
        if key in here:
            line = sums.setdefault(here[key].pk, [0] * len(columns))
            for n, number in enumerate(numbers):
                line[n] += number
    places = sorted(set(here.values()), key=lambda p: p.code)
    return [(p, Row(p.code, both(p), sums.get(p.pk, [0] * len(columns)))) for p in places]


def balance(lines: Sequence[tuple[Place, Row]]) -> list[Balance]:
    """Add the counts of places up by the groups that the region's policy speaks of (1 query)."""
    by_code = {place.code: row for place, row in lines}
    groups = [(g, [by_code[c] for c in g.places if c in by_code]) for g in PlaceGroup.objects.all()]
    total = sum(row.total for _g, rows in groups for row in rows)
    found = []
    for group, rows in groups:
        if rows:
            sums = Row(group.code, both(group), [sum(n) for n in zip(*(r.counts for r in rows), strict=True)])
            part = share(sums.total, total) if total else None
            found.append(Balance(both(group), sums, part, len(rows), [r.label for r in rows if not r.total]))
    return found
