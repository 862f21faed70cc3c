"""Assignment of experts to proposals: sparse candidates in, pairs, prices and a proven gap out."""

from headwater.algorithms.assignment.engine import Assigned, Session, assign, open_session, repair
from headwater.algorithms.assignment.explain import Explanation, explain
from headwater.algorithms.assignment.fairness import Fair, assign_fairly
from headwater.algorithms.assignment.flow import assign_exactly
from headwater.algorithms.assignment.problem import Limit, Problem
from headwater.algorithms.assignment.randomised import Marginals, draw, randomise
from headwater.algorithms.assignment.shortages import Shortage, Unmet, shortages, unmet

__all__ = [
    "Assigned",
    "Explanation",
    "Fair",
    "Limit",
    "Marginals",
    "Problem",
    "Session",
    "Shortage",
    "Unmet",
    "assign",
    "assign_exactly",
    "assign_fairly",
    "draw",
    "explain",
    "open_session",
    "randomise",
    "repair",
    "shortages",
    "unmet",
]
