"""Arithmetic of budgets in integer fen: the cap of the indirect cost (国办发〔2021〕32号; handbook 4.3) and the totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from headwater.core.money import Fen, rounded_down

if TYPE_CHECKING:
    from headwater.forms.context import Context

TIERS = "indirect_cost_tiers"
"""The dated parameter that caps the indirect cost."""


def indirect_cap(base_fen: int, tiers: Sequence[Mapping[str, Any]], theory_rate: Any = None) -> Fen:
    """The highest indirect cost on a base of direct cost without purchases of equipment, rounded down to the fen.

    `tiers` are marginal: {"up_to_fen": bound or absent, "rate": "0.30"}. `theory_rate` replaces them for pure theory.
    """
    if theory_rate is not None:
        return rounded_down(max(0, base_fen) * Fraction(str(theory_rate)))
    cap, lower = Fraction(0), 0
    for tier in tiers:
        upper = tier.get("up_to_fen")
        part = (base_fen if upper is None else min(base_fen, int(upper))) - lower
        if part <= 0:
            break
        cap += part * Fraction(str(tier["rate"]))
        lower += part
    return rounded_down(cap)


def direct_fen(budget: Mapping[str, Any], category: str = "") -> int:
    """Direct cost of a budget, or of one of its categories."""
    rows = budget.get("rows") or []
    return sum(int(r.get("amount") or 0) for r in rows if not category or r.get("category") == category)


def total_fen(budget: Mapping[str, Any]) -> int:
    return direct_fen(budget) + int(budget.get("indirect") or 0)


def cap_of(context: Context, budget: Mapping[str, Any]) -> int | None:
    """The cap of the indirect cost of a budget, or None where no rule is in force."""
    tiers = context.parameter(TIERS)
    if not isinstance(tiers, dict) or not isinstance(tiers.get("tiers"), list):
        return None
    rate = tiers.get("pure_theory_rate") if budget.get("theory") else None
    return indirect_cap(direct_fen(budget) - direct_fen(budget, "purchase"), tiers["tiers"], rate)
