"""What a region package names of the code: indicators and the parts of them, guards and effects of registers, roles, kinds of record,
hooks. Apps declare these when Django is set up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.bases.parts import COMMITTEE
from headwater.casework.bodies.declared import undeclared as bodies_undeclared
from headwater.core.indicators import INDICATORS
from headwater.evaluations.undeclared import undeclared_in_evaluation
from headwater.regions.check import line_of
from headwater.regions.package import Mistake, Package
from headwater.regions.tables import scheme_code
from headwater.registers.declared import REGISTERS
from headwater.registers.shapes import Kind
from headwater.registers.undeclared import undeclared_in
from headwater.schemes import parse_scheme
from headwater.schemes.rules import parameters_of


def undeclared(package: Package) -> list[Mistake]:
    """List what a package names and no app declares."""
    bodies = [Mistake("bodies.toml", key, text) for key, text in bodies_undeclared(package.tables["bodies"])]
    return [*_evidence(package), *_kinds(package), *_named_files(package), *bodies]


def _named_files(package: Package) -> list[Mistake]:
    """List the kinds of body and of notice that kinds of register name and that the package does not have."""
    bodies = [str(row.get("code", "")) for row in package.tables["bodies"].get("body", [])]
    notices = [str(row.get("code", "")) for row in package.tables["notices"].get("notice", [])]
    mistakes = []
    for file in package.kinds:
        if file.kind is None:
            continue
        named = [(f"{v.where}.body", v.body, bodies) for v in file.kind.verbs if v.body]
        named += [(f"{v.where}.notice", v.notice, notices) for v in file.kind.verbs if v.notice]
        named += [(f"{c.where}.body", c.code, bodies) for c in file.kind.parts.get(COMMITTEE, ())]
        for key, code, known in named:
            if code not in known:
                name, text, at = file.at(key)
                mistakes.append(Mistake(name, at, f"no {code!r} in the package; known: {', '.join(known)}", line_of(text, at)))
    return list(dict.fromkeys(mistakes))


def _kinds(package: Package) -> list[Mistake]:
    """List what kinds of register name and no app declares."""
    schemes = {code: d for d in package.schemes if (code := scheme_code(d))}
    mistakes = [
        Mistake(name, key, expected, line_of(text, key))
        for file in package.kinds
        if file.kind
        for at, expected in (*undeclared_in(file.kind), *_evaluated(file.kind, schemes))
        for name, text, key in [file.at(at)]
    ]
    return list(dict.fromkeys(mistakes))  # of a file that several kinds take, once


def _evaluated(kind: Kind, schemes: Mapping[str, dict[str, Any]]) -> Iterable[tuple[str, str]]:
    """Return what the evaluation of a kind names and no app declares."""
    if kind.evaluation is None or kind.register not in REGISTERS:
        return ()
    return undeclared_in_evaluation(kind, parse_scheme(schemes[kind.evaluation.scheme], parameters_of)[0])


def _evidence(package: Package) -> list[Mistake]:
    """List the evidence whose indicator no app declares, or whose breakdown the indicator does not have."""
    mistakes = []
    for n, article in enumerate(package.tables["policy"]["article"]):
        for m, row in enumerate(article.get("evidence", [])):
            if "indicator" not in row:
                continue
            key, indicator = f"article[{n}].evidence[{m}]", INDICATORS.get(row["indicator"])
            if indicator is None:
                message = f"no indicator {row['indicator']!r}; known: {', '.join(sorted(INDICATORS))}"
                mistakes.append(Mistake("policy.toml", f"{key}.indicator", message))
                continue
            for name in set(row.get("only", {})) - set(indicator.breakdowns):
                message = f"{row['indicator']!r} has no breakdown {name!r}; known: {', '.join(indicator.breakdowns)}"
                mistakes.append(Mistake("policy.toml", f"{key}.only", message))
    return mistakes
