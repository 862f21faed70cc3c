"""Similar texts (查重): every application in the house is compared with all others of all years by `headwater.solving.likeness`."""

from __future__ import annotations

from headwater.calls.models import Application, Call
from headwater.core.command import Actor
from headwater.core.jobs import Progress
from headwater.core.solver import here

SHORT = 30
"""Answers of fewer characters are not compared."""
ABSTRACT = "abstract_zh"


def sections_of(application: Application) -> list[tuple[str, str]]:
    """Return the texts that are compared, by the name of their field: the abstract first, then in the order of the names."""
    answers = ((name, value) for name, value in sorted(application.answers.items()) if isinstance(value, str))
    return [(name, text) for name, text in [(ABSTRACT, application.abstract_zh), *answers] if len(text) >= SHORT][:127]


def take_in() -> bool:
    """Put the newly received texts into the search and the index of texts; False when there were none. It may be run at any
    time.
    """
    taken: bool = here("headwater.solving.likeness:take_in")()
    return taken


def find_likenesses(*, call: Call, actor: Actor, progress: Progress | None = None) -> int:
    """Compare the received applications of a call with everything in the house. Returns the number of similar pairs that are
    kept.
    """
    count: int = here("headwater.solving.likeness:find_likenesses")(call=call, actor=actor, progress=progress)
    return count
