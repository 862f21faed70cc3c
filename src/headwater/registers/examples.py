"""What stands for the arguments of the addresses of registers: an entry that is not public first, in the register where it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.core.examples import EXAMPLES, Example, example
from headwater.registers.declared import REGISTERS
from headwater.registers.entries import entries_of
from headwater.registers.kinds import kind_of
from headwater.registers.subjects import register_of


def first() -> Any:
    """Return an entry of the first register that has any, one that is not public before others."""
    for register in REGISTERS.values():
        row = entries_of(register).order_by("is_public", "pk").first()
        if row is not None:
            return row
    return None


@example("register of entries", "registers/<str:register>", "registers/<str:code>")
def registers() -> Iterable[Any]:
    row = first()
    return [register_of(row).code] if row is not None else []


@example("entry", "registers/<str:register>/<int:pk>")
def entries() -> Iterable[Any]:
    row = first()
    return [row.pk] if row is not None else []


@example("entry number", "registers/<str:register>/<str:number>", "registers/<str:code>/<str:number>")
def numbers() -> Iterable[Any]:
    row = first()
    return [row.number] if row is not None else []


@example("kind of entry", "new/<str:kind>", "do/<str:kind>")
def kinds() -> Iterable[Any]:
    row = first()
    return [row.kind] if row is not None else []


@example("verb", "do/<str:kind>/<str:verb>")
def verbs() -> Iterable[Any]:
    row = first()
    kind = kind_of(row) if row is not None else None
    return [v.code for v in (kind.verbs_from(row.state) or kind.verbs)] if kind else []


@example("keeper", "keeper/<str:role>")
def keepers() -> Iterable[Any]:
    row = first()
    return list(kind_of(row).roles) if row is not None else []


EXAMPLES.add("tab", Example(lambda: ["history"], ("<int:pk>/<str:tab>",)))
EXAMPLES.add("feed", Example(lambda: ["atom"], ("feed.<str:form>",)))
