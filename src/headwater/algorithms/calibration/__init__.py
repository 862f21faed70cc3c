"""Calibration of scores: one scale for all reviewers, what can be compared, who is near the line, and a lottery for the tie."""

from headwater.algorithms.calibration.funding import Funding, funding_chances
from headwater.algorithms.calibration.lottery import Lottery, draw_lottery, verify_lottery
from headwater.algorithms.calibration.model import Calibrated, Connectivity, NotComparable, calibrate

__all__ = [
    "Calibrated",
    "Connectivity",
    "Funding",
    "Lottery",
    "NotComparable",
    "calibrate",
    "draw_lottery",
    "funding_chances",
    "verify_lottery",
]
