"""What apps declare of their registers: the table, its columns, what kinds may name as guards and effects, the tabs of a record's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise

from headwater.core.command import Log
from headwater.core.errors import Reason
from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.listing import Column
from headwater.core.register import Register
from headwater.registers.models import Entry
from headwater.registers.shapes import Kind, Verb

Text = str | Promise | Bilingual


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """What guards and effects are told: the kind, the day, the answers to what was asked, who acts or proposes (None for the system), and the
    request from which it follows.
    """

    kind: Kind
    on: date
    values: Mapping[str, Any] = field(default_factory=dict)
    account: Any = None
    request: int | None = None


@dataclass(frozen=True, kw_only=True)
class Doing(Weighing):
    """A verb of the kind that is to be done, or is weighed."""

    verb: Verb


@dataclass(frozen=True)
class Guard:
    """A condition that kinds may name: `find` gives a reason for each entry (by key) that does not meet it, in a fixed number of queries."""

    label: Text
    find: Callable[[Sequence[Any], Weighing], Mapping[int, Reason]]


@dataclass(frozen=True)
class Effect:
    """What a verb may set off, inside its command, for all its entries at once."""

    label: Text
    work: Callable[[Sequence[Any], Weighing, Log], None]


@dataclass(frozen=True)
class Keeper:
    """Somebody whom entries name in a column of their own and who holds a role for the entry; `label` is what the person is there."""

    role: str
    column: str
    label: Text


@dataclass(frozen=True)
class TypedField:
    """A column that a table has beside those of every entry: how lists show it, and the field by which forms and tables to import read it."""

    name: str
    column: Column
    field: Callable[[], forms.Field]
    public: bool = True


@dataclass(frozen=True)
class RegisterOf:
    """A register: the table of its entries, which several registers may share, and what its kinds may name.

    `holders` is the model of its holders (a `Holder` with `entry`). Registers stand in the order of `place`.
    """

    code: str
    label: Bilingual
    model: type[Entry]
    holders: Any
    place: int
    purpose: Bilingual = NOTHING
    keepers: tuple[Keeper, ...] = ()
    fields: tuple[TypedField, ...] = ()
    guards: Mapping[str, Guard] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)

    @property
    def label_of_model(self) -> str:
        return self.model._meta.label_lower

    def keeper(self, role: str) -> Keeper | None:
        return next((k for k in self.keepers if k.role == role), None)


@dataclass(frozen=True)
class Tab:
    """A part of the page of an entry that an app adds: for kinds to which it `applies`, `content` gives a template and its words.

    `public` tabs stand on the public page as well: what they give must be public; one that is not `inside` stands there alone.
    """

    label: Text
    place: int
    applies: Callable[[Kind], bool]
    content: Callable[[HttpRequest, Any, Kind], tuple[str, Mapping[str, Any]]]
    public: bool = False
    inside: bool = True


REGISTERS: Register[RegisterOf] = Register("register")
GUARDS: Register[Guard] = Register("guard of verbs")
"""Guards that kinds of every register may name."""
EFFECTS: Register[Effect] = Register("effect of verbs")
TABS: Register[Tab] = Register("tab of an entry")


def guards_of(register: RegisterOf) -> dict[str, Guard]:
    return {**GUARDS, **register.guards}


def effects_of(register: RegisterOf) -> dict[str, Effect]:
    return {**EFFECTS, **register.effects}


def registers_of(model: type[Entry]) -> list[RegisterOf]:
    """Return the registers whose entries stand in a table."""
    return [r for r in REGISTERS.values() if r.model is model]


def tables() -> dict[str, type[Entry]]:
    """Return the tables of entries by their label, each once."""
    return {r.label_of_model: r.model for r in REGISTERS.values()}
