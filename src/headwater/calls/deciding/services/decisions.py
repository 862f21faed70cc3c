"""Decisions within the call's budget, public notices, objections, release."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import Error as DatabaseError
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.letters import write_letters
from headwater.calls.deciding.services.notice_texts import notice_texts
from headwater.calls.deciding.services.objections import UNSETTLED, strike_upheld, tell_objectors
from headwater.calls.deciding.services.sentences import planned_letters, release_sight
from headwater.calls.deciding.services.sights import decisions_sight, notice_sight, to_publish
from headwater.calls.endorsing.services.endorsement import managers_of, officers
from headwater.calls.models import Application, Call, Decision, Letter, Notice, NoticeRow, Participant, has_own_in
from headwater.calls.phases import refuse_too_early
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.words import words_of
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.clock import Due
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.core.money import amount_said
from headwater.core.own import own_rows
from headwater.core.parameters import Parameters
from headwater.core.permission import may
from headwater.core.register import Register
from headwater.core.services import notify, tell
from headwater.registry.models import Sanction, accounts_of, records_of


@dataclass(frozen=True)
class Proposal:
    """A proposed decision with what it gives: fen, 0 where the scheme gives no money, None for a refusal."""

    application: Application
    amount_fen: int | None
    rank: int | None = None
    reason: str = ""
    deviation: str = ""
    deviation_words: str = ""


def _locked(call: Call, pks: Sequence[int]) -> QuerySet[Application]:
    return Application.objects.filter(call=call, pk__in=pks).moving().prefetch_related("participants__person")


def propose_decisions(*, call: Call, proposals: Sequence[Proposal], actor: Actor) -> list[Decision]:
    """Propose decisions on applications, and the money of each. The database refuses to overspend the call.

    Raises:
        Refused: over the budget, wrong state, an amount above what was asked for, somebody under sanction, the actor's own application.
    """
    with command(actor, "calls.decide.propose", call, name="calls.propose_decisions") as log:
        fund = [p for p in proposals if p.amount_fen is not None]
        refuse = [p for p in proposals if p.amount_fen is None]
        _check_amounts(proposals, call)
        _integrity_screen(fund)
        if fund:
            APPLICATION.apply(_locked(call, [p.application.pk for p in fund]), "propose_funding", log)
        if refuse:
            APPLICATION.apply(_locked(call, [p.application.pk for p in refuse]), "propose_refusal", log)
        again = [p.application.pk for p in proposals]
        before = committed_fen(call) - committed_fen(call, among=again)
        try:
            decisions = _write(proposals, call, actor)
        except DatabaseError as error:
            if "headwater_overspent" in str(error):
                total = None if has_own_in(actor.account, call) else before + _money(fund)
                raise Refused.because(over_budget(call, total), code="budget") from error
            raise
        log(call, after={"proposed": len(fund), "refused": len(refuse), "amount_fen": _money(fund)})
    return decisions


def _money(proposals: Sequence[Proposal]) -> int:
    return sum(p.amount_fen or 0 for p in proposals)


def _check_amounts(proposals: Sequence[Proposal], call: Call) -> None:
    money = scheme_of(call).has_money
    for p in proposals:
        amount = p.amount_fen
        if p.application.call_id != call.pk or (amount or 0) < 0:
            raise Refused.because(_("%s：不属于本批次，或金额为负") % p.application, field="amount_fen")
        if amount == 0 and money:
            raise Refused.because(_("%s：请填写金额") % p.application, field="amount_fen")
        if amount and not money:
            raise Refused.because(_("%s：本批次的决定不涉及金额") % p.application, field="amount_fen")
        if amount and amount > p.application.amount_fen:
            raise Refused.because(_("%s：金额超过申请金额") % p.application, field="amount_fen")


REWRITTEN = [
    *("outcome", "amount_fen", "rank", "reason", "deviation", "deviation_words"),
    *("proposed_by", "proposed_at", "approved_by", "approved_at"),
]


def _write(proposals: Sequence[Proposal], call: Call, actor: Actor) -> list[Decision]:
    """Write the proposed decisions. A new proposal for an application replaces the former one and its approval."""
    now = clock.now()
    decisions = [
        Decision(
            application=p.application,
            call=call,
            amount_fen=p.amount_fen or 0,
            rank=p.rank,
            reason=p.reason,
            deviation=p.deviation,
            deviation_words=p.deviation_words,
            outcome=Decision.Outcome.REFUSE if p.amount_fen is None else Decision.Outcome.FUND,
            proposed_by=actor.account,
            proposed_at=now,
        )
        for p in proposals
    ]
    return Decision.objects.bulk_create(
        decisions, batch_size=5000, update_conflicts=True, unique_fields=["application"], update_fields=REWRITTEN
    )


def over_budget(call: Call, more: int | None) -> str:
    """Return the reason of a refused sum. `more` is None for an account to which the sum would tell of their own case."""
    if more is None:
        return _("超出批次预算：预算 %s") % amount_said(call.budget_fen)
    return _("超出批次预算：预算 %(budget)s，拟定决定合计 %(asked)s") % {
        "budget": amount_said(call.budget_fen),
        "asked": amount_said(more),
    }


def barred_applications(applications: Sequence[Application]) -> list[Application]:
    """Return the applications whose leader or one of whose members is under sanction today."""
    sanctioned = Sanction.objects.barring(clock.today()).values_list("person_id", flat=True)
    barred = set(records_of(set(sanctioned)))  # few people; the applications may be thousands
    joined = set(Participant.objects.filter(person__in=barred).values_list("application_id", flat=True)) if barred else set()
    return [a for a in applications if a.leader_id in barred or a.pk in joined]


def _integrity_screen(fund: Sequence[Proposal]) -> None:
    """Compare with the sanctions before deciding (regulation of 2024, art. 18)."""
    names = [str(a) for a in barred_applications([p.application for p in fund])]
    if names:
        details = {"names": "、".join(names), "word": words_of(fund[0].application)["proposed"]}
        raise Refused.because(_("%(names)s：申请人或参与者在失信惩戒期内，不能%(word)s") % details, code="F13")


def reconsider(*, application: Application, reason: str, actor: Actor) -> None:
    """Take a proposed decision back, by an officer, with the reason. It is removed until it is proposed anew."""
    with command(actor, "calls.decide.propose", application, name="calls.reconsider") as log:
        _take_back(application, "reconsider", reason, log)


def send_back(*, application: Application, reason: str, actor: Actor) -> None:
    """Send one proposed decision back, by those who approve, with the reason. The others wait for its new proposal."""
    with command(actor, "calls.decide.approve", application, name="calls.send_back_decision") as log:
        _take_back(application, "send_back", reason, log)


def _take_back(application: Application, verb: str, reason: str, log: Log) -> None:
    """Return an application to the panel's table, or to the ranked ones if no panel heard it, and tell who proposed its decision.

    Raises:
        Refused: no reason, or the decision is approved.
    """
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Refused.because(_("请写明理由"), field="reason")
    decision = Decision.objects.select_for_update(of=("self",)).filter(application=application).first()
    if decision is None or decision.approved_at:
        raise Refused.because(_("决定已核准或已撤回，不能撤回"))
    call = application.call
    APPLICATION.apply(_locked(call, [application.pk]), f"{verb}_unheard" if _unheard(application) else verb, log)
    log(decision, before={"outcome": decision.outcome, "amount_fen": decision.amount_fen}, after={"reason": reason})
    others = Account.objects.filter(pk=decision.proposed_by_id or 0).exclude(pk=log.actor.account.pk if log.actor.account else 0)
    title = _sent_back if verb == "send_back" else _taken_back
    notify(others, title=partial(title, application), body=reason, url=f"/office/calls/{call.pk}/decide/")
    decision.delete()


def _unheard(application: Application) -> bool:
    """Tell whether no panel heard an application: taken back, it may still go before one."""
    apart = [State.NOT_PROPOSED] if scheme_of(application.call).has_panel else [State.NOT_PROPOSED, State.PROPOSED]
    return Application.objects.filter(pk=application.pk, state__in=apart, panel_item__isnull=True).exists()


def _sent_back(application: Application) -> str:
    return _("您提出的决定被退回，请重新提出：%s") % application


def _taken_back(application: Application) -> str:
    return _("您提出的决定已被撤回：%s") % application


def approve_decisions(*, call: Call, actor: Actor, seen: str) -> int:
    """Approve all proposed decisions of a call, by the committee or a second officer, never by the person who proposed them.

    Raises:
        Refused: something is undecided, nothing waits, or the decisions are not those that were `seen`.
    """
    with command(actor, "calls.decide.approve", call, name="calls.approve_decisions") as log:
        refuse_too_early(call)
        waiting = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW]).count()
        if waiting and not scheme_of(call).rolling:
            raise Refused.because(_("还有 %d 项没有决定") % waiting)
        proposed = Decision.objects.select_for_update().filter(call=call, approved_at__isnull=True).order_by("pk")
        pks = list(proposed.values_list("pk", flat=True))
        authorise(actor, "calls.decide.approve", call)  # once more, now that no proposal can change
        if not pks:
            raise Refused.because(_("没有待核准的决定"))
        decisions_sight(call).require(seen)
        count = Decision.objects.filter(pk__in=pks).update(approved_at=clock.now(), approved_by=actor.account)
        log(call, after={"approved": count})
        able = [a for a in officers(call.pk) if may(a, "calls.notice.publish", call)]
        notify(able, title=partial(_to_publish, call.title_zh[:120]), url=f"/office/calls/{call.pk}/decide/")
    return count


def _to_publish(title: str) -> str:
    return _("决定已核准，请发布公示：%s") % title


def _lines(decisions: Sequence[Decision]) -> list[NoticeRow]:
    """Return the lines of a notice in the order of the decisions. They are kept as they are shown."""
    return [
        NoticeRow(
            application=d.application,
            position=n,
            title=d.application.title_zh,
            leader=d.application.leader.name_zh,
            host=d.application.host.name_zh,
            amount_fen=d.amount_fen,
        )
        for n, d in enumerate(decisions, start=1)
    ]


def publish_notice(*, call: Call, actor: Actor, seen: str) -> Notice:
    """Publish the list of what is to be approved, so that the public may object. The period is counted in working days.

    Raises:
        Refused: decisions are not approved yet, nothing is to be published, or the lines are not those that were `seen`.
    """
    with command(actor, "calls.notice.publish", call, name="calls.publish_notice") as log:
        refuse_too_early(call)
        list(Decision.objects.select_for_update().filter(call=call).order_by("pk").values_list("pk"))
        due = call.decisions.filter(application__state__in=[State.PROPOSED, State.NOT_PROPOSED])
        if Decision.objects.filter(call=call, approved_at__isnull=True).exists() or not due.exists():
            raise Refused.because(_("决定尚未核准，不能公示"))
        if call.notices.filter(closed_at__isnull=True).exists():
            raise Refused.because(_("本批次已有一份公示没有结束，不能再公示"))
        decisions = to_publish(call)
        notice_sight(call, actor.account).require(seen)
        now = clock.now()
        last, ends = notice_period(call)
        rows = _lines(decisions)
        content = [[r.position, r.application_id, r.title, r.leader, r.host, r.amount_fen] for r in rows]
        notice = Notice.objects.create(
            call=call,
            title_zh=words_of(call).zh("notice", call=call.title_zh),
            title_en=words_of(call).en("notice", call=call.title_en or call.title_zh),
            starts_at=now,
            ends_at=ends,
            digest=hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest(),
            texts=notice_texts(call, rows, clock.today(), last.day),
        )
        for row in rows:
            row.notice = notice
        NoticeRow.objects.bulk_create(rows, batch_size=2000)
        APPLICATION.apply(_locked(call, [d.application_id for d in decisions]), "publish", log)
        _tell_listed(notice, decisions)
        log(notice, after={"rows": len(rows), "ends_at": str(ends), "digest": notice.digest, "calendar_missing": last.missing})
    return notice


def notice_period(call: Call) -> tuple[Due, datetime]:
    """Return the last working day of a notice that begins today, and its last moment."""
    days = Parameters(call.scheme.region, clock.today()).number("publicity_working_days", call.scheme.code)
    last = clock.due(clock.today(), "publicity_working_days", days)
    return last, clock.end_of_day(last.day)


def _tell_listed(notice: Notice, decisions: Sequence[Decision]) -> None:
    """Tell the applicants that a notice lists, and their hosts how many of theirs it lists (4 queries)."""
    title, url = notice.call.title_zh[:120], f"/notices/{notice.pk}/"
    leaders = accounts_of(d.application.leader_id for d in decisions)
    notify(leaders, title=lambda: _("您的申请已列入公示：%s") % title, body=partial(_until, notice), url=url)
    counts = Counter(d.application.host_id for d in decisions)
    managers = managers_of(counts)
    tell([(m, partial(_listed, n, title), partial(_until, notice), url) for host, n in counts.items() for m in managers[host]])


def _listed(count: int, title: str) -> str:
    return _("本单位 %(n)d 项列入公示：%(call)s") % {"n": count, "call": title}


def _until(notice: Notice) -> str:
    return _("公示至 %s，期间任何人可以提出异议。") % clock.last_day(notice.ends_at)


Released = Callable[[Call, list[Application], Actor], None]
ON_RELEASE: Register[Released] = Register("effect of a release")
"""What a release does for the approved applications of a call, in the same transaction, by the name that kinds of outcome give it."""


def release(*, notice: Notice, actor: Actor, seen: str) -> dict[str, int]:
    """Close a notice whose period is over: approve what stands, strike what an upheld objection concerns, refuse the rest,
    write all letters.

    Raises:
        Refused: the period is not over, an objection is not settled, or the letters are not those that were `seen`.
    """
    call = notice.call
    with command(actor, "calls.notice.publish", call, name="calls.release") as log:
        if clock.now() <= notice.ends_at:
            raise Refused.because(_("公示期至 %s，尚未结束") % f"{timezone.localtime(notice.ends_at):%Y-%m-%d %H:%M}")
        if notice.objections.filter(state__in=UNSETTLED).exists():
            raise Refused.because(_("还有异议没有处理完"))
        list(Application.objects.select_for_update().filter(decision__call=call).order_by("pk").values_list("pk"))
        release_sight(notice, actor.account).require(seen)
        planned = planned_letters(notice)
        now, first = clock.now(), notice.closed_at is None
        ready = [p.application.pk for p in planned if p.kind == Letter.Kind.APPROVED]
        approved = APPLICATION.apply(_locked(call, ready), "approve", log, decided_at=now)
        rest = [p.application.pk for p in planned if p.kind == Letter.Kind.REJECTED and not p.struck]
        rejected = APPLICATION.apply(_locked(call, rest), "reject", log, decided_at=now) + strike_upheld(notice, log)
        bodies = {p.application.pk: p.body for p in planned}
        write_letters(approved, Letter.Kind.APPROVED, lambda a: bodies[a.pk])
        write_letters(rejected, Letter.Kind.REJECTED, lambda a: bodies[a.pk])
        Notice.objects.filter(pk=notice.pk).update(closed_at=now)
        if first:
            tell_objectors(notice)
        for effect in scheme_of(call).outcome_kind.release if approved else ():
            ON_RELEASE[effect](call, approved, actor)
        log(notice, after={"approved": len(approved), "rejected": len(rejected)})
    return {"approved": len(approved), "rejected": len(rejected)}


def committed_fen(call: Call, *, among: Sequence[int] | None = None) -> int:
    """Return the money committed by decisions (only of the applications `among`, where there are any), in fen."""
    rows = Decision.objects.filter(call=call, outcome=Decision.Outcome.FUND, freed_at__isnull=True)
    total = (rows if among is None else rows.filter(application__in=among)).aggregate(total=Sum("amount_fen"))["total"]
    return int(total or 0)


def commitments_for(account: Any, calls: Sequence[Call]) -> QuerySet[Decision]:
    """Return the decisions that bind money of `calls`, as `account` may know them: what was released; inside also what is proposed, less
    one's own cases.
    """
    inside = [c.pk for c in calls if may(account, "calls.decide.read", c)]
    visible = Q(application__state=State.APPROVED) | Q(call__in=inside) & ~own_rows(Decision, account)
    return Decision.objects.filter(visible, call__in=calls, outcome=Decision.Outcome.FUND, freed_at__isnull=True)


def committed_by_call(account: Any, calls: Sequence[Call]) -> dict[int, int]:
    """Return the money committed in fen by the id of the call, as `account` may know it (one query)."""
    totals = commitments_for(account, calls).order_by().values_list("call").annotate(total=Sum("amount_fen"))
    return dict(totals.values_list("call", "total"))


def committed_for(account: Any, call: Call) -> int:
    """Return the money of a call that is committed, as `account` may know it."""
    return committed_by_call(account, [call]).get(call.pk, 0)


def free_money(*, applications: Sequence[int], log: Log) -> int:
    """Return the money of decisions to the budget of their call, as their awards were given up. Call inside a command."""
    rows = list(Decision.objects.select_for_update().filter(application__in=applications, freed_at__isnull=True).order_by("pk"))
    log.many(rows, {"freed": True})
    return Decision.objects.filter(pk__in=[r.pk for r in rows]).update(freed_at=clock.now())
