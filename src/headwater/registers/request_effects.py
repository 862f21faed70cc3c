"""What any request about an entry may do besides setting values: the verb of the same code, answers of the record, what succeeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.requests.declared import Asked, Effect
from headwater.core import clock
from headwater.core.command import Log
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.registers.contexts import RELATED
from headwater.registers.declared import GUARDS, Doing, Guard, RegisterOf, Weighing
from headwater.registers.entries import entries_of
from headwater.registers.finding import index_entries
from headwater.registers.kinds import kind_of
from headwater.registers.models import Succession
from headwater.registers.services.acting import locked, take_effect, waiting, weigh
from headwater.registers.services.holding import write_succession
from headwater.registers.shapes import AT_WORK
from headwater.registers.subjects import register_of
from headwater.registers.values import changes, values_of

DO_VERB = "do_verb"
INTO = "into"
"""The question of a request that gives the number of the entry which takes over."""


def do_verb(asked: Asked, log: Log) -> None:
    """Do the verb that has the code of the request. The chain of the request stands in the place of the verb's own.

    Raises:
        Refused: what stands against the verb now, or something else waits for its approval with the entry.
    """
    register = register_of(asked.record)
    rows = locked(register, [asked.record.pk])
    kind = kind_of(rows[0])
    doing = Doing(kind=kind, verb=kind.verb[asked.kind.code], on=clock.today(), values=asked.answers)
    refuse_if([*(r for p in weigh(register, rows, doing) for r in p.reasons), *waiting(rows)])
    take_effect(register, rows, doing, _("按申请办理：%s") % asked.kind.name, log)


def set_answers(asked: Asked, log: Log) -> None:
    """Put the answers of a request on the record where its form has questions of the same codes."""
    register = register_of(asked.record)
    row = register.model._default_manager.select_for_update(of=("self",)).select_related(*RELATED).get(pk=asked.record.pk)
    before = values_of(row)
    codes = {f.code for f in kind_of(row).form.fields if not f.value}
    row.answers = {**row.answers, **{code: value for code, value in asked.answers.items() if code in codes and value is not None}}
    old, new = changes(before, values_of(row))
    if not new:
        return
    row.revision += 1
    row.changed_at = clock.now()
    row.save(update_fields=["answers", "revision", "changed_at"])
    log(row, before=old, after={**new, "request": asked.kind.code})
    index_entries(register, [row])


def be_succeeded(asked: Asked, log: Log) -> None:
    """Record that the entry whose number is given takes over from this one, which is over by now.

    Raises:
        Refused: no such entry, or it cannot take over.
    """
    register = register_of(asked.record)
    into = _entry_of(register, str(asked.answers.get(INTO, "")).strip())
    write_succession(register, [asked.record.pk], [into.pk], Succession.How.MERGED, log)


def _entry_of(register: RegisterOf, number: str) -> Any:
    row = entries_of(register).filter(number=number).first()
    if row is None:
        raise Refused.because(_("没有编号为 %s 的条目") % (number or "—"), field=INTO)
    return row


def into_at_work(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """The entry that is to take over is at work, and another one (1 query)."""
    number = str(weighing.values.get(INTO) or "").strip()
    there = (
        set(entries_of(register_of(entries[0])).filter(number=number, group__in=AT_WORK).values_list("pk", flat=True))
        if entries
        else set()
    )
    text = _("编号为 %s 的条目不在运行，或就是本条目：请填写承继它的条目的编号") % (number or "—")
    return {e.pk: Reason(text, field=INTO, code="into") for e in entries if not there - {e.pk}}


GUARDS.add("into_at_work", Guard(gettext_lazy("承继的条目在运行"), into_at_work))
REQUEST_EFFECTS = {
    DO_VERB: Effect(gettext_lazy("办理同名事项，条目的状态随之改变"), do_verb),
    "set_answers": Effect(gettext_lazy("登记内容按申请更新"), set_answers),
    "be_succeeded": Effect(gettext_lazy("登记承继它的条目"), be_succeeded),
}
