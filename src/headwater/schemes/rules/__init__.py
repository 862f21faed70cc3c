"""Rules of eligibility, limits and the formal check: pure functions over facts and dated parameters, in one register."""

from headwater.forms.results import FieldFacts, Result, Verdict
from headwater.schemes.rules import eligibility, formal, history, limits, posts, quotas, sanctions  # noqa: F401 -- each registers its rules
from headwater.schemes.rules.base import (
    RULES,
    Ban,
    DocumentFacts,
    Facts,
    Holding,
    LikenessFacts,
    PersonFacts,
    RefereeFacts,
    Rule,
    evaluation,
    parameters_of,
)

__all__ = [
    "RULES",
    "Ban",
    "DocumentFacts",
    "Facts",
    "FieldFacts",
    "Holding",
    "LikenessFacts",
    "PersonFacts",
    "RefereeFacts",
    "Result",
    "Rule",
    "Verdict",
    "evaluation",
    "parameters_of",
]
