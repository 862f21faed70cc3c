"""The map of a region: the outlines of its places, shaded by what they have, with a legend and the same numbers as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.core import money
from headwater.core.i18n import named
from headwater.core.indicators import Only, Text
from headwater.core.pictures import Bar, Picture, Series
from headwater.registry.models import Outlines, Place
from headwater.registry.places import places_word
from headwater.registry.queries import region_code

SHADES = 4
PlaceCount = tuple[Place, int, int]
"""A place, how many it has, and their money in fen."""


def shade(n: int, most: int) -> int:
    """Return the shade of a number from 0, nothing, to 4, about as much as the largest."""
    return 0 if not n else min(SHADES, 1 + int((SHADES - 0.01) * n / most))


def legend(most: int) -> list[tuple[int, str]]:
    """Return each shade that can occur with the numbers that have it."""
    ranges: dict[int, tuple[int, int]] = {0: (0, 0)}
    for n in range(1, most + 1):
        level = shade(n, most)
        ranges[level] = (ranges.get(level, (n, n))[0], n)
    return [(level, str(low) if low == high else f"{low}–{high}") for level, (low, high) in ranges.items()]


@dataclass(frozen=True)
class MapWords:
    """What a map counts: its title, the axis and unit of its numbers, where a place leads (an address to which its code is put), and what
    stands below. With `money` each number has its amount beside it.
    """

    title: Text
    axis: Text
    unit: Text
    link: str
    source: Text
    why: Text
    empty: Text
    money: bool = False


@dataclass(frozen=True)
class MapPoint:
    """A record that is drawn where it is; `tone` is the code of its colour."""

    label: str
    url: str
    latitude: float
    longitude: float
    tone: str = ""


def projects_words(only: Only | None = None) -> MapWords:
    """Return what the map of funded projects says. A place leads to its projects, narrowed as they are: `only` gives the codes by the
    name of a breakdown.
    """
    words = {"places": places_word()}
    chosen = {name: code for name, codes in (only or {}).items() if len(codes) == 1 for code in codes}
    return MapWords(
        title=_("各%(places)s立项数") % words,
        axis=_("立项数（项）"),
        unit=_("项"),
        link=f"{reverse('projects')}?{urlencode({**chosen, 'place': ''})}",
        source=_("项目的登记"),
        why=_("按依托单位所在的%(places)s计，不含已放弃的项目。") % words,
        empty=_("还没有项目"),
        money=True,
    )


def region_map(rows: Sequence[PlaceCount], words: MapWords | None = None, points: Sequence[MapPoint] = ()) -> dict[str, Any]:
    """Draw the region's map of what its places have, by default of projects, and points on it. It is empty without outlines (one query)."""
    outlines = Outlines.objects.filter(region__code=region_code()).first()
    if outlines is None:
        return {}
    words = words or projects_words()
    by_code = {place.code: (place, n, fen) for place, n, fen in rows}
    most = max((n for _place, n, _fen in rows), default=0)
    shapes = []
    for shape in outlines.shapes:
        if shape["code"] in by_code:
            place, n, fen = by_code[shape["code"]]
            shapes.append({**shape, "name": named(place), "count": n, "money": fen, "level": shade(n, most)})
    placed = [(p, at) for p in points if (at := outlines.point(p.latitude, p.longitude))]
    return {
        "width": outlines.width,
        "height": outlines.height,
        "shapes": shapes,
        "points": [{"x": x, "y": y, "label": p.label, "url": p.url, "tone": p.tone} for p, (x, y) in placed],
        "outlines": outlines,
        "legend": legend(most),
        "said": words,
        "bars": bars_of(rows, words),
    }


def bars_of(rows: Sequence[PlaceCount], words: MapWords) -> Picture:
    """Draw the places as bars, the most first, for those who compare."""
    bars = [_bar(row, words) for row in sorted(rows, key=lambda row: (-row[1], -row[2], row[0].code))]
    return Picture(
        code="places",
        title=words.title,
        of=places_word(),
        axis=words.axis,
        series=[Series(words.axis)],
        bars=bars,
        extra=[_("资助金额（万元）")] if words.money else [],
        source=words.source,
        why=words.why,
        empty=words.empty,
        most=40,
    )


def _bar(row: PlaceCount, words: MapWords) -> Bar:
    place, n, fen = row
    if not words.money:
        return Bar(named(place), (n,), f"{n} {words.unit}")
    told = _("%(n)d 项 · %(money)s 万元") % {"n": n, "money": money.wan(fen)}
    return Bar(named(place), (n,), told, (money.wan_column(fen),))
