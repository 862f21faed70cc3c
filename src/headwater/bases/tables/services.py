"""Commands on rows: put one, take one away. The base is locked, so that what is weighed over several rows holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.models import Base
from headwater.bases.parts import TableKind
from headwater.bases.tables.declared import TableOf, Writing
from headwater.bases.tables.parts import table_of
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.parameters import Parameters
from headwater.registers.values import plain
from headwater.registry.queries import region_code

LEAST_REASON = 2


@dataclass(frozen=True)
class Line:
    """A row to be put: the values of its columns, and which one it takes the place of, with the revision that was read."""

    values: Mapping[str, Any]
    row: int | None = None
    seen: int = 0


def put_line(*, table: str, base: Base, values: Mapping[str, Any], actor: Actor, row: int | None = None, seen: int = 0) -> Any:
    """Add a row to a table of a base, or change one.

    Raises:
        Refused: the kind has no such table, the row was changed since it was read, or what stands against it, each beside its column.
    """
    return put_lines(table=table, base=base, lines=[Line(values, row, seen)], actor=actor)[0]


def put_lines(*, table: str, base: Base, lines: Sequence[Line], actor: Actor) -> list[Any]:
    """Put several rows in one command, or none of them.

    Raises:
        Refused: as `put_line`; with several rows the reason names the row.
    """
    with command(actor, "registers.fill", base, name="bases.put_line") as log:
        locked, of, kind = _locked(base, table)
        return [_put(locked, of, kind, line, log) for line in lines]


def _locked(base: Base, table: str) -> tuple[Base, TableOf, TableKind]:
    row: Base = Base.objects.select_for_update(of=("self",)).get(pk=base.pk)
    found = table_of(row, table)
    if found is None:
        raise Refused.because(_("这个种类没有这张表"), field="table")
    return row, *found


def _put(base: Base, of: TableOf, kind: TableKind, line: Line, log: Log) -> Any:
    record = of.model._default_manager.filter(base=base, pk=line.row).first() if line.row else of.model(base=base)
    if record is None:
        raise Refused.because(_("这一行已被删除"), code="gone")
    if line.row and record.revision != line.seen:
        raise Refused.because(_("您打开页面之后有人改动了这一行，请核对后再保存"), code="changed")
    before = row_values(record) if line.row else None
    for name, value in line.values.items():
        setattr(record, name, value)
    refuse_if(against(of, kind, record))
    after = row_values(record)
    if before == after:
        raise Refused.because(_("没有变化"))
    record.revision += 1
    record.changed_at = clock.now()
    record.save()
    words = {"about": f"{of.noun.zh}：{record}", "table": of.code, "row": record.pk}
    log(base, before={"was": before} if before else None, after={**words, "values": after})
    return record


def against(of: TableOf, kind: TableKind, record: Any) -> list[Reason]:
    """Return what stands against a row: another one that is the same, codes that the kind does not list, and what its table says."""
    reasons = [
        Reason(_("没有这个代码：%s") % code, field=name)
        for name in of.coded
        if (code := getattr(record, name)) and code not in kind.choices[name]
    ]
    if of.once and _is_double(of, record):
        reasons.append(Reason(_("已有相同的%s") % of.noun, field=of.once[0], code="double"))
    terms = Parameters(region_code(), clock.today())
    return reasons + list(of.against(record, Writing(kind, lambda key: terms.get(key, record.base.kind))))


def _is_double(of: TableOf, record: Any) -> bool:
    same = {name: getattr(record, name) for name in of.once}
    if not of.counts(record) or any(v in (None, "") for name, v in same.items() if name not in of.blank):
        return False
    others = of.model._default_manager.filter(of.among, base=record.base, **same).exclude(pk=record.pk)
    return others.exists()


def remove_line(*, table: str, base: Base, row: int, seen: int, reason: str, actor: Actor) -> None:
    """Take a row away that should not have been there. What it said stays in the history.

    Raises:
        Refused: no reason is given, the row was changed since, or others depend on it.
    """
    with command(actor, "registers.fill", base, name="bases.remove_line") as log:
        locked, of, _kind = _locked(base, table)
        record: Any = of.model._default_manager.filter(base=locked, pk=row).first()
        if record is None:
            raise Refused.because(_("这一行已被删除"), code="gone")
        reasons = []
        if len(reason.strip()) < LEAST_REASON:
            reasons.append(Reason(_("请写明理由"), field="reason"))
        if record.revision != seen:
            reasons.append(Reason(_("您打开页面之后有人改动了这一行，请核对后再删除"), code="changed"))
        if why := of.keeps(record):
            reasons.append(Reason(why, code="kept"))
        refuse_if(reasons)
        words = {"about": f"{of.noun.zh}：{record}", "table": of.code, "row": record.pk, "reason": reason.strip()[:500]}
        before = row_values(record)
        record.delete()
        log(locked, before={"was": before}, after=words)


TECHNICAL = frozenset({"id", "base", "revision", "changed_at"})


def row_values(record: Any) -> dict[str, Any]:
    """Return the columns of a row as plain values, without those that are empty."""
    fields = [f for f in type(record)._meta.concrete_fields if f.name not in TECHNICAL]
    values = {f.name: plain(getattr(record, f.attname)) for f in fields}
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
