"""What a region package names of the code: indicators and the parts of them, guards and effects of registers, roles, kinds of record,
hooks. Apps declare these when Django is set up.
"""

from __future__ import annotations

from headwater.casework.bodies.declared import undeclared as bodies_undeclared
from headwater.core.indicators import INDICATORS
from headwater.regions.check import line_of
from headwater.regions.package import Mistake, Package
from headwater.registers.undeclared import undeclared_in


def undeclared(package: Package) -> list[Mistake]:
    """List what a package names and no app declares."""
    bodies = [Mistake("bodies.toml", key, text) for key, text in bodies_undeclared(package.tables["bodies"])]
    return [*_evidence(package), *_kinds(package), *bodies]


def _kinds(package: Package) -> list[Mistake]:
    """List what kinds of register name and no app declares."""
    mistakes = [
        Mistake(name, key, expected, line_of(text, key))
        for file in package.kinds
        if file.kind
        for at, expected in undeclared_in(file.kind)
        for name, text, key in [file.at(at)]
    ]
    return list(dict.fromkeys(mistakes))  # of a file that several kinds take, once


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
