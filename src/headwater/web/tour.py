"""The tour of this house's demo, with the buttons of its people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from headwater.regions.tour import Step, Tour, read_tour
from headwater.registry.queries import region_folder
from headwater.web.entries import Entry


def tour_here(language: str) -> Tour | None:
    """Return the tour of the region that this house serves; None where it has none."""
    return read_tour(region_folder(), language)


def with_people(steps: Iterable[Step], entries: Sequence[Entry]) -> list[tuple[Step, list[Entry]]]:
    """Return each step with the people who act in it: one of each role."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.role, entry)
    return [(step, [first[role] for role in step.roles if role in first]) for step in steps]
