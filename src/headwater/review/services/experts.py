"""The expert database: people with what they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import RoleGrant
from headwater.registry.models import Discipline, Person
from headwater.registry.services import LEAST_REASON
from headwater.review.languages import LANGUAGES, USUAL
from headwater.review.models import Expert

MOST_LOAD = 200


@dataclass(frozen=True)
class Entry:
    person: Person
    codes: Sequence[str]
    keywords: str = ""
    max_load: int = 15
    is_external: bool = False
    languages: Sequence[str] = USUAL
    away_until: date | None = None


def register_experts(*, entries: Sequence[Entry], actor: Actor) -> list[Expert]:
    """Put people into the expert database; those with an account get the expert's role. Four statements."""
    with command(actor, "registry.import", name="review.register_experts") as log:
        experts = Expert.objects.bulk_create(
            [
                Expert(
                    person=e.person,
                    keywords=e.keywords[:300],
                    max_load=e.max_load,
                    is_external=e.is_external,
                    languages=list(e.languages),
                    away_until=e.away_until,
                    joined_at=clock.now(),
                )
                for e in entries
            ],
            batch_size=2000,
        )
        _put_codes({expert: entry.codes for expert, entry in zip(experts, entries, strict=True)})
        _let_review(experts)
        log.many(experts, {"registered": True})
    return experts


def _put_codes(codes: dict[Expert, Sequence[str]]) -> None:
    """Store the disciplines of experts who have none yet."""
    ids = dict(
        Discipline.objects.filter(code__in={c for of_expert in codes.values() for c in of_expert}).values_list("code", "pk")
    )
    through = Expert.disciplines.through
    through.objects.bulk_create(
        [
            through(expert_id=expert.pk, discipline_id=ids[code])
            for expert, of_expert in codes.items()
            for code in dict.fromkeys(of_expert)
            if code in ids
        ],
        batch_size=5000,
    )


def _let_review(experts: Sequence[Expert]) -> None:
    RoleGrant.objects.bulk_create(
        [RoleGrant(account_id=e.person.account_id, role="expert", since=clock.now()) for e in experts if e.person.account_id],
        batch_size=2000,
        ignore_conflicts=True,
    )


@dataclass(frozen=True)
class Change:
    """New values for an expert's record. None keeps the stored value."""

    codes: Sequence[str] | None = None
    keywords: str | None = None
    languages: Sequence[str] | None = None
    max_load: int | None = None
    is_external: bool | None = None
    away_until: date | None = None
    back: bool = False
    """Available again: no day until which somebody is away."""


PLAIN = ("keywords", "languages", "max_load", "is_external", "away_until")


def change_experts(*, changes: Sequence[tuple[Expert, Change]], actor: Actor) -> None:
    """Correct experts, by an officer or from a table. Few statements, whatever their number.

    Raises:
        Refused: an unknown discipline or language, none left, or a load that cannot be.
    """
    with command(actor, "review.expert.manage", name="review.change_experts") as log:
        correct_experts(changes, log)


def change_own(*, expert: Expert, change: Change, actor: Actor) -> None:
    """What experts say of themselves: keywords, languages, and until when they are away.

    Raises:
        Refused: an unknown language, or none left.
    """
    with command(actor, "review.expert.own", expert, name="review.change_own") as log:
        own = Change(keywords=change.keywords, languages=change.languages, away_until=change.away_until, back=change.back)
        correct_experts([(expert, own)], log)


def correct_experts(changes: Sequence[tuple[Expert, Change]], log: Log) -> None:
    """Write changes within a command.

    Raises:
        Refused: an unknown discipline or language, none left, or a load that cannot be.
    """
    disciplines = set(
        Discipline.objects.filter(code__in={c for _e, x in changes for c in x.codes or ()}).values_list("code", flat=True)
    )
    refuse_if(reason for _e, change in changes for reason in _mistakes(change, disciplines))
    locked = Expert.objects.select_for_update(of=("self",)).select_related("person").filter(pk__in=[e.pk for e, _x in changes])
    rows = {e.pk: e for e in locked.order_by("pk")}
    codes: dict[Expert, Sequence[str]] = {}
    for expert, change in changes:
        row, changed = rows[expert.pk], {}
        for name in PLAIN:
            value = getattr(change, name)
            if value is not None and value != getattr(row, name):
                changed[name] = value
        if change.back and row.away_until:
            changed["away_until"] = None
        for name, value in changed.items():
            setattr(row, name, list(value) if name == "languages" else value)
        if change.codes is not None:
            codes[row] = changed["codes"] = list(change.codes)
        log(row, after={name: str(value) for name, value in changed.items()})
    Expert.objects.bulk_update(rows.values(), PLAIN, batch_size=1000)
    Expert.disciplines.through.objects.filter(expert__in=[e.pk for e in codes]).delete()
    _put_codes(codes)


def _mistakes(change: Change, disciplines: set[str]) -> list[Reason]:
    reasons = []
    if change.codes is not None:
        wrong = [c for c in change.codes if c not in disciplines]
        if wrong or not change.codes:
            text = _("没有这些申请代码：%s") % "、".join(wrong)[:100] if wrong else _("至少填写一个申请代码")
            reasons.append(Reason(text, field="codes"))
    if change.languages is not None and (not change.languages or set(change.languages) - set(LANGUAGES)):
        reasons.append(Reason(_("至少选择一种评审语言"), field="languages"))
    if change.max_load is not None and not 0 <= change.max_load <= MOST_LOAD:
        reasons.append(Reason(_("应为 0 至 %d 的整数") % MOST_LOAD, field="max_load"))
    return reasons


def retire_expert(*, expert: Expert, reason: str, actor: Actor) -> None:
    """Ask somebody no more. What they have accepted already stays with them; an officer may take it back on its own page.

    Raises:
        Refused: retired already, or no reason.
    """
    _set_active(expert, False, reason, actor)


def restore_expert(*, expert: Expert, reason: str, actor: Actor) -> None:
    """Put a retired expert back into the database.

    Raises:
        Refused: not retired, or no reason.
    """
    _set_active(expert, True, reason, actor)


def _set_active(expert: Expert, active: bool, reason: str, actor: Actor) -> None:
    name = "review.restore_expert" if active else "review.retire_expert"
    with command(actor, "review.expert.manage", name=name) as log:
        row: Any = Expert.objects.select_for_update(of=("self",)).select_related("person").get(pk=expert.pk)
        if row.is_active == active:
            raise Refused.because(_("该专家已在库") if active else _("该专家已出库"))
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明依据"), field="reason")
        row.is_active = active
        row.save(update_fields=["is_active"])
        if active:
            _let_review([row])
        log(row, before={"is_active": not active}, after={"is_active": active, "reason": reason.strip()[:300]})
