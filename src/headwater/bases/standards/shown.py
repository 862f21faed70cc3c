"""The figures of one base for its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from headwater.bases.standards.figures import FIGURES, FigureOf, shown


@dataclass(frozen=True)
class Known:
    """A figure of a base; `value` is None where it is not known."""

    of: FigureOf
    value: Decimal | None

    @property
    def words(self) -> str:
        return shown(self.value, self.of.unit)


def figures_of(base: Any, on: date, *tables: str) -> list[Known]:
    """Return the figures of a base that are worked out from some tables (one query for each)."""
    chosen = [of for of in FIGURES.values() if of.table in tables]
    return [Known(of, of.read([base.pk], on).get(base.pk)) for of in chosen]
