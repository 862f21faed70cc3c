"""What a table beside the record of a base is: its rows, how they are asked for and shown, and what stands against a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from headwater.bases.parts import TableKind
from headwater.bases.tables.models import BaseLine
from headwater.core.errors import Reason
from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.listing import Column
from headwater.core.register import Register


@dataclass(frozen=True)
class Writing:
    """What is known while a row is written: its table as the kind has it, and a dated parameter by its key."""

    kind: TableKind
    parameter: Callable[[str], Any]


EVERY = Q()


def nothing_against(_row: Any, _writing: Writing) -> Sequence[Reason]:
    return ()


@dataclass(frozen=True, kw_only=True)
class TableOf:
    """A table beside the record of a base.

    `form` asks for a row (a `LineForm`), `columns` show it; the columns `coded` hold codes that the kind lists. No two rows of a base have the
    same values in `once`: those are compared that `among` selects, with a row that `counts`; an empty value is none,
    but in the columns `blank`. `against` tells what else stands against a row,
    each beside its column; `keeps` says why a row may not be taken away.
    """

    code: str
    name: Bilingual
    noun: Bilingual
    model: type[BaseLine]
    form: Any
    columns: Callable[[TableKind], Sequence[Column]]
    reads: tuple[str, ...] = ()
    order: str = "pk"
    search: tuple[str, ...] = ()
    coded: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    among: Q = EVERY
    counts: Callable[[Any], bool] = lambda _row: True
    against: Callable[[Any, Writing], Sequence[Reason]] = nothing_against
    keeps: Callable[[Any], str] = lambda _row: ""
    hint: Bilingual = NOTHING

    def called(self, kind: TableKind) -> Bilingual:
        """Return what a kind calls the table."""
        return kind.name or self.name


TABLES: Register[TableOf] = Register("table of a base")
