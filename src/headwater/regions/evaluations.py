"""Checks the sheets of a package (evaluations/*.toml), and what kinds of register say of their evaluation, against each other and against
the scheme that a round is a call of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from headwater.evaluations.sheets import CHECKLIST, COMPUTED, EXPERT, QUANTITY, Sheet, read_sheet
from headwater.evaluations.sources import ENTRY, LAST, REPORTS, prefill_problem, question_problem, split
from headwater.forms.linking import EARLIER, check_prefill
from headwater.regions.package import Package
from headwater.registers.parts import REPORT
from headwater.registers.shapes import TWICE, Evaluation, Kind
from headwater.schemes import Scheme
from headwater.schemes.linking import SOURCES

SHEETS_IN = "evaluations"
EFFECT = "grades"
"""The effect of kinds of notice that publish draft grades."""
Problem = tuple[str, str]
Note = Callable[[str, str, Sequence[Problem]], None]


def read_sheet_files(files: Sequence[tuple[str, str, dict[str, Any]]], note: Note) -> None:
    """Report every mistake in the files of sheets (name, text, table of each), whether or not a kind names them."""
    codes: dict[str, str] = {}
    for name, text, table in files:
        sheet, problems = read_sheet(table)
        if sheet.code and sheet.code in codes:
            problems.append(("sheet.code", f"{sheet.code!r} is the code of {codes[sheet.code]}"))
        codes.setdefault(sheet.code, name)
        note(name, text, problems)


def evaluation_problems(kind: Kind, schemes: Mapping[str, Scheme]) -> Iterator[Problem]:
    """Yield what is wrong with the evaluation of a kind, by the key of its definition; mistakes of the sheet itself stand at its file."""
    if kind.evaluation is None:
        return
    sheet, faults = read_sheet(dict(kind.evaluation.sheet))
    if faults:
        return
    yield from _of_kind(kind, kind.evaluation, sheet)
    scheme = schemes.get(kind.evaluation.scheme)
    if scheme is None:
        known = ", ".join(sorted(code for code, s in schemes.items() if s.outcome_kind.grades)) or "none"
        yield "evaluation.scheme", f"no scheme {kind.evaluation.scheme!r}; those that grade: {known}"
    elif not scheme.outcome_kind.grades:
        yield "evaluation.scheme", f"{scheme.code!r} grades nothing: its outcome is {scheme.outcome!r}"
    else:
        yield from _of_scheme(sheet, scheme)
        yield from _first_answers(kind, scheme)


def _of_kind(kind: Kind, evaluation: Evaluation, sheet: Sheet) -> Iterator[Problem]:
    types = [code for code, _words in sheet.types]
    if evaluation.type and evaluation.type not in types:
        yield "evaluation.type", f"unknown type {evaluation.type!r}; the sheet has: {', '.join(types)}"
    if evaluation.type_by:
        question = kind.form.field(evaluation.type_by)
        codes = [choice[0] for choice in question.choices] if question else []
        if question is None or question.type != "choice" or set(codes) - set(types):
            yield "evaluation.type_by", f"expected a choice of the kind's form between types of the sheet: {', '.join(types)}"
    grades = [g.code for g in sheet.grades]
    for name in evaluation.consequences:
        if name not in grades and name.removesuffix(TWICE) not in grades:
            known = ", ".join([*grades, *(f"{g}{TWICE}" for g in grades)])
            yield f"evaluation.consequences.{name}", f"unknown grade {name!r}; known: {known}"


def _of_scheme(sheet: Sheet, scheme: Scheme) -> Iterator[Problem]:
    """Yield where sheet and scheme differ: what experts mark are the criteria; a quantity that names a question names one with a number."""
    marked = [i.code for i in sheet.indicators if i.kind == EXPERT]
    criteria = [c.code for c in scheme.judging.criteria]
    for n, indicator in enumerate(sheet.indicators):
        key = f"evaluation.sheet.indicator[{n}]"
        if indicator.kind == EXPERT and indicator.code not in criteria:
            text = f"{scheme.code!r} asks experts for no criterion {indicator.code!r}; it asks for: {', '.join(criteria)}"
            yield f"{key}.code", text
        if indicator.kind in {EXPERT, CHECKLIST} and indicator.source:
            yield f"{key}.source", "only a quantity and a computed score come from somewhere"
        asked = indicator.kind == QUANTITY and scheme.field(indicator.source) is not None
        if asked and (problem := question_problem(scheme, indicator.source)):
            yield f"{key}.source", problem
        if indicator.kind == COMPUTED and scheme.field(indicator.source) is not None:
            yield f"{key}.source", "a computed score comes from the records of the house, not from a question"
    if extra := [code for code in criteria if code not in marked]:
        yield "evaluation.scheme", f"{scheme.code!r} has criteria that are no expert indicator of the sheet: {', '.join(extra)}"


def prefill_problems(scheme: Scheme) -> Iterator[Problem]:
    """Yield first answers of a scheme that grades which name no source in the way that one is named."""
    if not scheme.outcome_kind.grades:
        return
    for f in scheme.fields:
        source = f.prefill.partition(".")[0]
        if source in {*SOURCES, EARLIER}:
            problems: list[Problem] = []
            check_prefill(problems, f, SOURCES)
            yield from problems
        elif f.prefill and (problem := prefill_problem(f.prefill)):
            yield f"{f.where}.prefill", problem


def named_elsewhere(package: Package) -> Iterator[tuple[str, str, str, str]]:
    """Yield (file, text, key, what is wrong) for kinds of notice and of body that the evaluation of a kind names."""
    notices = {r.get("code"): r for r in _rows(package, "notices", "notice")}
    bodies = {r.get("code") for r in _rows(package, "bodies", "body")}
    for file in package.kinds:
        evaluation = file.kind.evaluation if file.kind else None
        if evaluation is None:
            continue
        notice = notices.get(evaluation.notice)
        if notice is None:
            known = ", ".join(sorted(str(code) for code, r in notices.items() if r.get("effect") == EFFECT)) or "none"
            yield *file.at("evaluation.notice"), f"no kind of notice {evaluation.notice!r}; those of grades: {known}"
        elif notice.get("effect") != EFFECT:
            yield *file.at("evaluation.notice"), f"{evaluation.notice!r} makes no grades: its effect is {notice.get('effect')!r}"
        if evaluation.visit and evaluation.visit not in bodies:
            known = ", ".join(sorted(str(code) for code in bodies))
            yield *file.at("evaluation.visit"), f"no kind of body {evaluation.visit!r}; known: {known}"


def _rows(package: Package, table: str, key: str) -> list[dict[str, Any]]:
    rows = package.tables.get(table, {}).get(key, [])
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []


def _first_answers(kind: Kind, scheme: Scheme) -> Iterator[Problem]:
    """Yield first answers of the scheme that this kind cannot give: no such question of the record, or of a report, of the same type."""
    reports = kind.parts.get(REPORT, ())
    for f in scheme.fields:
        source, way, part = split(f.prefill)
        if source == ENTRY:
            asked = kind.form.field(part)
            if asked is not None and asked.of.kind != f.of.kind:
                yield "evaluation.scheme", f"{f.code!r} takes {f.prefill!r}, which is a {asked.type} of {kind.code!r}"
        elif source == REPORTS and reports:
            asked = next((q for r in reports if (q := r.form.field(part)) is not None), None)
            if asked is not None and (asked.of.kind != f.of.kind or (way != LAST and not asked.of.is_numeric)):
                yield (
                    "evaluation.scheme",
                    f"{f.code!r} takes {f.prefill!r}, which is a {asked.type} of the reports of {kind.code!r}",
                )
