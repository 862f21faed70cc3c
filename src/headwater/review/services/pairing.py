"""Which of an application's disciplines an expert knows better."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.calls.models import Application


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
