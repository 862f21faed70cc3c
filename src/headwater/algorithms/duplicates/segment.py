"""Segments: documents and their sorted postings, never changed once made; and the tail that gathers new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.duplicates.characters import Texts, character_table, encode, frozen, joined
from headwater.algorithms.duplicates.model import Settings
from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent
from headwater.algorithms.threads import cores, in_ranges

if TYPE_CHECKING:
    from headwater.algorithms.duplicates.postings import Stored
    from headwater.algorithms.duplicates.units import Cut

CHUNK_CHARACTERS = 2_000_000
ALWAYS_KEPT = 64
"""A fingerprint in no more documents than this is never boilerplate."""


class Known:
    """Where ids stand in an array; the last one of an id that was removed and came back."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self.ids = ids
        self.order = None if (ids[1:] > ids[:-1]).all() else np.argsort(ids, kind="stable")

    def find(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Their places, -1 for those that are not here."""
        at = np.searchsorted(self.ids, wanted, side="right", sorter=self.order) - 1
        place = at.clip(0) if self.order is None else self.order[at.clip(0)]
        return np.where((at >= 0) & (self.ids[place] == wanted), place, -1)


@dataclass(frozen=True)
class Segment:
    """Documents number `first` .. `first + len(ids)`; see postings.py for the arrays. `texts` is empty when texts are not kept."""

    first: int
    ids: NDArray[np.int64]
    directory: NDArray[np.uint32]
    postings: NDArray[np.uint64]
    frequent: NDArray[np.uint64]
    frequent_count: NDArray[np.int64]
    texts: Texts | None
    name: str = ""

    @property
    def bits(self) -> int:
        return (len(self.directory) - 1).bit_length() - 1

    @property
    def stored(self) -> Stored:
        from headwater.algorithms.duplicates.postings import Stored

        return Stored(self.bits, self.directory, self.postings, self.frequent, self.frequent_count)

    @cached_property
    def known(self) -> Known:
        return Known(self.ids)

    @property
    def end(self) -> int:
        return self.first + len(self.ids)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is written to files."""
        own = {n: getattr(self, n) for n in ("ids", "directory", "postings", "frequent", "frequent_count")}
        if self.texts is not None:
            own |= {n: getattr(self.texts, n) for n in ("raw", "part_start", "section", "doc_part")}
        return own

    def top(self, upper: int) -> NDArray[np.uint64]:
        """Postings whose keys have this upper byte."""
        low, high = (int(self.directory[(upper + n) << (self.bits - 8)]) for n in (0, 1))
        return self.postings[low:high]


@dataclass
class Tail:
    """Documents not yet in a segment, in chunks."""

    ids: list[NDArray[np.int64]] = field(default_factory=list)
    texts: list[Texts] = field(default_factory=list)
    tops: list[NDArray[np.uint8]] = field(default_factory=list)
    postings: list[NDArray[np.uint64]] = field(default_factory=list)
    documents: int = 0
    size: int = 0
    characters: int = 0


def cut_of(settings: Settings) -> Any:
    """How texts are cut, for the compiled loops."""
    from headwater.algorithms.duplicates.units import Cut, template_keys

    kind, value = character_table()
    s = settings
    cut = Cut(kind, value, s.gram, s.window, s.long_units, s.long_window, frozen(np.zeros(0, np.uint64)))
    if not s.templates:
        return cut
    texts = encode(s.templates, np.arange(len(s.templates) + 1, dtype=np.int64), np.zeros(len(s.templates), dtype=np.int8))
    return cut._replace(templates=frozen(template_keys(texts.raw, texts.part_start, cut)))


def chunks(texts: Texts) -> list[tuple[int, int]]:
    """Ranges of documents of about two million characters."""
    at = texts.part_start[texts.doc_part]
    edges = np.unique(np.searchsorted(at, np.arange(0, at[-1] + CHUNK_CHARACTERS, CHUNK_CHARACTERS)).clip(0, len(texts)))
    edges = np.unique(np.concatenate([[0], edges, [len(texts)]]))
    return [(int(a), int(b)) for a, b in pairwise(edges)]


@dataclass
class Fingerprinted:
    """What the documents of one call come to."""

    tops: list[NDArray[np.uint8]]
    postings: list[NDArray[np.uint64]]
    counts: NDArray[np.uint32]
    units: int
    short: int


def fingerprint(texts: Texts, first: int, cut: Cut, *, progress: Progress = silent) -> Fingerprinted:
    """Fingerprints of documents that get the numbers `first`, `first` + 1 ..., in threads. Memory: 9 bytes for each character of a
    chunk of two million and thread, and 4 MB of counters for each thread.
    """
    from headwater.algorithms.duplicates.units import COUNT_BITS, document_fingerprints

    pieces = chunks(texts)
    tables: SimpleQueue[NDArray[np.uint32]] = SimpleQueue()
    made = [np.zeros(1 << COUNT_BITS, np.uint32) for _ in range(min(cores(), len(pieces)))]
    for table in made:
        tables.put(table)
    results: list[Any] = [None] * len(pieces)

    def work(start: int, end: int) -> None:
        counts = tables.get()
        try:
            for n in range(start, end):
                a, b = pieces[n]
                room = texts.characters(a, b) + 1
                tops, postings = np.empty(room, np.uint8), np.empty(room, np.uint64)
                found = document_fingerprints(
                    texts.raw, texts.part_start, texts.doc_part, a, b, first + a, cut, counts, tops, postings
                )
                results[n] = (tops[: found[0]].copy(), postings[: found[0]].copy(), found)
        finally:
            tables.put(counts)

    in_ranges(work, len(pieces), size=1, progress=progress)
    total = np.asarray(np.sum(made, axis=0, dtype=np.uint32))
    short, units = (sum(int(r[2][n]) for r in results) for n in (1, 2))
    return Fingerprinted([r[0] for r in results], [r[1] for r in results], total, units, short)


def parted(tops: Sequence[NDArray[np.uint8]], postings: Sequence[NDArray[np.uint64]]) -> list[NDArray[np.uint64]]:
    """Postings by upper byte: 256 slices of one array."""
    from headwater.algorithms.duplicates.postings import TOPS, scatter, top_counts

    counts = np.array([top_counts(t) for t in tops], dtype=np.int64).reshape(len(tops), TOPS)
    edges = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    at = edges[:-1] + np.cumsum(counts, axis=0) - counts
    out = np.empty(int(edges[-1]), np.uint64)

    def work(start: int, end: int) -> None:
        for n in range(start, end):
            scatter(tops[n], postings[n], at[n], out)

    in_ranges(work, len(tops), size=1)
    return [out[a:b] for a, b in pairwise(edges)]


def sorted_postings(
    parts: Callable[[int], NDArray[np.uint64]], documents: int, size: int, settings: Settings, removed: NDArray[np.bool_]
) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint64], NDArray[np.int64]]:
    """Postings, directory, dropped keys and their counts from the unsorted postings of each upper byte (about `size` in all)."""
    from headwater.algorithms.duplicates.postings import TOPS, fill_directory, tidy

    limit = max(ALWAYS_KEPT, int(settings.boilerplate * documents))
    bits = min(24, max(8, size.bit_length() - 3))
    directory = np.zeros((1 << bits) + 1, np.uint32)
    kept: list[Any] = [None] * TOPS

    def work(start: int, end: int) -> None:
        for top in range(start, end):
            part = parts(top)
            part.sort()
            n, keys, counts = tidy(part, limit, removed)
            fill_directory(part[:n], top, bits, directory)
            kept[top] = (part[:n], keys | np.uint64(top << 32), counts)

    in_ranges(work, TOPS, size=16)
    np.cumsum(directory, out=directory)
    out = np.empty(int(directory[-1]), np.uint64)
    at = 0
    for n, (part, _keys, _counts) in enumerate(kept):
        out[at : at + len(part)] = part
        at += len(part)
        kept[n] = (None, *kept[n][1:])
    return out, directory, np.concatenate([k[1] for k in kept]), np.concatenate([k[2] for k in kept])


def seal(tail: Tail, first: int, settings: Settings, removed: NDArray[np.bool_]) -> Segment:
    """Make a segment of the tail. Memory: 17 bytes for each posting, and the texts twice."""
    parts = parted(tail.tops, tail.postings)
    tail.tops.clear()
    tail.postings.clear()
    found = sorted_postings(lambda top: parts[top], tail.documents, tail.size, settings, removed)
    parts.clear()
    texts = joined(tail.texts) if tail.texts else None
    tail.texts.clear()
    return _segment(first, np.concatenate(tail.ids), found, texts)


def _segment(first: int, ids: NDArray[np.int64], found: tuple[NDArray[Any], ...], texts: Texts | None) -> Segment:
    postings, directory, frequent, counts = (frozen(array) for array in found)
    return Segment(first, frozen(ids), directory, postings, frequent, counts, texts)


def merge(segments: Sequence[Segment], settings: Settings, removed: NDArray[np.bool_]) -> Segment:
    """One segment of several that follow each other; postings and texts of removed documents are gone, their numbers stay."""
    size = sum(len(s.postings) for s in segments)
    documents = sum(len(s.ids) for s in segments)
    found = sorted_postings(lambda top: np.concatenate([s.top(top) for s in segments]), documents, size, settings, removed)
    known = np.concatenate([found[2]] + [s.frequent for s in segments])
    counts = np.concatenate([found[3]] + [s.frequent_count for s in segments])
    keys, place = np.unique(known, return_inverse=True)
    total = np.zeros(len(keys), np.int64)
    np.add.at(total, place, counts)
    texts = None
    if segments[0].texts is not None:
        texts = joined([without(s.texts, removed[s.first : s.end]) for s in segments if s.texts is not None])
    return _segment(segments[0].first, np.concatenate([s.ids for s in segments]), (found[0], found[1], keys, total), texts)


def without(texts: Texts, removed: NDArray[np.bool_]) -> Texts:
    """The same documents, the removed ones without parts and characters."""
    if not removed.any():
        return texts
    parts = np.diff(texts.doc_part)
    stays = np.repeat(~removed, parts)
    characters = np.diff(texts.part_start)
    raw = texts.raw[np.repeat(stays, characters)]
    start = np.concatenate([[0], np.cumsum(characters[stays])])
    doc_part = np.concatenate([[0], np.cumsum(np.where(removed, 0, parts))])
    return Texts(frozen(raw), frozen(start), frozen(texts.section[stays]), frozen(doc_part))


def selected(segments: Sequence[Segment], numbers: NDArray[np.int64]) -> Texts:
    """The texts of some documents, in this order."""
    parts = []
    for number in numbers.tolist():
        segment = next(s for s in segments if s.first <= number < s.end)
        t, row = segment.texts, number - segment.first
        if t is None:
            raise BadInput("texts: this index keeps no texts")
        a, b = int(t.doc_part[row]), int(t.doc_part[row + 1])
        low, high = int(t.part_start[a]), int(t.part_start[b])
        parts.append(Texts(t.raw[low:high], t.part_start[a : b + 1] - low, t.section[a:b], np.array([0, b - a], np.int64)))
    return joined(parts)
