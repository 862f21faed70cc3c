"""The doors of the pages of registers: a register, or an entry, by what stands in the address and as far as its reader may see it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from headwater.core.permission import access
from headwater.registers.contexts import RELATED
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.entries import entries_of


def register_or_404(code: str) -> RegisterOf:
    if code not in REGISTERS:
        raise Http404
    return REGISTERS[code]


def rows_of(register: RegisterOf) -> Any:
    """Return the entries of a register with what their pages name."""
    return entries_of(register).select_related(*RELATED, *(k.column for k in register.keepers))


def inside_entry(request: HttpRequest, register: RegisterOf, pk: int, action: str = "registers.view") -> Any:
    """Return an entry that its reader sees from inside and may do `action` with; any other does not exist."""
    return access(request.user, action, rows_of(register).inside(request.user), pk=pk)


def page_of(register: RegisterOf, entry: Any, tab: str = "") -> str:
    """Return the address of the page of an entry for those who see it from inside."""
    if tab:
        return reverse("entry_tab", args=[register.code, entry.pk, tab])
    return reverse("entry", args=[register.code, entry.pk])
