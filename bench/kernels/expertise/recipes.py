"""Texts for the bench of the expertise kernel, made from a seed by Markov chains over the characters of real abstracts (CSL).

- plain: one chain over all abstracts. Texts have no topics, so the nearest profiles differ from the others by chance only: the hardest
  case for any search that prunes.
- topical: each text belongs to a topic of five abstracts of one discipline; the next character follows the topic's chain with
  probability 0.45, else the discipline's (0.25) or the common one. A character that a chain does not know falls back to the common one.
"""

from __future__ import annotations

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from bench.harness import SHARED

CSL = SHARED / "csl" / "csl_papers_2000.tsv"
PAPERS_OF_A_TOPIC = 5


@dataclass(frozen=True)
class Paper:
    title: str
    abstract: str
    keywords: str
    discipline: str


def csl_papers() -> list[Paper]:
    """The 2,000 papers of the Chinese Scientific Literature data set (Li et al. 2022); needs the shared data."""
    with CSL.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Paper(r["title"], r["abstract"], r["keywords"], r["discipline"]) for r in rows]


def texts(kind: str, count: int, characters: int, seed: int) -> tuple[list[str], list[str]]:
    """`count` texts of `characters` characters each, "plain" or "topical", and a discipline code for each (by its topic)."""
    papers = csl_papers()
    codes = [np.frombuffer((p.title + p.abstract).encode("utf-32-le"), dtype=np.uint32).astype(np.int64) for p in papers]
    names = {d: n for n, d in enumerate(sorted({p.discipline for p in papers}))}
    field = np.array([names[p.discipline] for p in papers], dtype=np.int64)
    common, by_field = _chain(codes, np.zeros(len(papers), dtype=np.int64)), _chain(codes, field)
    r = np.random.default_rng(seed)
    topics = max(20, count // 150)
    fields = r.integers(0, len(names), topics)
    members = [r.choice(np.flatnonzero(field == f), PAPERS_OF_A_TOPIC) for f in fields]
    by_topic = _chain([codes[p] for some in members for p in some], np.repeat(np.arange(topics), PAPERS_OF_A_TOPIC))
    of = r.integers(0, topics, count)
    where = np.column_stack([of, fields[of]])
    parts = (0.45, 0.25) if kind == "topical" else (0.0, 0.0)
    out = np.empty((count, characters), dtype=np.uint32)

    def work(start: int) -> None:
        _walk(out[start : start + 4096], start, seed, where, *by_topic, *by_field, *common, *parts)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, range(0, count, 4096)))
    codes_of = [f"{chr(65 + f % 8)}{f:02d}{t % 6:02d}" for t, f in where]
    return [row.tobytes().decode("utf-32-le") for row in out], codes_of


def _chain(codes: list[np.ndarray], group: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Characters sorted by group, the character that followed each, and where each group starts."""
    keys = np.concatenate([(g << 21) | c[:-1] for c, g in zip(codes, group, strict=True)])
    after = np.concatenate([c[1:] for c in codes])
    by = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[by], np.arange(group.max() + 2) << 21)
    return keys[by] & 0x1FFFFF, after[by], starts


@njit(cache=True, nogil=True)
def _first(keys: Any, low: int, high: int, key: int) -> int:
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _next(keys: Any, after: Any, starts: Any, group: int, key: int) -> int:
    low = _first(keys, starts[group], starts[group + 1], key)
    high = low
    if high < starts[group + 1] and keys[high] == key:
        high = _first(keys, low, starts[group + 1], key + 1)
    return after[low + np.random.randint(high - low)] if high > low else -1


@njit(cache=True, nogil=True)
def _walk(
    out: Any, offset: int, seed: int, where: Any, topic_keys: Any, topic_after: Any, topic_starts: Any,
    field_keys: Any, field_after: Any, field_starts: Any, keys: Any, after: Any, starts: Any, topic: float, field: float,
) -> None:  # fmt: skip
    first = np.zeros((1 << 18) + 1, np.int64)
    for i in range(len(keys)):
        first[keys[i] + 1] += 1
    for i in range(1 << 18):
        first[i + 1] += first[i]
    for t in range(out.shape[0]):
        np.random.seed((seed * 1_000_003 + offset + t) % 4_294_967_291)
        c = after[np.random.randint(len(after))]
        for i in range(out.shape[1]):
            dice, following = np.random.random(), -1
            if dice < topic:
                following = _next(topic_keys, topic_after, topic_starts, where[offset + t, 0], c)
            elif dice < topic + field:
                following = _next(field_keys, field_after, field_starts, where[offset + t, 1], c)
            if following < 0:
                low, high = first[c], first[c + 1]
                following = after[low + np.random.randint(high - low)] if high > low else after[np.random.randint(len(after))]
            c = following
            out[t, i] = c
