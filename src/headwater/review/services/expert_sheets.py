"""The import of experts: people who are registered, with disciplines, languages and how much they take."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.core.command import Actor, command
from headwater.core.sheets import RowError
from headwater.registry.models import Discipline, Person
from headwater.registry.standing import WHO, People, Ready, about_people, required_day, whole
from headwater.registry.tables import MAYBE, Column, ImportResult, Row, parse_rows, pick, several, too_long
from headwater.review.languages import USUAL, WRITTEN
from headwater.review.models import Expert
from headwater.review.services.experts import MOST_LOAD, Change, Entry, correct_experts, register_experts

EXPERTS = (
    *WHO,
    Column("codes", "申请代码", True, ("学科代码", "研究领域代码", "评审代码", "学科")),
    Column("keywords", "研究方向", False, ("研究领域", "专长", "关键词")),
    Column("languages", "评审语言", False, ("语言", "语种", "掌握语言")),
    Column("max_load", "最多评审项数", False, ("评审上限", "上限")),
    Column("is_external", "区外专家", False, ("区外", "外地专家")),
    Column("away_until", "暂停至（含）", False, ("暂停评审至", "暂停至")),
)


def import_experts(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import experts; who is in the database already is corrected by what the cells say.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, EXPERTS)
    people = People(table.rows)
    experts = {e.person_id: e for e in Expert.objects.filter(person__in=people.ids)}
    codes = set(Discipline.objects.values_list("code", flat=True))

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        expert = experts.get(person.pk)
        values: dict[str, Any] = {"codes": [c.upper() for c in several(row["codes"])]}
        wrong = [c for c in values["codes"] if c not in codes]
        if wrong:
            errors.append(RowError(number, "申请代码", row["codes"], _("没有这些申请代码：%s") % "、".join(wrong)[:100]))
        if not values["codes"] and expert is None:
            errors.append(RowError(number, "申请代码", "", _("至少填写一个申请代码")))
        spoken = several(row.get("languages", ""))
        values["languages"] = [code for text in spoken if (code := pick(number, "评审语言", text, WRITTEN, errors))]
        load = row.get("max_load", "")
        values["max_load"] = whole(number, "最多评审项数", load, 0, MOST_LOAD, errors) if load else None
        values["is_external"] = pick(number, "区外专家", row.get("is_external", ""), MAYBE, errors)
        away = row.get("away_until", "")
        values["away_until"] = required_day(number, "暂停至（含）", away, errors) if away else None
        values["keywords"] = row.get("keywords", "")
        errors += too_long(number, {"keywords": values["keywords"]}, EXPERTS, Expert)
        return "expert", values, expert

    return about_people(table, people, read, _write, actor, dry_run, skip_bad)


def _write(ready: Ready, actor: Actor) -> None:
    """Register new experts and correct the others. An empty cell keeps the stored value; for a new expert it gives the usual one."""
    with command(actor, "registry.import", name="review.import_experts") as log:
        fresh = [values for values, expert in ready if expert is None]
        register_experts(entries=[_entry(values) for values in fresh], actor=actor)
        changes = [(expert, _change(values)) for values, expert in ready if expert is not None]
        if changes:
            correct_experts(changes, log)
        log(None, after={"rows": len(ready)})


def _entry(values: dict[str, Any]) -> Entry:
    options = {name: values[name] for name in ("max_load", "is_external") if values[name] is not None}
    languages = values["languages"] or USUAL
    return Entry(
        values["person"], values["codes"], values["keywords"], languages=languages, away_until=values["away_until"], **options
    )


def _change(values: dict[str, Any]) -> Change:
    names = ("codes", "keywords", "languages", "max_load", "is_external", "away_until")
    cells: dict[str, Any] = {name: None if values[name] in ("", []) else values[name] for name in names}
    return Change(**cells)
