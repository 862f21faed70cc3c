"""Looks into the DOCX templates of a package: whether their papers and schemes are known, and whether each can be filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from headwater.core.docx import Fault, template_faults
from headwater.core.reading import Problem
from headwater.schemes.placeholders import PAPERS, example_of

FOLDER = "templates"


def template_problems(package: Path, schemes: Collection[str]) -> list[tuple[str, Problem]]:
    """Return (file, what is wrong with it) for every template of a package."""
    problems: list[tuple[str, Problem]] = []
    for file in sorted(p for p in (package / FOLDER).rglob("*") if p.is_file()):
        place = file.relative_to(package / FOLDER)
        name = f"{FOLDER}/{place.as_posix()}"
        if file.suffix != ".docx" or file.stem not in PAPERS or len(place.parts) > 2:
            problems.append(
                (name, ("", f"expected {', '.join(f'{paper}.docx' for paper in PAPERS)}, or one in a folder of a scheme"))
            )
        elif len(place.parts) == 2 and place.parts[0] not in schemes:
            problems.append((name, ("", f"no scheme has the code {place.parts[0]!r}")))
        else:
            example = example_of(file.stem)
            for fault in template_faults(file.read_bytes(), example):
                problems.append((name, ("", _in_words(fault, example))))
    return problems


def _in_words(fault: Fault, known: Iterable[str]) -> str:
    if fault.placeholder:
        return f"unknown placeholder {{{{ {fault.placeholder} }}}}; known: {', '.join(known)}"
    return f"the braces of a line have no partner: {fault.line}" if fault.line else f"cannot be filled in: {fault.said}"
