"""How much of the money of a year may be given through one scheme."""

from __future__ import annotations

from fractions import Fraction

from headwater.core.i18n import Bilingual
from headwater.core.money import rounded_down, wan
from headwater.schemes.rules.base import Answer, Facts, Settings, failed, passed, rule, unknown

PROGRAMME = frozenset({"share_of_programme"})
"""Rules for which the money of the year is read."""


@rule(
    "share_of_programme",
    "F15",
    "占当年经费的比例",
    "Share of the money of the year",
    ref="handbook 5.4",
    reads=("direct_share_max_percent",),
)
def share_of_programme(f: Facts, p: Settings, percent: int) -> Answer:
    """What a scheme gives in a year, this application included, is at most so many per cent of the budgets of all calls of the year."""
    if f.programme is None or not f.programme.budget_fen:
        look = Bilingual("核对当年各批次的预算", "Look at the budgets of the calls of the year")
        return unknown("当年没有批次登记预算", "No call of the year has a budget", look, percent=percent)
    most, wanted = rounded_down(f.programme.budget_fen * Fraction(percent, 100)), f.programme.committed_fen + f.amount_fen
    inputs = {
        "percent": percent,
        "budget_fen": f.programme.budget_fen,
        "committed_fen": f.programme.committed_fen,
        "amount_fen": f.amount_fen,
    }
    zh = f"连同本项共 {wan(wanted)} 万元，上限 {wan(most)} 万元（当年各批次预算 {wan(f.programme.budget_fen)} 万元的 {percent}%）"
    en = f"CNY {wan(wanted)}0,000 with this one, of at most {wan(most)}0,000 ({percent} % of the budgets of the year)"
    if wanted <= most:
        return passed(zh, en, **inputs)
    return failed(zh, en, Bilingual("降低金额，或改为竞争性申报", "Ask for less, or apply to an open call"), **inputs)
