"""A lottery that anyone can replay with a published string and a hash function."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headwater.algorithms.errors import BadInput


@dataclass(frozen=True)
class Lottery:
    """A draw and its proof.

    `digest` is the SHA-256 of the sorted names, one a line; the ticket of a name is the SHA-256 of public string, digest and name, one a
    line; the smallest ticket is drawn first. `order` holds all names as drawn, `tickets` theirs, `winners` those that got a place.
    """

    public: str
    digest: str
    places: int | None
    budget: int | None
    order: tuple[str, ...]
    tickets: tuple[str, ...]
    winners: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """The proof as plain values, to be published and kept."""
        return asdict(self)


def draw_lottery(
    names: Sequence[str],
    *,
    public: str,
    places: int | None = None,
    budget: int | None = None,
    costs: Mapping[str, int] | None = None,
) -> Lottery:
    """Draw names in an order that nobody can choose: `public` must become known only after the names are fixed (a draw of the state
    lottery, a stock index at a named hour).

    Either `places` names win, or, going down the order, each whose cost (same unit as `budget`) still fits.

    Raises:
        BadInput: no names, a name twice or with a line break, an empty public string, not exactly one of places and budget, no cost.
    """
    _check(names, public, places, budget, costs)
    digest = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
    tickets = sorted((hashlib.sha256(f"{public}\n{digest}\n{name}".encode()).hexdigest(), name) for name in names)
    order = tuple(name for _ticket, name in tickets)
    winners = order[:places] if places is not None else _fitting(order, int(budget or 0), costs or {})
    return Lottery(public, digest, places, budget, order, tuple(ticket for ticket, _name in tickets), winners)


def verify_lottery(proof: Lottery, names: Sequence[str], costs: Mapping[str, int] | None = None) -> list[str]:
    """What is wrong with a proof for these names; empty when it holds."""
    fresh = draw_lottery(names, public=proof.public, places=proof.places, budget=proof.budget, costs=costs)
    told = {
        "digest": "the names are not the ones that were drawn from",
        "tickets": "a ticket does not follow from the public string",
        "order": "the order is not that of the tickets",
        "winners": "the winners are not the first of the order",
    }
    return [why for name, why in told.items() if getattr(fresh, name) != getattr(proof, name)]


def _fitting(order: Sequence[str], budget: int, costs: Mapping[str, int]) -> tuple[str, ...]:
    won, left = [], budget
    for name in order:
        if costs[name] <= left:
            won.append(name)
            left -= costs[name]
    return tuple(won)


def _check(names: Sequence[str], public: str, places: int | None, budget: int | None, costs: Mapping[str, int] | None) -> None:
    if not names:
        raise BadInput("names: empty")
    seen: set[str] = set()
    for row, name in enumerate(names):
        if name in seen or not name or "\n" in name:
            raise BadInput(f"names: {name!r} at row {row} is empty, doubled or has a line break")
        seen.add(name)
    if not public.strip() or "\n" in public:
        raise BadInput("public: empty, or more than one line")
    if (places is None) == (budget is None):
        raise BadInput("places: give either places or a budget")
    if (places is not None and places < 0) or (budget is not None and budget < 0):
        raise BadInput("places: negative")
    if budget is not None:
        for row, name in enumerate(names):
            if costs is None or name not in costs or costs[name] < 0:
                raise BadInput(f"costs: none for {name!r} at row {row}")
