"""What a command may say instead of doing its work. Views translate these once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reason:
    """One reason for a refusal: the field it belongs to (empty for the whole), and what to do about it."""

    text: str
    field: str = ""
    code: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass
class Refused(Exception):
    """A command was refused; nothing was changed. Carries every reason, not only the first."""

    reasons: list[Reason] = field(default_factory=list)

    @classmethod
    def because(cls, *texts: object, field: str = "", code: str = "") -> Refused:
        return cls([Reason(str(t), field=field, code=code) for t in texts])

    def __str__(self) -> str:
        return "；".join(r.text for r in self.reasons)


class NotAllowed(Exception):
    """The actor's roles do not allow this command on this record."""


def refuse_if(reasons: Iterable[Reason]) -> None:
    """Raise `Refused` with all reasons when there is any."""
    all_reasons = list(reasons)
    if all_reasons:
        raise Refused(all_reasons)
