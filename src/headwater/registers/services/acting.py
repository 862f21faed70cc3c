"""What is done with entries by the verbs of their kind: weighed alike for the page that shows it and for the command that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.asking import steps_of
from headwater.casework.letters.services import write_letter
from headwater.casework.subjects import holds
from headwater.core import clock
from headwater.core.approvals import begin, open_case, withdraw
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import both
from headwater.core.parameters import Parameters
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.references import Registry
from headwater.registers.contexts import RELATED, answers_of
from headwater.registers.declared import Doing, RegisterOf, effects_of, guards_of
from headwater.registers.finding import index_entries
from headwater.registers.guards import gap_words, gaps_in
from headwater.registers.kinds import kinds_here
from headwater.registers.models import WAITING, Proposal
from headwater.registers.panels import not_carried
from headwater.registers.services.opening import due_of
from headwater.registers.services.publicity import put_up_proposal
from headwater.registers.services.telling import tell_of_change
from headwater.registers.shapes import AT_WORK, ENDED, Kind, Verb
from headwater.registers.subjects import people_of
from headwater.registers.values import changes, values_of
from headwater.registry.queries import region_code

MOVED = ("state", "group", "is_public", "state_since", "state_due", "reminded_on", "since", "until", "revision", "changed_at")
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Prospect:
    """What a verb would do to an entry, and every reason against it."""

    entry: Any
    reasons: tuple[Reason, ...] = ()


def weigh(register: RegisterOf, entries: Sequence[Any], weighing: Doing) -> list[Prospect]:
    """Return what a verb would do to each entry, changing nothing: state, role, guards and what is asked, all reasons at once (a fixed number
    of queries, whatever the number of entries).
    """
    verb, guards = weighing.verb, guards_of(register)
    found: dict[int, list[Reason]] = {e.pk: _at_first(e, weighing) for e in entries}
    standing = [e for e in entries if e.state in verb.source]
    for name in verb.guards:
        for pk, reason in guards[name].find(standing, weighing).items():
            found[pk].append(Reason(reason.text, field=reason.field, code=reason.code or name))
    if verb.body:
        for pk, reason in not_carried(standing, verb.body).items():
            found[pk].append(reason)
    return [Prospect(e, tuple(found[e.pk])) for e in entries]


def _at_first(entry: Any, weighing: Doing) -> list[Reason]:
    kind, verb, account = weighing.kind, weighing.verb, weighing.account
    if entry.state not in verb.source:
        words = {"entry": entry, "state": kind.state[entry.state].label, "verb": verb.label}
        return [Reason(_("%(entry)s 处于“%(state)s”状态，不能办理“%(verb)s”") % words, code="state")]
    if account is not None and not any(holds(account, role, entry) for role in verb.by):
        return [Reason(_("您无权对 %(entry)s 办理“%(verb)s”") % {"entry": entry, "verb": verb.label}, code="permission")]
    if entry.succeeded_on and kind.state[verb.target].group != ENDED:
        return [Reason(_("%s 已由其他条目承继，不能恢复") % entry, code="succeeded")]
    return []


def asked(entry: Any, verb: Verb, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Reason]]:
    """Return the cleaned answers to what a verb asks, and what is missing or wrong, each beside its field."""
    registry, stored, reasons = Registry(), {}, list[Reason]()
    for f in verb.asks.fields:
        if f.value:
            continue
        cleaned = clean(f, values.get(f.code), registry)
        reasons += [Reason(text, field=control) for control, text in cleaned.errors.items()]
        if cleaned.value not in (None, ""):
            stored[f.code] = cleaned.value
    if not reasons and verb.asks.fields:
        answers = answers_of(entry, verb.asks, stored)
        if gaps := gaps_in(answers):
            reasons.append(Reason(_("请补充：%s") % gap_words(gaps), field="_"))
        stored |= {code: value for code, value in answers.calculated.items() if value is not None}
    return stored, reasons


def apply_verb(
    *, register: RegisterOf, entries: Sequence[int], verb: str, reason: str, actor: Actor, values: Mapping[str, Any] | None = None
) -> list[Any]:
    """Do a verb of their kind with entries of one kind: with all of them, or with none. One with a chain is proposed, and takes effect when
    the last step approves; one with a notice when its period ends.

    Rows are locked in key order; state, role, guards and answers are weighed under the lock.

    Raises:
        Refused: with every reason of every entry; the entries are of several kinds; too many at once; or no reason is given.
    """
    with command(actor, "registers.act", name="registers.apply_verb") as log:
        rows = locked(register, entries)
        weighing = weighing_of(rows, verb, actor.account)
        stored, reasons = asked(rows[0], weighing.verb, values or {})
        weighing = replace(weighing, values=stored)
        if not reason.strip():
            reasons.append(Reason(_("请写明理由或依据"), field="reason"))
        refuse_if([*reasons, *(r for p in weigh(register, rows, weighing) for r in p.reasons), *waiting(rows)])
        if weighing.verb.waits:
            propose(register, rows, weighing, reason.strip(), log)
        else:
            take_effect(register, rows, weighing, reason.strip(), log)
    return rows


def waiting(rows: Sequence[Any]) -> list[Reason]:
    """Return the entries with which something waits for its approval already (1 query)."""
    open_ones = Proposal.objects.filter(
        state__in=WAITING, subject_kind=rows[0]._meta.label_lower, subject_id__in=[r.pk for r in rows]
    )
    keys = set(open_ones.values_list("subject_id", flat=True))
    return [Reason(_("%s 有事项正在审批或公示，请等其结束或撤回后再办理") % r, code="waiting") for r in rows if r.pk in keys]


def propose(register: RegisterOf, rows: Sequence[Any], weighing: Doing, reason: str, log: Log) -> Proposal:
    """Ask the chain of a verb about one entry, or put up its notice where it has no chain. Call inside a command, with the row locked.

    Raises:
        Refused: several entries: each is decided by itself.
    """
    if len(rows) > 1:
        raise Refused.because(_("“%s”须经审批或公示，一次办理一项") % weighing.verb.label)
    row = rows[0]
    proposal = Proposal.objects.create(
        subject_kind=register.label_of_model,
        subject_id=row.pk,
        register=register.code,
        version_id=row.version_id,
        verb=weighing.verb.code,
        values=dict(weighing.values),
        reason=reason,
        proposed_by=log.actor.account,
        proposed_at=clock.now(),
    )
    log(proposal, after={"entry": row.pk, "verb": weighing.verb.code, "reason": reason, "asked": dict(weighing.values)})
    if chain := weighing.verb.chain:
        begin(subject=proposal, chain=steps_of(chain, row, applies_to=row.kind), people=people_of(row), log=log)
    else:
        put_up_proposal(register, row, weighing, proposal, log)
    return proposal


def withdraw_proposal(*, proposal: Proposal, actor: Actor) -> Proposal:
    """Take back a proposal that waits.

    Raises:
        Refused: it is decided already, or somebody else proposed it.
    """
    with command(actor, "registers.act", name="registers.withdraw_proposal") as log:
        row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        case = open_case(row)
        if case is None:
            raise Refused.because(_("这一事项已经办结，不能撤回"), code="closed")
        withdraw(case=case, log=log)
        end_proposal(row, Proposal.State.WITHDRAWN, log)
    return row


def end_proposal(row: Proposal, state: Proposal.State, log: Log) -> None:
    before, row.state, row.ended_at = row.state, state, clock.now()
    row.save(update_fields=["state", "ended_at"])
    log(row, before={"state": before}, after={"state": row.state})


def locked(register: RegisterOf, entries: Sequence[int]) -> list[Any]:
    """Lock entries in the order of their keys and return them.

    Raises:
        Refused: none of them is there, or they are too many.
    """
    if len(entries) > MOST_AT_ONCE:
        raise Refused.because(_("一次最多办理 %d 项") % MOST_AT_ONCE)
    rows = register.model._default_manager.select_for_update(of=("self",)).select_related(*RELATED)
    found = list(rows.filter(pk__in=list(entries)).order_by("pk"))
    if not found:
        raise Refused.because(_("没有选中任何条目"))
    return found


def weighing_of(rows: Sequence[Any], verb: str, account: Any) -> Doing:
    """Return what guards are told of a verb that is to be done now with entries of one kind.

    Raises:
        Refused: several kinds, or a verb that the kind does not have.
    """
    codes = {row.kind for row in rows}
    if len(codes) > 1:
        raise Refused.because(_("一次只能办理同一种类的条目"))
    kind = kinds_here()[codes.pop()]
    if verb not in kind.verb:
        raise Refused.because(_("种类“%s”没有这项办理") % kind.label)
    return Doing(kind=kind, verb=kind.verb[verb], on=clock.today(), account=account)


def take_effect(
    register: RegisterOf, rows: Sequence[Any], weighing: Doing, reason: str, log: Log, proposal: Proposal | None = None
) -> None:
    """Move entries as a verb says, set off its effects, write its letters, and tell those whom it concerns. Call inside a command, with the
    rows locked.
    """
    kind, verb, today = weighing.kind, weighing.verb, weighing.on
    terms = Parameters(region_code(), today)
    was = {row.pk: values_of(row) for row in rows}
    for row in rows:
        _move(row, kind, verb, today, terms)
    register.model._default_manager.bulk_update(rows, list(MOVED), batch_size=500)
    for row in rows:
        before, after = changes(was[row.pk], values_of(row))
        told = {"verb": verb.code, "reason": reason, **({"asked": dict(weighing.values)} if weighing.values else {})}
        log(row, before={"state": was[row.pk]["state"], **before}, after={"state": row.state, **after, **told})
    effects = effects_of(register)
    for name in verb.effects:
        effects[name].work(rows, weighing, log)
    index_entries(register, rows)
    if verb.letter:
        for row in rows:
            _write(row, weighing, reason, proposal, log)
    tell_of_change(register, rows, weighing)


def _write(row: Any, weighing: Doing, reason: str, proposal: Proposal | None, log: Log) -> None:
    """Write the letter of a verb to the institution that holds the entry."""
    kind, verb = weighing.kind, weighing.verb
    if verb.letter is None:
        return
    words = {"kind": kind.label, "state": kind.state[row.state].label, "verb": verb.label, "name": both(row)}
    plain = {"number": row.number, "reason": reason}
    values = {
        "zh": {**{k: w.zh for k, w in words.items()}, **plain, "day": clock.official_day(weighing.on)},
        "en": {**{k: w.en or w.zh for k, w in words.items()}, **plain, "day": clock.official_day(weighing.on, "en")},
    }
    addressee = both(row.host) if row.host else both(row)
    cause = proposal or row
    write_letter(text=verb.letter, values=values, record=row, addressee=addressee, cause=cause, account=None, log=log)


def _move(row: Any, kind: Kind, verb: Verb, today: date, terms: Parameters) -> None:
    state = kind.state[verb.target]
    if state.code != row.state:
        row.state_since, row.state_due, row.reminded_on = today, due_of(kind, state.code, today, terms), None
    elif verb.term:
        row.state_due = clock.add_months(row.state_due or today, terms.number(verb.term, kind.code))
    row.state, row.group, row.is_public = state.code, state.group, state.public and bool(kind.public)
    if state.group in AT_WORK and row.since is None:
        row.since = today
    row.until = (row.until or max(today, row.since or today)) if state.group == ENDED else None
    row.revision += 1
    row.changed_at = clock.now()
