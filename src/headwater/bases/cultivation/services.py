"""Takes over what the house knows of the indicators of a base: from the sources that its reports are filled from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.cultivation.declared import gaps_of
from headwater.bases.models import GapValue
from headwater.bases.rows.declared import ROWS
from headwater.bases.rows.services import lock_base, write
from headwater.casework.reports.kinds import sources_of
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.numbers import to_places
from headwater.registers.kinds import kind_of
from headwater.registers.values import values_of

FEN_OF_WAN = 1_000_000
"""Amounts stand in 万元 in the gap table."""


def known_values(entry: Any, year: int) -> dict[str, Decimal]:
    """Return what the house knows of the indicators of a base at the end of a year, by their code; each source is asked once."""
    sources, read, found = sources_of(entry._meta.label_lower), dict[str, Any](), dict[str, Decimal]()
    since, until = date(year, 1, 1), min(date(year, 12, 31), clock.today())
    for gap in gaps_of(kind_of(entry)):
        name, _dot, part = gap.known.partition(".")
        if name not in sources:
            continue
        if name not in read:
            read[name] = sources[name].read([entry.pk], since, until).get(entry.pk, {})
        value = read[name].get(part)
        if isinstance(value, (int, float, Decimal)):
            unit = FEN_OF_WAN if sources[name].parts[part] == "money" else 1
            found[gap.code] = to_places(Decimal(str(value)) / unit, 2)
    return found


def take_known(*, entry: Any, year: int, actor: Actor) -> list[Any]:
    """Put what the house knows of the indicators of a base for a year into its table; what was typed for them gives way.

    Raises:
        Refused: the year has not begun, nothing is known, or all of it stands there already.
    """
    with command(actor, "bases.keep_rows", entry, name="bases.take_known") as log:
        table = ROWS["gap"]
        base, _holds = lock_base(table, entry)
        if year > clock.today().year:
            raise Refused.because(_("以后的年度还没有记录"))
        known = known_values(base, year)
        rows = {r.indicator: r for r in GapValue.objects.select_for_update().filter(entry=base, year=year)}
        changed, befores = [], []
        for code, value in known.items():
            row = rows.get(code) or GapValue(entry=base, indicator=code, year=year)
            if row.now == value:
                continue
            befores.append(values_of(row) if row.pk else {})
            row.now, row.note = value, _("取自系统记录")
            changed.append(row)
        if not changed:
            raise Refused.because(_("没有变化") if known else _("系统记录中还没有这些指标的数据"))
        write(table, changed, befores, log)
    return changed
