"""Rows of the tables beside a base: put, changed, struck, taken over from a file; each with its event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from headwater.bases.models import Base
from headwater.bases.parts import Holds
from headwater.bases.rows.declared import RowTable, holds_of
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import ENDED
from headwater.registers.values import changes, values_of


def mark_of(row: Any) -> str:
    """Return a mark of a row as a page has read it."""
    return hashlib.sha256(json.dumps(values_of(row), sort_keys=True).encode()).hexdigest()[:32]


def put_row(*, table: RowTable, entry: Any, values: Mapping[str, Any], actor: Actor, row: Any = None, seen: str = "") -> Any:
    """Put a row beside a base, or change one that is there; `seen` is its mark as the page had read it.

    Raises:
        Refused: with every reason, each beside its column; or somebody else has changed the row since.
    """
    with command(actor, "bases.keep_rows", entry, name="bases.put_row") as log:
        base, holds = _locked(table, entry)
        new = table.model(entry=base)
        if row is not None:
            new = table.rows_of(base).select_for_update(of=("self",)).get(pk=row.pk)
            if mark_of(new) != seen:
                raise Refused.because(_("您打开页面之后有人改动了这一行，请重新核对"), code="changed")
        before = values_of(new) if row is not None else {}
        for column, _field in table.asked:
            column.store(new, values.get(column.name))
        refuse_if(reason for _n, reason in table.weigh(base, [new], holds))
        if before and not any(changes(before, values_of(new))):
            raise Refused.because(_("没有变化"))
        write(table, [new], [before], log)
    return new


def strike_row(*, table: RowTable, row: Any, reason: str, actor: Actor) -> None:
    """Take away a row that was put by mistake; the event keeps what stood there. Of a table whose rows are ended, officers alone do so.

    Raises:
        Refused: no reason, or other records rest on the row.
    """
    with command(actor, "bases.keep_rows", row.entry, name="bases.strike_row") as log:
        if table.ended:
            authorise(actor, "bases.strike_rows", row.entry)
        base, _holds = _locked(table, row.entry)
        old = table.rows_of(base).select_for_update(of=("self",)).get(pk=row.pk)
        if not reason.strip():
            raise Refused.because(_("请写明理由或依据"), field="reason")
        log(old, before=values_of(old), after={"struck": True, "entry": base.pk, "reason": reason.strip()})
        try:
            old.delete()
        except ProtectedError as error:
            raise Refused.because(_("还有其他记录与这一行有关，不能删除")) from error


def write(table: RowTable, rows: Sequence[Any], befores: Sequence[Mapping[str, Any]], log: Log) -> None:
    """Store weighed rows with their events, new ones and changed ones. Call inside a command, with the base locked.

    Raises:
        Refused: the database holds something against them that came in between.
    """
    try:
        with transaction.atomic():
            _store(table, rows)
    except IntegrityError as error:
        column, words = next((found for name, found in table.broken.items() if name in str(error)), ("", ""))
        if not words:
            raise
        raise Refused([Reason(str(words), field=column, code="broken")]) from error
    for row, before in zip(rows, befores, strict=True):
        old, new = changes(before, values_of(row))
        log(row, before=old if before else None, after={**new, "entry": row.entry_id})
    table.after(rows, log)


def _store(table: RowTable, rows: Sequence[Any]) -> None:
    fresh = [r for r in rows if r.pk is None]
    known = [r for r in rows if r.pk is not None]
    if len(fresh) == 1 and not known:
        fresh[0].save()
        return
    table.model._default_manager.bulk_create(fresh, batch_size=500)
    names = [f.name for f in table.model._meta.concrete_fields if not f.primary_key]
    table.model._default_manager.bulk_update(known, names, batch_size=500)


def _locked(table: RowTable, entry: Any) -> tuple[Any, Holds]:
    """Lock a base, so that the rows beside it change one after the other.

    Raises:
        Refused: its kind has no such table, or the base is over.
    """
    base = Base.objects.select_for_update(of=("self",)).select_related("host").get(pk=entry.pk)
    holds = holds_of(kind_of(base), table.code)
    if holds is None:
        raise Refused.because(_("这个种类没有“%s”") % table.label)
    if base.group == ENDED:
        raise Refused.because(_("%s 已终止，其记录不再变更") % base, code="ended")
    return base, holds


lock_base = _locked
"""For other commands that put rows of a table: those that follow from a request."""
