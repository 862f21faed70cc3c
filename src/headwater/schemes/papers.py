"""What official papers say around the facts (papers.toml): the usual texts, what a region says otherwise, what a scheme does."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.schemes.words import places_of

FILE = Path(__file__).with_name("papers.toml")
LETTER = {
    *("leader", "title", "number", "call", "host", "office", "said", "basis", "number_word", "project", "starts", "ends"),
    *("amount_word", "amount", "amount_zh", "amount_yuan", "agreement", "agreement_by", "recheck_days", "answer_days"),
    *("asked_on", "decided", "goes_on", "contact", "agency"),
}
VALUES: dict[str, set[str]] = {
    "letter": LETTER,
    "covering": {"call", "letter_name", "count", "host", "office", "contact"},
    "notice": {
        *("call", "title", "count", "proposed", "total", "starts", "ends", "days", "amount_word", "amount", "amount_yuan"),
        *("office", "contact"),
    },
    "agreement": {"agreement", "heading", "number_word", "title", "leader", "host"},
    "application": set(),
    "translation": set(),
}
"""What a text may hold in braces, by the first word of its key."""


@cache
def usual_papers() -> dict[str, Bilingual]:
    with FILE.open("rb") as source:
        return {key: Bilingual(*pair) for key, pair in tomllib.load(source).items()}


def read_papers(r: Reader) -> dict[str, Bilingual]:
    """Read the texts that a region or a scheme says otherwise: pairs, an empty one to leave a paragraph out."""
    own, known = {}, usual_papers()
    for key, pair in r.table.items():
        if key not in known:
            r.problems.append((r.path(key), f"unknown text of a paper; known: {', '.join(known)}"))
        elif not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            r.problems.append((r.path(key), f"expected [Chinese, English], found {pair!r}"))
        elif wrong := places_of(pair) - VALUES[key.partition("_")[0]]:
            known_values = ", ".join(sorted(VALUES[key.partition("_")[0]])) or "none"
            r.problems.append((r.path(key), f"unknown place {{{sorted(wrong)[0]}}}; known: {known_values}"))
        else:
            own[key] = Bilingual(*pair)
    return own


class _Values(dict[str, object]):
    """What a text may hold; what a paper does not have is left blank."""

    def __missing__(self, key: str) -> str:
        return ""


class Papers:
    """The texts of a scheme's papers, in Chinese or English, filled in."""

    def __init__(self, own: Mapping[str, Bilingual]) -> None:
        self._texts = usual_papers() | dict(own)

    def text(self, key: str, language: str = "zh", /, **values: object) -> str:
        """Return a text with `values` in its places; empty where the scheme leaves it out."""
        pair = self._texts[key]
        return (pair.zh if language == "zh" else pair.en or pair.zh).format_map(_Values(values))
