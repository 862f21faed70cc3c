"""What the evaluation of a kind names of the code: figures that the house computes, sources of first answers."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.casework.reports.kinds import sources_of
from headwater.core.reading import Problem
from headwater.evaluations.figures import FIGURES
from headwater.evaluations.sheets import COMPUTED, QUANTITY, read_sheet
from headwater.evaluations.sources import ENTRY, REPORTS, split
from headwater.forms.linking import EARLIER
from headwater.registers.declared import REGISTERS
from headwater.registers.shapes import Kind
from headwater.schemes.linking import SOURCES
from headwater.schemes.shapes import Scheme


def undeclared_in_evaluation(kind: Kind, scheme: Scheme) -> Iterator[Problem]:
    """Yield the sources of a sheet, and of first answers, that neither the self-report nor the house has."""
    if kind.evaluation is None:
        return
    sheet, _problems = read_sheet(dict(kind.evaluation.sheet))
    for n, indicator in enumerate(sheet.indicators):
        if indicator.kind not in {QUANTITY, COMPUTED} or indicator.source in FIGURES:
            continue
        if indicator.kind == COMPUTED or scheme.field(indicator.source) is None:
            questions = [f.code for f in scheme.fields if f.of.is_numeric] if indicator.kind == QUANTITY else []
            asked = f"a question of {scheme.code!r} ({', '.join(questions)}) or " if questions else ""
            yield (
                f"evaluation.sheet.indicator[{n}].source",
                f"{indicator.source!r} is neither asked nor computed; expected {asked}a figure of the house: {', '.join(FIGURES)}",
            )
    known = sources_of(REGISTERS[kind.register].label_of_model)
    for f in scheme.fields:
        source, _way, part = split(f.prefill)
        if not f.prefill or source in {ENTRY, REPORTS, EARLIER, *SOURCES}:
            continue
        if source not in known or part not in known[source].parts:
            parts = ", ".join(f"{name}.{p}" for name, of in known.items() for p in of.parts) or "none"
            yield "evaluation.scheme", f"{f.code!r} takes its first answer from {f.prefill!r}; the house knows: {parts}"
