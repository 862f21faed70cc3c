"""What the page of an entry says: facts of every entry, those of its table, answers to its form, its line of records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import Shown
from headwater.forms.shapes import Field
from headwater.registers.columns import basic
from headwater.registers.contexts import answers_of
from headwater.registers.declared import TABS, RegisterOf
from headwater.registers.files import files_of
from headwater.registers.kinds import kind_of
from headwater.registers.lineage import lines_of
from headwater.registers.shapes import Kind


@dataclass(frozen=True)
class Fact:
    label: Any
    value: Any
    kind: str = "text"


@dataclass(frozen=True)
class Record:
    """The facts of an entry, its answers by section, and the records before and after it."""

    facts: Sequence[Fact]
    sections: Sequence[tuple[Any, Sequence[Shown]]]
    lineage: Sequence[tuple[str, str, str]]
    holders: Sequence[Any]


ORDER = ("kind", "state", "number", "host", "place", "point", "discipline", "field", "since", "until", "opened_on")


def record_of(register: RegisterOf, entry: Any, *, restricted: bool) -> Record:
    """Return the whole record; `restricted` answers only for those who may read them."""
    columns, names = basic(register), [*ORDER, *(k.role for k in register.keepers), *(f.name for f in register.fields)]
    facts = [Fact(columns[n].column.label, columns[n].column.value(entry), columns[n].column.kind) for n in names]
    answers = answers_of(entry, files=files_of([entry]).get(entry.pk, {}))
    shown = _sections(answers, lambda f: restricted or not f.restricted)
    return Record(
        [f for f in facts if f.value not in ("", None)], shown, lines_of(register, entry), current_holders(register, entry)
    )


def public_record(register: RegisterOf, entry: Any) -> Record:
    """Return what the kind of an entry makes public of it."""
    kind, columns = kind_of(entry), basic(register)
    allowed = {"kind", "state", "number", *kind.public}
    names = [*ORDER, *(k.role for k in register.keepers), *(f.name for f in register.fields if f.public)]
    facts = [Fact(columns[n].column.label, columns[n].column.value(entry), columns[n].column.kind) for n in names if n in allowed]
    shown = _sections(answers_of(entry), lambda f: f.code in allowed and not f.restricted)
    holders = current_holders(register, entry) if "holders" in allowed else []
    return Record([f for f in facts if f.value not in ("", None)], shown, lines_of(register, entry, public=True), holders)


def _sections(answers: Answers, allowed: Callable[[Field], bool]) -> list[tuple[Any, list[Shown]]]:
    parts = [(s, [f.of.show(f, answers) for f in fields if allowed(f)]) for s, fields in answers.asked_sections]
    return [(s, shown) for s, shown in parts if shown]


def current_holders(register: RegisterOf, entry: Any) -> list[Any]:
    """Return who holds an entry now, the leading institution first (1 query)."""
    rows = register.holders._default_manager.filter(entry=entry, until__isnull=True).select_related("organisation", "person")
    return sorted(rows, key=lambda h: (h.role != "lead", h.since, h.pk))


def public_facts(register: RegisterOf, entry: Any, kind: Kind) -> dict[str, Any]:
    """Return the public part of an entry as plain values by name, for files and the API."""
    answers = answers_of(entry)
    return {f.code: f.of.for_sheet(f, answers.get(f.code), answers) for f in kind.public_fields}


def public_tabs(request: HttpRequest, entry: Any) -> list[dict[str, Any]]:
    """Return what apps show of an entry to everybody, in the order of their places."""
    kind, parts = kind_of(entry), []
    for _code, tab in sorted(TABS.items(), key=lambda item: item[1].place):
        if tab.public and tab.applies(kind):
            template, words = tab.content(request, entry, kind)
            parts.append({"label": tab.label, "content": render_to_string(template, dict(words), request)})
    return parts
