"""Opinions: written, submitted, ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Event
from headwater.core.own import not_own
from headwater.core.services import notify
from headwater.core.solver import solve
from headwater.registry.models import accounts_of, is_own
from headwater.review.models import Assignment, Opinion, Ranking
from headwater.review.rules import opinion_problems, weighted_total
from headwater.review.terms import review_terms, weights_of

Values = Mapping[str, Any]
TEXT_LIMIT = 5000
OPINION_COLUMNS = (
    *(f.attname for f in Opinion._meta.concrete_fields),
    *(f"assignment__{name}" for name in ("state", "due_at", "application_id", "expert_id", "expert__person__account_id")),
    *(f"assignment__application__{name}" for name in ("research_class", "call__closes_at", "call__scheme__region")),
    "assignment__application__call__scheme__code",
)
"""What a judgement of an opinion reads: not the text of the application, nor the guide and the form of its call."""


def save_opinions(*, values: Mapping[int, Values], actor: Actor, submit: bool = False) -> int:
    """Save opinions by assignment id, and submit them when asked: one expert's desk, or a whole offline sheet, at once.

    A value holds any of scores, grade, familiarity, text_applicant, text_fund; what is missing stays as it was, and a
    score, grade or familiarity of None is cleared. Saving keeps whatever was typed; submitting asks that it is complete, and is final.

    Raises:
        Refused: not one's own, on one's own case, already submitted, too late, or incomplete (with the fields).
    """
    with command(actor, "review.opinion.write", name="review.submit_opinions" if submit else "review.save_opinions") as log:
        rows = list(
            Opinion.objects.select_for_update(of=("self",))
            .select_related("assignment__expert__person", "assignment__application__call__scheme")
            .only(*OPINION_COLUMNS)
            .filter(assignment__in=values)
            .order_by("pk")
        )
        if len(rows) != len(values):
            raise Refused.because(_("没有可填写的评审意见；请先接受邀请"))
        if not all(not_own(actor.account, row.assignment) for row in rows):
            raise Refused.because(_("您与其中的申请有利害关系，请申请回避"))
        scales: dict[tuple[int, str], Scale] = {}
        reasons: list[Reason] = []
        for row in rows:
            application = row.assignment.application
            key = (application.call_id, application.research_class)
            if key not in scales:
                scales[key] = _scale_of(application)
            reasons += _apply(row, values[row.assignment_id], scales[key], actor, submit)
        refuse_if(reasons)
        fields = ["scores", "total", "grade", "familiarity", "text_applicant", "text_fund", "saved_at", "submitted_at"]
        Opinion.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["assignment"], update_fields=fields
        )
        if submit:
            Assignment.objects.filter(pk__in=[r.assignment_id for r in rows]).update(state=Assignment.State.SUBMITTED)
        for row in rows:
            log(row, after={"submitted": submit, "assignment": row.assignment_id})
    return len(rows)


@dataclass(frozen=True)
class Scale:
    """What an opinion on an application must hold."""

    weights: Mapping[str, int]
    grades: tuple[int, ...]
    criteria: frozenset[str]
    least: int


def _scale_of(application: Application) -> Scale:
    call, judging = application.call, scheme_of(application.call).judging
    weights = weights_of(call, application.research_class)
    return Scale(weights, judging.values, frozenset(c.code for c in judging.criteria), review_terms(call).least_chars)


def _apply(row: Opinion, value: Values, scale: Scale, actor: Actor, submit: bool) -> list[Reason]:
    assignment = row.assignment
    if actor.account and not is_own(actor.account, assignment.expert.person):
        return [Reason(_("只能填写自己的评审意见"))]
    if assignment.state != Assignment.State.ACCEPTED or row.submitted_at:
        return [Reason(_("该评审意见已提交或已撤回，不能修改"), code="state")]
    if assignment.due_at and clock.now() > assignment.due_at:
        return [Reason(_("已过评审截止时间"), code="late")]
    reasons = []
    for name in ("text_applicant", "text_fund"):
        if len(value.get(name, "")) > TEXT_LIMIT:
            reasons.append(Reason(_("最多 %d 字") % TEXT_LIMIT, field=name))
        elif name in value:
            setattr(row, name, value[name].replace("\0", ""))
    if "scores" in value:
        row.scores = {c: v for c, v in {**row.scores, **value["scores"]}.items() if c in scale.criteria and v is not None}
    for name in ("grade", "familiarity"):
        if name in value:
            setattr(row, name, value[name])
    row.saved_at = clock.now()
    if submit:
        problems = opinion_problems(
            scores=row.scores,
            weights=scale.weights,
            grade=row.grade,
            grades=scale.grades,
            familiarity=row.familiarity,
            text=row.text_applicant,
            least=scale.least,
        )
        reasons += [Reason(str(words), field=field) for field, words in problems]
        if not problems:
            row.total, row.submitted_at = round(weighted_total(row.scores, scale.weights), 4), clock.now()
    return reasons


def compute_ranking(*, call: Call) -> int:
    """Rank the applications of a call from their submitted opinions: one read, one statement. Call inside a command."""
    rows = list(
        Opinion.objects.filter(assignment__application__call=call, submitted_at__isnull=False)
        .exclude(assignment__application__state=State.IN_REVIEW)
        .values_list("assignment__application", "assignment__expert", "total", "grade")
        .order_by("pk")
    )
    Ranking.objects.filter(application__call=call).exclude(application__in={r[0] for r in rows}).delete()
    if not rows:
        return 0
    money = None
    if scheme_of(call).has_money:
        money = (float(call.budget_fen), dict(Application.objects.filter(call=call).values_list("pk", "amount_fen")))
    ranked: list[dict[str, Any]] = solve("headwater.solving.ranking:rank", rows, money, call.pk)
    now = clock.now()
    Ranking.objects.bulk_create(
        [Ranking(**fields, computed_at=now) for fields in ranked],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=[
            *("opinions", "mean", "calibrated", "sd", "component", "chance", "near_line"),
            *("grade_mean", "spread", "rank", "computed_at"),
        ],
    )
    return len(ranked)


def remind(*, call: Call, actor: Actor) -> int:
    """Remind experts who have accepted and not submitted, once a day at most; returns how many.

    Raises:
        Refused: they were reminded within a day, or nobody is left to remind.
    """
    with command(actor, "review.manage", call, name="review.remind") as log:
        Call.objects.select_for_update().get(pk=call.pk)
        reminders = Event.objects.filter(command="review.remind", subject_type="calls.call", subject_id=call.pk)
        if reminders.filter(at__gt=clock.now() - timedelta(days=1)).exists():
            raise Refused.because(_("24 小时内已提醒过，请明天再提醒"))
        writing = Assignment.objects.filter(application__call=call, state=Assignment.State.ACCEPTED)
        people = accounts_of(writing.values_list("expert__person", flat=True))
        if not people:
            raise Refused.because(_("没有需要提醒的专家"))
        notify(people, title=lambda: _("请尽快提交评审意见：%s") % call.title_zh, url="/review/")
        log(call, after={"reminded": len(people)})
    return len(people)
