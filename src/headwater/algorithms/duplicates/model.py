"""What the near-duplicate search is told and what it tells: settings, matches, passages."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from headwater.algorithms.errors import BadInput


class UnusableIndex(ValueError):
    """A folder is not an index, is damaged, has an unknown version, or was changed by another process."""


@dataclass(frozen=True)
class Settings:
    """How texts are cut and what counts as a match. `gram` to `templates` are fixed when an index is created.

    Args:
        gram: units in a fingerprint (k).
        window: of so many consecutive fingerprints at least one is kept; a shared run of gram + window - 1 units is never missed.
        long_units, long_window: documents with more units than `long_units` keep fewer fingerprints.
        boilerplate: fingerprints that stand in a larger share of the documents (and in more than 64) carry nothing and are not kept.
        templates: texts whose wording carries nothing: the headings and phrases of a form.
        evidence: least evidence of a match, in distinctive units beyond 5 for each passage; see docs/kernels/duplicates.md.
        share: least weighted share of the new document that stands in the old one.
        candidates: old documents that are aligned with a new one.
        effort: postings read for one new document; the rarest fingerprints come first.
        buffer: fingerprints held in memory before they are sorted into a segment; about 17 bytes each, and the texts twice.
    """

    gram: int = 6
    window: int = 4
    long_units: int = 2000
    long_window: int = 12
    boilerplate: float = 0.005
    templates: tuple[str, ...] = field(default=(), repr=False)
    evidence: float = 6.5
    share: float = 0.005
    candidates: int = 48
    effort: int = 60_000
    buffer: int = 48_000_000

    def __post_init__(self) -> None:
        limits = {
            "gram": (3, 32),
            "window": (1, 64),
            "long_units": (1, 1 << 30),
            "long_window": (1, 64),
            "candidates": (1, 4096),
            "effort": (1000, 1 << 30),
            "buffer": (1, 1 << 31),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise BadInput(f"{name}: {value!r} is not a whole number in {low}..{high}")
        for name, low_share, high_share in (("boilerplate", 0.0, 1.0), ("share", 0.0, 1.0), ("evidence", 0.0, 1e9)):
            number = getattr(self, name)
            if not (math.isfinite(number) and low_share <= number <= high_share):
                raise BadInput(f"{name}: {number!r} is not in {low_share:g}..{high_share:g}")
        if self.long_window < self.window:
            raise BadInput(f"long_window: {self.long_window} is below window, {self.window}")
        if not all(isinstance(text, str) for text in self.templates):
            raise BadInput("templates: not all are strings")


@dataclass(frozen=True)
class Piece:
    """A run that is the same in both texts; offsets in characters of the section, end excluded."""

    new_section: int
    old_section: int
    new_start: int
    new_end: int
    old_start: int
    old_end: int


@dataclass(frozen=True)
class Passage:
    """A copied passage: runs in the same order with little between them. Offsets as in `Piece`.

    `matched` counts the units that agree, `evidence` is what they weigh.
    """

    new_section: int
    old_section: int
    new_start: int
    new_end: int
    old_start: int
    old_end: int
    matched: int
    evidence: float
    pieces: tuple[Piece, ...] = field(repr=False)


@dataclass(frozen=True)
class SectionShare:
    """How much of a section of the new document stands in a section of the old one; `share` is weighted, `plain` counts units."""

    new_section: int
    old_section: int
    share: float
    plain: float
    evidence: float


@dataclass(frozen=True)
class Match:
    """An old document that holds a part of the new one.

    `evidence` orders matches: distinctive units in common passages. `share` is the part of the new document, each unit weighted by how
    rare its wording is; `plain` is the same with all units alike. `longest` is the longest run that is the same, in units.
    """

    id: int
    evidence: float
    share: float
    plain: float
    longest: int
    sections: tuple[SectionShare, ...]
    passages: tuple[Passage, ...] = field(repr=False)


@dataclass(frozen=True)
class Pair:
    """A new application and a document that holds a part of it; `same_call` when that one is itself among the new ones."""

    new: int
    old: int
    same_call: bool
    match: Match
