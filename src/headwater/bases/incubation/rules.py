"""When a tenant of an incubator has graduated, and how concentrated its tenants are. Pure: no clock, no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from headwater.core.numbers import to_places

RECOGNISED, FINANCED, REVENUE, SOLD = "recognised", "financed", "revenue", "sold"


@dataclass(frozen=True)
class Facts:
    """What is known of a tenant: recognised as what, money raised, revenue of the newest years that count together, sold or listed."""

    recognised: str = ""
    financed_fen: int = 0
    revenue_fen: int = 0
    sold: str = ""


@dataclass(frozen=True)
class Bars:
    """What counts as graduation by money; None where the region sets no such bar."""

    financed_fen: int | None
    revenue_fen: int | None


def grounds(facts: Facts, bars: Bars) -> list[str]:
    """Return every ground on which a tenant has graduated; any one of them is enough."""
    met = {
        RECOGNISED: bool(facts.recognised),
        FINANCED: bars.financed_fen is not None and facts.financed_fen >= bars.financed_fen,
        REVENUE: bars.revenue_fen is not None and facts.revenue_fen >= bars.revenue_fen,
        SOLD: bool(facts.sold),
    }
    return [ground for ground, holds in met.items() if holds]


@dataclass(frozen=True)
class Concentration:
    """The industry that most tenants are of, and its share in per cent."""

    industry: str
    share: Decimal


def concentration(industries: Iterable[str]) -> Concentration | None:
    """Return the largest industry; the first by code where several are as large; None without tenants. A tenant of no named industry counts
    in the whole.
    """
    counts = Counter(industries)
    total, named = sum(counts.values()), {code: n for code, n in counts.items() if code}
    if not named:
        return None
    code = min(named, key=lambda c: (-named[c], c))
    return Concentration(code, to_places(Decimal(named[code]) * 100 / total, 1))
