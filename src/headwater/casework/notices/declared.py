"""What kinds of notice name elsewhere: effects and roles of the code, dated parameters of the package."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from headwater.casework.notices.effects import NOTICES
from headwater.core.reading import Problem
from headwater.core.roles import ROLES


def undeclared(table: Mapping[str, Any], parameters: Collection[str]) -> list[Problem]:
    """Return what a file of kinds names and nobody declares. The file was read without a mistake."""
    rows = table.get("notice", [])
    return [problem for n, row in enumerate(rows) for problem in _of_kind(f"notice[{n}]", row, parameters)]


def _of_kind(where: str, row: Mapping[str, Any], parameters: Collection[str]) -> Iterator[Problem]:
    if row["effect"] not in NOTICES:
        yield f"{where}.effect", f"no effect {row['effect']!r}; known: {', '.join(sorted(NOTICES))}"
    for role in row["roles"]:
        if role not in ROLES:
            yield f"{where}.roles", f"no role {role!r}; known: {', '.join(sorted(ROLES))}"
    if row["period"] not in parameters:
        yield f"{where}.period", f"no parameter {row['period']!r} that applies to all: add a row to parameters.toml"
