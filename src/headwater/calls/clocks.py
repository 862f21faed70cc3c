"""The legal clocks of an application: what is due by when, under which rule, and whether the date was met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.checking.services.rechecking import days_to_ask, recheck_until
from headwater.calls.models import Application, Call, Decision, FormalCheck
from headwater.calls.states import UNSUBMITTED, State
from headwater.core import clock
from headwater.core.models import Event
from headwater.core.parameters import Parameters
from headwater.registry.queries import basis_of, region_of


@dataclass(frozen=True)
class Step:
    """A line of the timeline: `at` when it happened, `due` when it must, `source` the rule, `note` what was said with it."""

    label: str
    at: datetime | None = None
    due: datetime | None = None
    source: str = ""
    now: bool = False
    note: str = ""

    @property
    def late(self) -> bool:
        return bool(self.due and ((self.at and self.at > self.due) or (not self.at and clock.now() > self.due)))


STEP_NAMES = {
    "calls.return_to_author": gettext_lazy("依托单位退回修改"),
    "calls.withdraw_application": gettext_lazy("申请人撤回"),
    "calls.reopen_application": gettext_lazy("重新编辑"),
    "calls.return_to_host": gettext_lazy("归口管理部门退回单位"),
    "calls.cancel_call": gettext_lazy("批次取消"),
    "calls.not_endorse": gettext_lazy("依托单位不予报送"),
    "calls.expire_late": gettext_lazy("逾期关闭"),
}


def after(moment: datetime, days: int) -> datetime:
    """Return the end of the `days`-th calendar day after `moment`."""
    return clock.end_of_day(clock.add_days(clock.local_day(moment), days))


def provisional(year: int | None) -> str:
    """Return the note on a period of working days in a year whose calendar is not published; empty where there is no such year."""
    sentence = _("%(year)d 年的工作日历尚未公布，公示期满日按周一至周五暂定，公布后以核定的日期为准。")
    return sentence % {"year": year} if year else ""


def days_of(call: Call, key: str) -> int:
    """Return a period of the call in days, as it was in force on the day of its deadline."""
    return Parameters(call.scheme.region, clock.last_day(call.closes_at)).number(key, call.scheme.code)


def check_due(call: Call) -> datetime:
    """Return the moment by which the result of the formal check must be published."""
    return after(call.closes_at, days_of(call, "formal_check_days"))


def recheck_due(call: Call, requested_at: datetime) -> datetime:
    """Return the moment by which a re-check that was asked for at `requested_at` must be answered."""
    return after(requested_at, days_of(call, "recheck_answer_days"))


def cited(call: Call, code: str, period: str) -> str:
    """Return a period with the rule that the region cites for it, where it cites one."""
    basis = basis_of(region_of(call.scheme.region), code)
    return _("%(basis)s：%(period)s") % {"basis": basis, "period": period} if basis else period


def check_period(call: Call) -> str:
    return cited(call, "formal_check", _("截止后 %d 日内") % days_of(call, "formal_check_days"))


def recheck_period(call: Call) -> str:
    return cited(call, "recheck_answer", _("收到之日起 %d 日内") % days_of(call, "recheck_answer_days"))


def noted_steps(application: Application, *, to_host: bool) -> list[Step]:
    """Return returns, withdrawals and other ends with their notes, the oldest first. What an agency wrote to a host is for the
    host (`to_host`). The reason of a withdrawal is an event of its own, after the move.
    """
    rows = Event.objects.filter(subject_type="calls.application", subject_id=application.pk, command__in=STEP_NAMES).order_by(
        "id"
    )
    hidden = set() if to_host else {"calls.return_to_host"}
    steps: list[Step] = []
    for e in rows:
        after = e.after or {}
        if steps and "state" not in after:
            steps[-1] = replace(steps[-1], note=str(after.get("reason") or ""))
        else:
            steps.append(
                Step(str(STEP_NAMES[e.command]), e.at, note="" if e.command in hidden else str(after.get("returned_note") or ""))
            )
    return steps


def _recheck_steps(application: Application, record: FormalCheck | Decision | None, refused: State) -> list[Step]:
    """Return the re-check of the formal check, or of a decision that has been told: what happened, or until when to ask."""
    if record and record.recheck_at:
        due = recheck_due(application.call, record.recheck_at)
        now = application.state == State.RECHECK and not record.recheck_answered_at
        return [Step(_("复审"), record.recheck_answered_at, due, recheck_period(application.call), now=now)]
    until = recheck_until(application) if application.state == refused else None
    if until and until >= clock.now():
        period = _("收到通知之日起 %d 日内") % days_to_ask(application.call, clock.today())
        return [Step(_("可申请复审"), None, until, cited(application.call, "recheck_request", period), now=True)]
    return []


def timeline(application: Application, *, to_host: bool = False) -> list[Step]:
    """Return the steps of an application as its applicant may know them, without the inside of a review: what happened in the order of
    time, then what is to come.
    """
    call, check = application.call, getattr(application, "check_result", None)
    steps = [
        Step(_("开始填写"), application.created_at),
        Step(_("提交依托单位"), application.submitted_at, call.closes_at, now=application.state == State.DRAFT),
        Step(_("单位审核"), application.endorsed_at, call.endorse_by, now=application.state == State.HOST_REVIEW),
    ]
    if not application.host.direct:
        steps.append(Step(_("归口推荐"), application.received_at, call.recommend_by, now=application.state == State.RECOMMENDING))
    steps += noted_steps(application, to_host=to_host)
    if application.state in UNSUBMITTED - {State.DRAFT}:
        return in_order([s for s in steps if s.at])
    steps.append(
        Step(
            _("形式审查"),
            check.decided_at if check else None,
            check_due(call),
            check_period(call),
            now=application.state == State.RECEIVED,
        )
    )
    steps += _recheck_steps(application, check, State.NOT_ACCEPTED)
    if application.state != State.NOT_ACCEPTED:
        state = application.public_state
        notice = call.notices.order_by("-starts_at").first()
        shown = notice.starts_at if notice else application.decided_at
        steps.append(Step(_("评审"), None if state == State.IN_REVIEW else shown, now=state == State.IN_REVIEW))
        running = application.state in {State.PUBLICITY, State.OBJECTION}
        note = provisional(notice.without_calendar) if notice and running else ""
        steps.append(Step(_("公示"), notice.starts_at if notice else None, now=running, note=note))
        steps.append(Step(_("决定"), application.decided_at))
        steps += _recheck_steps(application, getattr(application, "decision", None), State.REJECTED)
    return in_order(steps)


def in_order(steps: list[Step]) -> list[Step]:
    """Return what happened by its moment, then the other steps as they follow each other."""
    return sorted(steps, key=lambda s: (s.at is None, s.at.timestamp() if s.at else 0))
