"""The map of a region: the outlines of its places, shaded by what they have, with a legend and the same numbers as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from headwater.core import money
from headwater.core.i18n import named
from headwater.core.indicators import Only
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


def region_map(rows: Sequence[PlaceCount], only: Only | None = None) -> dict[str, Any]:
    """Draw the region's map of what its places have. It is empty without outlines (one query).

    A place leads to its projects, narrowed as `rows` are: `only` gives the codes by the name of a breakdown.
    """
    outlines = Outlines.objects.filter(region__code=region_code()).first()
    if outlines is None:
        return {}
    by_code = {place.code: (place, n, fen) for place, n, fen in rows}
    most = max((n for _place, n, _fen in rows), default=0)
    chosen = {name: code for name, codes in (only or {}).items() if len(codes) == 1 for code in codes}
    shapes = []
    for shape in outlines.shapes:
        if shape["code"] in by_code:
            place, n, fen = by_code[shape["code"]]
            query = urlencode({**chosen, "place": place.code})
            shapes.append({**shape, "name": named(place), "count": n, "money": fen, "level": shade(n, most), "query": query})
    return {
        "width": outlines.width,
        "height": outlines.height,
        "shapes": shapes,
        "outlines": outlines,
        "legend": legend(most),
        "bars": bars_of(rows),
    }


def bars_of(rows: Sequence[PlaceCount]) -> Picture:
    """Draw the places as bars, the most first, for those who compare."""
    words = {"places": places_word()}
    bars = [
        Bar(named(place), (n,), _("%(n)d 项 · %(money)s 万元") % {"n": n, "money": money.wan(fen)}, (money.wan_column(fen),))
        for place, n, fen in sorted(rows, key=lambda row: (-row[1], -row[2], row[0].code))
    ]
    return Picture(
        code="places",
        title=_("各%(places)s立项数") % words,
        of=places_word(),
        axis=_("立项数（项）"),
        series=[Series(_("立项数（项）"))],
        bars=bars,
        extra=[_("资助金额（万元）")],
        source=_("项目的登记"),
        why=_("按依托单位所在的%(places)s计，不含已放弃的项目。") % words,
        empty=_("还没有项目"),
        most=40,
    )
