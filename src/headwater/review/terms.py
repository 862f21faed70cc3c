"""The figures of a review: what the scheme says itself, else the region's dated parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from headwater.calls.models import Call
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.parameters import Parameters


@dataclass(frozen=True)
class ReviewTerms:
    """The figures of written review. `same_host` and `inside`: at most so many experts of one institution, and of the region, for an
    application; `least_chars` of an opinion; `days` for writing it.
    """

    opinions: int
    needed: int
    max_load: int
    days: int
    least_chars: int
    same_host: int
    inside: int


@dataclass(frozen=True)
class PanelTerms:
    """The figures of a panel. Shares are written as ">1/2" or ">=2/3"; `revive_signatures` members bring back what most opinions refuse,
    which then needs `revive_majority`; `minutes` are planned for each item.
    """

    size: int
    quorum: str
    majority: str
    votes: int
    minutes: int
    revive_majority: str
    revive_signatures: int


def weights_of(call: Call, research_class: str) -> dict[str, int]:
    """Weights by criterion of the scheme for a research class: its own, else those in force on the call's deadline."""
    judging = scheme_of(call).judging
    own = judging.own_weights(research_class)
    if own is not None:
        return own
    weights = _parameters(call).get(f"review_weights_{research_class}", call.scheme.code) or {}
    return {c.code: int(weights[c.code]) for c in judging.criteria if c.code in weights}


def review_terms(call: Call, on: date | None = None) -> ReviewTerms:
    """The figures of written review in force on the call's deadline, or on another day."""
    parameters, code, plan = _parameters(call, on), call.scheme.code, scheme_of(call).judging.review
    opinions = plan.opinions or parameters.number("reviewers_per_application", code)
    outside = _fraction(parameters.get("min_external_share", code))
    return ReviewTerms(
        opinions=opinions,
        needed=plan.needed or parameters.number("min_reviews_valid", code),
        max_load=parameters.number("reviewer_max_load", code),
        days=parameters.number("review_deadline_days", code),
        least_chars=parameters.number("min_opinion_chars", code),
        same_host=parameters.number("max_same_host_reviewers", code),
        inside=floor(opinions * (1 - outside)),
    )


def panel_terms(call: Call) -> PanelTerms:
    """The figures of a panel in force on the call's deadline."""
    parameters, code, rule = _parameters(call), call.scheme.code, scheme_of(call).judging.panel
    return PanelTerms(
        size=rule.size or parameters.number("panel_min_members", code),
        quorum=rule.quorum or _share(parameters.get("panel_quorum", code), ">=2/3"),
        majority=rule.majority or _share(parameters.get("panel_majority", code), ">1/2"),
        votes=parameters.number("panel_votes_on_item", code),
        minutes=parameters.number("panel_item_minutes", code),
        revive_majority=_share(parameters.get("revive_majority", code), ">=2/3"),
        revive_signatures=parameters.get("revive_signatures", code) or 0,
    )


def _parameters(call: Call, on: date | None = None) -> Parameters:
    return Parameters(call.scheme.region, on or clock.last_day(call.closes_at))


def _fraction(value: Mapping[str, Any] | None) -> Fraction:
    return Fraction(int(value["numerator"]), int(value["denominator"])) if value else Fraction(0)


def _share(value: Mapping[str, Any] | None, usual: str) -> str:
    """A parameter such as {numerator = 2, denominator = 3, strict = false} as a share."""
    if not value:
        return usual
    return f"{'>' if value.get('strict') else '>='}{value['numerator']}/{value['denominator']}"
