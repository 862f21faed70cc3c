"""Lists of entries: for everybody, and for those who see them from inside. What is real and what a demo made up never stand in one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from headwater.core.i18n import Bilingual, both
from headwater.core.listing import Listing
from headwater.registers.columns import SEARCHED, columns_of, filters_of, prepared, standing
from headwater.registers.declared import RegisterOf
from headwater.registers.doors import page_of
from headwater.registers.entries import entries_of
from headwater.registers.finding import address_of
from headwater.registers.kinds import kinds_here
from headwater.registers.models import Entry
from headwater.registers.shapes import GROUPS, Kind
from headwater.registry.maps import MapPoint, MapWords, region_map
from headwater.registry.places import place_of

INVENTED = "invented"
"""The word of an address that asks for what a demo made up."""
VIEW = "view"
BETWEEN = Bilingual("，", ", ")
MOST_POINTS = 400
"""More points than this hide each other: the map then shows the numbers of places alone."""


@dataclass
class EntryList:
    """A list with what stands around it: how many entries are real and how many invented, and the numbers of the groups of states."""

    register: RegisterOf
    listing: Listing
    kinds: Mapping[str, Kind]
    kind: Kind | None
    invented: bool
    real_count: int
    invented_count: int

    @property
    def has_map(self) -> bool:
        kinds = [self.kind] if self.kind else self.kinds.values()
        return any(k.map for k in kinds)

    @property
    def real(self) -> bool:
        return not self.invented

    @property
    def summary(self) -> str:
        """Say how many entries the list has, and how they divide into the groups of states."""
        total = _("共 %d 个") % self.listing.total
        parts = str(BETWEEN).join(f"{label} {n}" for _code, label, n in self.groups)
        return _("%(total)s：%(parts)s") % {"total": total, "parts": parts} if parts else total

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        """Return the ways to look at the list: (label, address, whether it is this one)."""
        now = self.listing.request.GET.get(VIEW, "")
        return [
            (label, f"?{self.listing.query(view=code)}", code == now) for code, label in (("", _("列表")), ("map", _("地图")))
        ]

    @property
    def groups(self) -> list[tuple[str, Any, int]]:
        """Return each group of states with the number of entries in it as the list is narrowed; their sum is the list (1 query)."""
        counts = dict(self.listing.rows_all.order_by().values_list("group").annotate(n=Count("pk")))
        return [(code, Entry.Group(code).label, counts.get(code, 0)) for code in GROUPS if counts.get(code)]

    @property
    def map(self) -> dict[str, Any]:
        """Draw where the entries of the list are (3 queries)."""
        return map_of(self.register, self.listing.rows_all, self.listing.query(place="", view="", format=""))


def entry_list(request: HttpRequest, register: RegisterOf, *, public: bool) -> EntryList:
    """Return the list of a register as its address asks for it."""
    rows = entries_of(register).public() if public else entries_of(register).inside(request.user)
    counts = dict(rows.order_by().values_list("invented").annotate(n=Count("pk")))
    invented = INVENTED in request.GET if counts.get(False) else bool(counts.get(True))
    kinds = {c: k for c, k in kinds_here(register.code).items() if k.public or not public}
    kind = kinds.get(request.GET.get("kind", ""))
    columns, reads = columns_of(register, kind, public=public, url=address_of if public else page_of)
    listing = Listing(
        request,
        rows.filter(invented=invented),
        columns,
        title=str(register.label),
        name=register.code,
        order="number",
        search=SEARCHED,
        filters=filters_of(register, kinds, kind, public=public),
        only=reads,
        prepare=prepared,
        kept=(INVENTED, VIEW),
        empty_title=_("还没有条目"),
        empty_hint=_("批准决定公布、主管登记或从表格导入之后，会出现在这里。"),
    )
    return EntryList(register, listing, kinds, kind, invented, counts.get(False, 0), counts.get(True, 0))


def map_of(register: RegisterOf, rows: QuerySet[Any], query: str) -> dict[str, Any]:
    """Draw entries on the map of the region: by their place, and as points where their position is known."""
    inside = place_of()
    counts: dict[Any, int] = dict.fromkeys(inside.values(), 0)
    for place, n in rows.order_by().values_list("place").annotate(n=Count("pk")):
        if place in inside:
            counts[inside[place]] += n
    placed = (
        rows.filter(latitude__isnull=False)
        .order_by("pk")
        .only("number", "name_zh", "name_en", "latitude", "longitude", "group", "state", "version")[: MOST_POINTS + 1]
    )
    points = [
        MapPoint(f"{both(e)} {standing(e)}", address_of(register, e), float(e.latitude), float(e.longitude), e.group)
        for e in placed
    ]
    words = MapWords(
        title=_("%s的分布") % register.label,
        axis=_("数量（个）"),
        unit=_("个"),
        link=f"?{query}&place=" if query else "?place=",
        source=_("登记册"),
        why=_("按条目登记的所在地计；圆点是有坐标的条目，空心的不在正常运行。"),
        empty=_("还没有条目"),
    )
    return region_map([(place, n, 0) for place, n in counts.items()], words, points if len(points) <= MOST_POINTS else [])
