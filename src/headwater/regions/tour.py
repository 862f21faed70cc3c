"""The tour of a region's demo as its package tells it (`tour.zh.md`, `tour.en.md`): steps, each with who, where and what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from headwater.core.reading import Problem

FILES = {"zh": "tour.zh.md", "en": "tour.en.md"}
WHO = re.compile(r"^- \*\*(?:谁|Who)\*\*[：:] *(.+)$", re.MULTILINE)
ADDRESS = re.compile(r"`(/[^`<>]*)`")


@dataclass(frozen=True)
class Step:
    """A step: its words in Markdown, the roles that act in it, and the page where it begins."""

    title: str
    words: str
    roles: tuple[str, ...]
    address: str


@dataclass(frozen=True)
class Tour:
    title: str
    words: str
    steps: Sequence[Step]


def read_tour(package: Path, language: str) -> Tour | None:
    """Read the tour of a package in Chinese or English; None where it has none."""
    file = package / FILES["en" if language.startswith("en") else "zh"]
    if not file.is_file():
        return None
    head, *parts = file.read_text(encoding="utf-8").split("\n## ")
    title, _sep, words = head.removeprefix("# ").partition("\n")
    return Tour(title.strip(), words.strip(), [_step(part) for part in parts])


def _step(part: str) -> Step:
    title, _sep, words = part.partition("\n")
    found, place = WHO.search(words), ADDRESS.search(words)
    roles = tuple(x.strip() for x in re.split(r"[、,]", found[1])) if found else ()
    return Step(re.sub(r"^\d+\. *", "", title).strip(), words.strip(), roles, place[1] if place else "")


def tour_problems(package: Path) -> list[tuple[str, Problem]]:
    """Return (file, what is wrong with it): a tour in one language alone, steps that differ, a step that says not who or where."""
    tours = {language: read_tour(package, language) for language in FILES}
    here = {language: tour for language, tour in tours.items() if tour is not None}
    problems: list[tuple[str, Problem]] = []
    if len(here) == 1:
        missing = next(language for language in FILES if language not in here)
        problems.append((FILES[missing], ("", f"this file is missing: there is {FILES[next(iter(here))]}")))
    for language, tour in here.items():
        for number, step in enumerate(tour.steps, start=1):
            if not step.roles or not step.address:
                problems.append(
                    (FILES[language], (f"step {number}", "expected a line of who acts and an address such as `/desk/`"))
                )
    if len(here) == len(FILES):
        ways = [[step.address for step in tour.steps] for tour in here.values()]
        if ways[0] != ways[1]:
            problems.append((FILES["en"], ("", f"expected the steps of {FILES['zh']}, which begin at {', '.join(ways[0])}")))
    return problems
