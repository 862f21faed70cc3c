"""How ready the cultivated bases are, and when they will be: from their values, the bars of the day and the pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from headwater.bases.cultivation.declared import Target, bars_of, gaps_of, goals_of, targets, themes_of
from headwater.bases.cultivation.readiness import Bar, Readiness, Step, latest, pipeline, readiness, year_as_planned, year_at_pace
from headwater.bases.models import Base, GapValue, SupportRow
from headwater.bases.parts import Gap, Theme
from headwater.bases.rows.columns import plain_number
from headwater.core import clock
from headwater.core.parameters import Parameters
from headwater.registers.kinds import kind_of, kinds_here
from headwater.registers.shapes import AT_WORK, ENDED, Kind
from headwater.registry.models import PriorityField
from headwater.registry.queries import region_code

MOST_YEARS = 40


@dataclass(frozen=True)
class Line:
    """An indicator of a base: its bar, what it had and planned by year, whether the bar is met."""

    gap: Gap
    bar: Bar | None
    now: dict[int, Decimal]
    plan: dict[int, Decimal]
    current: Decimal | None

    @property
    def meets(self) -> bool:
        return self.bar is not None and self.bar.meets(self.current)


@dataclass(frozen=True)
class Standing:
    """How a base stands towards the bar: its lines, readiness, and the years in which it gets there."""

    base: Any
    lines: tuple[Line, ...]
    ready: Readiness
    planned: int | None
    paced: int | None

    @property
    def years(self) -> list[int]:
        return sorted({y for line in self.lines for y in (*line.now, *line.plan)})

    @property
    def missing(self) -> list[tuple[str, str, str, str]]:
        """Return what lacks in words: (indicator, now, bar, how much more or less)."""
        gaps = {line.gap.code: line.gap for line in self.lines}
        return [
            (str(g.label), plain_number(m.now) or "—", f"{plain_number(m.bar)} {g.unit}", f"{plain_number(m.lacking)} {g.unit}")
            for m in self.ready.missing
            if (g := gaps[m.code])
        ]


def standings(bases: Sequence[Any], on: date | None = None) -> list[Standing]:
    """Return how some bases stand on a day (today): 1 query for their values, 1 for the parameters."""
    on = on or clock.today()
    terms = Parameters(region_code(), on)
    values: dict[tuple[int, str], list[GapValue]] = {}
    for row in GapValue.objects.filter(entry__in=bases).order_by("year"):
        values.setdefault((row.entry_id, row.indicator), []).append(row)
    return [_standing(base, values, bars_of(kind_of(base), terms), on.year) for base in bases]


def _standing(base: Any, values: dict[tuple[int, str], list[GapValue]], bars: list[Bar], year: int) -> Standing:
    by_code, lines = {b.code: b for b in bars}, []
    for gap in gaps_of(kind_of(base)):
        rows = values.get((base.pk, gap.code), [])
        now = {r.year: r.now for r in rows if r.now is not None and r.year <= year}
        plan = {r.year: r.plan for r in rows if r.plan is not None}
        lines.append(Line(gap, by_code.get(gap.code), now, plan, latest(now, year)))
    had = {line.gap.code: line.now for line in lines}
    return Standing(
        base,
        tuple(lines),
        readiness(bars, {line.gap.code: line.current for line in lines}),
        year_as_planned(bars, had, {line.gap.code: line.plan for line in lines}, year),
        year_at_pace(bars, had, year),
    )


@dataclass(frozen=True)
class ThemeLine:
    """A theme with the bases that are cultivated for it, and those that have reached the goal."""

    field: Any
    bases: list[Any]
    reached: list[Any]


@dataclass(frozen=True)
class Programme:
    """A kind of cultivated bases with all that its page shows."""

    kind: Kind
    targets: list[tuple[Target, int]]
    there: list[Any]
    bases: list[Any]
    themes: list[ThemeLine]
    invented: bool
    other: int

    @property
    def now(self) -> int:
        return len(self.there)


def cultivated_kinds() -> list[Kind]:
    """Return the kinds whose entries are cultivated: those that name indicators of a bar."""
    return [k for k in kinds_here().values() if gaps_of(k)]


def programme(kind: Kind, *, invented: bool | None = None) -> Programme:
    """Return the cultivation of a kind: of real bases, or of invented ones where they are asked for or are all there is (4 queries)."""
    rows = Base.objects.filter(kind=kind.code).exclude(group=ENDED).select_related("host", "field", "version", "place")
    every = list(rows.order_by("number"))
    real = [b for b in every if not b.invented]
    shown = (not real and bool(every)) if invented is None else invented
    goals = goals_of(kind)
    counted = {k for goal in goals for k in goal.kinds}
    reached = list(
        Base.objects.filter(kind__in=counted, invented=False).select_related("field", "host", "version").order_by("number")
    )
    there = [b for b in reached if b.group in AT_WORK]
    by_end = {t.code: _count_by(reached, t.by) for t in targets([g.code for g in goals])}
    bases = [b for b in every if b.invented == shown]
    return Programme(
        kind=kind,
        targets=[(t, by_end[t.code]) for t in targets([g.code for g in goals])],
        there=there,
        bases=bases,
        themes=_themes(themes_of(kind), bases, there),
        invented=shown,
        other=len(every) - len(bases),
    )


def _count_by(rows: Sequence[Any], year: int | None) -> int:
    """Return how many were at work at the end of a year; now, where the year has not ended."""
    on = min(date(year, 12, 31), clock.today()) if year else clock.today()
    return sum(1 for b in rows if (b.since is None or b.since <= on) and (b.until is None or b.until > on) and _began(b, on))


def _began(base: Any, on: date) -> bool:
    """Tell whether it counts on a day: one whose first day is unknown counts while it is at work."""
    return base.group in AT_WORK or (base.since is not None and base.until is not None and base.until > on)


def _themes(themes: Sequence[Theme], bases: Sequence[Any], there: Sequence[Any]) -> list[ThemeLine]:
    codes = [t.code for t in themes]
    fields = {f.code: f for f in PriorityField.objects.filter(code__in=codes)}
    return [
        ThemeLine(
            fields[code],
            [b for b in bases if b.field and b.field.code == code],
            [b for b in there if b.field and b.field.code == code],
        )
        for code in codes
        if code in fields
    ]


def steps_of(found: Programme, rows: Sequence[Standing]) -> list[Step]:
    """Return the pipeline of a programme, from this year to the last target or the last base that gets there."""
    year = clock.today().year
    years = [y for s in rows for y in (s.planned, s.paced) if y is not None] + [t.by for t, _n in found.targets if t.by]
    until = min(max([year, *years]), year + MOST_YEARS)
    return pipeline(found.now, [s.planned for s in rows], [s.paced for s in rows], year, until)


def support_of(bases: Sequence[Any]) -> dict[int, tuple[int, int]]:
    """Return by base what was planned to support it, and what was given, in fen (1 query)."""
    rows = SupportRow.objects.filter(entry__in=bases).order_by().values_list("entry")
    return {pk: (planned or 0, given or 0) for pk, planned, given in rows.annotate(p=Sum("planned_fen"), g=Sum("given_fen"))}
