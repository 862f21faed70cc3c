"""The scheme as the engine sees it: parsed from the definition, checked when the region package is loaded."""

from headwater.forms.linking import expressions
from headwater.schemes.linking import BUILT_IN
from headwater.schemes.outcomes import OUTCOMES, OutcomeKind
from headwater.schemes.parsing import RuleSpec, parse_scheme
from headwater.schemes.shapes import PARTIES, RefereeRules, RuleUse, Scheme
from headwater.schemes.staging import staged
from headwater.schemes.words import Words, common_words

__all__ = [
    "BUILT_IN",
    "OUTCOMES",
    "PARTIES",
    "OutcomeKind",
    "RefereeRules",
    "RuleSpec",
    "RuleUse",
    "Scheme",
    "Words",
    "common_words",
    "expressions",
    "parse_scheme",
    "staged",
]
