"""The words of an outcome: what is decided, what its states and letters are called, in Chinese and English (words.toml)."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader

FILE = Path(__file__).with_name("words.toml")
COMMON, OUTLINE = "common", "outline"
MONEY, UNDER_AGREEMENT = ("amount",), ("number", "agreement")
"""Words that only those outcomes have that give money, or work under an agreement."""
PLACES = {"notice": {"call"}, "letter_yes_text": {"amount", "until"}}
"""What a word may hold in braces."""


@dataclass(frozen=True)
class Words:
    """`words["title"]` and, in a template, `words.title` are in the reader's language; `zh` is for official texts."""

    table: Mapping[str, Bilingual]

    def __getitem__(self, key: str) -> str:
        return str(self.table[key])

    def __contains__(self, key: object) -> bool:
        return key in self.table

    def zh(self, key: str, **values: str) -> str:
        return self.table[key].zh.format(**values)

    def en(self, key: str, **values: str) -> str:
        return self.table[key].en.format(**values)


@cache
def _tables() -> dict[str, dict[str, Bilingual]]:
    with FILE.open("rb") as source:
        return {name: {key: Bilingual(*texts) for key, texts in table.items()} for name, table in tomllib.load(source).items()}


@cache
def common_words() -> Words:
    """The words for lists over calls of several outcomes."""
    return Words(_tables()[COMMON])


def outline_words(own: Sequence[tuple[str, Bilingual]]) -> tuple[tuple[str, Bilingual], ...]:
    """`own` with what the first of two stages says instead: it ends with an invitation or without one."""
    return tuple((dict(own) | _tables()[OUTLINE]).items())


def words_for(outcome: str, own: Mapping[str, Bilingual]) -> Words:
    """The words of an outcome with those that a scheme says otherwise."""
    return Words(_tables()[COMMON] | _tables().get(outcome, {}) | dict(own))


def read_words(r: Reader, outcome: str) -> dict[str, Bilingual]:
    """A scheme's own words: only those that its outcome has, each a pair of texts with no other places than the usual ones."""
    words, own = words_for(outcome, {}), {}
    for key, value in r.table.items():
        if key not in words:
            r.problems.append((r.path(key), f"unknown word of {outcome!r}; known: {', '.join(sorted(words.table))}"))
        elif not _is_pair(value):
            r.problems.append((r.path(key), f"expected [Chinese, English], found {value!r}"))
        elif wrong := places_of(value) - PLACES.get(key, set()):
            r.problems.append((r.path(key), f"unknown place {{{sorted(wrong)[0]}}}"))
        else:
            own[key] = Bilingual(*value)
    return own


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) and x for x in value)


def places_of(pair: Sequence[str]) -> set[str]:
    """Return the names that texts hold in braces; something that is no name where the braces do not match."""
    try:
        return {name for text in pair for _text, name, _spec, _how in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {"…"}
