"""A draw among equals, by the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.algorithms.calibration.lottery import draw_lottery


def draw(numbers: Sequence[str], public: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a draw with its proof; `settings` give the `places`, or a `budget` and what each number `costs`."""
    return draw_lottery(numbers, public=public, **settings).record()
