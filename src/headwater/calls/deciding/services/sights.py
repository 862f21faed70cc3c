"""What each approval rests on, line by line: the pages show these lines, the commands compare them again under their locks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.dates import DATE_LABELS
from headwater.calls.models import Application, Call, CallChange, Decision, Objection, SchemeVersion, record_of_refusal
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CANCELLABLE, State
from headwater.core.models import Account
from headwater.core.own import own_cases
from headwater.core.seen import Sight


def decisions_sight(call: Call) -> Sight:
    """Return the decisions of a call that wait for approval: outcome, money, rank, reason and who proposed each."""
    rows = waiting_decisions(call)
    return Sight({_named(d.application): [*_decided(d), d.deviation, d.deviation_words, d.proposed_by_id] for d in rows})


def waiting_decisions(call: Call) -> list[Decision]:
    """Return the decisions that wait for approval, in the order of their ranks, with what their lines show."""
    rows = Decision.objects.filter(call=call, approved_at__isnull=True)
    return list(rows.select_related("application__leader", "application__host", "proposed_by").order_by("rank", "pk"))


def notice_sight(call: Call, account: Account | None) -> Sight:
    """Return the lines that a notice of a call would publish, as they would read, in their order. Nobody sees a trace of their
    own case.
    """
    own = own_cases(account)
    return Sight(
        {
            _named(d.application): [
                n,
                d.application.title_zh,
                d.application.leader.name_zh,
                d.application.host.name_zh,
                *_decided(d),
            ]
            for n, d in enumerate(to_publish(call), start=1)
            if d.application_id not in own
        }
    )


def to_publish(call: Call) -> list[Decision]:
    """Return the decisions in favour that no notice has shown yet, in the order of their ranks."""
    rows = call.decisions.filter(outcome=Decision.Outcome.FUND, application__state=State.PROPOSED)
    return list(rows.select_related("application__leader", "application__host").order_by("rank", "application__number"))


def _named(application: Application) -> str:
    return application.number or f"{application.pk}"


def _decided(d: Decision) -> list[Any]:
    return [d.outcome, d.amount_fen, d.rank, d.reason]


WORDS: dict[str, Callable[[], str]] = {
    "title": lambda: _("名称"),
    "guide_zh": lambda: _("申报指南"),
    "guide_en": lambda: _("英文指南"),
    "contact": lambda: _("联系方式"),
    "budget": lambda: _("预算（万元）"),
    "year": lambda: _("年度"),
    "stage": lambda: _("阶段"),
    "version": lambda: _("项目类型版本"),
    "topics": lambda: _("指南方向"),
    "overrides": lambda: _("本批次参数"),
    "agency": lambda: _("归口管理部门"),
    "editors": lambda: _("起草人"),
    "change": lambda: _("变更内容"),
    "reason": lambda: _("理由"),
    "ends": lambda: _("将终止的申请"),
    "state": lambda: _("申请的状态"),
    "objection": lambda: _("异议"),
    "reply": lambda: _("申请人的陈述"),
    "answer": lambda: _("处理意见"),
    "refusal": lambda: _("原决定的理由"),
    "asked": lambda: _("复审的理由"),
    **DATE_LABELS,
}


def _sight(**lines: Any) -> Sight:
    return Sight(lines, {name: WORDS[name]() for name in lines})


def call_sight(call: Call) -> Sight:
    """Return a call as its second officer reads it: texts, dates, money, own figures, topics, and the version of the scheme."""
    return _sight(
        title=[call.title_zh, call.title_en],
        guide_zh=call.guide_zh,
        guide_en=call.guide_en,
        contact=call.contact,
        budget=call.budget_fen,
        year=call.year,
        stage=[call.stage, call.outline_id],
        version=call.scheme_id,
        topics=call.topics,
        overrides=call.overrides,
        agency=call.agency_id,
        editors=[call.drafted_by_id, call.edited_by],
        **{name: _moment(getattr(call, name)) for name in DATE_LABELS},
    )


def words_sight(call: Call, newer: SchemeVersion) -> Sight:
    """Return the documents that a newer version would have people sign, each under its digest."""
    documents = scheme_of(Call(scheme=newer, stage=call.stage)).documents
    return Sight({d.title_zh: [d.code, d.digest, list(d.signs), d.when] for d in documents})


def change_sight(change: CallChange) -> Sight:
    """Return a waiting change: its words and dates, what they replace, and how many applications it would end."""
    call = change.call
    now = {name: getattr(call, name, "") for name in change.values}
    ends = Application.objects.filter(call=call, state__in=CANCELLABLE).count() if change.kind == CallChange.Kind.CANCEL else None
    replaced = {k: _moment(v) for k, v in now.items()}
    return _sight(change=[change.kind, change.values, replaced], reason=[change.reason, change.reason_en], ends=ends)


def objection_sight(objection: Objection) -> Sight:
    """Return an objection as the officer reads it, and the state of what it concerns, as they are now."""
    return loaded_objection_sight(Objection.objects.select_related("row__application").get(pk=objection.pk))


def loaded_objection_sight(row: Objection) -> Sight:
    """Return the sight of an objection that was read just now with its row and application: for lists."""
    state = row.row.application.state
    return _sight(objection=[row.pk, row.state, row.text], reply=row.reply, answer=row.answer, state=state)


def recheck_sight(application: Application) -> Sight:
    """Return a request for re-check as the officer reads it: what was refused and why, and what the applicant replies."""
    record = record_of_refusal(application)
    refusal: list[Any] = []
    if isinstance(record, Decision):
        refusal += [record.outcome, record.letter_words or record.reason]
    elif record is not None:
        refusal += [sorted(record.codes), record.note]
    return _sight(state=application.state, refusal=refusal, asked=record.recheck_text if record else "")


def _moment(value: Any) -> str:
    """Write a moment in one way, whatever zone it was recorded in."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
