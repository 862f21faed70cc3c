"""Why an expert fits an application, by the expertise kernel."""

from __future__ import annotations

from typing import Any

from headwater.algorithms.expertise import Expert, Work, candidates, explain


def why(
    proposal: dict[str, Any], works: list[dict[str, Any]], codes: tuple[str, ...], keywords: tuple[str, ...]
) -> dict[str, Any]:
    """Explain a pair.

    Args:
        proposal, works: fields of the kernel's `Work`.

    Returns:
        `works` (place, share, shared terms) of those that count and share a term, the weightiest first; `keywords` that both have.
    """
    explanation = explain(Work(**proposal), Expert(tuple(Work(**work) for work in works), codes, keywords))
    papers = [(w.work, w.share, [t.text for t in w.terms]) for w in explanation.works if w.terms]
    return {"works": papers, "keywords": explanation.keywords}


def fits(text: str, codes: list[str], profiles: list[str], expert_codes: list[list[str]]) -> list[float]:
    """Return how well each expert fits an application, from 0 to 1: by the one of its `codes` that the expert knows better."""
    asked = codes or [""]
    scores = candidates([text] * len(asked), profiles, asked, expert_codes, keep=len(profiles))
    return [float(score) for score in scores.max(axis=0).toarray().ravel()]
