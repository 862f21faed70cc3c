"""The entries of a register: its part of the table that several registers may share."""

from __future__ import annotations

from typing import Any

from headwater.registers.declared import RegisterOf
from headwater.registers.kinds import kinds_ever


def entries_of(register: RegisterOf) -> Any:
    """Return the entries of a register: of its kinds, as they are and as they were (1 query for the kinds)."""
    return register.model._default_manager.filter(kind__in=kinds_ever(register.code))
