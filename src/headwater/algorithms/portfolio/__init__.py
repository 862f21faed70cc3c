"""The funded set: the best set of proposals under budget, quotas and ties between proposals, proven, with reasons.

`fund` chooses, `why_not` and `refusals` explain, `core` tells what is sure, `scenarios` compares rules, `blame` names the rules that
cannot hold together.
"""

from headwater.algorithms.portfolio.blame import Blame, Reason, blame
from headwater.algorithms.portfolio.explain import Charge, Refusal, Refusals, refusals, why_not
from headwater.algorithms.portfolio.fund import Activity, Funded, Record, fund
from headwater.algorithms.portfolio.problem import Portfolio
from headwater.algorithms.portfolio.robust import CORE, GREY, OPEN, OUT, Core, core
from headwater.algorithms.portfolio.rules import Budget, CountRule, Exclusive, Fixed, MoneyRule, Requires, Rule, ShareRule, each
from headwater.algorithms.portfolio.scenario import Change, Outcome, scenarios
from headwater.algorithms.portfolio.search import Stage

__all__ = [
    "CORE",
    "GREY",
    "OPEN",
    "OUT",
    "Activity",
    "Blame",
    "Budget",
    "Change",
    "Charge",
    "Core",
    "CountRule",
    "Exclusive",
    "Fixed",
    "Funded",
    "MoneyRule",
    "Outcome",
    "Portfolio",
    "Reason",
    "Record",
    "Refusal",
    "Refusals",
    "Requires",
    "Rule",
    "ShareRule",
    "Stage",
    "blame",
    "core",
    "each",
    "fund",
    "refusals",
    "scenarios",
    "why_not",
]
