"""Searching: candidates by shared fingerprints, then alignment with each candidate; and the comparison of two texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.duplicates.characters import Document, Texts, encode_documents, frozen
from headwater.algorithms.duplicates.model import Match, Passage, Piece, SectionShare, Settings
from headwater.algorithms.duplicates.segment import ALWAYS_KEPT, Segment, cut_of
from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import cores, in_ranges

if TYPE_CHECKING:
    from headwater.algorithms.duplicates.postings import Candidates, Workspace
    from headwater.algorithms.duplicates.units import Cut, Queries

TextSource = Callable[[Sequence[int]], Sequence[Document]]
TOGETHER = 64
"""New documents that a thread takes at a time."""
FIRST_STAGE = 0.15
"""A candidate needs this share of the fingerprints that a match with the least evidence has on average."""


@dataclass(frozen=True)
class View:
    """An index at one moment. `counts` and `stretches` say how common wordings are, see units.py."""

    segments: Sequence[Segment]
    removed: NDArray[np.bool_]
    counts: NDArray[np.uint32]
    stretches: float
    cut: Cut
    settings: Settings
    source: TextSource | None

    @property
    def documents(self) -> int:
        return len(self.removed)


@dataclass(frozen=True)
class Wanted:
    """What a search is for: how many matches by document, least evidence and share, numbers of documents not to find (or -1)."""

    limit: int
    evidence: float
    share: float
    skip: NDArray[np.int64]


def search_texts(view: View, texts: Texts, wanted: Wanted, *, progress: Progress = silent) -> list[list[Match]]:
    """Matches of each new document, best first, in threads over blocks of 64. Memory: about 70 bytes for each character of a block
    and 0.5 MB for each thread.
    """
    from headwater.algorithms.duplicates.postings import workspace

    results: list[list[Match]] = [[] for _ in range(len(texts))]
    spaces: SimpleQueue[Workspace] = SimpleQueue()
    together = max(1, min(TOGETHER, -(-len(texts) // cores())))
    for _ in range(min(cores(), -(-len(texts) // together))):
        spaces.put(workspace())

    def work(first: int, last: int) -> None:
        space = spaces.get()
        try:
            results[first:last] = _search(view, texts, first, last, wanted, space)
        finally:
            spaces.put(space)

    in_ranges(work, len(texts), size=together, progress=progress)
    return results


def _search(view: View, texts: Texts, first: int, last: int, wanted: Wanted, space: Workspace) -> list[list[Match]]:
    from headwater.algorithms.duplicates.units import prepare

    queries = prepare(texts.raw, texts.part_start, texts.doc_part, first, last, view.cut, view.counts, view.stretches)
    totals = queries.before[queries.unit_start[1:]] - queries.before[queries.unit_start[:-1]]
    best = _candidates(view, queries, totals, wanted.skip[first:last], wanted, space)
    places = [(_kept(view, s), s.first) for s in view.segments] if view.source is None else [_asked(view, best)]
    weighed = _weigh(view, queries, best, places)
    found = []
    for q in range(last - first):
        enough = weighed[q, : best.held[q], 0] >= max(wanted.evidence, 1e-9)
        enough &= weighed[q, : best.held[q], 1] >= wanted.share * totals[q]
        rows = np.flatnonzero(enough)
        ids = [_id_of(view, int(n)) for n in best.number[q, rows]]
        order = sorted(range(len(rows)), key=lambda n: (-weighed[q, rows[n], 0], ids[n]))[: wanted.limit]
        matches = []
        for n in order:
            old, document = _place(places, view, int(best.number[q, rows[n]]))
            matches.append(describe(queries, q, texts, first + q, old, document, ids[n], view.cut, weighed[q, rows[n]]))
        found.append(matches)
    return found


def _candidates(
    view: View, queries: Queries, totals: NDArray[Any], skip: NDArray[np.int64], wanted: Wanted, space: Workspace
) -> Candidates:
    """The first stage: the documents whose shared fingerprints weigh most, by query."""
    from headwater.algorithms.duplicates.postings import Spans, Wish, choose, gather, locate, no_candidates

    s, n = view.settings, len(queries.keys)
    df = np.zeros(n, np.int64)
    where = []
    for segment in view.segments:
        spans = Spans(np.empty(n, np.int64), np.empty(n, np.int64))
        locate(segment.stored, queries.keys, queries.key_weight, spans, df)
        where.append(spans)
    limit = max(ALWAYS_KEPT, int(s.boilerplate * view.documents))
    order, weight = choose(queries.key_start, queries.key_weight, df, view.documents, limit, s.effort)
    long = np.diff(queries.unit_start) > s.long_units
    density = 2.0 / (np.where(long, s.long_window, s.window) + 1.0)
    least = FIRST_STAGE * np.maximum(wanted.evidence, wanted.share * totals) * density
    best = no_candidates(len(skip), s.candidates)
    wish = Wish(queries.key_start, order, weight, skip, least)
    for segment, spans in zip(view.segments, where, strict=True):
        gather(wish, segment.postings, spans, segment.first, segment.end, view.removed, space, best)
    return best


def _kept(view: View, segment: Segment) -> Texts:
    if segment.texts is None:
        raise BadInput("texts: this index keeps no texts; open it with a function that gives them")
    return segment.texts


def _asked(view: View, best: Candidates) -> tuple[Texts, NDArray[np.int64]]:
    """The texts of all candidates, from the caller, and their numbers in order."""
    numbers = np.unique(np.concatenate([best.number[q, : best.held[q]] for q in range(len(best.held))]))
    if view.source is None or not len(numbers):
        return encode_documents([]), numbers
    ids = [_id_of(view, int(n)) for n in numbers]
    documents = list(view.source(ids))
    if len(documents) != len(ids):
        raise BadInput(f"texts: the function gave {len(documents)} documents for {len(ids)} ids")
    return encode_documents(documents), numbers


def _weigh(view: View, queries: Queries, best: Candidates, places: Sequence[tuple[Texts, Any]]) -> NDArray[np.float64]:
    """The second stage: evidence, weight and number of covered units, longest run, (queries, places, 4)."""
    from headwater.algorithms.duplicates.alignment import align

    out = np.zeros((*best.number.shape, 4))
    for texts, where in places:
        number, first = best.number, where
        if isinstance(where, np.ndarray):
            number, first = np.searchsorted(where, best.number).astype(np.int64), 0
        align(queries, number, best.held, texts.raw, texts.part_start, texts.doc_part, first, view.cut, out)
    return out


def _place(places: Sequence[tuple[Texts, Any]], view: View, number: int) -> tuple[Texts, int]:
    """The texts that hold a document, and its place among them."""
    where = places[0][1] if places else None
    if isinstance(where, np.ndarray):
        return places[0][0], int(np.searchsorted(where, number))
    n = segment_of(view.segments, number)
    return places[n][0], number - view.segments[n].first


def segment_of(segments: Sequence[Segment], number: int) -> int:
    return next(n for n, s in enumerate(segments) if s.first <= number < s.end)


def _id_of(view: View, number: int) -> int:
    segment = view.segments[segment_of(view.segments, number)]
    return int(segment.ids[number - segment.first])


def describe(
    queries: Queries, q: int, new: Texts, new_row: int, old: Texts, old_row: int, id: int, cut: Cut, sums: Sequence[float]
) -> Match:
    """A match with its passages; `sums` is a row of `_weigh`."""
    from headwater.algorithms.duplicates.alignment import trace

    a, b = int(queries.unit_start[q]), int(queries.unit_start[q + 1])
    first, last = int(old.doc_part[old_row]), int(old.doc_part[old_row + 1])
    rows, evidence, pieces, by_part = trace(queries, q, old.raw, old.part_start, first, last, cut)
    new_section = new.section[new.doc_part[new_row] : new.doc_part[new_row + 1]].tolist()
    old_section = old.section[first:last].tolist()
    passages = []
    for (x, y, matched, low, high), value in zip(rows.tolist(), evidence.tolist(), strict=True):
        sections = (new_section[x], old_section[y])
        runs = tuple(Piece(*sections, *run) for run in pieces[low:high].tolist())
        ends = (runs[0].new_start, runs[-1].new_end, runs[0].old_start, runs[-1].old_end)
        passages.append(Passage(*sections, *ends, matched, round(value, 3), runs))
    passages.sort(key=lambda p: (p.new_section, p.new_start, p.old_section, p.old_start))
    units = max(1, b - a - len(new_section))
    weight = max(float(queries.before[b] - queries.before[a]), 1e-12)
    return Match(
        id,
        round(float(sums[0]), 3),
        round(float(sums[1]) / weight, 4),
        round(float(sums[2]) / units, 4),
        int(sums[3]),
        _by_section(queries, a, b, new_section, old_section, by_part),
        tuple(passages),
    )


def _by_section(
    queries: Queries, a: int, b: int, new_section: list[int], old_section: list[int], by_part: NDArray[np.float64]
) -> tuple[SectionShare, ...]:
    weight = np.bincount(queries.part[a:b], weights=np.diff(queries.before[a : b + 1]), minlength=len(new_section))
    units = np.bincount(queries.part[a:b], minlength=len(new_section)) - 1
    totals: dict[int, NDArray[np.float64]] = {}
    for part, section in enumerate(new_section):
        totals[section] = totals.get(section, np.zeros(2)) + np.array([weight[part], units[part]])
    sums: dict[tuple[int, int], NDArray[np.float64]] = {}
    for x, y in np.argwhere(by_part[:, :, 2] > 0).tolist():
        key = (new_section[x], old_section[y])
        sums[key] = sums.get(key, np.zeros(3)) + by_part[x, y]
    return tuple(
        SectionShare(
            new,
            old,
            round(float(s[0] / max(totals[new][0], 1e-12)), 4),
            round(float(s[1] / max(totals[new][1], 1)), 4),
            round(float(s[2]), 3),
        )
        for (new, old), s in sorted(sums.items())
    )


def compare(new: Document, old: Document, *, settings: Settings | None = None, view: View | None = None, id: int = 0) -> Match:
    """What of a new text stands in an old one, for marking both side by side; evidence is 0 when nothing does.

    Args:
        view: of an index (`Index.view()`), which says how common wordings are; without it all weigh alike.

    Raises:
        BadInput: something is no text.
    """
    from headwater.algorithms.duplicates.alignment import align
    from headwater.algorithms.duplicates.postings import no_candidates
    from headwater.algorithms.duplicates.units import COUNT_BITS, prepare

    cut = view.cut if view else cut_of(settings or Settings())
    counts = view.counts if view else frozen(np.zeros(1 << COUNT_BITS, np.uint32))
    left, right = encode_documents([new]), encode_documents([old])
    queries = prepare(left.raw, left.part_start, left.doc_part, 0, 1, cut, counts, view.stretches if view else 0.0)
    best, out = no_candidates(1, 1), np.zeros((1, 1, 4))
    best.held[0] = 1
    align(queries, best.number, best.held, right.raw, right.part_start, right.doc_part, 0, cut, out)
    return describe(queries, 0, left, 0, right, 0, id, cut, out[0, 0])
