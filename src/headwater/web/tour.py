"""The tour of the demo: `docs/tour.md` as steps, each with the buttons of its people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from headwater.web.entries import Entry

HERE = Path(__file__).resolve()
PLACES = (HERE.parent / "tour", HERE.parents[3] / "docs")
"""Where the texts are: beside this file in a built package, in `docs` of a checkout."""
FILES = {"zh": "tour.md", "en": "tour.en.md"}
WHO = re.compile(r"^- \*\*(?:谁|Who)\*\*[：:] *(.+)$", re.MULTILINE)
ADDRESS = re.compile(r"`(/[^`<>]*)`")


@dataclass(frozen=True)
class Step:
    """A step: its words in Markdown, the roles that act in it, and the page where it begins."""

    title: str
    words: str
    roles: tuple[str, ...]
    address: str
    people: Sequence[Entry] = ()


@dataclass(frozen=True)
class Tour:
    title: str
    words: str
    steps: Sequence[Step]


@lru_cache(maxsize=4)
def read_tour(language: str) -> Tour:
    """Read the tour in Chinese or English."""
    name = FILES["en" if language.startswith("en") else "zh"]
    text = next(place / name for place in PLACES if (place / name).exists()).read_text(encoding="utf-8")
    head, *parts = text.split("\n## ")
    title, _sep, words = head.removeprefix("# ").partition("\n")
    return Tour(title.strip(), words.strip(), [_step(part) for part in parts])


def _step(part: str) -> Step:
    title, _sep, words = part.partition("\n")
    found, place = WHO.search(words), ADDRESS.search(words)
    roles = tuple(x.strip() for x in re.split(r"[、,]", found[1])) if found else ()
    return Step(re.sub(r"^\d+\. *", "", title).strip(), words.strip(), roles, place[1] if place else "/")


def with_people(tour: Tour, entries: Sequence[Entry]) -> Tour:
    """Give each step the people who act in it: one of each role."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.role, entry)
    steps = [Step(s.title, s.words, s.roles, s.address, [first[role] for role in s.roles if role in first]) for s in tour.steps]
    return Tour(tour.title, tour.words, steps)
