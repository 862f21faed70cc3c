"""Indicators: figures that an app works out from its records as of a date, with the records behind them.

An app declares its indicators in its own `indicators.py`. What a region calls a figure, which articles it speaks for and what
it must reach stand in the region package; nothing of that is said here, and no figure is typed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from headwater.core import clock
from headwater.core.register import Register

Text = str | Promise
Only = Mapping[str, Collection[str]]
"""What a figure is narrowed to: codes by the name of a breakdown; nothing narrows nothing."""

UNITS: dict[str, Text] = {
    "items": pgettext_lazy("单位", "项"),
    "count": pgettext_lazy("单位", "个"),
    "wan": _("万元"),
    "percent": "%",
    "days": pgettext_lazy("单位", "天"),
    "opinions": pgettext_lazy("单位", "份"),
    "pairs": pgettext_lazy("单位", "对"),
    "ballots": pgettext_lazy("单位", "票"),
}
"""The units of figures by their codes, which open data gives."""


class Records:
    """The records behind a figure, read when they are asked for: a heading and rows. A row's first cell opens `link` + cell; `money`
    is the place of a column in 万元.
    """

    def __init__(
        self, heading: Sequence[Text], read: Callable[[], Sequence[Sequence[object]]], link: str = "", money: int | None = None
    ) -> None:
        self.heading, self.link, self.money, self._read = heading, link, money, read

    @cached_property
    def rows(self) -> Sequence[Sequence[object]]:
        return self._read()


@dataclass(frozen=True)
class Figure:
    """What an indicator says: `value` is None when nothing can be said yet; `note` says what the figure depends on."""

    value: float | None
    records: Records
    note: Text = ""
    places: Callable[[], Sequence[Any]] | None = None
    """Where the figure can be shown on the map: each place of the region with its number and its money in fen."""


@dataclass(frozen=True)
class Indicator:
    """A figure as of a date: `count(on)`, and `count(on, only)` where it has breakdowns."""

    code: str
    unit: str
    breakdowns: tuple[str, ...]
    count: Callable[..., Figure]

    def figure(self, on: date, only: Only | None = None) -> Figure:
        """Return the figure of the records up to the end of the day `on`.

        Raises:
            LookupError: `only` narrows to something that the indicator cannot be broken down by.
        """
        if unknown := set(only or {}) - set(self.breakdowns):
            raise LookupError(
                f"indicator {self.code!r} has no breakdown {sorted(unknown)[0]!r}; known: {', '.join(self.breakdowns)}"
            )
        return self.count(on, only or {}) if self.breakdowns else self.count(on)

    @property
    def unit_label(self) -> Text:
        return UNITS[self.unit]


@dataclass(frozen=True)
class Breakdown:
    """Something by which figures can be narrowed: `parts` gives the codes that may be asked for with their names."""

    code: str
    label: Callable[[], Text]
    parts: Callable[[], list[tuple[str, str]]]


INDICATORS: Register[Indicator] = Register("indicator")
BREAKDOWNS: Register[Breakdown] = Register("breakdown")


def indicator(
    code: str, *, unit: str, breakdowns: Sequence[str] = ()
) -> Callable[[Callable[..., Figure]], Callable[..., Figure]]:
    """Declare a function of a date as the indicator `code`.

    Raises:
        LookupError: the unit is unknown.
    """
    if unit not in UNITS:
        raise LookupError(f"no unit {unit!r}; known: {', '.join(UNITS)}")

    def declare(count: Callable[..., Figure]) -> Callable[..., Figure]:
        INDICATORS.add(code, Indicator(code, unit, tuple(breakdowns), count))
        return count

    return declare


def breakdown(code: str, label: Callable[[], Text], parts: Callable[[], list[tuple[str, str]]]) -> None:
    """Declare something by which indicators can be narrowed."""
    BREAKDOWNS.add(code, Breakdown(code, label, parts))


def through(on: date) -> datetime:
    """Return the first moment that a figure as of `on` does not count any more."""
    return clock.local(clock.add_days(on, 1))


def share(part: float | None, whole: float | None) -> float | None:
    """Return a part in hundredths of the whole; None where there is no whole."""
    return None if not whole else 100.0 * (part or 0) / whole
