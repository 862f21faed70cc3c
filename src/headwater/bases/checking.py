"""What kinds of bases name and nobody declares: tables and their columns, sources of the house for the indicators of a bar."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.bases.parts import GAP, HOLDS
from headwater.bases.registers import LABEL
from headwater.bases.rows.declared import ROWS
from headwater.casework.reports.kinds import sources_of
from headwater.core.reading import Problem
from headwater.registers.parts import PART_CHECKS
from headwater.registers.shapes import Kind


@PART_CHECKS.under("beside")
def undeclared(kind: Kind) -> Iterator[Problem]:
    for holds in kind.parts.get(HOLDS, ()):
        table = ROWS.get(holds.code)
        if table is None:
            yield f"{holds.where}.table", f"no table {holds.code!r}; known: {', '.join(ROWS)}"
            continue
        for name in holds.public:
            if table.column(name) is None:
                known = ", ".join(c.name for c in table.columns)
                yield f"{holds.where}.public", f"{holds.code!r} has no column {name!r}; known: {known}"
        if holds.public and table.inside:
            yield f"{holds.where}.public", f"{holds.code!r} is never public"
    sources = {f"{name}.{part}" for name, source in sources_of(LABEL).items() for part in source.parts}
    for gap in kind.parts.get(GAP, ()):
        if gap.known and gap.known not in sources:
            yield f"{gap.where}.known", f"no source {gap.known!r}; known: {', '.join(sorted(sources))}"
