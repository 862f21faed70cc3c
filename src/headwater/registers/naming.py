"""How forms find the entries of registers that an answer names."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from headwater.core.names import normal_name
from headwater.forms.answers.references import ENTRIES
from headwater.registers.declared import REGISTERS
from headwater.registers.entries import entries_of
from headwater.registers.shapes import AT_WORK

MOST = 3


@ENTRIES.under("registers")
def find_entries(text: str, registers: Sequence[str]) -> list[tuple[str, str]]:
    """Return the public entries at work that a text can mean: the one of a number, else those of a name (1 query, and 1 for the kinds of each
    register).
    """
    found: dict[str, str] = {}
    for code in registers:
        if code not in REGISTERS:
            continue
        rows = entries_of(REGISTERS[code]).public().filter(group__in=AT_WORK)
        number = text.partition(" ")[0]
        match = Q(number__iexact=number) | Q(number__iexact=text) | Q(name_zh__iexact=normal_name(text)) | Q(name_en__iexact=text)
        pairs = list(rows.filter(match).order_by("number").values_list("number", "name_zh")[:MOST])
        exact = [p for p in pairs if p[0].casefold() in (number.casefold(), text.casefold())]
        found |= dict(exact or pairs)
    return list(found.items())
