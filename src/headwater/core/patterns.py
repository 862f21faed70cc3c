"""Patterns of numbers such as "{year}-{serial:04}". Pure: packages are read without a database."""

from __future__ import annotations

from string import Formatter

PARTS = frozenset({"year", "serial"})


def names_in(pattern: str) -> set[str]:
    """Return the names in braces.

    Raises:
        ValueError: braces that do not close.
    """
    return {name for _text, name, _spec, _conversion in Formatter().parse(pattern) if name is not None}


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern that gives each record its own number."""
    try:
        names = names_in(text)
        text.format(year=2026, serial=1)
    except (ValueError, IndexError, KeyError):
        return False
    return "serial" in names and names <= PARTS
