"""What a form may ask of its subject: whatever it is about, an application, a report, an entry of a register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from headwater.forms.expressions import Value


class Context(Protocol):
    def built_in(self) -> Mapping[str, Value]:
        """Names for expressions beside the answers, such as the amount asked for."""
        ...

    def parameter(self, key: str) -> Any:
        """A dated parameter in force for the subject, or None."""
        ...

    def attached(self) -> Mapping[str, int]:
        """How many files there are of each kind."""
        ...

    def file_names(self) -> Mapping[str, Sequence[str]]:
        """The names of the files by kind, where somebody reads them."""
        ...

    def asked_fen(self) -> int | None:
        """What a budget must add up to, in fen; None where no amount is asked for."""
        ...

    def lump_fen(self) -> int:
        """The lump sum for which no budget is written, in fen."""
        ...

    def day(self) -> date:
        """The day for which dated parameters are taken."""
        ...
