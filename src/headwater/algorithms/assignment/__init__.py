"""Assignment of experts to proposals: sparse candidates in, pairs, prices and a proven gap out."""

from headwater.algorithms.assignment.engine import Assigned, Session, assign, open_session, repair
from headwater.algorithms.assignment.explain import Explanation, explain
from headwater.algorithms.assignment.flow import assign_exactly
from headwater.algorithms.assignment.problem import Limit, Problem

__all__ = [
    "Assigned",
    "Explanation",
    "Limit",
    "Problem",
    "Session",
    "assign",
    "assign_exactly",
    "explain",
    "open_session",
    "repair",
]
