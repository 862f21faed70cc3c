"""Decisions within the call's budget, public notices, objections, release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call, Decision, Letter, Notice, NoticeRow, Objection, Participant
from headwater.calls.schemes import scheme_of
from headwater.calls.services.letters import write_letters
from headwater.calls.states import State
from headwater.calls.words import words_of
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, authorise, command
from headwater.core.errors import Refused
from headwater.core.parameters import Parameters
from headwater.registry.models import Sanction, records_of


@dataclass(frozen=True)
class Proposal:
    """A proposed decision with what it gives: fen, 0 where the scheme gives no money, None for a refusal."""

    application: Application
    amount_fen: int | None
    rank: int | None = None
    reason: str = ""
    deviation: str = ""


def _locked(call: Call, pks: Sequence[int]) -> QuerySet[Application]:
    return Application.objects.filter(call=call, pk__in=pks).moving().prefetch_related("participants__person")


def propose_decisions(*, call: Call, proposals: Sequence[Proposal], actor: Actor) -> list[Decision]:
    """Propose what is decided on applications, and with how much money. The database refuses to overspend the call.

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
            made = _write(proposals, call, actor)
        except DatabaseError as error:
            if "headwater_overspent" in str(error):
                raise Refused.because(over_budget(call, before + _money(fund)), code="budget") from error
            raise
        log(call, after={"proposed": len(fund), "refused": len(refuse), "amount_fen": _money(fund)})
    return made


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


REWRITTEN = ["outcome", "amount_fen", "rank", "reason", "deviation", "proposed_by", "proposed_at", "approved_by", "approved_at"]


def _write(proposals: Sequence[Proposal], call: Call, actor: Actor) -> list[Decision]:
    """Write the proposed decisions; a new proposal for an application takes the place of the former and its approval."""
    now = clock.now()
    decisions = [
        Decision(
            application=p.application,
            call=call,
            amount_fen=p.amount_fen or 0,
            rank=p.rank,
            reason=p.reason,
            deviation=p.deviation,
            outcome=Decision.Outcome.REFUSE if p.amount_fen is None else Decision.Outcome.FUND,
            proposed_by=actor.account,
            proposed_at=now,
        )
        for p in proposals
    ]
    return Decision.objects.bulk_create(
        decisions, batch_size=5000, update_conflicts=True, unique_fields=["application"], update_fields=REWRITTEN
    )


def over_budget(call: Call, more: int) -> str:
    return _("超出批次预算：预算 %(budget)s 万元，拟定决定合计 %(asked)s 万元") % {
        "budget": f"{call.budget_fen / 1_000_000:,.2f}",
        "asked": f"{more / 1_000_000:,.2f}",
    }


def barred_applications(applications: Sequence[Application]) -> list[Application]:
    """Those whose leader or one of whose members is under sanction today."""
    people: dict[int, set[int]] = {a.pk: {a.leader_id} for a in applications}
    for application, person in Participant.objects.filter(application__in=people).values_list("application_id", "person_id"):
        people[application].add(person)
    one = records_of(set().union(*people.values()))
    found = Sanction.objects.barring(clock.today()).filter(person__in=list(one))
    barred = {one[person] for person in found.values_list("person_id", flat=True)}
    return [a for a in applications if {one[person] for person in people[a.pk]} & barred]


def _integrity_screen(fund: Sequence[Proposal]) -> None:
    """Compare with the sanctions before deciding (regulation of 2024, art. 18)."""
    names = [str(a) for a in barred_applications([p.application for p in fund])]
    if names:
        told = {"names": "、".join(names), "word": words_of(fund[0].application)["proposed"]}
        raise Refused.because(_("%(names)s：申请人或参与者在失信惩戒期内，不能%(word)s") % told, code="F13")


def reconsider(*, application: Application, actor: Actor) -> None:
    """Take a proposed decision back to the panel's table; it is gone until proposed anew."""
    with command(actor, "calls.decide.propose", application, name="calls.reconsider") as log:
        decision = Decision.objects.get(application=application)
        if decision.approved_at:
            raise Refused.because(_("决定已核准，不能撤回"))
        APPLICATION.apply(_locked(application.call, [application.pk]), "reconsider", log)
        log(decision, before={"outcome": decision.outcome, "amount_fen": decision.amount_fen})
        decision.delete()


def approve_decisions(*, call: Call, actor: Actor) -> int:
    """The committee (or a second officer) approves all proposed decisions of a call; never the person who proposed them."""
    with command(actor, "calls.decide.approve", call, name="calls.approve_decisions") as log:
        waiting = Application.objects.filter(call=call, state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW]).count()
        if waiting:
            raise Refused.because(_("还有 %d 项没有决定") % waiting)
        proposed = Decision.objects.select_for_update().filter(call=call, approved_at__isnull=True).order_by("pk")
        pks = list(proposed.values_list("pk", flat=True))
        authorise(actor, "calls.decide.approve", call)  # once more, now that no proposal can change
        count = Decision.objects.filter(pk__in=pks).update(approved_at=clock.now(), approved_by=actor.account)
        if not count:
            raise Refused.because(_("没有待核准的决定"))
        log(call, after={"approved": count})
    return count


def publish_notice(*, call: Call, actor: Actor) -> Notice:
    """Publish the list of what is to be approved for objection; the period is counted in working days.

    Raises:
        Refused: decisions are not approved yet, or nothing is to be published.
    """
    with command(actor, "calls.notice.publish", call, name="calls.publish_notice") as log:
        if Decision.objects.filter(call=call, approved_at__isnull=True).exists() or not call.decisions.exists():
            raise Refused.because(_("决定尚未核准，不能公示"))
        decisions = list(
            call.decisions.filter(outcome=Decision.Outcome.FUND)
            .select_related("application__leader", "application__host")
            .order_by("rank", "application__number")
        )
        days = Parameters(call.scheme.region, clock.today()).number("publicity_working_days", call.scheme.code, 5)
        now = clock.now()
        last = clock.due(clock.today(), "publicity_working_days", days)
        ends = clock.end_of_day(last.day)
        rows = [
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
        shown = [[r.position, r.application_id, r.title, r.leader, r.host, r.amount_fen] for r in rows]
        notice = Notice.objects.create(
            call=call,
            title_zh=words_of(call).zh("notice", call=call.title_zh),
            title_en=words_of(call).en("notice", call=call.title_en or call.title_zh),
            starts_at=now,
            ends_at=ends,
            digest=hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest(),
        )
        for row in rows:
            row.notice = notice
        NoticeRow.objects.bulk_create(rows, batch_size=2000)
        APPLICATION.apply(_locked(call, [d.application_id for d in decisions]), "publish", log)
        log(notice, after={"rows": len(rows), "ends_at": str(ends), "digest": notice.digest, "calendar_missing": last.missing})
    return notice


def file_objection(*, row: NoticeRow, name: str, contact: str, text: str, actor: Actor) -> Objection:
    """Object to a line of an open notice: named, in writing, with a way to answer. The line is suspended.

    Raises:
        Refused: the notice is over, or a field is missing or too long.
    """
    for field, value, least, most in (("name", name, 2, 120), ("contact", contact, 5, 120), ("text", text, 10, 5000)):
        if len(value.strip()) < least:
            raise Refused.because(_("此栏不能少于 %d 个字") % least, field=field)
        if len(value.strip()) > most:
            raise Refused.because(_("此栏不能多于 %d 个字") % most, field=field)
    if not row.notice.is_open:
        raise Refused.because(_("公示期已结束"))
    with command(Actor(None, actor.source, actor.request_id), "calls.notice.object", name="calls.file_objection") as log:
        objection = Objection.objects.create(
            notice=row.notice, row=row, name=name.strip(), contact=contact.strip(), text=text.strip()
        )
        if Application.objects.filter(pk=row.application_id, state=State.PUBLICITY).exists():
            APPLICATION.apply(_locked(row.notice.call, [row.application_id]), "suspend", log)
        log(objection, after={"row": row.pk})
    return objection


def answer_objection(*, objection: Objection, uphold: bool, answer: str, actor: Actor) -> None:
    """Settle an objection: upheld strikes the application from the list, dismissed lets it go on.

    Raises:
        NotAllowed: the actor is no officer of the call, or takes part in the application.
        Refused: no text, or answered before.
    """
    if not answer.strip():
        raise Refused.because(_("请写明处理意见"), field="answer")
    with command(actor, "calls.objection.answer", objection.notice.call, name="calls.answer_objection") as log:
        application = _locked(objection.notice.call, [objection.row.application_id]).select_for_update(of=("self",)).get()
        authorise(actor, "calls.objection.answer", application)
        if Objection.objects.select_for_update().get(pk=objection.pk).state != Objection.State.OPEN:
            raise Refused.because(_("该异议已经答复"))
        objection.state = Objection.State.UPHELD if uphold else Objection.State.DISMISSED
        objection.answer, objection.answered_at, objection.answered_by = answer.strip(), clock.now(), actor.account
        objection.save(update_fields=["state", "answer", "answered_at", "answered_by"])
        log(objection, after={"state": objection.state})
        others = Objection.objects.filter(row=objection.row, state=Objection.State.OPEN).exists()
        if uphold and application.state == State.OBJECTION:
            struck = APPLICATION.apply(_locked(objection.notice.call, [application.pk]), "strike", log, decided_at=clock.now())
            write_letters(struck, Letter.Kind.REJECTED, lambda _a: {"note": f"公示期间异议成立：{answer.strip()}"})
            Decision.objects.filter(application=application).update(
                outcome=Decision.Outcome.REFUSE, amount_fen=0, reason=f"公示异议成立：{answer.strip()}"
            )
        elif not others and application.state == State.OBJECTION:
            APPLICATION.apply(_locked(objection.notice.call, [application.pk]), "resume", log)


Released = Callable[[Call, list[Application], Actor], None]
_on_release: list[Released] = []


def on_release(function: Released) -> Released:
    """Registered by awards: what follows for the approved applications of a call, in the same transaction."""
    _on_release.append(function)
    return function


def release(*, notice: Notice, actor: Actor) -> dict[str, int]:
    """Close a notice whose period is over: approve what was not struck, refuse the rest, write all letters.

    Raises:
        Refused: the period is not over, or an objection is open.
    """
    call = notice.call
    with command(actor, "calls.notice.publish", call, name="calls.release") as log:
        if clock.now() <= notice.ends_at:
            raise Refused.because(_("公示期至 %s，尚未结束") % f"{timezone.localtime(notice.ends_at):%Y-%m-%d %H:%M}")
        if notice.objections.filter(state=Objection.State.OPEN).exists():
            raise Refused.because(_("还有异议没有处理完"))
        now = clock.now()
        shown = list(Application.objects.filter(notice_rows__notice=notice, state=State.PUBLICITY).values_list("pk", flat=True))
        approved = APPLICATION.apply(_locked(call, shown), "approve", log, decided_at=now)
        rest = list(Application.objects.filter(call=call, state=State.NOT_PROPOSED).values_list("pk", flat=True))
        rejected = APPLICATION.apply(_locked(call, rest), "reject", log, decided_at=now)
        amounts = dict(Decision.objects.filter(call=call).values_list("application", "amount_fen"))
        reasons = dict(Decision.objects.filter(call=call).values_list("application", "reason"))
        write_letters(approved, Letter.Kind.APPROVED, lambda a: {"amount_fen": amounts[a.pk]})
        write_letters(rejected, Letter.Kind.REJECTED, lambda a: {"note": reasons.get(a.pk, "")})
        Notice.objects.filter(pk=notice.pk).update(closed_at=now)
        for function in _on_release:
            function(call, approved, actor)
        log(notice, after={"approved": len(approved), "rejected": len(rejected)})
    return {"approved": len(approved), "rejected": len(rejected)}


def committed_fen(call: Call, *, among: Sequence[int] | None = None) -> int:
    """Money committed by decisions (of the applications `among`, when given), in fen."""
    rows = Decision.objects.filter(call=call, outcome=Decision.Outcome.FUND)
    found = (rows if among is None else rows.filter(application__in=among)).aggregate(total=Sum("amount_fen"))["total"]
    return int(found or 0)
