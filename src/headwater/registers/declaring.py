"""Declares a register with all that follows from its table: search, open data, tables to import, subjects of casework, limits of roles."""

from __future__ import annotations

from typing import Any

from headwater.casework.subjects import SUBJECTS
from headwater.core import search
from headwater.core.roles import LIMITS, Limit
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.entries import entries_of
from headwater.registers.files import declare_files
from headwater.registers.finding import search_code
from headwater.registers.importing import declare_import
from headwater.registers.publishing import declare_open_data
from headwater.registers.reports import declare_reports
from headwater.registers.requests import declare_requests
from headwater.registers.subjects import subject_of


def declare(*registers: RegisterOf) -> None:
    """Declare registers, in `registers.py` of their app: those that share a table together."""
    for register in {r.label_of_model: r for r in reversed(registers)}.values():
        _declare_table(register)
    for register in registers:
        REGISTERS.add(register.code, register)
        _declare_search(register)
        declare_open_data(register)
        declare_import(register)


def _declare_table(register: RegisterOf) -> None:
    label = register.label_of_model
    SUBJECTS.add(label, subject_of(register, register.model._meta.verbose_name))
    declare_files(label)
    declare_requests(register)
    declare_reports(register)
    rows = register.model._default_manager
    LIMITS.add(label, Limit(register.model._meta.verbose_name or label, lambda code: rows.filter(number=code).first()))


def _declare_search(register: RegisterOf) -> None:
    def visible(user: Any) -> Any:
        return entries_of(register).visible_to(user)

    search.register(search_code(register), register.label, visible, place=320 + register.place, public=True)  # type: ignore[arg-type]
