"""What kinds of bases name and nobody declares: tables, codes of columns, figures, questions, verbs, reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.bases.parts import BAR, DUE, TABLE
from headwater.bases.standards.figures import FIGURES
from headwater.bases.tables.declared import TABLES
from headwater.core.reading import Problem
from headwater.registers.parts import PART_CHECKS, REPORT


@PART_CHECKS.under("tables")
def tables(kind: Any) -> Iterator[Problem]:
    for part in kind.parts.get(TABLE, ()):
        of = TABLES.get(part.code)
        if of is None:
            yield f"{part.where}.code", f"no table {part.code!r}; known: {', '.join(TABLES)}"
            continue
        for column in {*of.coded} ^ {*part.choices}:
            wrong = "has no codes" if column in part.choices else "needs codes"
            yield f"{part.where}.choices.{column}", f"the column {column!r} of {part.code!r} {wrong}"


@PART_CHECKS.under("bars")
def bars(kind: Any) -> Iterator[Problem]:
    tables, questions = {part.code for part in kind.parts.get(TABLE, ())}, {f.code for f in kind.form.fields}
    for bar in kind.parts.get(BAR, ()):
        for name in sorted(bar.figures):
            if name not in FIGURES:
                yield f"{bar.where}.figure", f"no figure {name!r}; known: {', '.join(FIGURES)}"
            elif FIGURES[name].table not in tables:
                yield f"{bar.where}.figure", f"{name!r} needs the table {FIGURES[name].table!r}, which the kind does not have"
        if bar.answer and bar.answer not in questions:
            yield f"{bar.where}.answer", f"the form has no question {bar.answer!r}"


@PART_CHECKS.under("dues")
def dues(kind: Any) -> Iterator[Problem]:
    verbs, reports = [v.code for v in kind.verbs], [r.code for r in kind.parts.get(REPORT, ())]
    for rule in kind.parts.get(DUE, ()):
        if rule.verb not in verbs:
            yield f"{rule.where}.verb", f"no verb {rule.verb!r}; known: {', '.join(verbs)}"
        if rule.report and rule.report not in reports:
            yield f"{rule.where}.report", f"no report {rule.report!r}; known: {', '.join(reports) or 'none'}"
