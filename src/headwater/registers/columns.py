"""Columns and filters of lists of entries: what every entry has, what its table has beside it, and answers to questions of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.i18n import Bilingual, both, named
from headwater.core.listing import Column, Filter
from headwater.core.lookups import LOOKUPS
from headwater.forms.fieldtype import label
from headwater.forms.shapes import Field
from headwater.registers.contexts import answers_of
from headwater.registers.declared import RegisterOf
from headwater.registers.finding import address_of
from headwater.registers.kinds import kind_of
from headwater.registers.models import Entry
from headwater.registers.shapes import Kind
from headwater.registry.models import PriorityField
from headwater.registry.places import place_choices, places_within, places_word

USUAL = ("name", "number", "kind", "state", "host", "place", "field", "since")
ALWAYS = ("name", "state")
"""Columns of every list, whatever its kind declares."""
ANSWERS_NEED = ("answers", "host__kind", "host__place__code", "place__code", "field__code", "discipline__code")
"""What the answers of a row read beside its own columns."""


@dataclass(frozen=True)
class Standing:
    """A state as a page shows it: the words of the kind in the colour of the group."""

    value: str
    label: Bilingual

    def __str__(self) -> str:
        return str(self.label)


def standing(entry: Any) -> Standing:
    return Standing(entry.group, kind_of(entry).state[entry.state].label)


def _related(name: str) -> Callable[[Any], Any]:
    return lambda entry: both(record) if (record := getattr(entry, name)) else ""


@dataclass(frozen=True)
class Needs:
    """A column of a list with the fields that it reads."""

    column: Column
    reads: tuple[str, ...]


Address = Callable[[RegisterOf, Any], str]


def basic(register: RegisterOf, url: Address = address_of) -> dict[str, Needs]:
    """Return the columns of what every entry of a register has, by name; the name leads to `url`."""
    name = Column(_("名称"), both, sort="name_zh", kind="title", url=lambda e: url(register, e))
    columns = {
        "name": Needs(name, ("name_zh", "number")),
        "name_en": Needs(Column(_("英文名称"), lambda e: e.name_en), ("name_en",)),
        "number": Needs(Column(_("编号"), lambda e: e.number, sort="number", phone=False), ("number",)),
        "kind": Needs(Column(_("种类"), lambda e: kind_of(e).label), ("kind", "version")),
        "state": Needs(Column(_("状态"), standing, kind="state"), ("state", "group", "version")),
        "host": Needs(Column(_("依托单位"), _related("host")), ("host__name_zh",)),
        "place": Needs(Column(places_word(), _related("place")), ("place__name_zh",)),
        "point": Needs(Column(_("坐标"), point_words), ("latitude", "longitude")),
        "discipline": Needs(Column(_("学科"), _related("discipline")), ("discipline__name_zh", "discipline__code")),
        "field": Needs(Column(_("优先领域"), _related("field")), ("field__name_zh",)),
        "since": Needs(Column(_("运行起始"), lambda e: e.since, sort="since", kind="date"), ("since",)),
        "until": Needs(Column(_("终止日期"), lambda e: e.until, sort="until", kind="date"), ("until",)),
        "opened_on": Needs(Column(_("登记日期"), lambda e: e.opened_on, sort="opened_on", kind="date"), ("opened_on",)),
    }
    for keeper in register.keepers:
        columns[keeper.role] = Needs(Column(keeper.label, _related(keeper.column)), (f"{keeper.column}__name_zh",))  # type: ignore[arg-type]
    for typed in register.fields:
        columns[typed.name] = Needs(typed.column, (typed.name,))
    return columns


def point_words(entry: Any) -> str:
    return "" if entry.latitude is None else f"{entry.latitude:.4f}, {entry.longitude:.4f}"


def answer_column(f: Field) -> Needs:
    """Return the column of a question of the form of a kind."""

    def value(entry: Any) -> Any:
        return f.of.for_sheet(f, entry.answers.get(f.code), answers_of(entry))

    return Needs(Column(label(f), value, phone=False), ANSWERS_NEED)


def columns_of(
    register: RegisterOf, kind: Kind | None, *, public: bool, url: Address = address_of
) -> tuple[list[Column], tuple[str, ...]]:
    """Return the columns of a list, and the fields that they read: those that the kind declares, of which everybody reads the public ones."""
    names = [*ALWAYS[:1], *(n for n in kind.columns if n not in ALWAYS), *ALWAYS[1:]] if kind and kind.columns else list(USUAL)
    if public and kind:
        names = [n for n in names if n in (*ALWAYS, "number", "kind", *kind.public)]
    every = basic(register, url)
    fields = {f.code: f for f in kind.form.fields} if kind else {}
    chosen = [every[n] if n in every else answer_column(fields[n]) for n in names if n in every or n in fields]
    reads = {"number", "kind", "version", "group", *(r for c in chosen for r in c.reads)}
    return [c.column for c in chosen], tuple(sorted(reads))


def filters_of(register: RegisterOf, kinds: Mapping[str, Kind], kind: Kind | None, *, public: bool) -> list[Filter]:
    """Return the filters of a list: kind, group and state, field, place, host."""
    states = [(s.code, s.label) for s in kind.states if s.public or not public] if kind else []
    due = [("soon", _("期限临近或已过"))]
    return [
        Filter("kind", _("种类"), [(k.code, str(k.label)) for k in kinds.values()], "kind"),
        Filter("group", _("状态类别"), Entry.Group.choices, "group"),
        *([Filter("state", _("状态"), [(code, str(words)) for code, words in states], "state")] if states else []),
        Filter("field", _("优先领域"), [(f.code, named(f)) for f in PriorityField.objects.all()], "field__code"),
        Filter("place", places_word(), place_choices(), apply=lambda q, v: q.filter(place__in=places_within([v]))),
        Filter("host", _("依托单位"), lookup=LOOKUPS["organisations"], apply=_of_hosts),
        *([] if public else [Filter("due", _("状态期限"), due, apply=lambda q, _v: due_soon(q))]),
    ]


DUE_DAYS = 90


def due_soon(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Select the entries that should leave their state within some months, or should have left it."""
    return rows.filter(state_due__lte=clock.add_days(clock.today(), DUE_DAYS))


def _of_hosts(rows: QuerySet[Any], hosts: QuerySet[Any]) -> QuerySet[Any]:
    """Select what some institutions hold, in whatever part."""
    held = rows.model._meta.get_field("holders").related_model._default_manager.filter(organisation__in=hosts, until__isnull=True)
    return rows.filter(pk__in=held.values("entry"))


SEARCHED = ("number", "name_zh", "name_en", "host__name_zh")


def prepared(rows: Sequence[Any]) -> None:
    """Parse the kinds of some rows before their cells ask for them, so that a page asks once for all."""
    for version in {row.version_id for row in rows}:
        kind_of(next(row for row in rows if row.version_id == version))
