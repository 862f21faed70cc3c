"""Registers as open data: what the public may read of real entries; what a demo made up stands in a table of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from headwater.core.i18n import in_chinese
from headwater.core.open_data import OPEN_DATA, Dataset
from headwater.registers.declared import RegisterOf
from headwater.registers.entries import entries_of
from headwater.registers.kinds import kind_of
from headwater.registers.records import public_facts
from headwater.registers.values import plain

BASIC = ("number", "kind", "name_zh", "name_en", "state", "group", "host", "partners", "place", "discipline", "field")
MORE = ("latitude", "longitude", "since", "until", "answers", "source", "licence")


def heading_of(register: RegisterOf) -> tuple[str, ...]:
    return (*BASIC, *(k.role for k in register.keepers), *(f.name for f in register.fields if f.public), *MORE)


def rows_of(register: RegisterOf, *, invented: bool) -> list[list[Any]]:
    """Return the public part of the entries of a register, in the order of their numbers (3 queries)."""
    related = ("host__place", "place", "discipline", "field", *(k.column for k in register.keepers))
    entries = list(public_entries(register, invented=invented).select_related(*related).order_by("number"))
    partners: dict[int, list[str]] = {}
    held = register.holders._default_manager.filter(
        entry__in=[e.pk for e in entries], until__isnull=True, organisation__isnull=False
    )
    for pk, name in held.exclude(role="lead").order_by("pk").values_list("entry", "organisation__name_zh"):
        partners.setdefault(pk, []).append(name)
    with in_chinese():
        return [_row(register, e, partners.get(e.pk, [])) for e in entries]


def public_entries(register: RegisterOf, *, invented: bool = False) -> Any:
    return entries_of(register).public().filter(invented=invented)


def _row(register: RegisterOf, entry: Any, partners: list[str]) -> list[Any]:
    kind = kind_of(entry)
    allowed = set(kind.public)

    def shown(name: str, value: Any) -> Any:
        return value if name in allowed and value is not None else ""

    def called(name: str, record: Any, attribute: str = "code") -> Any:
        return shown(name, getattr(record, attribute) if record else "")

    basic = [entry.number, entry.kind, entry.name_zh, shown("name_en", entry.name_en), entry.state, entry.group]
    held = [called("host", entry.host, "name_zh"), "；".join(partners) if "holders" in allowed else ""]
    codes = [called(name, getattr(entry, name)) for name in ("place", "discipline", "field")]
    people = [called(k.role, getattr(entry, k.column), "name_zh") for k in register.keepers]
    typed = [shown(f.name, getattr(entry, f.name)) for f in register.fields if f.public]
    point = [shown("point", plain(getattr(entry, name))) for name in ("latitude", "longitude")]
    days = [shown(name, getattr(entry, name)) for name in ("since", "until")]
    answers = "；".join(
        f"{code}={value}" for code, value in public_facts(register, entry, kind).items() if value not in ("", None)
    )
    return [*basic, *held, *codes, *people, *typed, *point, *days, answers, entry.source, entry.licence]


def declare_open_data(register: RegisterOf) -> None:
    """Declare the table of a register, in a demo also that of what it made up."""
    OPEN_DATA.add(register.code, _dataset(register, "", "", invented=False))
    if settings.DEMO:
        OPEN_DATA.add(f"{register.code}-invented", _dataset(register, "（演示虚构）", " (invented for the demo)", invented=True))


def _dataset(register: RegisterOf, zh: str, en: str, *, invented: bool) -> Dataset:
    return Dataset(
        f"{register.label.zh}{zh}",
        f"{register.label.en}{en}",
        heading_of(register),
        lambda: rows_of(register, invented=invented),
        lambda: public_entries(register, invented=invented).count(),
    )
