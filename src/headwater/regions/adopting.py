"""Parameters that a scheme brings in its own file, and those that it takes over from another one (`like`).

A scheme is one file this way: what holds for it alone stands in it, and everywhere else the rows of the scheme that it is like apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headwater.core.reading import Problem


@dataclass
class SchemeFile:
    """A file of `schemes/`: its name, its text, its table without what is adopted here, and its mistakes so far."""

    name: str
    text: str
    table: dict[str, Any]
    problems: list[Problem]
    rows: int = 0
    like: str = ""

    @property
    def head(self) -> dict[str, Any]:
        head = self.table.get("scheme")
        return head if isinstance(head, dict) else {}

    @property
    def code(self) -> str:
        return str(self.head.get("code", ""))


Place = tuple[SchemeFile, int]
"""The file in which a row stands, and its number there."""


def adopt(parameters: dict[str, Any], files: Sequence[SchemeFile]) -> list[Place]:
    """Add the rows of the files to those of parameters.toml, then each scheme to the rows of the one that it is like.

    Returns the places of the added rows, in their order behind those of the file.
    """
    rows = parameters.get("parameter")
    if not isinstance(rows, list):
        rows = parameters["parameter"] = []
    places = [place for file in files for place in _own_rows(rows, file)]
    for file in files:
        file.like = str(file.head.pop("like", ""))
    for file in files:
        if file.like:
            _take_over(rows, file, {f.code: f for f in files})
    return places


def _own_rows(rows: list[Any], file: SchemeFile) -> list[Place]:
    own = file.table.pop("parameter", [])
    if not isinstance(own, list) or not all(isinstance(row, dict) for row in own):
        file.problems.append(("parameter", "expected tables [[parameter]], as in parameters.toml"))
        return []
    for n, row in enumerate(own):
        if "applies_to" in row:
            file.problems.append(
                (f"parameter[{n}].applies_to", "expected none: what stands in the file of a scheme applies to it")
            )
        row["applies_to"] = [file.code]
        rows.append(row)
    return [(file, n) for n in range(len(own))]


def _applies(row: Any, code: str) -> bool:
    return isinstance(row, dict) and isinstance(row.get("applies_to"), list) and code in row["applies_to"]


def _take_over(rows: Sequence[Any], file: SchemeFile, known: dict[str, SchemeFile]) -> None:
    """The scheme joins the rows of the other; of a parameter that has rows for it anywhere it takes none."""
    other = known.get(file.like)
    if other is None or other is file or other.like:
        expected = ", ".join(code for code, f in known.items() if f is not file and not f.like)
        file.problems.append(("scheme.like", f"expected a scheme with parameters of its own ({expected}), found {file.like!r}"))
        return
    own = {row.get("key") for row in rows if _applies(row, file.code)}
    for row in rows:
        if _applies(row, file.like) and row.get("key") not in own:
            row["applies_to"] = [*row["applies_to"], file.code]
