"""What a kind says of its cultivation: the indicators of the bar, the themes, the goals; and where the numbers of the goals come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from headwater.bases.cultivation.readiness import Bar
from headwater.bases.parts import GAP, GOAL, THEME, Gap, Goal, Theme
from headwater.core.i18n import Bilingual
from headwater.core.parameters import Parameters
from headwater.core.register import Register
from headwater.registers.shapes import Kind


@dataclass(frozen=True)
class Target:
    """What a goal asks: at least so many, at most so many where it names a range, by the end of a year."""

    code: str
    text: Bilingual
    least: float
    most: float | None
    by: int | None


TARGETS: Register[Callable[[Sequence[str]], Mapping[str, Target]]] = Register("source of targets")
"""Given codes of targets, what is known of them. The app that keeps the policy, which stands on a higher floor, adds itself."""


def gaps_of(kind: Kind) -> tuple[Gap, ...]:
    return kind.parts.get(GAP, ())


def themes_of(kind: Kind) -> tuple[Theme, ...]:
    return kind.parts.get(THEME, ())


def goals_of(kind: Kind) -> tuple[Goal, ...]:
    return kind.parts.get(GOAL, ())


def bars_of(kind: Kind, terms: Parameters) -> list[Bar]:
    """Return the bars of a kind on the day of some parameters; an indicator whose parameter has no row on it has none."""
    bars = []
    for gap in gaps_of(kind):
        value = terms.get(gap.bar, kind.code)
        if value is not None:
            bars.append(Bar(gap.code, Decimal(str(value)), gap.lower))
    return bars


def targets(codes: Sequence[str]) -> list[Target]:
    """Return the targets of some codes, by the year in which they are to be reached."""
    found = {code: target for source in TARGETS.values() for code, target in source(codes).items()}
    return sorted(found.values(), key=lambda t: (t.by or 0, t.code))
