"""The opinion of a member on an item, under the form of the kind: saved as often as they like, submitted once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.bodies.models import BodyMember, BodyOpinion, Recusal, Sitting, SittingItem
from headwater.casework.bodies.stores import OPINIONS
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused
from headwater.core.i18n import Bilingual
from headwater.core.parameters import Parameters
from headwater.forms.answers.judging import is_complete, is_filled, judge_check, problems_of
from headwater.forms.answers.state import Answers
from headwater.forms.expressions import Value
from headwater.forms.models import AnswerSheet
from headwater.forms.results import Verdict
from headwater.forms.sheets import save_answers, sheet_of
from headwater.registry.models import is_own


@dataclass(frozen=True)
class OpinionContext:
    """What the form of an opinion may ask beside its own answers: dated parameters of the region alone."""

    region: str
    on: date

    def built_in(self) -> Mapping[str, Value]:
        return {}

    def parameter(self, key: str) -> Any:
        return Parameters(self.region, self.on).get(key)

    def attached(self) -> Mapping[str, int]:
        return {}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return {}

    def asked_fen(self) -> int | None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return self.on


def answers_in(item: SittingItem, opinion: BodyOpinion | None) -> Answers:
    """Return what an opinion holds, worked out under the form of the kind."""
    stored = sheet_of(OPINIONS.of(opinion.pk)).answers if opinion else {}
    return _worked_out(item, stored)


def _worked_out(item: SittingItem, stored: Mapping[str, Any]) -> Answers:
    body = item.sitting.body
    return Answers(body.rule.form, stored, OpinionContext(body.kind.region, clock.today()))


def write_opinion(
    *, item: SittingItem, member: BodyMember, values: Mapping[str, Any], actor: Actor, submit: bool = False
) -> BodyOpinion:
    """Save what a member writes about an item, or submit it, after which it stays as it is.

    Raises:
        Refused: not one's own, no form, the sitting is over, one stands back, it is submitted already; or, with `submit`, what is missing
            and what is wrong, by question.
    """
    name = "bodies.submit_opinion" if submit else "bodies.save_opinion"
    with command(actor, "bodies.sit", item.sitting, name=name) as log:
        if actor.account and not is_own(actor.account, member.person):
            raise Refused.because(_("只能由本人填写"))
        _refuse_too_late(item, member)
        row, _is_new = BodyOpinion.objects.get_or_create(item=item, member=member)
        row = BodyOpinion.objects.select_for_update().get(pk=row.pk)
        if row.submitted_at:
            raise Refused.because(_("意见已提交，不能再改"))
        rule = item.sitting.body.rule
        save_answers(OPINIONS.of(row.pk), rule.form, values, actor=actor)
        if submit:
            if reasons := lacking(answers_in(item, row)):
                raise Refused(reasons)
            row.submitted_at = clock.now()
            row.save(update_fields=["submitted_at"])
        log(row, after={"item": item.pk, "submitted": submit})
    return row


def _refuse_too_late(item: SittingItem, member: BodyMember) -> None:
    sitting = Sitting.objects.select_for_update().get(pk=item.sitting_id)
    if not item.sitting.body.rule.form.fields:
        raise Refused.because(_("本类组织不填写书面意见"))
    if sitting.state not in {Sitting.State.CALLED, Sitting.State.OPEN}:
        raise Refused.because(_("会议已结束，不能再填写意见"))
    if not member.votes or Recusal.objects.filter(item=item, member=member).exists():
        raise Refused.because(_("您须回避该议题，不填写意见"))


def lacking(answers: Answers) -> list[Reason]:
    """Return what keeps an opinion from being submitted, by question, and the checks that fail."""
    reasons = []
    for _section, fields in answers.asked_sections:
        for f in fields:
            if f.value:
                continue
            problems = "；".join(str(p) for p in problems_of(answers, f))
            if problems:
                reasons.append(Reason(problems, field=f.code))
            elif f.required and not is_filled(answers, f):
                reasons.append(Reason(_("请填写此栏"), field=f.code))
            elif (f.required or is_filled(answers, f)) and not is_complete(answers, f):
                limits = {"least": max(1, f.min_chars), "most": f.max_chars}
                reasons.append(Reason(_("应为 %(least)d 至 %(most)d 字") % limits, field=f.code))
    for check in answers.form.checks:
        result = judge_check(answers, check)
        if result is not None and result.outcome == Verdict.FAILED and check.blocks:
            reasons.append(Reason(str(Bilingual(result.zh, result.en)), field="_"))
    return reasons


def submitted(item: SittingItem) -> list[tuple[BodyOpinion, Answers]]:
    """Return the opinions on an item that were submitted (2 queries), in the order of their words: it tells nothing of who wrote them."""
    rows = list(item.opinions.filter(submitted_at__isnull=False).select_related("member__person"))
    sheets = AnswerSheet.objects.filter(subject_kind=OPINIONS.kind, subject_id__in=[o.pk for o in rows])
    stored = {sheet.subject_id: sheet.answers for sheet in sheets}
    rows.sort(key=lambda row: json.dumps(stored.get(row.pk, {}), ensure_ascii=False, sort_keys=True))
    return [(row, _worked_out(item, stored.get(row.pk, {}))) for row in rows]
