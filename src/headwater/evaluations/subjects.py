"""The entries behind the entrants of a round, and who has a part in them: read as sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps

from headwater.evaluations.models import Entrant, Round
from headwater.registers.contexts import RELATED
from headwater.registers.declared import REGISTERS


def entries_of(round_: Round, entrants: Sequence[Entrant]) -> dict[int, Any]:
    """Return the entries of some entrants by their key (1 query)."""
    register = REGISTERS[round_.register]
    rows = register.model._default_manager.filter(pk__in=[e.subject_id for e in entrants])
    return {e.pk: e for e in rows.select_related(*RELATED, "version")}


def people_by_entry(round_: Round, entries: Sequence[Any]) -> dict[int, list[int]]:
    """Return the persons who have a part in each of some entries: they lead it, keep its record, or hold it (1 query)."""
    register = REGISTERS[round_.register]
    people = {e.pk: {getattr(e, f"{k.column}_id") for k in register.keepers} - {None} for e in entries}
    held = register.holders._default_manager.filter(entry__in=list(people), until__isnull=True, person__isnull=False)
    for entry, person in held.values_list("entry", "person"):
        people[entry].add(person)
    return {pk: sorted(keys) for pk, keys in people.items()}


def entry_of(entrant: Entrant) -> Any:
    """Return the entry of an entrant; None where it is gone (1 query)."""
    return apps.get_model(entrant.subject_kind)._default_manager.filter(pk=entrant.subject_id).select_related(*RELATED).first()
