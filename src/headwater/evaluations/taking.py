"""Which entries take part in a round: those of its kinds that are at work, as its sheet and its groups see them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.models import Call
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.core.parameters import Parameters
from headwater.registers.contexts import RELATED
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.kinds import kinds_here
from headwater.registers.shapes import AT_WORK, Evaluation, Kind
from headwater.registry.models import ReviewGroup
from headwater.registry.queries import group_of, group_prefixes, region_code


@dataclass(frozen=True)
class Plan:
    """What a round of some kinds would be: its register, its sheet with its digest, the years judged, since when an entry must be at work
    to have to take part.
    """

    call: Call
    kinds: Mapping[str, Kind]
    register: RegisterOf
    sheet: Mapping[str, Any]
    digest: str
    since: date
    until: date
    obliged_before: date
    least_group: int = 1

    @property
    def evaluation(self) -> Evaluation:
        return evaluation_of(next(iter(self.kinds.values())))

    def type_of(self, entry: Any) -> str:
        """Return the type of the sheet that holds for an entry; the first one where it has not said which."""
        evaluation = evaluation_of(self.kinds[entry.kind])
        first: str = self.sheet["type"][0]["code"]
        return evaluation.type or str(entry.answers.get(evaluation.type_by) or first)


def evaluation_of(kind: Kind) -> Evaluation:
    """
    Raises:
        LookupError: entries of the kind are not evaluated.
    """
    if kind.evaluation is None:
        raise LookupError(f"{kind.code!r} says nothing of an evaluation")
    return kind.evaluation


def digest_of(sheet: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(sheet, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def kinds_for(call: Call) -> dict[str, Kind]:
    """Return the kinds whose entries the scheme of a call evaluates."""
    code = scheme_of(call).code
    return {k.code: k for k in kinds_here().values() if k.evaluation and k.evaluation.scheme == code}


def plan_round(call: Call, kinds: Sequence[str], on: date) -> Plan:
    """Return what a round would be whose years end on a day.

    Raises:
        Refused: the call grades nothing or takes no applications; kinds that are not evaluated by it, or not on one sheet.
    """
    if not scheme_of(call).outcome_kind.grades:
        raise Refused.because(_("批次“%s”不是评估，不能启动评估轮次") % call)
    possible = kinds_for(call)
    unknown = [code for code in kinds if code not in possible]
    known = "、".join(str(k.label) for k in possible.values()) or _("无")
    reasons = [Reason(_("种类 %(kind)s 不由本批次评估；可选：%(known)s") % {"kind": c, "known": known}, "kinds") for c in unknown]
    if not kinds:
        reasons.append(Reason(_("请选择参评的种类；可选：%s") % known, "kinds"))
    refuse_if(reasons)
    chosen = {code: possible[code] for code in possible if code in kinds}
    refuse_if(_of_one_round(chosen, on))
    evaluation = evaluation_of(next(iter(chosen.values())))
    terms = Parameters(region_code(), on)
    years = terms.number(evaluation.every)
    obliged = terms.number(evaluation.obliged) if evaluation.obliged else years
    register = REGISTERS[next(iter(chosen.values())).register]
    least = terms.number(evaluation.least_group) if evaluation.least_group else 1
    sheet, since = dict(evaluation.sheet), years_before(on, years)
    return Plan(call, chosen, register, sheet, digest_of(sheet), since, on, years_before(on, obliged), least)


def years_before(day: date, years: int) -> date:
    """Return the day from which on a number of years end on a day; the day before where there are none."""
    return clock.add_months(day, -12 * years) if years else day - timedelta(days=1)


def _of_one_round(kinds: Mapping[str, Kind], on: date) -> Iterable[Reason]:
    of = [(k, evaluation_of(k)) for k in kinds.values()]
    first, rest = of[0], of[1:]
    for kind, evaluation in rest:
        if digest_of(evaluation.sheet) != digest_of(first[1].sheet):
            words = {"one": first[0].label, "other": kind.label}
            yield Reason(_("“%(one)s”与“%(other)s”的评估指标不同，不能在同一轮次评估") % words, "kinds")
        if REGISTERS[kind.register].model is not REGISTERS[first[0].register].model:
            yield Reason(_("“%s”登记在另一登记册，不能在同一轮次评估") % kind.label, "kinds")
    if on > clock.today():
        yield Reason(_("评估期的最后一天不能晚于今天"), "on")


def entries_for(plan: Plan) -> list[Any]:
    """Return the entries at work of the kinds of a round that may take part, by number (1 query)."""
    rows = plan.register.model._default_manager.filter(
        kind__in=list(plan.kinds), group__in=AT_WORK, succeeded_on__isnull=True, since__isnull=False, since__lte=plan.until
    )
    people = [k.column for k in plan.register.keepers]
    return list(rows.select_related(*RELATED, "host__recommender", *people).order_by("number"))


def is_obliged(plan: Plan, entry: Any) -> bool:
    return bool(entry.since <= plan.obliged_before)


JOINED = ("", NOTHING)
"""The group of those that belong to none, or to one that is too small."""


def groups_of(plan: Plan, entries: Sequence[Any], there: Collection[str] = ()) -> dict[int, tuple[str, Bilingual]]:
    """Return the group of each entry, by its code and its name (at most 2 queries). Groups that are too small are joined, but for those that
    are `there` already.
    """
    groups = _whole_groups(plan, entries)
    sizes = Counter(code for code, _name in groups.values())
    return {pk: g if g[0] in there or sizes[g[0]] >= plan.least_group else JOINED for pk, g in groups.items()}


def _whole_groups(plan: Plan, entries: Sequence[Any]) -> dict[int, tuple[str, Bilingual]]:
    by = plan.evaluation.group_by
    if by == "discipline":
        prefixes, names = group_prefixes(), {g.code: both(g) for g in ReviewGroup.objects.all()}
        codes = {e.pk: group_of(e.discipline.code, prefixes) for e in entries if e.discipline_id}
        return {e.pk: (code, names[code]) if (code := codes.get(e.pk, "")) in names else JOINED for e in entries}
    records = {e.pk: getattr(e, by, None) if by else None for e in entries}
    return {pk: (record.code, both(record)) if record else JOINED for pk, record in records.items()}
