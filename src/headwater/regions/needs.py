"""What the stages of a call read from the parameters of a region: each scheme must be given it, in the form that the reader expects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from headwater.core.reading import Problem
from headwater.forms.expressions import ExpressionError, parameters, parse
from headwater.schemes import Scheme, expressions
from headwater.schemes.rules import RULES
from headwater.schemes.rules.values import shape_of

Row = dict[str, Any]
ORDERED = ("min", "default", "max")
OF_PANEL = ("panel_min_members", "panel_votes_on_item", "panel_item_minutes")
"""What the calls of a scheme with a panel read."""


def check_needs(schemes: list[Scheme], rows: list[Row], today: date, problems: list[Problem]) -> None:
    """Report what a stage would find missing or unreadable, in parameters that are sound by themselves."""
    problems += [(f"parameter[{n}].{key}", message) for n, row in enumerate(rows) for key, message in _bounds(row)]
    for scheme in schemes:
        by_key = {key: _rows_of(rows, scheme.code, key) for key in {str(r.get("key")) for r in rows}}
        problems += [
            ("parameter", f"{message} for {scheme.code!r}") for message in (*_weights(scheme, by_key), *_of_panel(scheme, by_key))
        ]
        for key in sorted(read_by(scheme) & set(by_key)):
            starts = [r["valid_from"] for r in by_key[key]]
            if starts and min(starts) > date(today.year + 1, today.month, 1):
                problems.append(("parameter", f"{key!r} gives {scheme.code!r} nothing before {min(starts)}: add a row for now"))


def _of_panel(scheme: Scheme, by_key: dict[str, list[Row]]) -> Iterator[str]:
    """Report a panel without a least size, its own or the region's, or without a number of votes on one item and
    minutes for it.
    """
    if scheme.judging.has_panel:
        own = {"panel_min_members"} if scheme.judging.panel.size else set()
        yield from (f"panels read {key!r}: give it a row" for key in OF_PANEL if key not in own and not by_key.get(key))


def read_by(scheme: Scheme) -> set[str]:
    """Name the parameters that rules, expressions and the judging of a scheme read."""
    keys = {key for use in scheme.rules if use.name in RULES for key in RULES[use.name].keys(use.params)}
    keys |= {name.partition(".")[0] for _key, name in names_in(scheme)}
    if not any(c.weights for c in scheme.judging.criteria):
        keys |= {f"review_weights_{name}" for name in scheme.research_classes}
    return keys


def names_in(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Yield (key of the expression, name of the parameter that it reads)."""
    for key, text in expressions(scheme):
        try:
            yield from ((key, name) for name, _position in parameters(parse(text)))
        except ExpressionError:
            continue


def unknown_parts(scheme: Scheme, rows: list[Row]) -> list[Problem]:
    """Report reads such as parameter("a.b") where a row of "a" holds no "b"."""
    problems = []
    for key, name in names_in(scheme):
        base, _dot, part = name.partition(".")
        for row in _rows_of(rows, scheme.code, base):
            value = row.get("value")
            parts = ", ".join(sorted(value)) if isinstance(value, dict) else ""
            if part and (not isinstance(value, dict) or part not in value):
                problems.append(
                    (key, f"the parameter {base!r} has no {part!r}" + (f"; it has: {parts}" if parts else "; it is one value"))
                )
            elif not part and isinstance(value, dict):
                problems.append((key, f"the parameter {base!r} is a table; name a part of it: {parts}"))
    return list(dict.fromkeys(problems))


def _rows_of(rows: list[Row], scheme: str, key: str) -> list[Row]:
    """Select the rows of a parameter for a scheme: its own, else the general ones."""
    mine = [r for r in rows if r.get("key") == key]
    own = [r for r in mine if scheme in (r.get("applies_to") or [])]
    return own or [r for r in mine if not r.get("applies_to")]


def _weights(scheme: Scheme, by_key: dict[str, list[Row]]) -> Iterator[str]:
    """Report a class of research without weights that fit the criteria: its experts could give no mark."""
    if any(c.weights for c in scheme.judging.criteria):
        return
    codes = {c.code for c in scheme.judging.criteria}
    for name in scheme.research_classes:
        key = f"review_weights_{name}"
        rows = by_key.get(key, [])
        if not rows:
            yield f"experts' marks are weighted by {key!r}: give it a row (a table with a weight for each criterion)"
        for value in [r["value"] for r in rows if isinstance(r.get("value"), dict)]:
            if wrong := sorted(set(value) - codes):
                yield f"{key!r} names {wrong[0]!r}, the criteria are: {', '.join(sorted(codes))}"
            elif any(isinstance(w, bool) or not isinstance(w, int) or w < 0 for w in value.values()) or not sum(value.values()):
                yield f"{key!r} needs whole numbers, at least one of them above 0"


def _bounds(row: Row) -> Iterator[tuple[str, str]]:
    """Report a usual value that does not lie between the least and the most; 0 stands for no bound."""
    value = row.get("value")
    if not isinstance(value, dict) or not str(row.get("key")).endswith(("_fen", "_months")):
        return
    for name, amount in value.items():
        if isinstance(amount, bool) or not isinstance(amount, int):
            yield f"value.{name}", f"expected a whole number, found {type(amount).__name__} {amount!r}"
            return
    amounts = [(name, value[name]) for name in ORDERED if value.get(name)]
    for (low, least), (high, most) in pairwise(amounts):
        if least > most:
            yield f"value.{low}", f"is above {high} ({most})"


def shape_words(key: str) -> str:
    """Describe the form of a parameter for a message that asks for a row of it."""
    shape = shape_of(key)
    if isinstance(shape, list):
        return f"a list of tables with {', '.join(shape[0])}"
    if isinstance(shape, dict):
        return f"a table with {', '.join(shape)}"
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", dict: "a table"}
    kinds = shape if isinstance(shape, tuple) else (shape,) if shape else ()
    return " or ".join(names.get(k, k.__name__) for k in kinds)
