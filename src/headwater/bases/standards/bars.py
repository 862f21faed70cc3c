"""Bars that a kind of base sets (`[[bar]]`): a figure or an answer against a dated parameter, with what is known of a base beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from headwater.bases.parts import BAR, Bar
from headwater.bases.standards.figures import FIGURES, Values, shown
from headwater.core.i18n import Bilingual
from headwater.core.parameters import Parameters
from headwater.registers.contexts import answers_of
from headwater.registers.kinds import kind_of
from headwater.registry.queries import region_code


@dataclass(frozen=True)
class Held:
    """A bar with what a base has: `met` is None where that is not known."""

    bar: Bar
    value: Decimal | None
    least: Decimal | None
    unit: Bilingual

    @property
    def met(self) -> bool | None:
        return None if self.value is None or self.least is None else self.value >= self.least

    @property
    def state(self) -> str:
        return {True: "passed", False: "failed", None: "unknown"}[self.met]

    @property
    def value_words(self) -> str:
        return shown(self.value, self.unit)

    @property
    def least_words(self) -> str:
        return shown(self.least, self.unit)


def held_against(base: Any, on: date) -> list[Held]:
    """Return the bars that apply to a base, each with what the base has (one query for each figure)."""
    bars: Sequence[Bar] = kind_of(base).parts.get(BAR, ())
    terms = Parameters(region_code(), on)
    values = {name: FIGURES[name].read([base.pk], on) for name in sorted({n for bar in bars for n in bar.figures})}

    def least(key: str) -> Decimal | None:
        number = terms.get(key, base.kind)
        return Decimal(str(number)) if isinstance(number, (int, float)) else None

    def reaches(condition: tuple[str, str]) -> bool:
        value, bar = _of(values, condition[0], base.pk), least(condition[1])
        return value is not None and bar is not None and value >= bar

    chosen = [b for b in bars if (not b.when[0] or reaches(b.when)) and (not b.unless[0] or not reaches(b.unless))]
    return [_held(bar, base, values, least(bar.at_least)) for bar in chosen]


def _of(values: dict[str, Values], name: str, key: int) -> Decimal | None:
    return values[name].get(key) if name else None


def _held(bar: Bar, base: Any, values: dict[str, Values], least: Decimal | None) -> Held:
    if bar.figure:
        return Held(bar, _of(values, bar.figure, base.pk), least, FIGURES[bar.figure].unit)
    question = kind_of(base).form.field(bar.answer)
    answer = answers_of(base).get(bar.answer) if question is not None else None
    known = isinstance(answer, (int, float, Decimal)) and not isinstance(answer, bool)
    unit = (
        Bilingual(getattr(question, "unit_zh", "") or "", getattr(question, "unit_en", "") or "") if question else Bilingual("")
    )
    return Held(bar, Decimal(str(answer)) if known else None, least, unit)
