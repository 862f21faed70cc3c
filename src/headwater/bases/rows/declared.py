"""What is declared of a table that stands beside bases, and which of them the entries of a kind have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.functional import Promise

from headwater.bases.parts import HOLDS, Holds
from headwater.core.command import Log
from headwater.core.errors import Reason
from headwater.core.register import Register
from headwater.registers.shapes import Kind

Text = str | Promise


@dataclass(frozen=True)
class RowColumn:
    """A column: `field` gives the control of its form for a base (None: nobody is asked), `show` the cell. `put` stores what the control gave where that is more
    than a column of the same name, `now` gives back what the control holds. One that is not `listed` is in the form and in files alone.
    """

    name: str
    label: Text
    field: Callable[[Any], forms.Field] | None
    show: Callable[[Any], Any]
    kind: str = "text"
    put: Callable[[Any, Any], None] | None = None
    now: Callable[[Any], Any] | None = None
    listed: bool = True

    def store(self, row: Any, value: Any) -> None:
        if self.put:
            self.put(row, value)
        else:
            setattr(row, self.name, value)

    def stored(self, row: Any) -> Any:
        return self.now(row) if self.now else getattr(row, self.name)


@dataclass(frozen=True)
class RowTable:
    """A table beside bases. `one` is what a row is called, `key` the columns by which a file finds a row that is there, `tab` the part of the
    page of a base on which it stands. `weigh` gives what is against rows, by their place, in a fixed number of queries; `after` does what
    follows once they are stored. `broken` says in words, with the column, what a constraint of the database holds. Rows of a table
    that is `ended` are struck by officers alone: others give them an end.
    """

    code: str
    label: Text
    one: Text
    model: type[Model]
    tab: str
    place: int
    columns: tuple[RowColumn, ...]
    key: tuple[str, ...]
    hint: Text
    order: str = "-pk"
    related: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    weigh: Callable[[Any, Sequence[Any], Holds], Iterable[tuple[int, Reason]]] = lambda _entry, _rows, _holds: ()
    after: Callable[[Sequence[Any], Log], None] = lambda _rows, _log: None
    broken: Mapping[str, tuple[str, Text]] = field(default_factory=dict)
    ended: bool = False
    inside: bool = False
    """Whether nobody outside may ever read it, whatever a kind says."""

    def column(self, name: str) -> RowColumn | None:
        return next((c for c in self.columns if c.name == name), None)

    @property
    def asked(self) -> list[tuple[RowColumn, Callable[[Any], forms.Field]]]:
        """Return the columns that a form asks, with what gives their controls."""
        return [(c, c.field) for c in self.columns if c.field is not None]

    def rows_of(self, entry: Any) -> Any:
        return self.model._default_manager.filter(entry=entry).select_related(*self.related)


ROWS: Register[RowTable] = Register("table beside bases")


def holds_of(kind: Kind, code: str) -> Holds | None:
    """Return what a kind says of a table; None where its entries do not have it."""
    return next((h for h in kind.parts.get(HOLDS, ()) if h.code == code), None)


def tables_of(kind: Kind, tab: str = "") -> list[RowTable]:
    """Return the tables beside the entries of a kind, of one part of their page where it is named, in their order."""
    codes = {h.code for h in kind.parts.get(HOLDS, ())}
    return sorted((t for t in ROWS.values() if t.code in codes and tab in ("", t.tab)), key=lambda t: t.place)
