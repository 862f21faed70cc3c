"""Planted edits of real Chinese abstracts, and word-Markov texts to fill an index.

Edits: exact copy, sentences shuffled, cut to 60 %, words replaced by other words of the same length (10, 20, 30 %), mosaic (80, 50, 30 % of the
sentences kept, the rest from another abstract, shuffled), mosaic with 15 % of the words replaced. Words are cut by rjieba. A sentence ends with
a full stop or a semicolon; a piece of fewer than 15 characters (a heading, "(1)") stays with the sentence after it.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import rjieba
from numba import njit

from bench.harness import SHARED

PAPERS = SHARED / "csl" / "csl_papers_2000.tsv"
STOP = re.compile(r"(?<=[。！？；])|(?<=[.;!?])(?![0-9A-Za-z])")
WORD = re.compile(r"\w")
SHORTEST = 15
EDITS: dict[str, tuple[str, float, float]] = {
    "exact": ("copy", 1.0, 0.0),
    "shuffled": ("shuffle", 1.0, 0.0),
    "cut60": ("cut", 0.6, 0.0),
    "swap10": ("copy", 1.0, 0.10),
    "swap20": ("copy", 1.0, 0.20),
    "swap30": ("copy", 1.0, 0.30),
    "mosaic80": ("mosaic", 0.8, 0.0),
    "mosaic50": ("mosaic", 0.5, 0.0),
    "mosaic30": ("mosaic", 0.3, 0.0),
    "mosaic50+swap15": ("mosaic", 0.5, 0.15),
    "mosaic30+swap15": ("mosaic", 0.3, 0.15),
}
"""Name: how, share kept, share of words replaced."""


def abstracts() -> list[str]:
    """The real abstracts, each once, in the order of the file; empty where the file is absent."""
    if not PAPERS.exists():
        return []
    with PAPERS.open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return list(dict.fromkeys(row["abstract"] for row in rows))


def invented(seed: int, count: int = 2000) -> list[str]:
    """Texts of invented two-character words, some common and most rare, where there are no real ones."""
    dice = random.Random(seed)
    words = ["".join(chr(0x4E00 + dice.randrange(2500)) for _ in range(2)) for _ in range(30_000)]
    return [
        "".join("。" if dice.random() < 0.03 else words[int(dice.random() ** 4 * len(words))] for _ in range(110))
        for _ in range(count)
    ]


def sentences(text: str) -> list[str]:
    found, piece = [], ""
    for part in STOP.split(text):
        piece += part
        if len(piece.strip()) >= SHORTEST:
            found.append(piece)
            piece = ""
    if piece and found:
        found[-1] += piece
    return found or [text]


def vocabulary(texts: Sequence[str]) -> dict[int, list[str]]:
    """Words by length, as often as they stand in the texts."""
    found: dict[int, list[str]] = {}
    for text in texts:
        for word in rjieba.cut(text):
            if WORD.match(word):
                found.setdefault(len(word), []).append(word)
    return found


def replaced(text: str, share: float, words: dict[int, list[str]], dice: random.Random) -> str:
    out = []
    for word in rjieba.cut(text):
        if WORD.match(word) and dice.random() < share and len(word) in words:
            out.append(dice.choice(words[len(word)]))
        else:
            out.append(word)
    return "".join(out)


def edited(text: str, other: str, name: str, words: dict[int, list[str]], dice: random.Random) -> str:
    """One edit of a text; `other` is an unrelated abstract that fills a mosaic."""
    how, keep, swap = EDITS[name]
    own = sentences(text)
    if how == "shuffle":
        dice.shuffle(own)
    elif how == "cut":
        length = max(1, int(keep * len(text)))
        start = dice.randrange(len(text) - length + 1)
        own = [text[start : start + length]]
    elif how == "mosaic":
        kept = max(1, round(keep * len(own)))
        rest = sentences(other)
        own = dice.sample(own, kept) + dice.sample(rest, min(len(rest), max(1, len(own) - kept)))
        dice.shuffle(own)
    whole = "".join(own)
    return replaced(whole, swap, words, dice) if swap else whole


@dataclass(frozen=True)
class Planted:
    """Real abstracts to index, held-out ones as negatives, and edits by name: (text, row of its source in `indexed`)."""

    indexed: list[str]
    held_out: list[str]
    edits: dict[str, list[tuple[str, int]]]


def planted(texts: Sequence[str], seed: int, *, held_out: int, sources: int) -> Planted:
    """Edits of `sources` indexed abstracts; mosaics are filled from the held-out ones."""
    dice = random.Random(seed)
    order = list(texts)
    dice.shuffle(order)
    held, indexed = order[:held_out], order[held_out:]
    chosen = dice.sample(range(len(indexed)), min(sources, len(indexed)))
    words = vocabulary(indexed)
    edits = {name: [(edited(indexed[row], dice.choice(held), name, words, dice), row) for row in chosen] for name in EDITS}
    return Planted(indexed, held, edits)


@njit(cache=True)
def _walk(
    seed: int, count: int, mean: float, spread: float, flat: Any, start: Any, following: Any, size: Any, out: Any, ends: Any
) -> int:
    """Words of `count` texts into `out`; ends[i] is where text i ends. Stops early when `out` is full; returns how many texts fit."""
    np.random.seed(seed)
    n = 0
    for i in range(count):
        length = max(60.0, np.random.normal(mean, spread))
        word, characters = flat[int(np.random.random() * flat.shape[0])], 0
        while characters < length:
            if n == out.shape[0]:
                return i
            out[n] = word
            n += 1
            characters += size[word]
            a, b = start[word], start[word + 1]
            place = a + int(np.random.random() * (b - a))
            word = following[place] if b > a else flat[int(np.random.random() * flat.shape[0])]
        ends[i] = n
    return count


@njit(cache=True)
def _spell(words: Any, first: Any, letters: Any, out: Any) -> int:
    n = 0
    for word in words:
        for at in range(first[word], first[word + 1]):
            out[n] = letters[at]
            n += 1
    return n


class Markov:
    """Texts whose words follow each other as in the given texts (first order)."""

    def __init__(self, texts: Sequence[str]) -> None:
        number: dict[str, int] = {}
        flat = [number.setdefault(word, len(number)) for text in texts for word in rjieba.cut(text)]
        self.flat = np.array(flat, np.int32)
        order = np.argsort(self.flat[:-1], kind="stable")
        self.start = np.searchsorted(self.flat[:-1][order], np.arange(len(number) + 1)).astype(np.int64)
        self.following = self.flat[1:][order]
        self.size = np.array([len(word) for word in number], np.int64)
        self.first = np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64)
        self.letters = np.frombuffer("".join(number).encode("utf-32-le"), "<u4").copy()

    def texts(self, seed: int, count: int, *, mean: float = 225.0, spread: float = 60.0) -> list[str]:
        """Texts of about `mean` characters."""
        out = np.empty(int(count * (mean + spread) * 1.2) + 100_000, np.int32)
        ends = np.zeros(count, np.int64)
        done = _walk(seed, count, mean, spread, self.flat, self.start, self.following, self.size, out, ends)
        if done < count:
            raise MemoryError("more words than expected")
        words = out[: ends[-1]]
        spelt = np.empty(int(self.size[words].sum()), np.uint32)
        _spell(words, self.first, self.letters, spelt)
        whole = spelt.tobytes().decode("utf-32-le")
        edges = np.concatenate([[0], np.cumsum(self.size[words])[ends - 1]]).tolist()
        return [whole[a:b] for a, b in pairwise(edges)]
