"""What the search for conflicts takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[Any]
Int32s = NDArray[np.int32]
OPEN = int(np.iinfo(np.int32).max)
"""An end that is not set: the period goes on."""


class Kind(IntEnum):
    """Why a pair is a conflict, with the two evidence rows: `left` of the proposal's side, `right` of the expert's; -1 for none.

    A people row p < n is the leader of proposal p; p >= n is row p - n of the members.
    """

    SAME_ENTITY = 0
    """Now of one legal entity. left: people row, -1 for the proposal's own institution."""
    PAST_ENTITY = 1
    """One was at the present legal entity of the other. The expert was: people row (-1 for the proposal's own institution) and the
    expert's affiliation row. A person of the proposal was: that affiliation row, and right is -1."""
    SAME_GROUP = 2
    """Now of different legal entities of one group. left: people row, -1 for the proposal's own institution."""
    TAKES_PART = 3
    """The expert is a person of the proposal. left: people row."""
    SAME_CALL = 4
    """The expert leads a proposal in the same review group. right: that proposal."""
    COAUTHOR = 5
    """left and right: authorship rows of one paper."""
    COPROJECT = 6
    """left and right: membership rows of one project."""
    SUPERVISOR = 7
    """left: people row, right: relation row. So are the next three."""
    KIN = 8
    TIED_PROJECT = 9
    TIED = 10
    NAMED = 11
    """left: row of `named`."""
    DECLARED = 12
    """left: row of `declared`."""
    BANNED = 13
    """right: row of the bans."""


RELATIONS = (Kind.SUPERVISOR, Kind.KIN, Kind.TIED_PROJECT, Kind.TIED)


def _none() -> Int32s:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True)
class Proposals:
    """n proposals: institution, leader and review group (n,), -1 for none; members as pairs; names that the applicants object to
    as pairs (proposal, person); conflicts known already as pairs (proposal, expert).
    """

    host: Array
    leader: Array
    group: Array
    member_proposal: Array = field(default_factory=_none)
    member_person: Array = field(default_factory=_none)
    named_proposal: Array = field(default_factory=_none)
    named_person: Array = field(default_factory=_none)
    declared_proposal: Array = field(default_factory=_none)
    declared_expert: Array = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.host)


@dataclass(frozen=True)
class Registry:
    """People, institutions and what ties them. Indices from 0; days are integers from any zero.

    home: (persons,) present entity, -1 for none. expert: (experts,) person, each once. legal: (entities,) the legal entity of each (an
    entity index). corporation: (entities,) group of a legal entity, -1 for none.
    Affiliations: person, entity, since, until (a day, or OPEN). Authorships: person, paper; year (papers,). Memberships:
    person, project; project_until (projects,). Relations: first, second, kind (a Kind), until. Bans: person, since, until.
    """

    home: Array
    expert: Array
    legal: Array
    corporation: Array = field(default_factory=_none)
    affiliation_person: Array = field(default_factory=_none)
    affiliation_entity: Array = field(default_factory=_none)
    affiliation_since: Array = field(default_factory=_none)
    affiliation_until: Array = field(default_factory=_none)
    author_person: Array = field(default_factory=_none)
    author_paper: Array = field(default_factory=_none)
    paper_year: Array = field(default_factory=_none)
    project_person: Array = field(default_factory=_none)
    project: Array = field(default_factory=_none)
    project_until: Array = field(default_factory=_none)
    relation_first: Array = field(default_factory=_none)
    relation_second: Array = field(default_factory=_none)
    relation_kind: Array = field(default_factory=_none)
    relation_until: Array = field(default_factory=_none)
    ban_person: Array = field(default_factory=_none)
    ban_since: Array = field(default_factory=_none)
    ban_until: Array = field(default_factory=_none)


@dataclass(frozen=True)
class Rules:
    """Windows, counted back from `today` (a day as in the registry) or `year`; None for no limit.

    A period counts when it has not ended before the window: a past affiliation, a project, a relation of a kind. A paper counts
    from year - coauthor_years on, and when it has at most `consortium` authors (persons, not rows). With `host` the institution of a
    proposal counts as the home of its leader for past affiliations of experts. `directed` relations count from first, a
    person of the proposal, to second, the expert, alone.
    """

    today: int
    year: int
    affiliation_days: int | None = 3 * 365
    project_days: int | None = 3 * 365
    coauthor_years: int | None = 5
    consortium: int = 50
    host: bool = True
    relation_days: dict[Kind, int | None] = field(default_factory=lambda: {Kind.TIED_PROJECT: 3 * 365})
    directed: frozenset[Kind] = frozenset()


class TooMany(ValueError):
    """More conflicts than the limit; `counts` by kind up to where it was reached. Stream them, or give candidates."""

    def __init__(self, counts: dict[Kind, int], limit: int) -> None:
        super().__init__(f"{sum(counts.values())} conflicts, more than the limit of {limit}")
        self.counts, self.limit = counts, limit


@dataclass(frozen=True)
class Found:
    """Conflicts, sorted by kind, proposal, expert; see `Kind` for the evidence."""

    proposal: Int32s
    expert: Int32s
    kind: NDArray[np.int8]
    left: Int32s
    right: Int32s
    proposals: int
    experts: int

    def __len__(self) -> int:
        return len(self.proposal)

    def counts(self) -> dict[Kind, int]:
        found = np.bincount(self.kind, minlength=len(Kind))
        return {kind: int(found[kind]) for kind in Kind if found[kind]}

    def mask(self) -> sparse.csr_matrix:
        """(proposals, experts) True where a pair is in conflict, each pair once."""
        shape = (self.proposals, self.experts)
        matrix = sparse.csr_matrix((np.ones(len(self), dtype=bool), (self.proposal, self.expert)), shape=shape)
        matrix.sum_duplicates()
        return matrix

    def without(self, candidates: sparse.csr_matrix) -> sparse.csr_matrix:
        """The candidates (proposals, experts) that are in no conflict."""
        from headwater.algorithms.conflicts.kernels import blocked, order_by

        start, order = order_by(self.proposal, self.proposals)
        at, columns = candidates.indptr.astype(np.int64), candidates.indices.astype(np.int32)
        keep = ~blocked(start, order, self.expert, at, columns, self.experts)
        indptr = np.concatenate([[0], np.cumsum(keep)])[at]
        return sparse.csr_matrix((candidates.data[keep], candidates.indices[keep], indptr), shape=candidates.shape)
