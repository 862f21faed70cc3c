"""Walks a parsed TOML table and collects every mistake in it."""

from __future__ import annotations

from typing import Any

Problem = tuple[str, str]
"""(key, what was expected)"""


class Reader:
    """Walks a parsed TOML table, collecting every mistake as (key, expectation) instead of stopping at the first."""

    def __init__(self, table: dict[str, Any], problems: list[Problem], where: str = "") -> None:
        self.table, self.problems, self.where = table, problems, where
        self.read: set[str] = set()

    def get(self, key: str, kind: type | tuple[type, ...], default: Any = None, *, required: bool = False) -> Any:
        self.read.add(key)
        if key not in self.table:
            if required:
                self.problems.append((self.path(key), f"required: {_name(kind)}"))
            return default
        value = self.table[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.problems.append((self.path(key), f"expected {_name(kind)}, found {type(value).__name__} {value!r}"))
            return default
        return value

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        value: str = self.get(key, str, default, required=required)
        if required and self.table.get(key) == "":
            self.problems.append((self.path(key), "must not be empty"))
        return value

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def tables(self, key: str, *, required: bool = False) -> list[Reader]:
        rows = self.get(key, list, [], required=required)
        readers = []
        for number, row in enumerate(rows):
            if isinstance(row, dict):
                readers.append(Reader(row, self.problems, f"{self.path(key)}[{number}]"))
            else:
                self.problems.append((f"{self.path(key)}[{number}]", "expected a table"))
        return readers

    def table_at(self, key: str, *, required: bool = False) -> Reader:
        return Reader(self.get(key, dict, {}, required=required), self.problems, self.path(key))

    def done(self) -> None:
        """Report keys that nobody asked for: most are spelling mistakes."""
        for key in self.table:
            if key not in self.read:
                self.problems.append((self.path(key), f"unknown key; known: {', '.join(sorted(self.read))}"))


def _name(kind: type | tuple[type, ...]) -> str:
    names = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table", float: "a number"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(names.get(k, k.__name__) for k in kinds)
