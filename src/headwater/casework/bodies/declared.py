"""What kinds of body name of the code: hooks with their settings, roles, kinds of record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headwater.casework.bodies.bars import BARS
from headwater.casework.subjects import SUBJECTS
from headwater.core.reading import Problem
from headwater.core.roles import ROLES


def undeclared(table: Mapping[str, Any]) -> list[Problem]:
    """Return what a file of kinds names and no app declares. The file was read without a mistake."""
    rows = table.get("body", [])
    return [problem for n, row in enumerate(rows) for problem in _of_kind(f"body[{n}]", row)]


def _of_kind(where: str, row: Mapping[str, Any]) -> Iterator[Problem]:
    for key, known, what in (("roles", ROLES, "role"), ("subjects", SUBJECTS, "kind of record")):
        for code in row.get(key, []):
            if code not in known:
                yield f"{where}.{key}", f"no {what} {code!r}; known: {', '.join(sorted(known))}"
    for key in ("bar", "recuse"):
        for m, hook in enumerate(row.get(key, [])):
            yield from _of_hook(f"{where}.{key}[{m}]", hook)


def _of_hook(where: str, hook: Mapping[str, Any]) -> Iterator[Problem]:
    name = str(hook["hook"])
    if name not in BARS:
        yield f"{where}.hook", f"no hook {name!r}; known: {', '.join(sorted(BARS))}"
        return
    given = set(hook) - {"hook"}
    for key in BARS[name].takes:
        if key not in given:
            yield f"{where}.{key}", f"the hook {name!r} needs it: a whole number"
        elif not isinstance(hook[key], int):
            yield f"{where}.{key}", f"expected a whole number, found {hook[key]!r}"
    for key in sorted(given - set(BARS[name].takes)):
        yield f"{where}.{key}", f"the hook {name!r} does not take it; it takes: {', '.join(BARS[name].takes) or 'nothing'}"
