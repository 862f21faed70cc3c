"""Checks of what an index is given, with the first row that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.duplicates.characters import MOST_SECTIONS
from headwater.algorithms.errors import BadInput

BLOCK_CHARACTERS = 32_000_000
"""Characters that are encoded and fingerprinted at a time."""


def as_ids(ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids as 64-bit numbers."""
    given = np.asarray(ids)
    if given.ndim != 1 or not len(given):
        raise BadInput("ids: nothing is given" if given.size == 0 else "ids: must have one dimension")
    if given.dtype.kind not in "iu" or (given.dtype == np.uint64 and (given > np.iinfo(np.int64).max).any()):
        raise BadInput(f"ids: {given.dtype} instead of 64-bit whole numbers")
    return given.astype(np.int64)


def checked_sections(
    ids: NDArray[np.int64], texts: Sequence[str], sections: Sequence[int] | NDArray[np.int8] | None
) -> NDArray[np.int8] | None:
    """Check the rows of a call; returns the sections, if there are any."""
    if len(texts) != len(ids):
        raise BadInput(f"texts: {len(texts)} for {len(ids)} ids")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise BadInput(f"texts: not a string at row {row}")
    if sections is None:
        same = ids[1:] == ids[:-1]
        if same.any():
            raise BadInput(
                f"ids: {ids[int(np.argmax(same))]} comes twice at row {int(np.argmax(same)) + 1}, and sections are not given"
            )
        return None
    given = np.asarray(sections)
    if given.shape != ids.shape or given.dtype.kind not in "iu":
        raise BadInput(f"sections: must be {len(ids)} whole numbers")
    wrong = (given < 0) | (given >= MOST_SECTIONS)
    if wrong.any():
        raise BadInput(f"sections: {given[np.argmax(wrong)]} at row {int(np.argmax(wrong))} is not in 0..127")
    double = np.unique(np.stack([ids, given.astype(np.int64)]), axis=1, return_index=True)[1]
    if len(double) < len(ids):
        row = int(np.setdiff1d(np.arange(len(ids)), double)[0])
        raise BadInput(f"sections: {given[row]} comes twice for id {ids[row]} at row {row}")
    return given.astype(np.int8)


def blocks(ids: NDArray[np.int64], texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about 32 million characters that do not divide a document."""
    size = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    start = 0
    while start < len(ids):
        done = size[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(size, done + BLOCK_CHARACTERS)))
        while end < len(ids) and ids[end] == ids[end - 1]:
            end += 1
        end = min(end, len(ids))
        yield start, end
        start = end
