"""The formal check of one call: each new application against older ones and against the others of the call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.duplicates.characters import Document
from headwater.algorithms.duplicates.index import Index
from headwater.algorithms.duplicates.model import Pair
from headwater.algorithms.errors import BadInput
from headwater.algorithms.progress import Progress, silent

AT_A_TIME = 2000


def pairs(
    index: Index,
    ids: Sequence[int] | NDArray[np.int64],
    *,
    limit: int = 10,
    evidence: float | None = None,
    share: float | None = None,
    progress: Progress = silent,
) -> list[Pair]:
    """Search the whole index for each of these documents, which are in it, without finding themselves.

    Containment has a direction: two applications of one call that share a passage are reported twice, each with its own share. Ordered
    by the row of the new one, then evidence. Memory: the texts of 2,000 documents and the result.

    Raises:
        BadInput: an id is not in the index or comes twice.
    """
    given = np.asarray(ids)
    values, first, count = np.unique(given, return_index=True, return_counts=True)
    if (count > 1).any():
        raise BadInput(f"ids: {values[np.argmax(count > 1)]} comes twice, first at row {first[np.argmax(count > 1)]}")
    call, found = set(values.tolist()), []
    for start in range(0, max(1, len(given)), AT_A_TIME):
        block = given[start : start + AT_A_TIME]
        texts = index.texts_of(block)

        def told(done: int, _total: int, start: int = start) -> None:
            progress(start + done, len(given))

        rows = index.search_texts(texts, limit=limit, exclude=block, evidence=evidence, share=share, progress=told)
        for new, matches in zip(block.tolist(), rows, strict=True):
            found += [Pair(new, match.id, match.id in call, match) for match in matches]
    return found


def fitting_evidence(
    index: Index, unrelated: Sequence[Document], *, flagged: float = 0.01, exclude: Sequence[int] | None = None
) -> float:
    """The least evidence at which at most this share of some documents, known to copy nothing, would still be flagged.

    The larger a real collection, the more phrases any text shares with something in it: a threshold belongs to a collection.

    Raises:
        BadInput: fewer than 1 / `flagged` documents, which cannot tell.
    """
    if not 0.0 < flagged < 1.0:
        raise BadInput(f"flagged: {flagged!r} is not between 0 and 1")
    if len(unrelated) * flagged < 1.0:
        raise BadInput(f"unrelated: {len(unrelated)} documents cannot tell a share of {flagged:g}")
    found = index.search_many(unrelated, limit=1, exclude=exclude, evidence=0.0)
    best = np.sort([matches[0].evidence if matches else 0.0 for matches in found])
    allowed = int(len(best) * flagged)
    return float(np.nextafter(best[len(best) - 1 - allowed], np.inf))
