"""Agreements that nobody signs: reminded of, extended with a reason, refused by leader or host, lapsed when their time is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.awards.models import Award, Party, Signature
from headwater.awards.workflow import AWARD
from headwater.calls.deciding.services.decisions import free_money
from headwater.calls.deciding.services.finishing import OPEN_PARTS, Open
from headwater.calls.endorsing.services.endorsement import managers_of, officers
from headwater.calls.models import Call
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.money import amount_said
from headwater.core.parameters import Parameters
from headwater.core.services import tell

LEAST_REASON = 4
REASON_LIMIT = 1000
REMINDERS = ("agreement_reminder_days", "agreement_last_reminder_days")


@dataclass(frozen=True)
class Consequence:
    """A consequence says how much money goes back to the call and who receives a message when an award is given up."""

    award: Award
    people: list[Account]

    @property
    def freed_fen(self) -> int:
        return self.award.amount_fen


def _waiting(**lookup: object) -> QuerySet[Award]:
    rows = Award.objects.filter(state=Award.State.AGREEMENT, **lookup)
    return rows.select_related("call__scheme", "leader__account", "host", "application").defer("application__answers")


def people_of(awards: Sequence[Award]) -> dict[int, list[Account]]:
    """List the people whom the end of each award concerns: leader, host and officers of the call (2 queries, and 2 for each call)."""
    hosts = managers_of({a.host_id for a in awards})
    desks = {call: officers(call) for call in {a.call_id for a in awards}}
    people = {}
    for award in awards:
        leader = [award.leader.account] if award.leader.account else []
        everybody = (*leader, *hosts[award.host_id], *desks[award.call_id])
        people[award.pk] = list({account.pk: account for account in everybody}.values())
    return people


def consequence(award: Award) -> Consequence:
    return Consequence(award, people_of([award])[award.pk])


def refuse_agreement(*, award: Award, reason: str, actor: Actor) -> Award:
    """Leader or host gives the award up before all have signed; its money is the call's again, and everybody concerned is told.

    Raises:
        Refused: no reason, or the agreement does not wait for signatures any more.
    """
    reason = reason.strip()
    if not LEAST_REASON <= len(reason) <= REASON_LIMIT:
        values = {"least": LEAST_REASON, "most": REASON_LIMIT}
        raise Refused.because(_("请写明理由（%(least)d 至 %(most)d 字）") % values, field="reason")
    with command(actor, "awards.refuse", award, name="awards.refuse_agreement") as log:
        rows: list[Award] = AWARD.apply(_one(award), "refuse", log, ending=reason)
        _give_back(rows, log, lambda row: _("已放弃：%s") % row.number, reason)
    return rows[0]


def _one(award: Award) -> QuerySet[Award]:
    return Award.objects.filter(pk=award.pk).select_related("call__scheme", "leader__account", "host", "application")


def _give_back(rows: Sequence[Award], log: Log, title: Callable[[Award], str], reason: str = "") -> None:
    """Free the money of awards that were given up, and tell leader, host and officers how much goes back to the call."""
    free_money(applications=[row.application_id for row in rows], log=log)
    people = people_of(rows)
    tell(
        [
            (account, partial(title, row), partial(_return_text, row, reason), f"/my/projects/{row.number}/")
            for row in rows
            for account in people[row.pk]
        ]
    )


def _return_text(row: Award, reason: str) -> str:
    values = {"title": row.title_zh, "amount": amount_said(row.amount_fen), "call": row.call.title_zh}
    text = _("“%(title)s”已放弃；经费 %(amount)s退回“%(call)s”的预算。") % values
    return "\n".join([text, _("理由：%s") % reason] if reason else [text])


def latest_day(award: Award) -> date:
    """Return the last day to which an agreement may be extended at once (dated parameter)."""
    days = Parameters(award.call.scheme.region, clock.today()).number("agreement_extension_days", award.call.scheme.code)
    return timezone.localtime(award.agreement_by).date() + timedelta(days=days)


def extend_agreements(*, awards: Sequence[Award], until: date, reason: str, actor: Actor) -> int:
    """Give agreements more time, before it is over: all of them, or none. Leader and host read the reason.

    Raises:
        Refused: no reason, one whose time is over, or a day that is not later or too late.
    """
    with command(actor, "awards.manage", name="awards.extend_agreements") as log:
        rows = list(_waiting(pk__in=[a.pk for a in awards]).select_for_update(of=("self",)).order_by("pk"))
        reasons = [] if len(reason.strip()) >= LEAST_REASON else [Reason(_("请写明延期的理由"), field="reason")]
        if len(rows) != len(awards):
            reasons.append(Reason(_("所选的有不在签订中的，不能延期"), code="state"))
        reasons += [r for row in rows if (r := _cannot_extend(row, until, actor))]
        refuse_if(reasons)
        due = clock.end_of_day(until)
        for row in rows:
            log(row, before={"agreement_by": str(row.agreement_by)}, after={"agreement_by": str(due), "reason": reason.strip()})
        Award.objects.filter(pk__in=[r.pk for r in rows]).update(agreement_by=due, extension=reason.strip()[:REASON_LIMIT])
        people = people_of(rows)
        tell(
            [
                (a, partial(_extension_title, row, until), reason.strip(), f"/my/projects/{row.number}/")
                for row in rows
                for a in people[row.pk]
            ]
        )
    return len(rows)


def _cannot_extend(row: Award, until: date, actor: Actor) -> Reason | None:
    if actor.account and not actor.account.has_perm("awards.manage", row):
        return Reason(_("您无权对 %(record)s 执行该操作") % {"record": row}, code="permission")
    if clock.now() > row.agreement_by:
        return Reason(_("%s：签订期限已过，不能再延期") % row, code="late")
    last = latest_day(row)
    if not timezone.localtime(row.agreement_by).date() < until <= last:
        values = {"award": row, "due": f"{timezone.localtime(row.agreement_by):%Y-%m-%d}", "last": last.isoformat()}
        return Reason(_("%(award)s：新期限应晚于 %(due)s，且不晚于 %(last)s") % values, field="until")
    return None


def _extension_title(row: Award, until: date) -> str:
    return _("签订期限延至 %(day)s：%(number)s") % {"day": until.isoformat(), "number": row.number}


def _lapse_title(row: Award) -> str:
    values = {"agreement": words_of(row)["agreement"], "number": row.number}
    return _("%(agreement)s逾期未签，视为放弃：%(number)s") % values


def lapse_late(*, call: Call, actor: Actor) -> int:
    """End awards whose agreement was not signed in time (handbook 1.4, state 13); their money is the call's again."""
    with command(actor, "awards.manage", call, name="awards.lapse_late") as log:
        rows: list[Award] = AWARD.apply(_waiting(call=call, agreement_by__lt=clock.now()), "lapse", log)
        if rows:
            _give_back(rows, log, _lapse_title)
        return len(rows)


@OPEN_PARTS.under("awards")
def unsigned(call: Call) -> list[Open]:
    """Name the agreements that keep a call from being finished: they neither run nor are given up."""
    n = Award.objects.filter(call=call, state=Award.State.AGREEMENT).count()
    return (
        [Open(_("%s没有签完") % words_of(call)["agreement"], n, f"/office/calls/{call.pk}/agreements/?state=agreement")]
        if n
        else []
    )


def lapse_everywhere(*, actor: Actor) -> int:
    """End the late awards of every call. It is safe to run this twice."""
    late = Award.objects.filter(state=Award.State.AGREEMENT, agreement_by__lt=clock.now())
    return sum(lapse_late(call=call, actor=actor) for call in Call.objects.filter(pk__in=late.values("call")).order_by("pk"))


def remind_signers(*, actor: Actor) -> int:
    """Remind the next signers as many days before the end as the dated parameters say, once for each parameter."""
    with command(actor, "awards.manage", name="awards.remind_signers") as log:
        rows = list(_waiting(agreement_by__gte=clock.now()).select_for_update(of=("self",)).order_by("pk"))
        due = [row for row in rows if _reminder_is_due(row)]
        parties: dict[int, set[str]] = {row.pk: set() for row in due}
        for award, party in Signature.objects.filter(agreement__award__in=parties).values_list("agreement__award", "party"):
            parties[award].add(party)
        hosts = managers_of({row.host_id for row in due})
        desks = {call: officers(call) for call in {row.call_id for row in due}}
        messages = []
        for row in due:
            turn = next(p for p in Party if p.value not in parties[row.pk])
            messages += [(a, partial(_reminder, row), "", url) for a, url in _signers(row, turn, hosts, desks)]
            log(row, after={"reminded": turn.value})
        tell(messages)
        Award.objects.filter(pk__in=parties).update(reminded_at=clock.now())
    return len(due)


def _reminder_is_due(row: Award) -> bool:
    values = Parameters(row.call.scheme.region, clock.today())
    for key in REMINDERS:
        days = values.number(key, row.call.scheme.code)
        at: datetime = row.agreement_by - timedelta(days=days)
        if days and clock.now() >= at and (row.reminded_at is None or row.reminded_at < at):
            return True
    return False


Signers = dict[int, list[Account]]


def _signers(row: Award, turn: Party, hosts: Signers, desks: Signers) -> list[tuple[Account, str]]:
    if turn == Party.LEADER:
        return [(row.leader.account, f"/my/projects/{row.number}/")] if row.leader.account else []
    if turn == Party.HOST:
        return [(a, "/host/agreements/") for a in hosts[row.host_id]]
    return [(a, f"/office/calls/{row.call_id}/agreements/") for a in desks[row.call_id]]


def _reminder(row: Award) -> str:
    day = f"{timezone.localtime(row.agreement_by):%Y-%m-%d}"
    values = {"day": day, "agreement": words_of(row)["agreement"], "number": row.number}
    return _("请于 %(day)s 前签订%(agreement)s，逾期视为放弃：%(number)s") % values
