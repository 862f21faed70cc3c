"""The register of indicators: apps of lower floors declare a query, a unit and the articles that it speaks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from headwater.core.register import Register


@dataclass(frozen=True)
class Table:
    """The records behind a figure: a heading and rows; a row's first cell may link to `url`."""

    heading: Sequence[str | Promise]
    rows: Sequence[Sequence[object]]
    link: str = ""


@dataclass(frozen=True)
class Indicator:
    """`value` gives the figure now (None when nothing can be said yet); `records` gives what it counts, public fields only."""

    code: str
    label_zh: str
    label_en: str
    unit_zh: str
    unit_en: str
    articles: tuple[int, ...]
    value: Callable[[], float | None]
    records: Callable[[], Table]
    note_zh: str = ""
    note_en: str = ""
    target: float | None = None
    target_note: str = ""


INDICATORS: Register[Indicator] = Register("indicator")


def indicator(found: Indicator) -> Indicator:
    """Register an indicator; a code is used once."""
    return INDICATORS.add(found.code, found)


def for_article(number: int) -> list[Indicator]:
    return [i for i in INDICATORS.values() if number in i.articles]
