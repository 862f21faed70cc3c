"""Why an expert fits a proposal: the works that made the score, and in each the words that the two texts share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise.codes import NSFC, CodeTree
from headwater.algorithms.expertise.papers import Expert, Work, by_language, fit_spaces
from headwater.algorithms.expertise.similarity import TOP, Aggregate, all_codes, all_keywords, keywords
from headwater.algorithms.expertise.space import Space, points


@dataclass(frozen=True)
class Term:
    """A stretch of the proposal's text that a work has too; `share` of the expert's text score, 0..1."""

    text: str
    share: float


@dataclass(frozen=True)
class NearWork:
    """A work that counts.

    Attributes:
        work: its row among the expert's works.
        cosine: of the work and the proposal, in the language in which they are nearer ("zh" or "en").
        share: of the expert's text score; the shares of the works that count add up to 1.
        terms: what they share, the weightiest first; what is left of `share` are single characters and terms below the limit.
    """

    work: int
    cosine: float
    language: str
    share: float
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class SharedCode:
    """The nearest pair of codes, their common prefix, and what it is worth."""

    proposal: str
    expert: str
    prefix: str
    worth: float


@dataclass(frozen=True)
class Explanation:
    """
    Attributes:
        text: the score of `similarity` for text; the sum of cosine / works that count.
    """

    text: float
    works: tuple[NearWork, ...]
    code: SharedCode | None
    keywords: tuple[str, ...]


def explain(
    proposal: Work,
    expert: Expert,
    *,
    aggregate: Aggregate = "top5",
    spaces: tuple[Space, Space] | None = None,
    tree: CodeTree = NSFC,
    terms: int = 8,
) -> Explanation:
    """Take a text score apart.

    Args:
        aggregate, spaces: those of the score that is to be explained; the spaces by default know only the texts given here.
        terms: the most that are named for a work.

    Raises:
        BadInput: an unknown aggregate.
    """
    if aggregate not in TOP:
        raise BadInput(f"aggregate must be one of {', '.join(TOP)}, not {aggregate!r}")
    spaces = spaces or fit_spaces([proposal, *expert.works])
    mine = by_language(proposal)
    theirs = [by_language(w) for w in expert.works]
    cosines = np.zeros((2, len(theirs)))
    for n, space in enumerate(spaces):
        if theirs:
            cosines[n] = (space.vectors([t[n] for t in theirs]) @ space.vectors([mine[n]]).T).toarray().ravel()
    best = cosines.max(axis=0) if theirs else np.zeros(0)
    count = min(TOP[aggregate] or len(theirs), len(theirs))
    order = np.argsort(-best, kind="stable")[:count]
    whole = float(best[order].sum())
    works = []
    for w in order:
        if best[w] <= 0.0:
            continue
        n = int(cosines[1, w] > cosines[0, w])
        found = shared_terms(mine[n], theirs[w][n], spaces[n])
        scale = 1.0 / whole
        named = tuple(Term(text, weight * scale) for text, weight in found[:terms])
        works.append(NearWork(int(w), float(best[w]), ("zh", "en")[n], float(best[w]) * scale, named))
    return Explanation(
        whole / count if count else 0.0, tuple(works), _nearest(proposal, expert, tree), _keywords(proposal, expert)
    )


def shared_terms(mine: str, theirs: str, space: Space) -> list[tuple[str, float]]:
    """Longest stretches of `mine` that stand in `theirs` too, with what their n-grams add to the cosine, the most first.

    A stretch is at least two characters or one Latin word; an n-gram's part is spread over its places in `mine`.
    """
    part = _parts(mine, theirs, space)
    own, other = _places(mine, space), _places(theirs, space)
    letters = {u: chr(n + 1) for n, u in enumerate(dict.fromkeys(own.units[own.units > 0].tolist()))}
    text, their_text = ("".join(letters.get(u, "\0") for u in side.units.tolist()) for side in (own, other))
    places = Counter(own.buckets[own.buckets >= 0].tolist())
    shown, start = mine if len(mine.lower()) == len(mine) else mine.lower(), 0
    found: dict[str, float] = {}
    while start < len(text):
        end = start
        while end < len(text) and text[end] != "\0" and text[start : end + 1] in their_text:
            end += 1
        stretch = shown[own.first[start] : own.last[end - 1]] if end > start else ""
        if len(stretch) > 1:
            inside = [b for i in range(start, end) for b in own.buckets[i, : end - i].tolist()]
            found[stretch] = found.get(stretch, 0.0) + sum(part.get(b, 0.0) / places[b] for b in inside if b >= 0)
        start = max(end, start + 1)
    return sorted(((t, w) for t, w in found.items() if w > 0.0), key=lambda item: (-item[1], item[0]))


def _parts(mine: str, theirs: str, space: Space) -> dict[int, float]:
    """What each shared n-gram adds to the cosine."""
    product = space.vectors([mine]).multiply(space.vectors([theirs])).tocoo()
    return {int(c): float(v) for c, v in zip(product.col, product.data, strict=True)}


@dataclass(frozen=True)
class _Places:
    """n-grams that begin at each unit of a text, the units (0 for a cut) and the characters that they span."""

    buckets: NDArray[np.int64]
    units: NDArray[np.uint64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def _places(text: str, space: Space) -> _Places:
    from headwater.algorithms.expertise._grams import place_grams

    codes, _starts = points([text])
    size = len(codes) + 1
    buckets, units = np.empty((size, space.orders), dtype=np.int64), np.empty(size, dtype=np.uint64)
    first, last = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    n = place_grams(codes, space.orders, space.bits, buckets, units, first, last)
    return _Places(buckets[:n], units[:n], first[:n], last[:n])


def _nearest(proposal: Work, expert: Expert, tree: CodeTree) -> SharedCode | None:
    pairs = [(a, b) for a in proposal.codes for b in all_codes(expert)]
    best = max(pairs, key=lambda pair: (tree.overlap(*pair), pair), default=None)
    worth = tree.overlap(*best) if best else 0.0
    if best is None or worth == 0.0:
        return None
    level = max(n for n, w in enumerate(tree.worth) if w <= worth)
    return SharedCode(*best, tree.prefixes(best[0])[level][1], worth)


def _keywords(proposal: Work, expert: Expert) -> tuple[str, ...]:
    return tuple(sorted(keywords(proposal) & all_keywords(expert)))
