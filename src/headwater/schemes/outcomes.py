"""Kinds of outcome: what a decision of a scheme makes, and what its release sets going."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AGREEMENT, HOST_COUNT = "agreement", "host_count"
"""What a release can do: open an agreement for each approved application; count it for its host, whose next quota follows from it."""


@dataclass(frozen=True)
class OutcomeKind:
    """An outcome by its code. Its words stand in words.toml; `release` names what follows, in this order, when a notice is released."""

    code: str
    release: tuple[str, ...] = ()
    of_fund: bool = False
    """Whether its agreements are headed by the name of the fund, and not by that of the scheme."""

    @property
    def has_agreement(self) -> bool:
        """Whether the outcome is work under an agreement. Other outcomes end with the decision on a list."""
        return AGREEMENT in self.release


OUTCOMES: Mapping[str, OutcomeKind] = {
    kind.code: kind
    for kind in (
        OutcomeKind("award", (AGREEMENT, HOST_COUNT), of_fund=True),
        OutcomeKind("support", (AGREEMENT,)),
        OutcomeKind("designation"),
        OutcomeKind("recommendation"),
        OutcomeKind("subsidy"),
        OutcomeKind("prize"),
        OutcomeKind("topic"),
        OutcomeKind("challenge", (AGREEMENT,)),
        OutcomeKind("commission", (AGREEMENT,)),
    )
}
