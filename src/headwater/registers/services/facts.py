"""Takes over the facts of a region package: new ones are opened, changed ones corrected; what an officer changed since then stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from headwater.core import clock
from headwater.core.command import Log
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.facts import Fact
from headwater.registers.finding import index_entries
from headwater.registers.kinds import kinds_here
from headwater.registers.models import Entry
from headwater.registers.services.opening import Draft, open_drafts
from headwater.registers.values import changes, values_of
from headwater.registry.models import Discipline, Organisation, Place, PriorityField

Records = Mapping[str, Mapping[str, Any]]
TEXTS = ("name_zh", "name_en", "name_mn", "source", "licence", "since", "until")


def load_facts(facts: Sequence[Fact], log: Log) -> int:
    """Load facts; returns how many are new or changed. Call inside a command; a fixed number of statements for each register.

    Raises:
        Refused: a number that another entry has.
    """
    if not facts:
        return 0
    kinds = kinds_here()
    records: Records = {
        "host": {o.code: o for o in Organisation.objects.filter(code__in=[f.host for f in facts])},
        "place": {p.code: p for p in Place.objects.filter(code__in=[f.place for f in facts])},
        "discipline": {d.code: d for d in Discipline.objects.filter(code__in=[f.discipline for f in facts])},
        "field": {f.code: f for f in PriorityField.objects.filter(code__in=[f.field for f in facts])},
    }
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(kinds[fact.kind].register, []).append(fact)
    return sum(_load(REGISTERS[code], group, records, log) for code, group in groups.items())


def _load(register: RegisterOf, facts: Sequence[Fact], records: Records, log: Log) -> int:
    rows = register.model._default_manager.filter(origin=Entry.Origin.PACKAGE, origin_code__in=[f.code for f in facts])
    known = {row.origin_code: row for row in rows.select_related("host")}
    fresh = [_draft(f, records) for f in facts if f.code not in known]
    if fresh:
        open_drafts(register, fresh, Entry.Origin.PACKAGE, log)
    changed = [row for f in facts if (row := known.get(f.code)) and row.revision == 0 and _corrected(row, f, records, log)]
    if changed:
        names = sorted({*TEXTS, "place", "discipline", "field", "latitude", "longitude", "answers", "changed_at", *_typed(facts)})
        register.model._default_manager.bulk_update(changed, names, batch_size=500)
        index_entries(register, changed)
    return len(fresh) + len(changed)


def _typed(facts: Sequence[Fact]) -> set[str]:
    return {name for fact in facts for name in fact.fields}


def _columns(fact: Fact, records: Records) -> dict[str, Any]:
    references = {key: records[key].get(getattr(fact, key)) for key in ("place", "discipline", "field")}
    point = {key: None if (v := getattr(fact, key)) is None else Decimal(str(v)) for key in ("latitude", "longitude")}
    texts = {key: getattr(fact, key) for key in ("name_en", "name_mn", "source", "licence")}
    return {**texts, **references, **point, **fact.fields, "origin_code": fact.code}


def _draft(fact: Fact, records: Records) -> Draft:
    return Draft(
        kind=fact.kind,
        name_zh=fact.name_zh,
        host=records["host"].get(fact.host),
        state=fact.state,
        number=fact.number,
        since=fact.since,
        until=fact.until,
        columns=_columns(fact, records),
        answers=fact.answers,
    )


def _corrected(row: Any, fact: Fact, records: Records, log: Log) -> bool:
    """Put what a fact says on its entry; returns whether that changed it."""
    before = values_of(row)
    for name, value in {**_columns(fact, records), "name_zh": fact.name_zh, "since": fact.since, "until": fact.until}.items():
        setattr(row, name, value)
    row.answers = dict(fact.answers)
    old, new = changes(before, values_of(row))
    if not new:
        return False
    row.changed_at = clock.now()
    log(row, before=old, after=new)
    return True
