"""What follows from final grades: verbs of the kind, done or proposed by an officer; what an entry may claim until money is booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused
from headwater.core.parameters import Parameters
from headwater.evaluations.models import Consequence, Entitlement, Entrant, Grade, Round
from headwater.evaluations.subjects import entries_of
from headwater.registers.declared import EFFECTS, REGISTERS, Doing, Effect, Weighing
from headwater.registers.kinds import kinds_here
from headwater.registers.models import WAITING, Proposal
from headwater.registers.services.acting import apply_verb, weigh
from headwater.registers.shapes import Verb
from headwater.registry.queries import region_code

SUBSIDY = "subsidy"
AMOUNT = "evaluation_subsidy_fen"
"""The dated parameter of what an entry may claim."""


@dataclass(frozen=True)
class Due:
    """A verb that is to follow from a grade; `reasons` stand against it now."""

    grade: Grade
    entry: Any
    verb: Verb
    reasons: tuple[Reason, ...] = ()


def consequences_due(round_: Round, account: Any = None) -> list[Due]:
    """Return what is still to follow from the final grades of a round, weighed for an account (a fixed number of queries for each verb)."""
    grades = list(
        Grade.objects.filter(entrant__round=round_, state=Grade.State.FINAL).select_related("entrant").order_by("entrant__number")
    )
    done = set(Consequence.objects.filter(grade__in=grades).values_list("grade", "verb"))
    entries, kinds = entries_of(round_, [g.entrant for g in grades]), kinds_here()
    wanted: dict[tuple[str, str], list[tuple[Grade, Any]]] = {}
    for g in grades:
        kind, entry = kinds.get(g.entrant.kind), entries.get(g.entrant.subject_id)
        if kind is None or kind.evaluation is None or entry is None or entry.kind != kind.code:
            continue
        for code in kind.evaluation.verbs_for(g.grade, g.again):
            if (g.pk, code) not in done:
                wanted.setdefault((kind.code, code), []).append((g, entry))
    register = REGISTERS[round_.register]
    due = []
    for (kind_code, verb), pairs in wanted.items():
        kind = kinds[kind_code]
        doing = Doing(kind=kind, verb=kind.verb[verb], on=clock.today(), account=account)
        against = {p.entry.pk: p.reasons for p in weigh(register, [e for _g, e in pairs], doing)}
        due += [Due(g, e, kind.verb[verb], tuple(against[e.pk])) for g, e in pairs]
    return sorted(due, key=lambda d: (d.entry.number, d.verb.code))


def carry_out(*, round_: Round, grades: Sequence[int], actor: Actor) -> list[Consequence]:
    """Do or propose what is to follow from some final grades of a round: all of it, or nothing.

    Raises:
        Refused: nothing is to follow, or something stands against a verb, with every reason.
    """
    with command(actor, "evaluations.follow", round_.call, name="evaluations.carry_out") as log:
        Round.objects.select_for_update().get(pk=round_.pk)
        due = [d for d in consequences_due(round_, actor.account) if d.grade.pk in set(grades)]
        if not due:
            raise Refused.because(_("没有待办理的事项"), code="nothing")
        if reasons := [r for d in due for r in d.reasons]:
            raise Refused(list(dict.fromkeys(reasons)))
        rows = [row for verb, group in _by_verb(due).items() for row in _do(round_, verb, group, actor)]
        Consequence.objects.bulk_create(rows, batch_size=500)
        for row in rows:
            log(row, after={"grade": row.grade_id, "verb": row.verb, "proposal": row.proposal_id})
    return rows


def _by_verb(due: Sequence[Due]) -> Mapping[tuple[str, str], list[Due]]:
    groups: dict[tuple[str, str], list[Due]] = {}
    for d in due:
        groups.setdefault((d.entry.kind, d.verb.code), []).append(d)
    return groups


def _do(round_: Round, of: tuple[str, str], group: Sequence[Due], actor: Actor) -> list[Consequence]:
    """Do a verb with entries of one kind: at once where nothing has to be approved, else one proposal for each."""
    register, verb = REGISTERS[round_.register], group[0].verb
    names = {g.code: g.name.zh for g in round_.of.grades}
    if not verb.waits:
        reason = _("评估结果：%s") % round_.call.title_zh
        apply_verb(register=register, entries=[d.entry.pk for d in group], verb=of[1], reason=reason, actor=actor)
        return [Consequence(grade=d.grade, verb=of[1], by=actor.account) for d in group]
    for d in group:
        again = _("（连续两次）") if d.grade.again else ""
        words = {"call": round_.call.title_zh, "grade": names[d.grade.grade], "again": again}
        reason = _("%(call)s评定为“%(grade)s”%(again)s") % words
        apply_verb(register=register, entries=[d.entry.pk], verb=of[1], reason=reason, actor=actor)
    keys = [d.entry.pk for d in group]
    proposals = Proposal.objects.filter(subject_kind=round_.subject_kind, subject_id__in=keys, verb=of[1], state__in=WAITING)
    by_entry = {p.subject_id: p for p in proposals}
    return [Consequence(grade=d.grade, verb=of[1], proposal=by_entry.get(d.entry.pk), by=actor.account) for d in group]


def entitle_subsidy(entries: Sequence[Any], weighing: Weighing, log: Log) -> None:
    """Put down what entries may claim because of their last final grade: an amount by the dated parameter, until money is booked.

    Raises:
        Refused: an entry has no final grade.
    """
    label = entries[0]._meta.label_lower
    rows = Grade.objects.filter(
        state=Grade.State.FINAL, entrant__subject_kind=label, entrant__subject_id__in=[e.pk for e in entries]
    )
    newest = {g.entrant.subject_id: g for g in rows.select_related("entrant").order_by("entrant__round__until", "pk")}
    missing = [e for e in entries if e.pk not in newest]
    if missing:
        raise Refused([Reason(_("%s 没有评定的等次，不能认定补助资格") % e, code="grade") for e in missing])
    terms = Parameters(region_code(), weighing.on)
    amounts = {e.pk: terms.number(AMOUNT, e.kind) for e in entries}
    present = set(Entitlement.objects.filter(grade__in=newest.values(), code=SUBSIDY).values_list("grade", flat=True))
    fresh = [
        Entitlement(grade=newest[e.pk], code=SUBSIDY, amount_fen=amounts[e.pk], since=weighing.on)
        for e in entries
        if newest[e.pk].pk not in present
    ]
    for row in Entitlement.objects.bulk_create(fresh):
        log(row, after={"grade": row.grade_id, "code": row.code, "amount_fen": row.amount_fen})


def entitlements_of(entry: Any) -> list[Entitlement]:
    """Return what an entry may claim, the newest first (1 query)."""
    of = Entrant.objects.filter(subject_kind=entry._meta.label_lower, subject_id=entry.pk)
    return list(Entitlement.objects.filter(grade__entrant__in=of).select_related("grade__entrant__round__call"))


EFFECTS.add("entitle_subsidy", Effect(gettext_lazy("认定评估后补助资格（经费到位前为资格记录）"), entitle_subsidy))
