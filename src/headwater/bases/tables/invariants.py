"""What must hold of the rows beside bases, counted again from the tables."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from headwater.bases.models import Base
from headwater.bases.tables.declared import TABLES
from headwater.bases.tables.parts import tables_of
from headwater.core.invariants import worked_out
from headwater.registers.kinds import kinds_here


def rows_of_no_table() -> Iterator[str]:
    """Yield the tables of which a base has rows though its kind does not have the table."""
    kinds = kinds_here()
    for code, of in TABLES.items():
        without = [kind.code for kind in kinds.values() if code not in tables_of(kind)]
        bases = Base.objects.filter(kind__in=without)
        rows = of.model._default_manager.filter(base__in=bases)
        yield from (f"{code} of {number}" for number in sorted(set(rows.values_list("base__number", flat=True))))


worked_out("rows_of_tables_of_kinds", _("明细只登记在种类有这张表的基地上"), lambda: list(rows_of_no_table()))
