"""Tables of entries from xlsx and csv: new ones are opened, known ones (by their number) corrected; a dry run lists every bad row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.numbers import BadNumber, read_decimal
from headwater.core.sheets import RowError
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.references import Registry, find_person
from headwater.forms.shapes import Field
from headwater.registers.declared import RegisterOf
from headwater.registers.entries import entries_of
from headwater.registers.finding import index_entries
from headwater.registers.kinds import kinds_here
from headwater.registers.models import Entry
from headwater.registers.services.opening import Draft, draft_problems, open_drafts
from headwater.registers.shapes import Kind
from headwater.registers.values import changes, values_of
from headwater.registry.models import Discipline, Organisation, Person, Place, PriorityField
from headwater.registry.tables import IMPORTS, UNITS, Column, Importable, ImportResult, Row, day_of, finish, parse_rows

Records = Mapping[str, Mapping[str, Any]]
Ready = list[tuple[dict[str, Any], Any]]


def columns_of(register: RegisterOf) -> tuple[Column, ...]:
    """Return the columns that a table of a register may have, whatever the kind."""
    people = [Column(k.role, str(k.label)) for k in register.keepers]
    typed = [Column(f.name, str(f.column.label)) for f in register.fields]
    return (
        Column("kind", "种类", True, ("类型", "登记种类")),
        Column("name_zh", "名称", True, ("中文名称",)),
        Column("number", "编号", False, ("登记编号",)),
        Column("name_en", "英文名称"),
        Column("name_mn", "蒙古文名称"),
        Column("state", "状态"),
        Column("host", "依托单位", False, UNITS),
        Column("place", "所在地", False, ("所在地代码", "地区")),
        Column("field", "优先领域", False, ("领域",)),
        Column("discipline", "学科", False, ("学科代码", "申请代码")),
        Column("since", "运行起始", False, ("成立日期", "批准日期")),
        Column("until", "终止日期"),
        Column("latitude", "纬度"),
        Column("longitude", "经度"),
        *people,
        *typed,
    )


def answer_columns(kinds: Mapping[str, Kind], taken: Sequence[Column]) -> tuple[Column, ...]:
    """Return a column for each simple question of the forms of the kinds, by its label; one whose name or label is taken has none."""
    names = {c.name for c in taken} | {c.label for c in taken}
    found: dict[str, Column] = {}
    for kind in kinds.values():
        for f in kind.form.fields:
            if f.of.is_column and not f.value and not names & {f.code, f.label_zh}:
                found.setdefault(f.code, Column(f.code, f.label_zh))
    return tuple(found.values())


@dataclass
class Reading:
    """What the rows of a table refer to, read once for all of them."""

    register: RegisterOf
    kinds: Mapping[str, Kind]
    records: Records
    known: Mapping[str, Any]
    registry: Registry = field(default_factory=Registry)
    people: dict[str, list[Person]] = field(default_factory=dict)

    def kind(self, text: str) -> Kind | None:
        return self.kinds.get(text) or next((k for k in self.kinds.values() if text in (k.name_zh, k.name_en)), None)

    def person(self, text: str) -> list[Person]:
        if text not in self.people:
            self.people[text] = find_person(text)
        return self.people[text]


def import_entries(
    register: RegisterOf, *, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False
) -> ImportResult:
    """Import a table of entries.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    kinds = kinds_here(register.code)
    columns = columns_of(register)
    table = parse_rows(name, content, (*columns, *answer_columns(kinds, columns)))
    result = table.result(dry_run)
    reading = _read(register, kinds, [row for _n, row in table])
    ready: Ready = []
    numbers: set[str] = set()
    for number, row in table:
        errors, draft = _draft(reading, number, row)
        if draft and draft.number and draft.number in numbers:
            errors.append(RowError(number, "编号", draft.number, _("与文件中前面一行相同")))
        if errors or draft is None:
            result.errors += errors
            continue
        numbers |= {draft.number} - {""}
        ready.append(({"draft": draft, "row": row}, reading.known.get(draft.number)))
    return finish(result, ready, actor, skip_bad, lambda rows, who: _write(register, rows, who))


def _read(register: RegisterOf, kinds: Mapping[str, Kind], rows: Sequence[Row]) -> Reading:
    hosts, places = {r.get("host", "") for r in rows}, list(Place.objects.all())
    fields = list(PriorityField.objects.all())
    codes = {r.get("discipline", "").partition(" ")[0].upper() for r in rows}
    organisations = [
        o for by in ("code__in", "name_zh__in") for o in Organisation.objects.filter(**{by: hosts}).select_related("place")
    ]
    records: Records = {
        "host": {key: o for o in organisations for key in (o.code, o.name_zh)},
        "place": {key: p for p in places for key in (p.code, p.name_zh)},
        "field": {key: f for f in fields for key in (f.code, f.name_zh)},
        "discipline": {d.code: d for d in Discipline.objects.filter(code__in=codes)},
    }
    numbers = {r.get("number", "") for r in rows} - {""}
    known = {e.number: e for e in entries_of(register).filter(number__in=numbers).select_related("host")} if numbers else {}
    return Reading(register, kinds, records, known)


LABELS = {"host": "依托单位", "place": "所在地", "field": "优先领域", "discipline": "学科"}


def _draft(reading: Reading, number: int, row: Row) -> tuple[list[RowError], Draft | None]:
    errors: list[RowError] = []
    kind = reading.kind(row["kind"])
    if kind is None:
        known = "、".join(k.name_zh for k in reading.kinds.values())
        return [RowError(number, "种类", row["kind"], _("应为 %s 之一") % known)], None
    found = {name: _record(reading, number, row, name, errors) for name in LABELS}
    state = _state(kind, number, row.get("state", ""), errors)
    columns = {n: row[n] for n in ("name_en", "name_mn") if row.get(n)}
    columns |= {n: found[n] for n in ("place", "field", "discipline") if found[n]}
    columns |= _point(number, row, errors) | _typed(reading, number, row, errors)
    draft = Draft(
        kind=kind.code,
        name_zh=row["name_zh"],
        host=found["host"],
        state=state,
        number=row.get("number", ""),
        since=day_of(
            number, "运行起始", row.get("since", ""), errors, (clock.today().replace(year=1900, month=1, day=1), clock.today())
        ),
        until=day_of(number, "终止日期", row.get("until", ""), errors),
        columns=columns,
        answers=_answers(reading, kind, number, row, errors),
        keepers=_keepers(reading, kind, number, row, errors),
    )
    before = reading.known.get(draft.number)
    if before is not None and (before.kind != kind.code or (row.get("state") and before.state != (state or before.state))):
        errors.append(RowError(number, "编号", draft.number, _("已登记为另一种类或状态：状态须按种类的规则办理，不能用表格改变")))
    errors += [RowError(number, _label(r.field), row.get(r.field, ""), r.text) for r in draft_problems(draft, reading.kinds)]
    return errors, draft


def _label(name: str) -> str:
    labels = {"kind": "种类", "name_zh": "名称", "state": "状态", "until": "终止日期", "number": "编号", "holders": "依托单位"}
    return labels.get(name, name)


def _record(reading: Reading, number: int, row: Row, name: str, errors: list[RowError]) -> Any:
    text = row.get(name, "")
    if not text:
        return None
    key = text.partition(" ")[0].upper() if name == "discipline" else text
    record = reading.records[name].get(key)
    if record is None:
        errors.append(RowError(number, LABELS[name], text, _("没有登记：请填写代码或全称")))
    return record


def _state(kind: Kind, number: int, text: str, errors: list[RowError]) -> str:
    state = kind.state.get(text) or next((s for s in kind.states if text in (s.zh, s.en)), None)
    if text and state is None:
        errors.append(RowError(number, "状态", text, _("应为 %s 之一") % "、".join(s.zh for s in kind.states)))
    return state.code if state else ""


def _point(number: int, row: Row, errors: list[RowError]) -> dict[str, Decimal]:
    point: dict[str, Decimal] = {}
    for name, label, most in (("latitude", "纬度", 90), ("longitude", "经度", 180)):
        text = row.get(name, "")
        try:
            value = read_decimal(text) if text else None
        except BadNumber as bad:
            errors.append(RowError(number, label, text, str(bad)))
            continue
        if value is not None and abs(value) > most:
            errors.append(RowError(number, label, text, _("应为十进制度，绝对值不超过 %d") % most))
        elif value is not None:
            point[name] = value
    if len(point) == 1 and bool(row.get("latitude")) != bool(row.get("longitude")):
        errors.append(RowError(number, "纬度", row.get("latitude", ""), _("纬度和经度须同时填写，或都不填")))
    return point


def _typed(reading: Reading, number: int, row: Row, errors: list[RowError]) -> dict[str, Any]:
    values = {}
    for typed in reading.register.fields:
        if text := row.get(typed.name, ""):
            try:
                values[typed.name] = _cleaned(typed.field(), text)
            except ValidationError as error:
                errors.append(RowError(number, str(typed.column.label), text, "；".join(error.messages)))
    return values


def _cleaned(field: forms.Field, text: str) -> Any:
    return field.clean(text)


def _answers(reading: Reading, kind: Kind, number: int, row: Row, errors: list[RowError]) -> dict[str, Any]:
    answers = {}
    for f in kind.form.fields:
        if text := row.get(f.code, "") if f.of.is_column and not f.value else "":
            value, problem = _answer(f, text, reading.registry)
            if problem:
                errors.append(RowError(number, f.label_zh, text, problem))
            else:
                answers[f.code] = value
    return answers


def _answer(f: Field, text: str, registry: Registry) -> tuple[Any, str]:
    """Return the stored value of a cell and what is wrong with it; a choice is given by its code or its words."""
    errors: dict[str, str] = {}
    code = next((c for c, words in f.choices if text in (c, words.zh, words.en)), text)
    typed = f.of.typed(code, f.code, errors)
    if errors:
        return None, next(iter(errors.values()))
    cleaned = clean(f, typed, registry)
    return cleaned.value, next(iter(cleaned.errors.values()), "")


def _keepers(reading: Reading, kind: Kind, number: int, row: Row, errors: list[RowError]) -> dict[str, Person]:
    people = {}
    for keeper in reading.register.keepers:
        text = row.get(keeper.role, "")
        if not text or keeper.role not in kind.roles:
            continue
        found = reading.person(text)
        if len(found) == 1:
            people[keeper.role] = found[0].survivor
        else:
            problem = _("有多个同名的人，请写明单位或邮箱") if found else _("系统中没有登记")
            errors.append(RowError(number, str(keeper.label), text, problem))
    return people


def _write(register: RegisterOf, ready: Ready, actor: Actor) -> None:
    """Open new entries and correct known ones, in one command."""
    with command(actor, "registry.import", name="registers.import_entries") as log:
        fresh = [values["draft"] for values, known in ready if known is None]
        if fresh:
            open_drafts(register, fresh, Entry.Origin.IMPORT, log)
        corrected = [known for values, known in ready if known is not None and _correct(known, values["draft"], log)]
        if corrected:
            names = {"name_zh", "name_en", "name_mn", "place", "field", "discipline", "latitude", "longitude", "since", "answers"}
            names |= {f.name for f in register.fields} | {"revision", "changed_at"}
            register.model._default_manager.bulk_update(corrected, sorted(names), batch_size=500)
            index_entries(register, corrected)
        log(None, after={"register": register.code, "rows": len(ready)})


def _correct(entry: Any, draft: Draft, log: Any) -> bool:
    """Put what a row says on an entry; an empty cell leaves what is on record. Who holds and keeps it has its own pages."""
    before = values_of(entry)
    for name, value in {**draft.columns, "name_zh": draft.name_zh, "since": draft.since}.items():
        if value not in ("", None):
            setattr(entry, name, value)
    entry.answers = {**entry.answers, **draft.answers}
    old, new = changes(before, values_of(entry))
    if new:
        entry.revision += 1
        entry.changed_at = clock.now()
        log(entry, before=old, after=new)
    return bool(new)


def declare_import(register: RegisterOf) -> None:
    """Let the entries of a register come from a table."""

    def work(**given: Any) -> ImportResult:
        return import_entries(register, **given)

    IMPORTS.add(register.code, Importable(register.label, columns_of(register), work))  # type: ignore[arg-type]
