"""What an entry holds, as its events tell it: plain values by the name of the column, so that any earlier day can be worked out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

NOT_TOLD = frozenset({"id", "revision", "changed_at", "reminded_on"})
"""Columns that no event tells: they follow from the others, or are of no account."""


def told(model: Any) -> tuple[tuple[str, str], ...]:
    """Return the columns that events tell: (name in events, attribute)."""
    return tuple((f.name, f.attname) for f in model._meta.concrete_fields if f.name not in NOT_TOLD)


def values_of(entry: Any) -> dict[str, Any]:
    """Return what events tell of an entry; keys for what it refers to. What is empty is left out."""
    values = {name: plain(getattr(entry, attribute)) for name, attribute in told(type(entry))}
    return {name: value for name, value in values.items() if value not in (None, "", {})}


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it; answers are copied, since whoever changes a row changes them in place."""
    if isinstance(value, (dict, list)):
        return deepcopy(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, date) else value


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs between two states of an entry, before and after; of what is missing on one side, None."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {n: before.get(n) for n in names}, {n: after.get(n) for n in names}
