"""The list of bases of all registers, with its filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from headwater.bases.layout.counts import base_kinds
from headwater.bases.models import Base
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter, Listing
from headwater.registers.columns import prepared, standing
from headwater.registers.declared import REGISTERS
from headwater.registers.doors import page_of
from headwater.registers.finding import address_of
from headwater.registers.kinds import kind_of
from headwater.registers.models import Entry
from headwater.registers.shapes import ENDED, Kind
from headwater.registers.subjects import register_of
from headwater.registry.models import PriorityField
from headwater.registry.places import place_choices, places_within, places_word

INVENTED, ALL = "invented", "all"
READS = ("number", "name_zh", "kind", "version", "group", "state", "since", "host__name_zh", "place__name_zh", "field__name_zh")


@dataclass
class BaseList:
    """The list as its address narrows it: which register was chosen, what is real and what invented."""

    listing: Listing
    kinds: Mapping[str, Kind]
    register: str
    invented: bool
    real_count: int
    invented_count: int

    @property
    def rows(self) -> QuerySet[Base]:
        rows: QuerySet[Base] = self.listing.rows_all
        return rows

    @property
    def sides(self) -> tuple[str, str]:
        """Return where the real bases stand and where the invented ones do, narrowed as the list is."""
        return f"?{self.listing.query(invented='')}", f"?{self.listing.query(invented='1')}"


def base_list(request: HttpRequest, *, public: bool) -> BaseList:
    """Return the bases of which everybody may know, or those that the reader sees from inside; those that are over only where they are asked
    for.
    """
    rows = Base.objects.public() if public else Base.objects.inside(request.user)
    counts = dict(rows.order_by().values_list("invented").annotate(n=Count("pk")))
    invented = INVENTED in request.GET if counts.get(False) else bool(counts.get(True))
    kinds = {c: k for c, k in base_kinds().items() if k.public or not public}
    rows = rows.filter(invented=invented, kind__in=kinds)
    if "group" not in request.GET:
        rows = rows.exclude(group=ENDED)
    listing = Listing(
        request,
        rows,
        _columns(public),
        title=_("基地布局"),
        name="bases",
        order="number",
        search=("number", "name_zh", "name_en", "host__name_zh"),
        filters=_filters(kinds),
        only=READS,
        prepare=prepared,
        kept=(INVENTED,),
        empty_title=_("没有基地"),
        empty_hint=_("登记之后会出现在这里。"),
    )
    return BaseList(listing, kinds, listing.active.get("register", ""), invented, counts.get(False, 0), counts.get(True, 0))


def _columns(public: bool) -> list[Column]:
    def url(entry: Any) -> str:
        register = register_of(entry)
        return address_of(register, entry) if public else page_of(register, entry)

    def shown(name: str) -> Any:
        """Return what reads a value that the kind makes public."""
        return lambda e: both(r) if (not public or name in kind_of(e).public) and (r := getattr(e, name)) else ""

    def since(entry: Any) -> Any:
        return entry.since if not public or "since" in kind_of(entry).public else None

    return [
        Column(_("名称"), both, sort="name_zh", kind="title", url=url),
        Column(_("编号"), lambda e: e.number, sort="number", phone=False),
        Column(_("种类"), lambda e: kind_of(e).label),
        Column(_("依托单位"), shown("host"), phone=False),
        Column(places_word(), shown("place")),
        Column(_("优先领域"), shown("field"), phone=False),
        Column(_("运行起始"), since, sort="since", kind="date", phone=False),
        Column(_("状态"), standing, kind="state"),
    ]


def _filters(kinds: Mapping[str, Kind]) -> list[Filter]:
    registers = dict.fromkeys(k.register for k in kinds.values())
    of_register = {code: [k.code for k in kinds.values() if k.register == code] for code in registers}
    return [
        Filter(
            "register",
            _("类别"),
            [(code, str(REGISTERS[code].label)) for code in registers],
            apply=lambda q, code: q.filter(kind__in=of_register[code]),
        ),
        Filter("kind", _("种类"), [(k.code, str(k.label)) for k in kinds.values()], "kind"),
        Filter("field", _("优先领域"), [(f.code, named(f)) for f in PriorityField.objects.all()], "field__code"),
        Filter("place", places_word(), place_choices(), apply=lambda q, v: q.filter(place__in=places_within([v]))),
        Filter("group", _("状态类别"), Entry.Group.choices, "group"),
    ]
