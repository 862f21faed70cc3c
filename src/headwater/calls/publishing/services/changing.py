"""Changes or cancels a published call: one officer proposes it with a reason, a second one takes it into force, and everybody
concerned is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.sights import change_sight
from headwater.calls.models import Application, Call, CallChange, Decision, HostQuota, Link, Participant, Version, has_own_in
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CANCELLABLE, GIVEN_UP, IN_THE_HOUSE, UNSUBMITTED, CallState, State
from headwater.calls.stores import APPLICATIONS
from headwater.calls.terms import keys_of, region_terms
from headwater.calls.workflow import APPLICATION, CALL
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account, RoleGrant
from headwater.core.register import Register
from headwater.core.services import notify, write_to
from headwater.core.site import site_address
from headwater.forms.versions import mark_step
from headwater.registry.models import accounts_of

DATES: dict[str, Callable[[], str]] = {
    "closes_at": lambda: _("申报截止"),
    "endorse_by": lambda: _("单位审核截止"),
    "recommend_by": lambda: _("归口推荐截止"),
}
WORDS: dict[str, Callable[[], str]] = {
    "contact": lambda: _("联系方式"),
    "note_zh": lambda: _("指南补充说明"),
    "note_en": lambda: _("指南补充说明（英文）"),
}
"""What a published call may still be given. Everything else is what people applied under."""

SENT_OUT = IN_THE_HOUSE - {State.RECEIVED, State.NOT_ACCEPTED, State.RECHECK, State.ACCEPTED}

Hook = Callable[[Call, str, Log], None]
ON_CANCEL: Register[Hook] = Register("end with a cancelled call")
"""What an app on a higher floor ends when a call is cancelled; called within the command, with the reason."""


@dataclass(frozen=True)
class Audience:
    """The people who are told of a change. `outside` are addresses of members without an account."""

    applicants: list[Account]
    members: list[Account]
    outside: list[str]
    hosts: list[Account]
    agencies: list[Account]

    @property
    def accounts(self) -> list[Account]:
        return [*self.applicants, *self.members, *self.hosts, *self.agencies]


def audience(call: Call) -> Audience:
    """Return everybody with a draft or an application that has not ended, hosts with a quota or with applications, and agencies
    that have some to recommend (5 queries).
    """
    rows = Application.objects.filter(call=call).exclude(state__in=GIVEN_UP)
    members = Participant.objects.filter(application__in=rows, declined_at__isnull=True)
    hosts = (
        HostQuota.objects.filter(call=call, quota__gt=0).values_list("organisation").union(rows.values_list("host").order_by())
    )
    agencies = rows.filter(state=State.RECOMMENDING).values("host__recommender")
    return Audience(
        list(accounts_of(rows.order_by().values_list("leader", flat=True))),
        list(accounts_of(members.order_by().values_list("person", flat=True))),
        sorted(
            set(members.filter(person__account__isnull=True).exclude(person__email="").values_list("person__email", flat=True))
        ),
        _holders("host_manager", scope="organisation", scope_id__in=[host for (host,) in hosts]),
        _holders("recommender", scope="agency", scope_id__in=agencies),
    )


def _holders(role: str, **scope: Any) -> list[Account]:
    grants = RoleGrant.objects.in_force(clock.now()).filter(role=role, **scope)
    return list(Account.objects.filter(pk__in=grants.values("account")).order_by("pk"))


def propose_change(
    *, call: Call, actor: Actor, reason: str, reason_en: str = "", values: Mapping[str, Any] | None = None, cancel: bool = False
) -> CallChange:
    """Propose later deadlines, another contact or a note to the guide of a published call (`values`), or to cancel it.

    Raises:
        Refused: nothing is changed, a date is not later or out of order, decisions exist, another change waits, or no reason.
    """
    with command(actor, "calls.call.draft", call, name="calls.propose_change") as log:
        row = Call.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=call.pk)
        changes = {} if cancel else _changed_values(row, values or {})
        reasons = [] if reason.strip() else [Reason(_("请写明理由，申请人和依托单位会看到"), field="reason")]
        if CallChange.objects.waiting().filter(call=row).exists():
            reasons.append(Reason(_("已有一项变更等待另一位项目主管核准")))
        refuse_if([*reasons, *(why_not_cancel(row, actor.account) if cancel else amend_problems(row, changes))])
        change = CallChange.objects.create(
            call=row,
            kind=CallChange.Kind.CANCEL if cancel else CallChange.Kind.AMEND,
            values={k: v.isoformat() if isinstance(v, datetime) else v for k, v in changes.items()},
            reason=reason.strip(),
            reason_en=reason_en.strip(),
            proposed_by=actor.account,
            proposed_at=clock.now(),
        )
        log(row, after={"change": change.pk, "kind": change.kind, "reason": change.reason, **change.values})
    return change


def _changed_values(call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that really change. An empty contact removes it; a deadline cannot be removed, nor can an added note be
    empty.
    """
    values_named = {k: values[k] for k in (*DATES, *WORDS) if values.get(k) or (k == "contact" and k in values)}
    return {k: v for k, v in values_named.items() if _minute(v) != _minute(getattr(call, k, None))}


def _minute(value: Any) -> Any:
    """Return a moment without seconds: a form holds none."""
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def amend_problems(call: Call, changes: Mapping[str, Any]) -> list[Reason]:
    """Return why a published call cannot take these dates and words."""
    if call.state != CallState.PUBLISHED:
        return [Reason(_("只有已发布、未办结的批次可以变更"), code="state")]
    if not changes:
        return [Reason(_("没有任何改动"))]
    reasons = []
    dates: dict[str, datetime] = {name: changes.get(name, getattr(call, name)) for name in DATES}
    for name, label in DATES.items():
        if name in changes and (changes[name] <= getattr(call, name) or changes[name] <= clock.now()):
            reasons.append(Reason(_("%s只能延后，且须在现在之后") % label(), field=name))
    if dates["endorse_by"] < dates["closes_at"]:
        reasons.append(Reason(_("单位审核截止不得早于申报截止"), field="endorse_by"))
    if dates["recommend_by"] < dates["endorse_by"]:
        reasons.append(Reason(_("归口推荐截止不得早于单位审核截止"), field="recommend_by"))
    return reasons + _reopening(call, dates["closes_at"]) + _late_arrivals(call, changes)


def _late_arrivals(call: Call, changes: Mapping[str, Any]) -> list[Reason]:
    """Return why deadlines of hosts and agencies cannot be moved: a review began because they were over."""
    later = [name for name in ("endorse_by", "recommend_by") if name in changes]
    if scheme_of(call).rolling or not Application.objects.filter(call=call, state__in=SENT_OUT).exists():
        return []
    return [Reason(_("评审已经开始，%s不能再延后") % DATES[name](), field=name) for name in later]


def _reopening(call: Call, closes: datetime) -> list[Reason]:
    """Return why the deadline of applications cannot be moved: nobody may still apply once others were answered, nor under
    other figures than those who applied before.
    """
    if closes == call.closes_at:
        return []
    if Application.objects.filter(call=call, state__in=IN_THE_HOUSE - {State.RECEIVED}).exists():
        return [Reason(_("已有申请作出形式审查决定，申报截止不能再延后"), field="closes_at")]
    later = Call(scheme=call.scheme, stage=call.stage, closes_at=closes)
    now, then = region_terms(call), region_terms(later)
    differing = [key for key in keys_of(scheme_of(call)) if now(key) != then(key)]
    if differing:
        sentence = _("%s 在新的截止日有不同的参数值，已申报的人适用的是原值；请选择更早的日期")
        return [Reason(sentence % "、".join(differing), field="closes_at")]
    return []


def cancel_problems(call: Call) -> list[Reason]:
    """Return why a call cannot be cancelled any more."""
    if call.state != CallState.PUBLISHED:
        return [Reason(_("只有已发布、未办结的批次可以取消"), code="state")]
    further = Application.objects.filter(call=call).exclude(state__in=CANCELLABLE | GIVEN_UP)
    if further.exists() or Decision.objects.filter(application__call=call).exists():
        return [Reason(_("已有申请进入会议评审、受邀或已有决定，不能取消批次"), code="decided")]
    return []


def why_not_cancel(call: Call, account: Any) -> list[Reason]:
    """Return the same for an officer. One whose own case was received there is not told how far the others have come."""
    if has_own_in(account, call):
        return [Reason(_("本批次有您本人的或与您有关的申请，由其他项目主管取消"), code="permission")]
    return cancel_problems(call)


def approve_change(*, change: CallChange, actor: Actor, seen: str) -> CallChange:
    """Take a proposed change into force, by another officer than the one who proposed it. Everybody concerned is told.

    Raises:
        Refused: it was decided already, what has happened since forbids it, or it is not the change that was `seen`.
    """
    name = "calls.cancel_call" if change.kind == CallChange.Kind.CANCEL else "calls.amend_call"
    with command(actor, "calls.call.approve_change", change, name=name) as log:
        call = Call.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=change.call_id)
        row = _waiting(change)
        row.call = call
        change_sight(row).require(seen)
        recipients = audience(call)
        if row.kind == CallChange.Kind.CANCEL:
            _cancel(call, row.reason, actor, log)
        else:
            row.before = _amend(call, row, log)
        row.approved_by, row.approved_at = actor.account, clock.now()
        row.save(update_fields=["approved_by", "approved_at", "before"])
        _tell(call, row, recipients)
    return row


def drop_change(*, change: CallChange, actor: Actor) -> None:
    """Drop a proposed change, by either officer."""
    with command(actor, "calls.call.draft", change.call, name="calls.drop_change") as log:
        row = _waiting(change)
        row.dropped_at = clock.now()
        row.save(update_fields=["dropped_at"])
        log(change.call, after={"change": row.pk, "dropped": True})
        others = Account.objects.filter(pk=row.proposed_by_id or 0).exclude(pk=actor.account.pk if actor.account else 0)
        notify(
            others,
            title=lambda: _("您提出的批次变更已被放弃：%s") % change.call.title_zh[:100],
            url=f"/office/calls/{row.call_id}/",
        )


def _waiting(change: CallChange) -> CallChange:
    row = CallChange.objects.waiting().select_for_update().filter(pk=change.pk).first()
    if row is None:
        raise Refused.because(_("这项变更已经处理"), code="state")
    return row


def moments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a change with their moments parsed."""
    return {k: datetime.fromisoformat(v) if k in DATES else v for k, v in values.items()}


def _amend(call: Call, change: CallChange, log: Log) -> dict[str, Any]:
    """Write the new values to the call and return the former ones. Links that last until the call closes get its new deadline."""
    changes = moments(change.values)
    refuse_if(amend_problems(call, changes))
    own = {k: v for k, v in changes.items() if k not in {"note_zh", "note_en"}}
    before = {k: v.isoformat() if isinstance(v := getattr(call, k), datetime) else v for k in own}
    if own:
        Call.objects.filter(pk=call.pk).update(**own)
    if "closes_at" in own:
        of_call = models.Q(participant__application__call=call) | models.Q(referee__application__call=call)
        live = Link.objects.filter(of_call, revoked_at__isnull=True, used_at__isnull=True, expires_at=call.closes_at)
        live.update(expires_at=own["closes_at"])
    log(call, before=before, after={"change": change.pk, "reason": change.reason, **change.values})
    return before


def _cancel(call: Call, reason: str, actor: Actor, log: Log) -> None:
    """End the call and its applications. They are withdrawn, so that nothing of them counts in a limit, with the reason as
    their note.
    """
    CALL.apply(Call.objects.filter(pk=call.pk), "cancel", log)
    rows = list(
        Application.objects.filter(call=call).exclude(state__in=GIVEN_UP).moving().select_for_update(of=("self",)).order_by("pk")
    )
    if any(r.state not in CANCELLABLE for r in rows):
        raise Refused.because(_("已有申请进入会议评审、受邀或已有决定，不能取消批次"), code="decided")
    submitted = [r.pk for r in rows if r.state not in UNSUBMITTED]
    mark_step(APPLICATIONS, submitted, Version.Kind.WITHDRAW, actor=actor, at=clock.now())
    APPLICATION.move(rows, "cancel", log, returned_note=reason)
    for hook in ON_CANCEL.values():
        hook(call, reason, log)


def _tell(call: Call, change: CallChange, recipients: Audience) -> None:
    cancelled = change.kind == CallChange.Kind.CANCEL

    def title() -> str:
        return (_("批次已取消：%s") if cancelled else _("申报安排有变更：%s")) % call.title_zh[:120]

    def body() -> str:
        lines = [f"{what}：{before} → {now}" if before else f"{what}：{now}" for what, before, now in lines_of(change)]
        return "\n".join([*lines, _("理由：%s") % change.reason])

    url = f"/calls/{call.code}/"
    notify(recipients.accounts, title=title, body=body, url=url)
    addresses = {a.email for a in recipients.accounts}
    write_to((to, title(), f"{body()}\n\n{site_address(url)}") for to in recipients.outside if to not in addresses)


def lines_of(change: CallChange) -> list[tuple[str, str, str]]:
    """Return (what, before, now) of a change in words. Until it is in force, "before" is what the call says today."""
    before = change.before or {k: getattr(change.call, k, "") for k in change.values}
    lines = []
    for name, label in {**DATES, **WORDS}.items():
        if name in change.values:
            lines.append((label(), _value_text(name, before.get(name, "")), _value_text(name, change.values[name])))
    return lines


def _value_text(name: str, value: Any) -> str:
    if name not in DATES or not value:
        return str(value)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
