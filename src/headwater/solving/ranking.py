"""Applications ranked from the marks of their experts, by the calibration kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.calibration import Calibrated, calibrate, funding_chances


def rank(marks: list[tuple[int, int, float, int]], money: tuple[float, dict[int, int]] | None, seed: int) -> list[dict[str, Any]]:
    """Calibrate marks and put applications in order.

    Args:
        marks: (application, expert, total, grade) of each opinion.
        money: the budget and what each application asks for, in fen; none where the call gives no money.

    Returns:
        The fields of each application's `Ranking`, by application.
    """
    table = np.array(marks, dtype=np.float64)
    ids, proposal = np.unique(table[:, 0].astype(np.int64), return_inverse=True)
    _experts, reviewer = np.unique(table[:, 1].astype(np.int64), return_inverse=True)
    calibration = calibrate(proposal, reviewer, table[:, 2])
    chance, near = _chances(calibration, ids, money, seed)
    high, low = np.zeros(len(ids)), np.full(len(ids), 9.0)
    np.maximum.at(high, proposal, table[:, 3])
    np.minimum.at(low, proposal, table[:, 3])
    grades = np.bincount(proposal, weights=table[:, 3]) / calibration.count
    order = np.lexsort((ids, -calibration.raw, -calibration.mean))
    place = np.empty(len(ids), dtype=np.int64)
    place[order] = np.arange(1, len(ids) + 1)
    return [
        {
            "application_id": int(pk),
            "opinions": int(calibration.count[n]),
            "mean": round(float(calibration.raw[n]), 4),
            "calibrated": round(float(calibration.mean[n]), 4),
            "sd": round(float(calibration.sd[n]), 4) if calibration.identified else None,
            "component": int(calibration.component[n]),
            "chance": round(float(chance[n]), 4) if chance is not None else None,
            "near_line": bool(near[n]),
            "grade_mean": round(float(grades[n]), 4),
            "spread": int(high[n] - low[n]),
            "rank": int(place[n]),
        }
        for n, pk in enumerate(ids)
    ]


def _chances(
    calibration: Calibrated, ids: NDArray[np.int64], money: tuple[float, dict[int, int]] | None, seed: int
) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """Probability of each application to stand above the budget line, and who cannot be told from the line; by the amounts asked for.

    Applications of one call compete for one budget, so that components are compared here although their scores share no reviewer;
    the board says when there are several.
    """
    if not calibration.identified or money is None:
        return None, np.zeros(len(ids), dtype=bool)
    budget, amounts = money
    costs = np.array([float(amounts.get(int(pk)) or 0) for pk in ids])
    funding = funding_chances(calibration, budget=budget, costs=costs, seed=seed, across=True)
    return funding.chance, np.isin(np.arange(len(ids)), funding.group)
