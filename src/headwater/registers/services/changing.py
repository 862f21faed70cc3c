"""Changes to the record of an entry: its columns by an officer, the answers to its form by who keeps it, too; who holds it; what succeeds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.forms.answers.merging import same
from headwater.registers.cleaning import cleaned_answers
from headwater.registers.contexts import RELATED
from headwater.registers.declared import RegisterOf
from headwater.registers.finding import index_entries
from headwater.registers.kinds import kind_of
from headwater.registers.values import changes, plain, values_of

COLUMNS = ("name_zh", "name_en", "name_mn", "place", "latitude", "longitude", "discipline", "field", "since")


def changeable(register: RegisterOf) -> tuple[str, ...]:
    """Return the columns that an officer may change by hand."""
    return (*COLUMNS, *(f.name for f in register.fields))


def stored_values(register: RegisterOf, entry: Any) -> dict[str, Any]:
    """Return what a page to change an entry has read of it: plain values by column and by question."""
    columns = {name: plain(getattr(entry, entry._meta.get_field(name).attname)) for name in changeable(register)}
    return {**columns, **{f.code: entry.answers.get(f.code) for f in kind_of(entry).form.fields if not f.value}}


def change_entry(
    *,
    register: RegisterOf,
    entry: Any,
    actor: Actor,
    columns: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Any:
    """Change columns and answers; only what is named, and only what differs. `seen` has what the page had read, by name.

    Raises:
        Refused: a value that cannot be stored, or one that somebody else has changed since, each beside its field.
        NotAllowed: columns by somebody who is no officer.
    """
    action = "registers.change" if columns else "registers.fill"
    with command(actor, action, entry, name="registers.change_entry") as log:
        rows = register.model._default_manager.select_for_update(of=("self",)).select_related(*RELATED)
        row = rows.get(pk=entry.pk)
        before, now = values_of(row), stored_values(register, row)
        fresh, reasons = cleaned_answers(kind_of(row).form, answers or {})
        wanted = {**{n: v for n, v in (columns or {}).items() if n in changeable(register)}, **fresh}
        for name, value in wanted.items():
            key = plain(getattr(value, "pk", value))
            if same(key, now.get(name)):
                continue
            if seen is not None and not same(seen.get(name), now.get(name)):
                reasons.append(
                    Reason(_("您打开页面之后有人改成了“%s”，请核对后再保存") % _said(now.get(name)), field=name, code="changed")
                )
            _put(row, name, value, name in fresh)
        if not row.name_zh.strip():
            reasons.append(Reason(_("请填写名称"), field="name_zh"))
        refuse_if(reasons)
        old, new = changes(before, values_of(row))
        if not new:
            raise Refused.because(_("没有变化"))
        row.revision += 1
        row.changed_at = clock.now()
        row.save(update_fields=[*changeable(register), "answers", "revision", "changed_at"])
        log(row, before=old, after=new)
        index_entries(register, [row])
    return row


def _put(row: Any, name: str, value: Any, is_answer: bool) -> None:
    if not is_answer:
        setattr(row, name, value)
    elif value in (None, "", []):
        row.answers.pop(name, None)
    else:
        row.answers[name] = value


def _said(value: Any) -> str:
    return str(value.get("name", value) if isinstance(value, dict) else value or _("空"))[:60]
