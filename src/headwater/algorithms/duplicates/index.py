"""The index of near-duplicates: add, remove, search, commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.duplicates import store
from headwater.algorithms.duplicates.characters import Document, Texts, encode_documents, encode_rows, frozen
from headwater.algorithms.duplicates.inputs import BLOCK_CHARACTERS, as_ids, blocks, checked_sections
from headwater.algorithms.duplicates.model import Match, Settings, UnusableIndex
from headwater.algorithms.duplicates.search import TextSource, View, Wanted, search_texts
from headwater.algorithms.duplicates.segment import Known, Segment, Tail, cut_of, fingerprint, merge, seal, selected
from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent

PER_STRETCH = 256.0
FIXED = ("gram", "window", "long_units", "long_window", "templates")
COUNT_SLOTS = 1 << 20


class Index:
    """Documents by id (any 64-bit number), searchable at once, kept in a folder by `commit`.

    Made by `Index.create` or `Index.open`. Searches may run in several threads; adding, removing and committing are done by one at a
    time, and by one process at a time for a folder. Memory: the tail (see `Settings.buffer`), 4 MB of counters, one byte for each
    document; segments in a folder are mapped and take what is read.
    """

    def __init__(self, state: store.State, *, folder: Path | None, source: TextSource | None, next_name: int) -> None:
        self._settings, self._folder, self._source, self._next = state.settings, folder, source, next_name
        self._generation, self._keep = state.generation, state.keep_texts
        self._segments, self._tail = list(state.segments), Tail()
        self._counts, self._units = np.array(state.counts), state.units
        self._removed = np.array(state.removed)
        self._documents = len(state.removed)
        self._cut = cut_of(state.settings)
        self._lock = RLock()

    @classmethod
    def create(
        cls,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        keep_texts: bool = True,
        texts: TextSource | None = None,
    ) -> Index:
        """A new index in an empty or new folder, or in memory when there is none.

        Args:
            keep_texts: keep the texts too (2 bytes for each character), which the alignment needs.
            texts: without kept texts, gives the documents of some ids, in their order.

        Raises:
            BadInput: the folder is not empty.
        """
        path = None if folder is None else Path(folder)
        state = store.State(settings or Settings(), 0, keep_texts, 0, [], np.zeros(COUNT_SLOTS, np.uint32), np.zeros(0, np.bool_))
        if path is not None:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise BadInput(f"folder: {path} exists and is not an empty folder")
            path.mkdir(parents=True, exist_ok=True)
            store.write_manifest(path, state, 0)
        return cls(state, folder=path, source=texts, next_name=0)

    @classmethod
    def open(
        cls, folder: str | Path, *, settings: Settings | None = None, texts: TextSource | None = None, check: bool = False
    ) -> Index:
        """The index that was last committed to a folder.

        Args:
            settings: other thresholds; how texts are cut must be as it was created.
            check: read every file and compare its check sum.

        Raises:
            UnusableIndex: the folder is no index, is damaged or of another version.
            BadInput: the settings cut texts in another way.
        """
        state, next_name = store.read_state(Path(folder), check=check)
        if settings is not None:
            for name in FIXED:
                if getattr(settings, name) != getattr(state.settings, name):
                    raise BadInput(f"settings: {name} differs from the index in {folder}")
            state = replace(state, settings=settings)
        return cls(state, folder=Path(folder), source=texts, next_name=next_name)

    def __len__(self) -> int:
        """Documents that can be found."""
        return self._documents - int(np.count_nonzero(self._removed[: self._documents]))

    def __contains__(self, id: int) -> bool:
        return bool(self._numbers(np.array([id], np.int64))[0] >= 0)

    @property
    def settings(self) -> Settings:
        return self._settings

    def ids(self) -> NDArray[np.int64]:
        """Ids of the documents that can be found, in the order in which they were added."""
        with self._lock:
            known = [*(s.ids for s in self._segments), *self._tail.ids]
            every = np.concatenate(known) if known else np.zeros(0, np.int64)
            return every[~self._removed[: self._documents]]

    def size(self) -> dict[str, int]:
        """Bytes of the postings, their directories, the texts and everything else."""
        with self._lock:
            self._seal()
            arrays = [(name, a.nbytes) for s in self._segments for name, a in s.arrays().items()]
        total = {"postings": 0, "directory": 0, "raw": 0, "other": self._counts.nbytes + self._documents}
        for name, size in arrays:
            total[name if name in total else "other"] += size
        return total

    def add(
        self,
        ids: Sequence[int] | NDArray[np.int64],
        texts: Sequence[str],
        sections: Sequence[int] | NDArray[np.int8] | None = None,
        *,
        progress: Progress = silent,
    ) -> int:
        """Add documents: one text for each id, or side by side several texts with one id and different `sections` (0..127).

        Returns how many documents are too short to be found (fewer than `Settings.gram` units, or template only). Nothing is
        added when this raises or is cancelled.

        Raises:
            BadInput: lengths differ, nothing is given, an id is known or comes back later, a section is outside 0..127 or twice.
        """
        given = as_ids(ids)
        kinds = checked_sections(given, texts, sections)
        fresh = given[np.concatenate([[0], np.flatnonzero(np.diff(given)) + 1])]
        with self._lock:
            self._refuse_known(fresh)
            before = self._remember(sum(map(len, texts)))
            try:
                return self._add_blocks(given, texts, kinds, progress)
            except BaseException:
                self._restore(before)
                raise

    def _add_blocks(
        self, ids: NDArray[np.int64], texts: Sequence[str], sections: NDArray[np.int8] | None, progress: Progress
    ) -> int:
        short = 0
        for a, b in blocks(ids, texts):
            own, encoded = encode_rows(ids[a:b], texts[a:b], None if sections is None else sections[a:b])
            found = fingerprint(encoded, self._documents, self._cut)
            tail = self._tail
            tail.ids.append(own)
            tail.tops += found.tops
            tail.postings += found.postings
            if self._keep:
                tail.texts.append(encoded)
            tail.documents += len(own)
            tail.size += sum(len(p) for p in found.postings)
            tail.characters += len(encoded.raw)
            self._counts += found.counts
            self._units += found.units
            self._grow(len(own))
            short += found.short
            if tail.size >= self._settings.buffer:
                self._seal()
            progress(b, len(ids))
        return short

    def remove(self, ids: Sequence[int] | NDArray[np.int64]) -> None:
        """Documents that are no longer found. Their texts leave the disk when their segment is merged, or by `compact`; their wordings
        are counted no more, unless texts are not kept.

        Raises:
            BadInput: an id is not in the index.
        """
        given = as_ids(ids)
        with self._lock:
            numbers = self._numbers(given)
            if (numbers < 0).any():
                row = int(np.argmax(numbers < 0))
                raise BadInput(f"ids: {given[row]} at row {row} is not in the index")
            if self._keep:
                self._seal()
                found = fingerprint(selected(self._segments, np.unique(numbers)), 0, self._cut)
                self._counts -= found.counts
                self._units -= found.units
            self._removed[numbers] = True

    def compact(self) -> None:
        """Merge segments anew without the removed documents and their texts. Memory as `Settings.buffer` says."""
        with self._lock:
            self._seal()
            self._segments = [
                self._placed(merge([s], self._settings, self._gone())) if self._removed[s.first : s.end].any() else s
                for s in self._segments
            ]

    def commit(self) -> None:
        """Write everything to the folder; a crash at any moment leaves this state or the one before.

        Raises:
            BadInput: the index has no folder.
            UnusableIndex: another process has committed since this index was opened.
        """
        if self._folder is None:
            raise BadInput("folder: this index lives in memory")
        with self._lock:
            if store.read_manifest(self._folder)["generation"] != self._generation:
                raise UnusableIndex(f"{self._folder}: another process has changed it; open it again")
            self._seal()
            self._segments = [self._written(s) for s in self._segments]
            self._generation += 1
            store.write_manifest(self._folder, self._state(), self._next)

    def search(
        self,
        document: Document,
        *,
        limit: int = 10,
        exclude: int | None = None,
        evidence: float | None = None,
        share: float | None = None,
    ) -> list[Match]:
        """The old documents that hold a part of a new one, best first.

        Args:
            document: a text, or (section, text) pairs.
            exclude: an id that is not to be found: the document's own.
            evidence, share: other thresholds than those of the settings.

        Raises:
            BadInput: no text, or the index keeps no texts and was given no source of them.
        """
        return self.search_many(
            [document], limit=limit, exclude=None if exclude is None else [exclude], evidence=evidence, share=share
        )[0]

    def search_many(
        self,
        documents: Sequence[Document],
        *,
        limit: int = 10,
        exclude: Sequence[int] | NDArray[np.int64] | None = None,
        evidence: float | None = None,
        share: float | None = None,
        progress: Progress = silent,
    ) -> list[list[Match]]:
        """`search` for many documents, in threads; `exclude` has one id for each (one that is unknown excludes nothing).

        Raises:
            BadInput: as `search`; or lengths differ.
        """
        return self.search_texts(
            encode_documents(documents), limit=limit, exclude=exclude, evidence=evidence, share=share, progress=progress
        )

    def search_texts(
        self,
        texts: Texts,
        *,
        limit: int = 10,
        exclude: Sequence[int] | NDArray[np.int64] | None = None,
        evidence: float | None = None,
        share: float | None = None,
        progress: Progress = silent,
    ) -> list[list[Match]]:
        """`search_many` for documents that are encoded already."""
        if limit < 1:
            raise BadInput(f"limit: {limit} is below 1")
        own = np.full(len(texts), -1, np.int64)
        if exclude is not None:
            if len(exclude) != len(texts):
                raise BadInput(f"exclude: {len(exclude)} ids for {len(texts)} documents")
            own = self._numbers(np.asarray(exclude, np.int64))
        view = self.view()
        s = view.settings
        s = replace(s, evidence=s.evidence if evidence is None else evidence, share=s.share if share is None else share)
        return search_texts(view, texts, Wanted(limit, s.evidence, s.share, own), progress=progress)

    def view(self) -> View:
        """The index as it is now, for searching while it changes."""
        with self._lock:
            self._seal()
            if not self._keep and self._source is None and self._segments:
                raise BadInput("texts: this index keeps no texts; open it with a function that gives them")
            source = None if self._keep else self._source
            return View(
                tuple(self._segments),
                self._gone(),
                frozen(self._counts),
                self._units / PER_STRETCH,
                self._cut,
                self._settings,
                source,
            )

    def texts_of(self, ids: Sequence[int] | NDArray[np.int64]) -> Texts:
        """The documents of some ids as the index has them, encoded.

        Raises:
            BadInput: an id is not in the index.
        """
        given = as_ids(ids)
        view, numbers = self.view(), self._numbers(given)
        if (numbers < 0).any():
            row = int(np.argmax(numbers < 0))
            raise BadInput(f"ids: {given[row]} at row {row} is not in the index")
        if view.source is not None:
            return encode_documents(list(view.source(given.tolist())))
        return selected(view.segments, numbers)

    # What follows needs the lock.

    def _state(self) -> store.State:
        return store.State(
            self._settings,
            self._generation,
            self._keep,
            self._units,
            self._segments,
            self._counts,
            self._removed[: self._documents],
        )

    def _gone(self) -> NDArray[np.bool_]:
        return frozen(self._removed[: self._documents])

    def _grow(self, more: int) -> None:
        if self._documents + more > len(self._removed):
            self._removed = np.concatenate([self._removed, np.zeros(max(more, len(self._removed)), np.bool_)])
        self._documents += more

    def _remember(self, characters: int) -> Any:
        """The state to go back to; a large call starts with an empty tail, so that nothing of it has to be held twice."""
        if characters > BLOCK_CHARACTERS:
            self._seal()
        t = self._tail
        held = Tail(t.ids[:], t.texts[:], t.tops[:], t.postings[:], t.documents, t.size, t.characters)
        return list(self._segments), held, self._counts.copy(), self._units, self._documents

    def _restore(self, before: Any) -> None:
        self._segments, self._tail, self._counts, self._units, self._documents = before

    def _seal(self) -> None:
        if not self._tail.documents:
            return
        first = self._documents - self._tail.documents
        tail, self._tail = self._tail, Tail()
        self._segments.append(self._placed(seal(tail, first, self._settings, self._gone())))
        while self._mergeable():
            both = self._segments[-2:]
            self._segments[-2:] = [self._placed(merge(both, self._settings, self._gone()))]

    def _mergeable(self) -> bool:
        if len(self._segments) < 2:
            return False
        older, newer = (len(s.postings) for s in self._segments[-2:])
        return older + newer <= self._settings.buffer and older <= 2 * newer + 1000

    def _placed(self, segment: Segment) -> Segment:
        """A large segment goes to the folder at once, a small one stays in memory until the commit."""
        return self._written(segment) if len(segment.postings) >= self._settings.buffer // 4 else segment

    def _written(self, segment: Segment) -> Segment:
        if self._folder is None or segment.name:
            return segment
        self._next += 1
        return store.write_segment(self._folder, segment, f"segment-{self._next}")

    def _refuse_known(self, fresh: NDArray[np.int64]) -> None:
        _values, first, count = np.unique(fresh, return_index=True, return_counts=True)
        if (count > 1).any():
            raise BadInput(f"ids: {fresh[first[np.argmax(count > 1)]]} comes back after another id")
        known = self._numbers(fresh) >= 0
        if known.any():
            raise BadInput(f"ids: {fresh[int(np.argmax(known))]} is in the index already")

    def _numbers(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of each document that can be found, -1 for others."""
        out = np.full(len(ids), -1, np.int64)
        first = self._documents - self._tail.documents
        groups = [(s.first, s.known) for s in self._segments]
        for own in self._tail.ids:
            groups.append((first, Known(own)))
            first += len(own)
        for first, known in groups:
            place = known.find(ids)
            hit = place >= 0
            hit[hit] = ~self._removed[first + place[hit]]
            out[hit] = first + place[hit]
        return out
