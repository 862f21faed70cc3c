"""What a scheme can say, and what of it this version runs: whoever builds more adds it to RUNS.

A check of a package tells the two apart: a word that nobody knows is a mistake; a word of GRAMMAR that is not in RUNS is refused as "not
in this version", so that a package without mistakes is one that runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.core.reading import Reader
from headwater.schemes.outcomes import AGREEMENT, HOST_COUNT

GRAMMAR: Mapping[str, tuple[str, ...]] = {
    "endorsement": ("host_and_agency", "host", "local", "none"),
    "order": ("in_turn", "parallel"),
    "stage": ("written", "panel", "interview", "site_visit", "budget_review"),
    "criterion": ("points", "grade", "yes_no", "text"),
    "decision": ("rank", "mean", "computed", "grade_quota"),
    "ties": ("officers", "draw"),
    "quota_per": ("call", "field", "host", "city", "research_class"),
    "report": ("annual", "mid_term", "closing", "statistics"),
    "release": (AGREEMENT, HOST_COUNT, "title", "laboratory", "self_funded"),
    "table": ("anonymous", "budget_caps", "conversion", "evaluation", "payment", "voucher"),
    "rule": ("once_held", "holders_barred", "needs_closed_type", "most_for_enterprise"),
}
"""Endorsement: by the host and then the agency it belongs to, by the host alone, by the bureau of the place, by nobody. Stages of the
review. Kinds of criteria. What a decision goes by: the calibrated rank; the plain mean; marks joined with computed points; shares of grades. What divides equals.
What a quota is counted by. Reports that are owed. What a release does. Tables and rules beside these."""

RUNS: Mapping[str, frozenset[str]] = {
    "endorsement": frozenset({"host_and_agency"}),
    "order": frozenset({"in_turn"}),
    "stage": frozenset({"written", "panel"}),
    "criterion": frozenset({"points"}),
    "decision": frozenset({"rank", "mean"}),
    "ties": frozenset({"officers", "draw"}),
    "quota_per": frozenset({"call", "field", "host", "city", "research_class"}),
    "report": frozenset(),
    "release": frozenset({AGREEMENT, HOST_COUNT}),
    "table": frozenset(),
    "rule": frozenset(),
}
LATER = "not in this version"


def read_word(r: Reader, key: str, of: str, default: str = "") -> str:
    """A word of the grammar under `key`; one that is unknown or does not run is a mistake."""
    word = r.text(key, default, required=not default)
    if word:
        hold(r, key, of, word)
    return word


def hold(r: Reader, key: str, of: str, word: object) -> None:
    """Report a word that the grammar does not know, or that this version does not run."""
    if word not in GRAMMAR[of]:
        r.problems.append((r.path(key), f"unknown {key} {word!r}; known: {', '.join(sorted(RUNS[of]) or GRAMMAR[of])}"))
    elif word not in RUNS[of]:
        runs = ", ".join(sorted(RUNS[of]))
        r.problems.append((r.path(key), f"{word!r} is {LATER}" + (f"; it runs: {runs}" if runs else "")))


def refuse_later(top: Reader) -> None:
    """Report tables that the grammar knows and this version does not run."""
    for name in GRAMMAR["table"]:
        if name in top.table and name not in RUNS["table"]:
            top.read.add(name)
            top.problems.append((name, f"[{name}] is {LATER}"))
