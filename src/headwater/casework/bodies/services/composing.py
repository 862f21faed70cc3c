"""From the people whom somebody chooses to the seats of a body, and everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.bodies import bars
from headwater.casework.bodies.kinds import BodyKind
from headwater.casework.bodies.models import Body, BodyMember
from headwater.casework.bodies.rules.composition import HOST, MEMBER, OUTSIDE, Fault, Seat, faults, renewal_fault, years_on
from headwater.registry.models import Person


@dataclass(frozen=True)
class Chosen:
    """Somebody who is to sit: without a standing it is worked out, without days the term of the kind runs from the beginning.
    `seat` is the seat that goes on, where somebody stays.
    """

    person: Person
    post: str = MEMBER
    standing: str = ""
    qualities: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    seat: int | None = None


@dataclass(frozen=True)
class Founding:
    """What is judged and by what kind of body, before there is one."""

    kind: BodyKind
    record: Any = None


@dataclass
class Forming:
    """The seats of a body that is convened or changed as of a day, with what is wrong. With `new_term` all terms begin anew."""

    kind: BodyKind
    record: Any
    chosen: Sequence[Chosen]
    since: date
    body: Body | None = None
    new_term: bool = False
    at_host: set[int] = field(init=False)
    earlier: dict[int, BodyMember] = field(init=False)
    seats: list[Seat] = field(init=False)

    def __post_init__(self) -> None:
        records = bars.records_for(c.person.pk for c in self.chosen)
        question = bars.Question(self.kind, self.record, records, self.since, self.body.pk if self.body else None)
        self.at_host = bars.host_staff(question)
        self.earlier = {}
        if self.body:
            for row in self.body.members.order_by("since", "pk"):
                self.earlier[records.get(row.person_id, row.person_id)] = row
        self.seats = [self._seat(c) for c in self.chosen]

    def _seat(self, c: Chosen) -> Seat:
        since = self.since if self.new_term else c.since or self.since
        years = self.kind.composition.term_years
        until = None if self.new_term else c.until
        return Seat(
            person=c.person.pk,
            name=c.person.name_zh,
            post=c.post,
            standing=c.standing or (HOST if c.person.pk in self.at_host else OUTSIDE),
            qualities=frozenset(c.qualities),
            sex=c.person.sex,
            since=since,
            until=until or (years_on(since, years) if years else None),
            terms=self._terms(c, since),
        )

    def _terms(self, c: Chosen, since: date) -> int:
        """Return which term this is: one more than before where the last one ran up to it, the same where the seat goes on."""
        before = self.earlier.get(c.person.pk)
        if before is None or not before.votes:
            return 1
        if not self.new_term and before.pk == c.seat:
            return before.terms
        runs_on = before.until is None or before.until >= since
        return before.terms + (1 if self.new_term else 0) if runs_on else 1

    def faults(self) -> list[Fault]:
        """Return everything that is wrong with the seats, and what is only unusual."""
        found = faults(self.kind.composition, self.seats, self.kind.words)
        found += [*self._standings(), *self._barred(), *self._qualities()]
        if self.new_term and self.body and self.kind.composition.renewed:
            before = {key for key, row in self.earlier.items() if row.votes}
            renewal = renewal_fault(self.kind.composition, before, self.seats, self.kind.words)
            found += [renewal] if renewal else []
        return sorted([*found, *self._without_account()], key=lambda fault: fault.warns)

    def _standings(self) -> list[Fault]:
        wrong = [s for s in self.seats if s.standing == OUTSIDE and s.person in self.at_host]
        return [Fault(_("%s 是依托单位的人员，身份应为“依托单位人员”") % s.name, people=(s.person,)) for s in wrong]

    def _barred(self) -> list[Fault]:
        names = {s.person: s.name for s in self.seats}
        people = [s.person for s in self.seats if s.votes]
        found = bars.barred(self.kind.bars, self.kind, self.record, people, body=self.body.pk if self.body else None)
        return [Fault(f"{names[pk]} {reason}", people=(pk,)) for _hook, pk, reason in found]

    def _qualities(self) -> list[Fault]:
        known = set(self.kind.quality_words)
        return [
            Fault(_("%s 的“代表”不在本类组织所列之内") % s.name, people=(s.person,)) for s in self.seats if s.qualities - known
        ]

    def _without_account(self) -> list[Fault]:
        none = [c.person for c in self.chosen if c.post != "secretary" and c.person.account_id is None]
        text = _("%s 没有账号，不能在系统中表决；请系统管理员为其建立账号")
        return [Fault(text % p.name_zh, people=(p.pk,), warns=True) for p in none]


def as_chosen(row: BodyMember) -> Chosen:
    """Return a seat as it stands, to be kept or changed."""
    return Chosen(row.person, row.post, row.standing, tuple(row.qualities), row.since, row.until, row.pk)
