"""What a region package names of the code: indicators and the parts of them. Apps declare these when Django is set up."""

from __future__ import annotations

from headwater.core.indicators import INDICATORS
from headwater.regions.package import Mistake, Package


def undeclared(package: Package) -> list[Mistake]:
    """List the evidence whose indicator no app declares, or whose breakdown the indicator does not have."""
    mistakes = []
    for n, article in enumerate(package.tables["policy"]["article"]):
        for m, row in enumerate(article.get("evidence", [])):
            if "indicator" not in row:
                continue
            key, indicator = f"article[{n}].evidence[{m}]", INDICATORS.get(row["indicator"])
            if indicator is None:
                message = f"no indicator {row['indicator']!r}; known: {', '.join(sorted(INDICATORS))}"
                mistakes.append(Mistake("policy.toml", f"{key}.indicator", message))
                continue
            for name in set(row.get("only", {})) - set(indicator.breakdowns):
                message = f"{row['indicator']!r} has no breakdown {name!r}; known: {', '.join(indicator.breakdowns)}"
                mistakes.append(Mistake("policy.toml", f"{key}.only", message))
    return mistakes
