"""New entries: by an officer, from a table, from a released decision, from the region package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, refuse_if
from headwater.core.numbering import pass_over, take_numbers
from headwater.core.parameters import Parameters
from headwater.registers.declared import RegisterOf
from headwater.registers.finding import index_entries
from headwater.registers.kinds import current_versions, kinds_here
from headwater.registers.models import Entry, Holder
from headwater.registers.parsing import NUMBER
from headwater.registers.services.keeping import grant_keepers
from headwater.registers.shapes import AT_WORK, ENDED, Kind
from headwater.registers.values import values_of
from headwater.registry.models import Organisation, Person
from headwater.registry.queries import region_code

BATCH = 1000
KNOWN_FROM_THE_START = (Entry.Origin.OFFICER, Entry.Origin.DECISION)
"""Ways of entry of what begins with it; what comes from elsewhere was there before, from a day that may be unknown."""


@dataclass(frozen=True)
class Share:
    """One holder beside the institution that leads: `share` is a part of the whole."""

    role: str
    organisation: Organisation | None = None
    person: Person | None = None
    share: Any = None


@dataclass
class Draft:
    """An entry before it is opened. `columns` are those of its table; where no state is named it begins in the first of its kind, and where
    no number is given it gets the next one. `since` is the day from which it has been at work, `until` its last one.
    """

    kind: str
    name_zh: str
    host: Organisation | None = None
    state: str = ""
    number: str = ""
    since: date | None = None
    until: date | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    holders: Sequence[Share] = ()
    keepers: Mapping[str, Person] = field(default_factory=dict)
    origin_id: int | None = None


def open_entry(*, register: RegisterOf, draft: Draft, actor: Actor) -> Any:
    """Open one entry as an officer.

    Raises:
        Refused: the kind or state is unknown, the number is taken, or the kind allows fewer holders.
    """
    with command(actor, "registers.open", name="registers.open_entries") as log:
        return open_drafts(register, [draft], Entry.Origin.OFFICER, log)[0]


def open_entries(
    *, register: RegisterOf, drafts: Sequence[Draft], actor: Actor, origin: str = Entry.Origin.IMPORT, invented: bool = False
) -> list[Any]:
    """Open many entries in one command, as a table does; `invented` ones only in a demo.

    Raises:
        Refused: as `open_entry`, with every reason of every draft.
    """
    with command(actor, "registers.open", name="registers.open_entries") as log:
        return open_drafts(register, drafts, origin, log, invented=invented)


def open_drafts(register: RegisterOf, drafts: Sequence[Draft], origin: str, log: Log, *, invented: bool = False) -> list[Any]:
    """Open entries within a command: a fixed number of statements, whatever their number.

    Raises:
        Refused: with every reason of every draft.
        ValueError: invented entries that do not come from the demo.
    """
    if invented and log.actor.source != "demo":
        raise ValueError("only the demo invents entries")
    kinds, versions = kinds_here(register.code), current_versions(register.code)
    refuse_if([r for d in drafts for r in draft_problems(d, kinds)] or _numbers_taken(register, drafts))
    _give_numbers(drafts, kinds)
    terms = Parameters(region_code(), clock.today())
    rows = [_entry(register, d, kinds[d.kind], versions[d.kind], terms, origin, invented) for d in drafts]
    rows = register.model._default_manager.bulk_create(rows, batch_size=BATCH)
    register.holders._default_manager.bulk_create(
        [h for row, d in zip(rows, drafts, strict=True) for h in _holders(register, row, d)], batch_size=BATCH
    )
    people = {row.pk: d.keepers for row, d in zip(rows, drafts, strict=True) if d.keepers}
    grant_keepers(register, {row: people[row.pk] for row in rows if row.pk in people}, log)
    for row in rows:
        log(row, after=values_of(row))
    index_entries(register, rows)
    return rows


def draft_problems(draft: Draft, kinds: Mapping[str, Kind]) -> list[Reason]:
    """Return what of a draft does not fit its kind, each with the field that it is about."""
    kind = kinds.get(draft.kind)
    if kind is None:
        known = "、".join(kinds) or _("无")
        return [Reason(_("没有这个种类：%(kind)s；可选：%(known)s") % {"kind": draft.kind, "known": known}, field="kind")]
    reasons = []
    if not draft.name_zh.strip():
        reasons.append(Reason(_("请填写名称"), field="name_zh"))
    state = kind.state.get(draft.state or kind.first)
    if state is None:
        known = "、".join(f"{s.code}（{s.label}）" for s in kind.states)
        reasons.append(
            Reason(_("没有这个状态：%(state)s；可选：%(known)s") % {"state": draft.state, "known": known}, field="state")
        )
    elif draft.until and state.group != ENDED:
        reasons.append(Reason(_("只有已终止的条目才有终止日期"), field="until"))
    if draft.since and draft.until and draft.until < draft.since:
        reasons.append(Reason(_("终止日期不能早于运行起始日期"), field="until"))
    if draft.number and not NUMBER.fullmatch(draft.number):
        reasons.append(Reason(_("编号只能由文字、数字、连字符和点组成，最多 40 个字符"), field="number"))
    return reasons + _holder_problems(draft, kind)


def _holder_problems(draft: Draft, kind: Kind) -> list[Reason]:
    reasons, counts = [], {"lead": int(draft.host is not None)}
    for share in draft.holders:
        counts[share.role] = counts.get(share.role, 0) + 1
    for role, count in counts.items():
        most = kind.holders.get(role, 0)
        if count > most:
            words = {"role": Holder.Role(role).label, "most": most, "count": count}
            reasons.append(Reason(_("“%(role)s”最多 %(most)d 个，现有 %(count)d 个") % words, field="holders"))
    keys = [(s.organisation.pk if s.organisation else None, s.person.pk if s.person else None) for s in draft.holders]
    if len(set(keys)) < len(keys) or (draft.host and (draft.host.pk, None) in keys):
        reasons.append(Reason(_("同一单位或个人只能列一次"), field="holders"))
    return reasons


def _numbers_taken(register: RegisterOf, drafts: Sequence[Draft]) -> list[Reason]:
    given = [d.number for d in drafts if d.number]
    taken = set(register.model._default_manager.filter(number__in=given).values_list("number", flat=True)) if given else set()
    taken |= {n for n in given if given.count(n) > 1} if len(set(given)) < len(given) else set()
    return [Reason(_("编号 %s 已被使用") % number, field="number") for number in sorted(taken)]


def _give_numbers(drafts: Sequence[Draft], kinds: Mapping[str, Kind]) -> None:
    """Number the drafts that have none, after what was given elsewhere."""
    given: dict[str, list[str]] = {}
    free: dict[tuple[str, int], list[Draft]] = {}
    for draft in drafts:
        pattern = kinds[draft.kind].number
        if draft.number:
            given.setdefault(pattern, []).append(draft.number)
        else:
            free.setdefault((pattern, draft.since.year if draft.since else clock.today().year), []).append(draft)
    for pattern, numbers in sorted(given.items()):
        pass_over(pattern, numbers)
    for (pattern, year), group in sorted(free.items()):
        for draft, number in zip(group, take_numbers(pattern, year, len(group)), strict=True):
            draft.number = number


def _entry(register: RegisterOf, draft: Draft, kind: Kind, version: int, terms: Parameters, origin: str, invented: bool) -> Any:
    today, state = clock.today(), kind.state[draft.state or kind.first]
    state_since = draft.until if draft.until and state.group == ENDED else today
    people = {k.column: draft.keepers[k.role] for k in register.keepers if k.role in draft.keepers}
    return register.model(
        kind=draft.kind,
        version_id=version,
        number=draft.number,
        name_zh=draft.name_zh.strip(),
        host=draft.host,
        state=state.code,
        group=state.group,
        is_public=state.public and bool(kind.public),
        state_since=state_since,
        state_due=due_of(kind, state.code, state_since, terms),
        opened_on=today,
        since=draft.since or (today if state.group in AT_WORK and origin in KNOWN_FROM_THE_START else None),
        until=draft.until or (today if state.group == ENDED else None),
        origin=origin,
        origin_id=draft.origin_id,
        answers=dict(draft.answers),
        invented=invented,
        **people,
        **draft.columns,
    )


def due_of(kind: Kind, state: str, since: date, terms: Parameters) -> date | None:
    """Return the day by which an entry should have left a state that it entered on a day; None where the kind sets no term."""
    term = kind.state[state].term
    return clock.add_months(since, terms.number(term, kind.code)) if term else None


def _holders(register: RegisterOf, row: Any, draft: Draft) -> list[Any]:
    since = row.since or row.opened_on
    shares = [*([Share(Holder.Role.LEAD, draft.host)] if draft.host else []), *draft.holders]
    ends = row.until
    return [
        register.holders(
            entry=row,
            organisation=s.organisation,
            person=s.person,
            role=s.role,
            share=s.share,
            since=min(since, ends or since),
            until=ends,
        )
        for s in shares
    ]
