"""Conflicts of interest between proposals and experts from typed, dated edges, each with its evidence."""

from headwater.algorithms.conflicts.find import count_conflicts, find_conflicts, stream_conflicts
from headwater.algorithms.conflicts.model import OPEN, Found, Kind, Proposals, Registry, Rules, TooMany

__all__ = [
    "OPEN",
    "Found",
    "Kind",
    "Proposals",
    "Registry",
    "Rules",
    "TooMany",
    "count_conflicts",
    "find_conflicts",
    "stream_conflicts",
]
