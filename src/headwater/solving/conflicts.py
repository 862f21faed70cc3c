"""Conflicts of interest in the tables of `review.ties`, by the conflict kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.conflicts import OPEN, Found, Kind, Proposals, Registry, Rules, stream_conflicts

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
Table = Sequence[tuple[Any, ...]]
Tables = Mapping[str, Table]
Block = tuple[list[int], list[int], list[str], list[str]]
"""Applications, experts, kinds and the evidence in words; a paper is named by its id."""
RELATIONS = {"supervisor": Kind.SUPERVISOR, "kin": Kind.KIN, "coproject": Kind.TIED_PROJECT, "declared": Kind.TIED}
NAMES: dict[Kind, str] = {
    Kind.SAME_ENTITY: "same_entity",
    Kind.PAST_ENTITY: "past_entity",
    Kind.TAKES_PART: "takes_part",
    Kind.SAME_CALL: "same_call",
    Kind.COAUTHOR: "coauthor",
    **{kind: name for name, kind in RELATIONS.items()},
    Kind.NAMED: "named",
    Kind.BANNED: "banned",
}
BLOCK = 20_000
"""The number of applications in one search bounds the memory."""


@dataclass(frozen=True)
class World:
    """What the kernel takes, and the rows and names behind its evidence."""

    proposals: Proposals
    registry: Registry
    tables: Tables
    entities: Texts


def search(tables: Tables, rules: dict[str, Any], only: int | None) -> Iterator[Block]:
    """Find the conflicts of all applications of the tables, or of one, block by block."""
    person, entity = _persons(tables), _Index(_column(tables["entity"], 0))
    application, expert = _Index(_column(tables["application"], 0)), _Index(_column(tables["expert"], 0))
    names = np.array([row[2] for row in tables["entity"]], dtype=object)
    world = World(_proposals(tables, application, person, entity), _registry(tables, person, entity), tables, names)
    numbers = {name: value for name, value in rules.items() if name != "coproject_days"}
    limits = Rules(**numbers, relation_days={Kind.TIED_PROJECT: rules["coproject_days"]})
    for block in stream_conflicts(world.proposals, world.registry, limits, size=BLOCK, kinds=tuple(NAMES)):
        rows = slice(None) if only is None else application.ids[block.proposal] == only
        yield (
            application.ids[block.proposal[rows]].tolist(),
            expert.ids[block.expert[rows]].tolist(),
            [NAMES[Kind(kind)] for kind in block.kind[rows]],
            _evidence(world, block)[rows].tolist(),
        )


def _column(table: Table, at: int) -> Ints:
    """One column of whole numbers; -1 for none."""
    return np.array([-1 if row[at] is None else row[at] for row in table], dtype=np.int64)


def _days(table: Table, at: int) -> Ints:
    return np.array([OPEN if row[at] is None else row[at].toordinal() for row in table], dtype=np.int64)


class _Index:
    """Places of ids in an ascending list without doubles; -1 for an id that is not there."""

    def __init__(self, ids: Ints) -> None:
        self.ids: Ints = np.unique(ids[ids >= 0])

    def __call__(self, ids: Ints) -> Ints:
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1)


def _persons(tables: Tables) -> _Index:
    columns = (("application", 2), ("member", 1), ("named", 1), ("expert", 1), ("affiliation", 0), ("author", 0), ("relation", 0))
    parts = [_column(tables[name], at) for name, at in (*columns, ("relation", 1), ("ban", 0))]
    return _Index(np.concatenate(parts))


def _proposals(tables: Tables, application: _Index, person: _Index, entity: _Index) -> Proposals:
    rows = tables["application"]
    groups = np.array([row[3] for row in rows], dtype=object)
    return Proposals(
        host=entity(_column(rows, 1)),
        leader=person(_column(rows, 2)),
        group=np.unique(groups.astype(str), return_inverse=True)[1],
        member_proposal=application(_column(tables["member"], 0)),
        member_person=person(_column(tables["member"], 1)),
        named_proposal=application(_column(tables["named"], 0)),
        named_person=person(_column(tables["named"], 1)),
    )


def _registry(tables: Tables, person: _Index, entity: _Index) -> Registry:
    home = np.full(len(person.ids), -1, dtype=np.int64)
    homes = tables["home"]
    home[person(_column(homes, 0))] = entity(_column(homes, 1))
    moves, authors, relations, bans = (tables[name] for name in ("affiliation", "author", "relation", "ban"))
    paper = _Index(_column(authors, 1))
    at = paper(_column(authors, 1))
    year = np.zeros(len(paper.ids), dtype=np.int64)
    year[at] = _column(authors, 2)
    return Registry(
        home=home,
        expert=person(_column(tables["expert"], 1)),
        legal=entity(_column(tables["entity"], 1)),
        affiliation_person=person(_column(moves, 0)),
        affiliation_entity=entity(_column(moves, 1)),
        affiliation_since=_days(moves, 2),
        affiliation_until=_days(moves, 3),
        author_person=person(_column(authors, 0)),
        author_paper=at,
        paper_year=year,
        relation_first=person(_column(relations, 0)),
        relation_second=person(_column(relations, 1)),
        relation_kind=np.array([RELATIONS[row[2]] for row in relations], dtype=np.int64),
        relation_until=_days(relations, 3),
        ban_person=person(_column(bans, 0)),
        ban_since=np.zeros(len(bans), dtype=np.int64),
        ban_until=np.full(len(bans), OPEN, dtype=np.int64),
    )


def _evidence(world: World, conflicts: Found) -> Texts:
    """The evidence of each conflict in words: an institution, a period, the id of a paper, a note. Shape (conflicts,)."""
    text = np.full(len(conflicts), "", dtype=object)
    for kind in conflicts.counts():
        at = np.flatnonzero(conflicts.kind == kind)
        text[at] = _evidence_of_kind(
            world, kind, conflicts.proposal[at], conflicts.left[at].astype(np.int64), conflicts.right[at].astype(np.int64)
        )
    return text


def _evidence_of_kind(world: World, kind: Kind, proposal: Any, left: Ints, right: Ints) -> Any:
    r, tables = world.registry, world.tables
    if kind is Kind.SAME_ENTITY:
        people = np.concatenate([world.proposals.leader, world.proposals.member_person])
        home = np.where(left < 0, world.proposals.host[proposal], r.home[people[left]])
        return world.entities[r.legal[home]]
    if kind is Kind.PAST_ENTITY:
        rows = np.where(right >= 0, right, left)
        names: Any = world.entities[r.legal[r.affiliation_entity]]
        return _each(rows, lambda row: _period(names[row], *tables["affiliation"][row][2:4]))
    if kind is Kind.SAME_CALL:
        return _each(right, lambda row: tables["application"][row][4])
    if kind is Kind.COAUTHOR:
        return _each(left, lambda row: str(tables["author"][row][1]))
    if kind in RELATIONS.values():
        return _each(right, lambda row: tables["relation"][row][4])
    return _each(left, lambda row: tables["named"][row][2]) if kind is Kind.NAMED else ""


def _each(rows: Ints, word: Any) -> Texts:
    """Texts of rows; `word` runs once for each different row."""
    distinct, at = np.unique(rows, return_inverse=True)
    words = np.empty(len(distinct), dtype=object)
    words[:] = [word(row) for row in distinct]
    return words[at]


def _period(name: str, since: date, until: date | None) -> str:
    return f"{name} ({since}–{until or ''})"
