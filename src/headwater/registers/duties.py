"""What waits for people about entries: states whose time ends, records that are not complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.duties import DUTIES, Duty
from headwater.core.i18n import named
from headwater.registers.columns import due_soon
from headwater.registers.contexts import RELATED, answers_of
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.doors import page_of
from headwater.registers.entries import entries_of
from headwater.registers.files import files_of
from headwater.registers.guards import gaps_in
from headwater.registers.shapes import AT_WORK, OFFICER, PLANNED

MOST = 20


@DUTIES.under("registers.officers")
def of_officers(account: Any) -> Iterator[Duty]:
    """Yield the registers with entries whose state should end soon (2 queries for each register)."""
    if not account.holds_everywhere(OFFICER):
        return
    for register in REGISTERS.values():
        totals = due_soon(entries_of(register)).aggregate(n=Count("pk"), due=Min("state_due"))
        if totals["n"]:
            late = totals["due"] < clock.today()
            url = f"/office/registers/{register.code}/?due=soon"
            yield Duty(_("状态期限临近或已过：%s") % register.label, url, clock.end_of_day(totals["due"]), totals["n"], late=late)


@DUTIES.under("registers.keepers")
def of_keepers(account: Any) -> Iterator[Duty]:
    """Yield for each entry that somebody keeps by name the end of its state, and what its record lacks (3 queries for each register)."""
    keys = {g.scope_id for g in account.grants if g.scope_kind}
    if not keys:
        return
    for register in REGISTERS.values():
        mine = {g.scope_id for g in account.grants if g.scope_kind == register.label_of_model}
        if mine:
            rows = entries_of(register).filter(pk__in=mine, group__in=(PLANNED, *AT_WORK)).select_related(*RELATED)
            yield from _of_entries(register, list(rows.order_by("pk")[:MOST]))


def _of_entries(register: RegisterOf, rows: list[Any]) -> Iterator[Duty]:
    files = files_of(rows)
    for row in rows:
        if row.state_due and row.state_due <= clock.add_days(clock.today(), 90):
            late = row.state_due < clock.today()
            yield Duty(_("状态期限：%s") % named(row), page_of(register, row), clock.end_of_day(row.state_due), late=late)
        if gaps := gaps_in(answers_of(row, files=files.get(row.pk, {}))):
            yield Duty(_("补充登记内容：%s") % named(row), page_of(register, row), None, len(gaps))
