"""Figures of bases by name: worked out from their tables for many bases at once, for pages, bars and indicators alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.numbers import to_places
from headwater.core.register import Register

Values = Mapping[int, Decimal]
"""A figure of each base by key; a base of which it is not known is absent."""


@dataclass(frozen=True)
class FigureOf:
    """A figure: what it is called, its unit, and how it is read of some bases (by key) as of a day, in a fixed number of queries.

    `table` is the one that it is worked out from: a kind without that table does not have the figure.
    """

    label: Bilingual
    unit: Bilingual
    table: str
    read: Callable[[Sequence[int], date], Values]


FIGURES: Register[FigureOf] = Register("figure of bases")
PERCENT, PIECES, HECTARES, NONE = Bilingual("%", "%"), Bilingual("个", ""), Bilingual("公顷", "ha"), NOTHING


def share(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """Return a share in per cent with one decimal."""
    return to_places(Decimal(part) * 100 / Decimal(whole), 1)


def shown(value: Decimal | None, unit: Bilingual) -> str:
    """Write a figure with its unit; a dash where it is not known."""
    if value is None:
        return "—"
    text = f"{value:,f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:,f}"
    return f"{text} {unit}".strip()
