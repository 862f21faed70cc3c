"""Pictures of figures: what is drawn and what the table behind it says are one set of numbers, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from headwater.core.indicators import Text


@dataclass(frozen=True)
class Series:
    """One kind of numbers within the bars: its name, and the tone in which it is drawn ("act", "mid", "soft" or "warn")."""

    name: Text
    tone: str = "act"


@dataclass(frozen=True)
class Bar:
    """A line of the picture and of its table: a number for each series, what is said at its end, and cells that only the table has."""

    label: str
    parts: tuple[float, ...]
    told: str = ""
    more: tuple[object, ...] = ()

    @property
    def total(self) -> float:
        return sum(self.parts)


def plain(number: float) -> str:
    """Write a number for reading, without needless decimals."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


@dataclass(frozen=True)
class Picture:
    """Bars with their axis and where they come from.

    `axis` names what is counted and its unit, `of` what the lines are, `why` says what counts and `without` what does not. `say` writes a
    number, and `cell` does in the table where that differs; `extra` heads the cells that only the table has. `top` ends the axis where the
    whole is known. Upright columns are for numbers in order, such as marks.
    """

    code: str
    title: Text
    of: Text
    axis: Text
    series: Sequence[Series]
    bars: Sequence[Bar]
    source: Text
    why: Text
    empty: Text
    without: Text = ""
    extra: Sequence[Text] = ()
    say: Callable[[Any], str] = plain
    cell: Callable[[Any], str] | None = None
    top: float | None = None
    most: int = 12
    upright: bool = False

    @property
    def drawn(self) -> Sequence[Bar]:
        return self.bars if self.upright else self.bars[: self.most]

    @property
    def is_cut(self) -> bool:
        return len(self.drawn) < len(self.bars)

    @property
    def heading(self) -> list[tuple[Text, str]]:
        """Return the columns of the table with their kinds."""
        names = [s.name for s in self.series]
        return [(self.of, ""), *((name, "num") for name in [*names, *self.extra])]

    @property
    def table(self) -> list[list[tuple[Text, str, str]]]:
        """Return the rows of the table as (heading, kind, text)."""
        rows = ([bar.label, *map(self.cell or self.say, bar.parts), *map(str, bar.more)] for bar in self.bars)
        return [[(*head, cell) for head, cell in zip_longest(self.heading, row, fillvalue="")] for row in rows]
