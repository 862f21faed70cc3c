"""Entries in the search: found by number and names, by their host and by the answers in words of their form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.core.search import SearchRow, index
from headwater.registers.declared import RegisterOf
from headwater.registers.kinds import kind_of


def search_code(register: RegisterOf) -> str:
    return f"register.{register.code}"


def index_entries(register: RegisterOf, entries: Iterable[Any]) -> None:
    """Put entries into the search, or renew what stands there; set-based. Call inside a command."""
    index(
        SearchRow(
            search_code(register),
            entry.pk,
            f"{entry.name_zh} {entry.number}"[:300],
            address_of(register, entry),
            " ".join(
                filter(None, (entry.name_en, entry.name_mn, entry.host.name_zh if entry.host else "", kind_of(entry).name_zh))
            ),
            summary=str(kind_of(entry).name_zh),
        )
        for entry in entries
    )


def address_of(register: RegisterOf, entry: Any) -> str:
    """Return the address of an entry: the same page for the public and for who may see more."""
    return f"/registers/{register.code}/{entry.number}/"
