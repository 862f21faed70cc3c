"""What an application is matched by with experts: its text, and the one of its disciplines that an expert knows better."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.calls.models import Application
from headwater.schemes import Scheme

WRITTEN = 6000
"""Characters of an application that experts are matched by."""


def nearest_code(application: Application, codes: Sequence[str]) -> str:
    """The one of an application's disciplines that an expert with these codes knows better."""
    own = [d.code for d in (application.discipline, application.second_discipline) if d]
    return max(own, key=lambda code: shared_characters(code, codes), default="")


def shared_characters(code: str, codes: Sequence[str]) -> int:
    """How many of the first characters of a code an expert shares."""
    same = 0
    for other in codes:
        n = 0
        while n < min(len(code), len(other)) and code[n] == other[n]:
            n += 1
        same = max(same, n)
    return same


def matching_text(application: Application, scheme: Scheme) -> str:
    """What experts are matched by: title, keywords and abstract; where no abstract is asked, what is written in answer to questions."""
    parts = [application.title_zh, application.keywords_zh, application.abstract_zh]
    if "abstract" not in scheme.asks:
        answers = application.answers or {}
        parts += [str(answers[f.code]) for f in scheme.fields if f.is_text and not f.restricted and answers.get(f.code)]
    return " ".join(parts)[:WRITTEN]
