"""How many applications a host may endorse (handbook 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def host_quota(history: Mapping[int, int], year: int, value: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The quota of a host: `multiplier` x its best year of the last `window_years`, or the floor (handbook 2.4).

    `history` maps a year to approvals. Returns (quota, the sum as shown to the host).
    """
    years = [year - n for n in range(1, int(value["window_years"]) + 1)]
    best = max((history.get(y, 0) for y in years), default=0)
    floor = best < int(value["floor_when_max_below"])
    quota = int(value["floor"]) if floor else int(value["multiplier"]) * best
    return quota, {
        "years": {str(y): history.get(y, 0) for y in years},
        "best": best,
        "floor": floor,
        "multiplier": value["multiplier"],
    }
