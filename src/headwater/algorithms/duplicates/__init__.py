"""Near-duplicates: how much of a new text stands in old ones, with the passages as evidence."""

from headwater.algorithms.duplicates.calls import fitting_evidence, pairs
from headwater.algorithms.duplicates.characters import Document
from headwater.algorithms.duplicates.index import Index
from headwater.algorithms.duplicates.model import Match, Pair, Passage, Piece, SectionShare, Settings, UnusableIndex
from headwater.algorithms.duplicates.search import compare

__all__ = [
    "Document",
    "Index",
    "Match",
    "Pair",
    "Passage",
    "Piece",
    "SectionShare",
    "Settings",
    "UnusableIndex",
    "compare",
    "fitting_evidence",
    "pairs",
]
