"""What the form of an entry may ask of it, and its answers worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from headwater.core import clock
from headwater.core.parameters import Parameters
from headwater.forms.answers.state import Answers
from headwater.forms.expressions import Value
from headwater.forms.shapes import Form
from headwater.registers.kinds import kind_of
from headwater.registry.queries import region_code


@dataclass(frozen=True)
class EntryContext:
    """What expressions read of an entry on a day; `files` are the names of its files by kind, where somebody reads them."""

    entry: Any
    on: date
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def built_in(self) -> dict[str, Value]:
        entry = self.entry
        host = entry.host
        return {
            "today": self.on,
            "year": Decimal(self.on.year),
            "state": entry.state,
            "since": entry.since,
            "opened_on": entry.opened_on,
            "host.kind": host.kind if host else None,
            "host.place": host.place.code if host and host.place_id else None,
            "field": entry.field.code if entry.field_id else None,
            "discipline": entry.discipline.code if entry.discipline_id else None,
        }

    @cached_property
    def _terms(self) -> Parameters:
        return Parameters(region_code(), self.on)

    def parameter(self, key: str) -> Any:
        return self._terms.get(key, self.entry.kind)

    def attached(self) -> Mapping[str, int]:
        return {kind: len(names) for kind, names in self.files.items()}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return self.files

    def asked_fen(self) -> int | None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return self.on


RELATED = ("host__place", "place", "discipline", "field")
"""What an entry is read with where its answers are worked out."""


def answers_of(
    entry: Any,
    form: Form | None = None,
    stored: Mapping[str, Any] | None = None,
    files: Mapping[str, Sequence[str]] | None = None,
) -> Answers:
    """Return the answers of an entry under the form of its kind, or others under another form about it (no query, where the entry was
    read with what it is `RELATED` to).
    """
    context = EntryContext(entry, clock.today(), files or {})
    return Answers(form or kind_of(entry).form, entry.answers if stored is None else stored, context)
