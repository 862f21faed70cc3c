"""The map of bases and the pictures of the layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.layout.counts import Balance, Column, Row
from headwater.bases.layout.lists import BaseList
from headwater.bases.standards.figures import PERCENT, shown
from headwater.core.i18n import both
from headwater.core.pictures import Bar, Picture, Series
from headwater.registers.columns import prepared, standing
from headwater.registers.finding import address_of
from headwater.registers.kinds import kind_of
from headwater.registers.subjects import register_of
from headwater.registry.maps import MapPoint, MapWords, region_map
from headwater.registry.models import Place

MOST_POINTS = 400
"""More points than this hide each other: the map then shows the numbers of places alone."""
TONES = ("act", "mid", "soft", "warn")


def map_of(rows: BaseList, lines: Sequence[tuple[Place, Row]], *, public: bool) -> dict[str, Any]:
    """Draw the bases of a list on the map of the region: numbers by place, and points where a position is known (2 queries)."""
    placed = list(
        rows.rows.filter(latitude__isnull=False)
        .order_by("pk")
        .only("number", "kind", "name_zh", "name_en", "latitude", "longitude", "group", "state", "version")[: MOST_POINTS + 1]
    )
    if public:
        placed = [e for e in placed if "point" in kind_of(e).public]
    prepared(placed)
    points = [
        MapPoint(f"{both(e)} {standing(e)}", address_of(register_of(e), e), float(e.latitude), float(e.longitude), e.group)
        for e in placed
        if e.latitude is not None and e.longitude is not None
    ]
    query = rows.listing.query(place="", format="")
    words = MapWords(
        title=_("基地分布"),
        axis=_("数量（个）"),
        unit=_("个"),
        link=f"?{query}&place=" if query else "?place=",
        source=_("登记册"),
        why=_("按登记的所在地计，不含已终止的；圆点是有坐标的基地，空心的不在正常运行。"),
        empty=_("没有基地"),
    )
    return region_map([(place, row.total, 0) for place, row in lines], words, points if len(points) <= MOST_POINTS else [])


def balance_picture(parts: Sequence[Balance], columns: Sequence[Column]) -> Picture:
    """Draw the groups of places beside each other, divided by what is counted."""
    first = columns[: len(TONES)]
    rest = columns[len(TONES) :]
    series = [Series(str(c.label), tone) for c, tone in zip(first, TONES, strict=False)]
    bars = []
    for part in parts:
        numbers = [float(n) for n in part.row.counts[: len(first)]]
        if rest:
            numbers[-1] += sum(part.row.counts[len(first) :])
        share = shown(part.share, PERCENT)
        said = _("%(n)d 个（%(share)s）") % {"n": part.row.total, "share": share}
        bars.append(Bar(str(part.label), tuple(numbers), said, (share, str(part.per_place or "—"))))
    if rest:
        series[-1] = Series(_("其他类别"), TONES[-1])
    return Picture(
        code="balance",
        title=_("区域平衡"),
        of=_("区域"),
        axis=_("数量（个）"),
        series=series,
        bars=bars,
        extra=[_("占比"), _("每个地区平均")],
        source=_("登记册"),
        why=_("按登记的所在地归入政策所说的区域。"),
        empty=_("没有基地"),
    )
