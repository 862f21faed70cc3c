"""The API of registers: which there are, their public entries, one of them. What a demo made up is asked for apart."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from headwater.core.api import ROUTERS, After, Limit, read, rows_after
from headwater.core.permission import PUBLIC
from headwater.registers.contexts import RELATED
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.entries import entries_of
from headwater.registers.kinds import kind_of, kinds_here
from headwater.registers.lineage import neighbours_of
from headwater.registers.publishing import public_entries
from headwater.registers.records import public_facts
from headwater.registers.shapes import Kind

router = ROUTERS.add("registers", Router(tags=["registers"]))


class StateOut(Schema):
    """A state of a kind; `group` is planned, live, watched or ended."""

    code: str
    label_zh: str
    label_en: str
    group: str


class KindOut(Schema):
    code: str
    name_zh: str
    name_en: str
    states: list[StateOut]


class RegisterOut(Schema):
    """A register with its public kinds, and how many real entries of them are public."""

    code: str
    label_zh: str
    label_en: str
    entries: int
    kinds: list[KindOut]


class RegisterList(Schema):
    items: list[RegisterOut]


class EntryOut(Schema):
    """The public part of an entry. What its kind does not make public is empty; dates that are not known are null."""

    id: int
    register_code: str
    number: str
    kind: str
    name_zh: str
    name_en: str
    state: str
    state_zh: str
    state_en: str
    group: str
    host: str
    place: str
    field: str
    discipline: str
    latitude: float | None
    longitude: float | None
    since: date | None
    until: date | None
    invented: bool


class EntryDetail(EntryOut):
    """With the public answers to the form of its kind, who keeps it, its source, and the records right before and after it."""

    keepers: dict[str, str]
    answers: dict[str, Any]
    source: str
    licence: str
    before: list[str]
    after: list[str]


class EntryPage(Schema):
    items: list[EntryOut]
    next: str | None


Code = Annotated[str, Query("", max_length=40, description="Only entries of this kind.")]
Group = Annotated[str, Query("", max_length=8, description="Only entries in states of this group.")]
Invented = Annotated[bool, Query(False, description="The entries that a demo made up, instead of the real ones.")]


@read(router, "/registers/", name="list_registers", permission=PUBLIC, answer=RegisterList)
def list_registers(request: HttpRequest) -> dict[str, Any]:
    """The registers with their kinds and states."""
    kinds = kinds_here()
    items = []
    for register in sorted(REGISTERS.values(), key=lambda r: r.place):
        mine = [k for k in kinds.values() if k.register == register.code and k.public]
        if mine:
            items.append(
                {
                    "code": register.code,
                    "label_zh": register.label.zh,
                    "label_en": register.label.en,
                    "entries": public_entries(register).count(),
                    "kinds": [_kind(k) for k in mine],
                }
            )
    return {"items": items}


def _kind(kind: Kind) -> dict[str, Any]:
    states = [{"code": s.code, "label_zh": s.zh, "label_en": s.en, "group": s.group} for s in kind.states if s.public]
    return {"code": kind.code, "name_zh": kind.name_zh, "name_en": kind.name_en, "states": states}


@read(router, "/registers/{str:code}/", name="list_entries", permission=PUBLIC, answer=EntryPage)
def list_entries(
    request: HttpRequest,
    code: str,
    after: After = 0,
    limit: Limit = 50,
    kind: Code = "",
    group: Group = "",
    invented: Invented = False,
) -> dict[str, Any]:
    """Public entries of a register, the oldest first."""
    found = _register(code)
    rows = public_entries(found, invented=invented).select_related(*RELATED)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(group=group) if group else rows
    answer = rows_after(request, rows, after, limit)
    answer["items"] = [_entry(found, row) for row in answer["items"]]
    return answer


@read(router, "/registers/{str:code}/{str:number}/", name="read_entry", permission=PUBLIC, answer=EntryDetail)
def read_entry(request: HttpRequest, code: str, number: str) -> dict[str, Any]:
    """One entry by its number. One that is not public is answered as if it did not exist."""
    found = _register(code)
    related = (*RELATED, *(k.column for k in found.keepers))
    row = entries_of(found).public().select_related(*related).filter(number=number).first()
    if row is None:
        raise Http404
    kind = kind_of(row)
    people = {k.role: getattr(row, k.column) for k in found.keepers if k.role in kind.public}
    before, after = neighbours_of(found, row)
    return _entry(found, row) | {
        "keepers": {role: person.name_zh for role, person in people.items() if person},
        "answers": public_facts(found, row, kind),
        "source": row.source,
        "licence": row.licence,
        "before": before,
        "after": after,
    }


def _register(code: str) -> RegisterOf:
    if code not in REGISTERS:
        raise Http404
    return REGISTERS[code]


def _entry(register: RegisterOf, row: Any) -> dict[str, Any]:
    kind = kind_of(row)
    allowed, state = set(kind.public), kind.state[row.state]

    def code(name: str, attribute: str = "code") -> str:
        record = getattr(row, name) if name in allowed else None
        return str(getattr(record, attribute)) if record else ""

    point = "point" in allowed and row.latitude is not None
    return {
        "id": row.pk,
        "register_code": register.code,
        "number": row.number,
        "kind": row.kind,
        "name_zh": row.name_zh,
        "name_en": row.name_en if "name_en" in allowed else "",
        "state": row.state,
        "state_zh": state.zh,
        "state_en": state.en,
        "group": row.group,
        "host": code("host", "name_zh"),
        **{name: code(name) for name in ("place", "field", "discipline")},
        "latitude": float(row.latitude) if point else None,
        "longitude": float(row.longitude) if point else None,
        "since": row.since if "since" in allowed else None,
        "until": row.until if "until" in allowed else None,
        "invented": row.invented,
    }
