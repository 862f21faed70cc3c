"""What the compiled loops of the search hand to each other, as tuples of arrays. n profiles, q proposals; Numba takes such a tuple whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Shorts = NDArray[np.uint16]
Words = NDArray[np.uint32]
Ranks = NDArray[np.int32]
Places = NDArray[np.int64]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Profiles(NamedTuple):
    """The index as the loops read it; `index.Index` says what each array means.

    Attributes:
        bits: (tiles x height x 8,) rows of 512 bits by tile; `height` rows to a tile, of which `empty` is the empty one.
        order, norms: (n,) profiles by place, and their norms by place, ascending.
        starts, entries: (n + 1,) and (distinct terms of all profiles,), by profile.
        row, share: (head, steps) and (terms, steps).
        list_first, lists: (rare terms + 1,) and (their postings,).
    """

    bits: Bits
    height: int
    empty: int
    order: Ranks
    norms: Singles
    starts: Places
    entries: Words
    row: Ranks
    share: Singles
    list_first: Places
    lists: Words


class Terms(NamedTuple):
    """What proposals ask for: terms[first[i]:first[i + 1]] with their weights belong to proposal i.

    Attributes:
        first: (q + 1,).
        terms, weights: (terms of all proposals,).
        norms: (q,) of the proposals' vectors.
    """

    first: Places
    terms: Places
    weights: Singles
    norms: Doubles


class Plans(NamedTuple):
    """How the scores of a block of proposals are added up.

    Attributes:
        rows, plane: (16 x groups,) rows of bits in groups of 16, and (groups,) the plane of each group.
        bound: (q, 3) first group of a proposal, where groups of carries begin, and the end.
        step, lost: (q,) size of a counter's step, and what rounding leaves out of a mean score.
        extra: (q, places) scores of rare terms in steps.
    """

    rows: Shorts
    plane: NDArray[np.uint8]
    bound: Places
    step: Doubles
    lost: Doubles
    extra: Shorts


class Room(NamedTuple):
    """Memory of one plan: (terms,) rows and masks that were picked, (planes, groups) slots that wait for their group."""

    picked: Shorts
    masks: Places
    waiting: Shorts


class Levels(NamedTuple):
    """Discipline codes of a block: (q, levels) their rows of bits, (levels,) what each shared level adds, (64,) what a mask of levels is
    worth, and the weight of codes over that of text.
    """

    rows: Places
    rises: Doubles
    worth: Doubles
    ratio: float


class Barred(NamedTuple):
    """Profiles that a proposal must not get: columns[first[i]:first[i + 1]], ascending; (q + 1,) and (pairs,)."""

    first: Places
    columns: Ranks


class Shortlists(NamedTuple):
    """(q, room) keys of which the first `used` (q,) hold, and (q, best) keys of the best text scores, descending."""

    keys: Bits
    used: Places
    top: Bits


class Passed(NamedTuple):
    """Lanes of a tile whose totals passed: lanes[:found], (512,) totals; `start` the tile's first place, `base` its first word of bits."""

    lanes: Places
    found: int
    totals: Shorts
    start: int
    base: int


class Measure(NamedTuple):
    """How totals of one proposal become scores, the least score that is kept, and the weight of codes."""

    step: float
    lost: float
    least: float
    weight: float


class Answer(NamedTuple):
    """(q, keep) columns and scores of which the first `filled` (q,) hold."""

    columns: Ranks
    scores: Singles
    filled: Places
