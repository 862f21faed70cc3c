"""Who may sit together: size, posts, shares of the host and of managers, terms, renewal. Pure functions that name every fault at once
and how it is mended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from headwater.core.translation import gettext as _

CHAIR, VICE, MEMBER, SECRETARY = "chair", "vice", "member", "secretary"
POSTS = (CHAIR, VICE, MEMBER, SECRETARY)
"""A secretary keeps the papers: without a vote, and counted in no size or share."""
HOST, OUTSIDE, MANAGER = "host", "outside", "manager"
STANDINGS = (OUTSIDE, HOST, MANAGER)


@dataclass(frozen=True)
class Seat:
    """Somebody on a body. `qualities` are what the kind asks to be represented; `terms` counts this term with those served before."""

    person: int
    name: str
    post: str = MEMBER
    standing: str = OUTSIDE
    qualities: frozenset[str] = frozenset()
    sex: str = ""
    since: date | None = None
    until: date | None = None
    terms: int = 1

    @property
    def votes(self) -> bool:
        return self.post != SECRETARY


@dataclass(frozen=True)
class Bound:
    """At least or at most so many, or such a share, of the voting members are of a standing or have a quality."""

    of: str
    least: int = 0
    most: int | None = None
    share: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Composition:
    """What a body is made of. `chairs_from` are the standings that a chair has, or usually has where `chair_usual`. Terms are in
    years; `renewed` is the least share of new members where a term begins.
    """

    least: int = 1
    most: int | None = None
    odd: bool = False
    vices: int | None = None
    bounds: tuple[Bound, ...] = ()
    both_sexes: bool = False
    chairs_from: tuple[str, ...] = STANDINGS
    chair_usual: bool = False
    term_years: int | None = None
    terms: int | None = None
    renewed: Fraction = Fraction(0)


@dataclass(frozen=True)
class Words:
    """What a body and its posts are called, in the reader's language; `labels` name standings and qualities."""

    body: str
    chair: str
    member: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a body, and whom it concerns. One that only `warns` is what is usually otherwise: whoever insists says so."""

    text: str
    field: str = "members"
    people: tuple[int, ...] = ()
    warns: bool = False


def faults(rule: Composition, seats: Sequence[Seat], words: Words) -> list[Fault]:
    """Return everything that is wrong with these seats, the gravest first."""
    return [
        *_doubles(seats),
        *_size(rule, seats, words),
        *_posts(rule, seats, words),
        *_bounds(rule, seats, words),
        *_terms(rule, seats),
    ]


def voting(seats: Sequence[Seat]) -> list[Seat]:
    return [s for s in seats if s.votes]


def _doubles(seats: Sequence[Seat]) -> Iterator[Fault]:
    people = [s.person for s in seats]
    for seat in {s.person: s for s in seats if people.count(s.person) > 1}.values():
        yield Fault(_("%s 列了不止一次，请只留一行") % seat.name, people=(seat.person,))


def _size(rule: Composition, seats: Sequence[Seat], words: Words) -> Iterator[Fault]:
    n = len(voting(seats))
    if n < rule.least:
        values = {"body": words.body, "least": rule.least, "n": n, "more": rule.least - n}
        yield Fault(_("%(body)s不少于 %(least)d 人，现有 %(n)d 人；请再增加 %(more)d 人") % values)
    if rule.most is not None and n > rule.most:
        values = {"body": words.body, "most": rule.most, "n": n, "more": n - rule.most}
        yield Fault(_("%(body)s不多于 %(most)d 人，现有 %(n)d 人；请减少 %(more)d 人") % values)
    if rule.odd and n % 2 == 0 and n:
        yield Fault(_("%(body)s人数应为单数，现有 %(n)d 人；请增加或减少 1 人") % {"body": words.body, "n": n})


def _posts(rule: Composition, seats: Sequence[Seat], words: Words) -> Iterator[Fault]:
    chairs = [s for s in seats if s.post == CHAIR]
    if len(chairs) != 1:
        values = {"chair": words.chair, "member": words.member, "n": len(chairs)}
        yield Fault(
            _("须有且只有一位%(chair)s，由%(member)s担任；现有 %(n)d 位") % values, "chair", tuple(s.person for s in chairs)
        )
    vices = [s for s in seats if s.post == VICE]
    if rule.vices is not None and len(vices) > rule.vices:
        yield Fault(
            _("副职最多 %(most)d 位，现有 %(n)d 位") % {"most": rule.vices, "n": len(vices)},
            people=tuple(s.person for s in vices),
        )
    for seat in chairs:
        if seat.standing not in rule.chairs_from:
            named = _("、").join(words.labels.get(s, s) for s in rule.chairs_from)
            values = {"chair": words.chair, "from": named, "name": seat.name}
            text = (
                _("%(chair)s一般由%(from)s担任，%(name)s 不是")
                if rule.chair_usual
                else _("%(chair)s须由%(from)s担任，%(name)s 不是；请另选")
            )
            yield Fault(text % values, "chair", (seat.person,), warns=rule.chair_usual)


def _bounds(rule: Composition, seats: Sequence[Seat], words: Words) -> Iterator[Fault]:
    votes = voting(seats)
    for bound in rule.bounds:
        of = [s for s in votes if bound.of == s.standing or bound.of in s.qualities]
        most = bound.most if bound.share is None else int(len(votes) * bound.share)
        values = {"label": words.labels.get(bound.of, bound.of), "n": len(of), "size": len(votes)}
        if len(of) < bound.least:
            text = _("%(label)s不少于 %(least)d 人，现有 %(n)d 人；请增加或标明")
            yield Fault(text % {**values, "least": bound.least})
        if most is not None and len(of) > most:
            share = "" if bound.share is None else _("（不超过 %s）") % f"{bound.share}"
            text = _("%(label)s最多 %(most)d 人%(share)s，现有 %(n)d 人；请换下 %(more)d 人")
            yield Fault(
                text % {**values, "most": most, "share": share, "more": len(of) - most}, people=tuple(s.person for s in of)
            )
    sexes = {s.sex for s in votes if s.sex}
    if rule.both_sexes and votes and len(sexes) < 2:
        yield Fault(_("成员须包括不同性别；请调整人选，或在其个人信息中补全性别"))


def _terms(rule: Composition, seats: Sequence[Seat]) -> Iterator[Fault]:
    for seat in voting(seats):
        if rule.term_years and seat.since and seat.until and seat.until > years_on(seat.since, rule.term_years):
            values = {"name": seat.name, "years": rule.term_years, "last": years_on(seat.since, rule.term_years)}
            yield Fault(_("%(name)s 的任期超过 %(years)d 年，最迟到 %(last)s") % values, "until", (seat.person,))
        if rule.terms is not None and seat.terms > rule.terms:
            values = {"name": seat.name, "most": rule.terms}
            yield Fault(_("%(name)s 已连任满 %(most)d 届，不能再任；请换人") % values, people=(seat.person,))


def years_on(since: date, years: int) -> date:
    """Return the first day after a term of so many years; one that begins on 29 February ends on 28 February."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return since.replace(year=since.year + years, day=28)


def renewal_fault(rule: Composition, before: Collection[int], seats: Sequence[Seat], words: Words) -> Fault | None:
    """Return what is wrong with a new term that keeps too many of the people `before`; None where enough are new."""
    votes = voting(seats)
    fresh = sum(s.person not in before for s in votes)
    least = -(-len(votes) * rule.renewed.numerator // rule.renewed.denominator)
    if not before or fresh >= least:
        return None
    values: dict[str, Any] = {"body": words.body, "share": f"{rule.renewed}", "least": least, "n": fresh}
    return Fault(_("换届时%(body)s至少更换 %(share)s（%(least)d 人），新成员现有 %(n)d 人；请再更换") % values)
