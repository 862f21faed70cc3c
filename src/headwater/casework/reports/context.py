"""What the form of a report may ask: what its subject gives, the period, and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from headwater.casework.reports.periods import Period
from headwater.core.models import StoredFile
from headwater.forms.context import Context
from headwater.forms.expressions import Value

OWNER = "reports.report"
"""Whose files those of a report are."""


@dataclass(frozen=True)
class ReportContext:
    """The context of a record on the last day of a period; `files` are the names of the files by kind."""

    of_subject: Context
    period: Period
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def built_in(self) -> Mapping[str, Value]:
        own: dict[str, Value] = {
            "period.since": self.period.since,
            "period.until": self.period.until,
            "period.year": Decimal(self.period.since.year),
            "period.days": Decimal(self.period.days),
        }
        return {**self.of_subject.built_in(), **own}

    def parameter(self, key: str) -> Any:
        return self.of_subject.parameter(key)

    def attached(self) -> Mapping[str, int]:
        return {kind: len(names) for kind, names in self.files.items()}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return self.files

    def asked_fen(self) -> int | None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return self.period.until


def files_of(reports: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    """Return the names of the files of reports by kind (1 query)."""
    found: dict[int, dict[str, list[str]]] = {}
    fit = StoredFile.objects.exclude(state=StoredFile.State.REFUSED)
    rows = fit.filter(owner_type=OWNER, owner_id__in=reports).order_by("pk")
    for pk, kind, name in rows.values_list("owner_id", "kind", "name"):
        found.setdefault(pk, {}).setdefault(kind, []).append(name)
    return found
