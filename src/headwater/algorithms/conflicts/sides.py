"""Each kind of conflict as a join: what proposals hold, what experts hold, and the evidence of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from headwater.algorithms.conflicts.model import OPEN, RELATIONS, Array, Kind, Proposals, Registry, Rules

Held = tuple[Array, Array, Array]
"""Holder (proposal or expert), token, evidence."""


@dataclass(frozen=True)
class Meeting:
    """Both sides of a kind; `who` as in `kernels.Sides`."""

    left: Held
    right: Held
    tokens: int
    who: Array


@dataclass
class World:
    """Input with what several kinds need, made once."""

    proposals: Proposals
    registry: Registry
    rules: Rules

    @cached_property
    def people(self) -> tuple[Array, Array]:
        """Proposal and person of each people row."""
        p = self.proposals
        own = np.arange(len(p), dtype=np.int32)
        return np.concatenate([own, p.member_proposal]), np.concatenate([p.leader, p.member_person])

    @cached_property
    def expert_of(self) -> Array:
        """Expert of each person, -1 for none."""
        found = np.full(len(self.registry.home), -1, dtype=np.int32)
        found[self.registry.expert] = np.arange(len(self.registry.expert), dtype=np.int32)
        return found

    @cached_property
    def home(self) -> Array:
        """Present legal entity of each person, -1 for none."""
        return np.where(self.registry.home >= 0, self.registry.legal[self.registry.home], -1).astype(np.int32)

    @cached_property
    def standing(self) -> Held:
        """Present legal entities of proposals: of their institution (evidence -1) and of their people."""
        proposal, person = self.people
        host = self.proposals.host
        known = np.flatnonzero(host >= 0).astype(np.int32)
        rows = np.flatnonzero((person >= 0) & (self.home[person] >= 0)).astype(np.int32)
        return (
            np.concatenate([known, proposal[rows]]),
            np.concatenate([self.registry.legal[host[known]], self.home[person[rows]]]),
            np.concatenate([np.full(len(known), -1, dtype=np.int32), rows]),
        )

    @cached_property
    def experts_home(self) -> Held:
        """Present legal entities of experts."""
        token = self.home[self.registry.expert]
        expert = np.flatnonzero(token >= 0).astype(np.int32)
        return expert, token[expert], np.full(len(expert), -1, dtype=np.int32)

    def spread(self, person: Array, rows: Array) -> tuple[Array, Array]:
        """People rows with each of the given rows of a table that belongs to their person."""
        from headwater.algorithms.conflicts.kernels import order_by, spread

        start, order = order_by(person[rows], len(self.registry.home))
        holder, row = spread(self.people[1], start, rows[order])
        return holder, row


def _since(today: int, days: int | None) -> int:
    return -OPEN if days is None else today - days


def same_entity(w: World) -> Meeting:
    return Meeting(w.standing, w.experts_home, len(w.registry.legal), _nobody())


def past_entity(w: World) -> Meeting:
    """Tokens are legal entities, and shifted by their number where the person of the proposal was the one who moved.

    With `Rules.host` the institution of the proposal stands beside the homes of its people: an expert who left it yesterday knows it.
    """
    r, size = w.registry, len(w.registry.legal)
    entity = r.legal[r.affiliation_entity]
    rows = np.flatnonzero(
        (r.affiliation_until >= _since(w.rules.today, w.rules.affiliation_days)) & (entity != w.home[r.affiliation_person])
    )
    rows = rows.astype(np.int32)
    expert = w.expert_of[r.affiliation_person[rows]]
    theirs = rows[expert >= 0]
    holder, mine = w.spread(r.affiliation_person, rows)
    proposal, _person = w.people
    at_home = np.flatnonzero(w.standing[2] >= (-1 if w.rules.host else 0))
    home_expert, home_token, nothing = w.experts_home
    return Meeting(
        (
            np.concatenate([w.standing[0][at_home], proposal[holder]]),
            np.concatenate([w.standing[1][at_home], entity[mine] + size]),
            np.concatenate([w.standing[2][at_home], mine]),
        ),
        (
            np.concatenate([expert[expert >= 0], home_expert]),
            np.concatenate([entity[theirs], home_token + size]),
            np.concatenate([theirs, nothing]),
        ),
        2 * size,
        _nobody(),
    )


def same_group(w: World) -> Meeting:
    """Evidence of a host or person is met by experts of the group; those of the same legal entity are taken out by `who`."""
    corporation = w.registry.corporation
    if not len(corporation):
        return _empty()
    (p, token, _rows), (e, home, _nothing) = w.standing, w.experts_home
    mine, theirs = corporation[token] >= 0, corporation[home] >= 0
    # Evidence here is the place in a list of legal entities, so that one entity does not meet itself; `evidence_of` turns it back.
    return Meeting(
        (p[mine], corporation[token[mine]], np.flatnonzero(mine).astype(np.int32)),
        (e[theirs], corporation[home[theirs]], (len(token) + np.flatnonzero(theirs)).astype(np.int32)),
        int(corporation.max()) + 1,
        np.concatenate([token, home]).astype(np.int32),
    )


def takes_part(w: World) -> Meeting:
    proposal, person = w.people
    rows = np.flatnonzero(person >= 0).astype(np.int32)
    expert = np.arange(len(w.registry.expert), dtype=np.int32)
    return Meeting(
        (proposal[rows], person[rows], rows), (expert, w.registry.expert, expert * 0 - 1), len(w.registry.home), _nobody()
    )


def same_call(w: World) -> Meeting:
    group, leader = w.proposals.group, w.proposals.leader
    mine = np.flatnonzero(group >= 0).astype(np.int32)
    led = mine[leader[mine] >= 0]
    expert = w.expert_of[leader[led]]
    led, expert = led[expert >= 0], expert[expert >= 0]
    size = int(group.max()) + 1 if len(group) else 0
    return Meeting((mine, group[mine], mine * 0 - 1), (expert, group[led], led), max(size, 0), _nobody())


def coauthor(w: World) -> Meeting:
    r, rules = w.registry, w.rules
    since = -OPEN if rules.coauthor_years is None else rules.year - rules.coauthor_years
    counts = (r.paper_year >= since) & (_authors(r) <= rules.consortium)
    return _together(w, r.author_person, r.author_paper, counts)


def _authors(r: Registry) -> Array:
    """How many persons wrote each paper, however often its rows name them."""
    paper = r.author_paper.astype(np.int64)
    own = np.unique(paper * len(r.home) + r.author_person)
    return np.bincount(own // max(len(r.home), 1), minlength=len(r.paper_year))


def coproject(w: World) -> Meeting:
    r = w.registry
    return _together(w, r.project_person, r.project, r.project_until >= _since(w.rules.today, w.rules.project_days))


def _together(w: World, person: Array, thing: Array, counts: Array) -> Meeting:
    """People and experts of one thing (paper, project), persons that are not the same."""
    expert = w.expert_of[person]
    theirs = np.flatnonzero((expert >= 0) & counts[thing]).astype(np.int32)
    met = np.zeros(len(counts), dtype=bool)
    met[thing[theirs]] = True
    holder, mine = w.spread(person, np.flatnonzero(met[thing]).astype(np.int32))
    return Meeting((w.people[0][holder], thing[mine], mine), (expert[theirs], thing[theirs], theirs), len(counts), person)


def relation(kind: Kind, w: World) -> Meeting:
    """Tokens are persons of proposals; an expert holds those that he is tied to."""
    r = w.registry
    since = _since(w.rules.today, w.rules.relation_days.get(kind))
    rows = np.flatnonzero((r.relation_kind == kind) & (r.relation_until >= since)).astype(np.int32)
    one, other = r.relation_first[rows], r.relation_second[rows]
    if kind not in w.rules.directed:
        one, other, rows = np.concatenate([one, other]), np.concatenate([other, one]), np.concatenate([rows, rows])
    expert = w.expert_of[other]
    keep = expert >= 0
    return Meeting(takes_part(w).left, (expert[keep], one[keep], rows[keep]), len(r.home), _nobody())


def named(w: World) -> Meeting:
    p = w.proposals
    rows = np.arange(len(p.named_proposal), dtype=np.int32)
    return Meeting((p.named_proposal, p.named_person, rows), takes_part(w).right, len(w.registry.home), _nobody())


def declared(w: World) -> Meeting:
    p = w.proposals
    rows, expert = np.arange(len(p.declared_proposal), dtype=np.int32), np.arange(len(w.registry.expert), dtype=np.int32)
    return Meeting((p.declared_proposal, p.declared_expert, rows), (expert, expert, expert * 0 - 1), len(expert), _nobody())


def banned(w: World) -> Meeting:
    """One token, which every proposal holds."""
    r, today = w.registry, w.rules.today
    rows = np.flatnonzero((r.ban_since <= today) & ((r.ban_until > today) | (r.ban_until == OPEN))).astype(np.int32)
    expert = w.expert_of[r.ban_person[rows]]
    rows, expert = rows[expert >= 0], expert[expert >= 0]
    every = np.arange(len(w.proposals), dtype=np.int32)
    return Meeting((every, every * 0, every * 0 - 1), (expert, expert * 0, rows), 1, _nobody())


def _nobody() -> Array:
    return np.empty(0, dtype=np.int32)


def _empty() -> Meeting:
    nothing = (_nobody(), _nobody(), _nobody())
    return Meeting(nothing, nothing, 0, _nobody())


MEETINGS: dict[Kind, Callable[[World], Meeting]] = {
    Kind.SAME_ENTITY: same_entity,
    Kind.PAST_ENTITY: past_entity,
    Kind.SAME_GROUP: same_group,
    Kind.TAKES_PART: takes_part,
    Kind.SAME_CALL: same_call,
    Kind.COAUTHOR: coauthor,
    Kind.COPROJECT: coproject,
    **{kind: partial(relation, kind) for kind in RELATIONS},
    Kind.NAMED: named,
    Kind.DECLARED: declared,
    Kind.BANNED: banned,
}


def evidence_of(kind: Kind, w: World, left: Any, right: Any) -> tuple[Any, Any]:
    """Evidence rows as `Kind` tells them."""
    if kind is Kind.SAME_GROUP:
        return w.standing[2][left], np.full(len(right), -1, dtype=np.int32)
    return left, right
