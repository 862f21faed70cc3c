"""Calls with budgets and quotas, made from a seed: as rules that name their members, and as one matrix for the peers.

The recipe: 3 grant types (cost 25-35 / 45-65 / 200-320, 70 / 22 / 8 %), a budget of 22 % of the requests of which 97 % must be used,
money of each discipline within +-10 % +-60 of its share, a minimum for each of 31 regions (12 % of its applications), first-time
leaders at least 30 % and women at least 25 % of the grants, at most 35 % of an institution's applications, exclusive pairs, at most
2.4 % of the applications as large grants and at least 6 % as small ones. Value is score times size; scores carry effects of
discipline, region, institution and kind of applicant, so that the quotas bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

Spec = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`rules` are plain dicts: kind, name, limits, and members as {group: label} or rows."""

    value: np.ndarray
    cost: np.ndarray
    groups: dict[str, np.ndarray]
    rules: list[Spec]
    name: str


def zipf(size: int, power: float) -> np.ndarray:
    weight = (1.0 + np.arange(size)) ** -power
    return weight / weight.sum()


def call(
    n: int,
    seed: int,
    *,
    disciplines: int | None = None,
    institutions: int | None = None,
    pairs: int | None = None,
    share: float = 0.22,
    spend: float = 0.97,
    band: float = 0.10,
    slack: float = 60.0,
    cap: float = 0.35,
    first_time: float = 0.30,
    effects: float = 1.0,
    levels: int = 0,
    classes: bool = False,
) -> Call:
    """`levels` > 0 rounds scores to so many levels a point (many ties); `classes` sizes a grant by its type instead of its cost."""
    r = np.random.default_rng(seed)
    disciplines = disciplines or min(80, max(4, n // 60))
    institutions = institutions or (min(80, max(4, n // 60)) if n <= 5000 else 600)
    cost, groups, kind, bias = _applications(r, n, disciplines, institutions)
    score = np.clip(3.2 + r.normal(0, 0.6, n) + effects * bias, 1, 5)
    if levels:
        score = np.round(score * levels) / levels
    value = score * (np.array([1, 1.8, 8.0])[kind] if classes else cost / 30)
    budget = share * float(cost.sum())
    couples = [r.choice(n, 2, replace=False) for _ in range(min(300, n // 16) if pairs is None else pairs)]
    rules: list[Spec] = [
        {"kind": "budget", "name": "budget", "limit": budget, "spend": spend},
        *_bands(cost, groups["discipline"], budget, band, slack),
        *_of_applications("region", groups, low=0.12),
        {"kind": "share", "of": "funded", "name": "first-time", "where": {"leader": "first-time"}, "low": first_time},
        {"kind": "share", "of": "funded", "name": "women", "where": {"gender": "woman"}, "low": 0.25},
        *_of_applications("institution", groups, high=cap),
        *({"kind": "exclusive", "name": f"pair {k}", "rows": couple.tolist()} for k, couple in enumerate(couples)),
        {"kind": "count", "name": "large", "where": {"type": "large"}, "high": 120 * n // 5000},
        {"kind": "count", "name": "small", "where": {"type": "small"}, "low": 300 * n // 5000},
    ]
    return Call(value, cost, groups, rules, f"{n}x{len(rules)}")


def _applications(
    r: np.random.Generator, n: int, disciplines: int, institutions: int
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Cost, labels, type (0, 1, 2) and effect on the score of each application."""
    kind = r.choice(3, n, p=[0.7, 0.22, 0.08])
    bounds = np.array([[25, 35], [45, 65], [200, 320]])[kind]
    cost = r.uniform(bounds[:, 0], bounds[:, 1]).round(1)
    discipline = r.choice(disciplines, n, p=zipf(disciplines, 0.5))
    region, institution = r.choice(31, n, p=zipf(31, 0.7)), r.choice(institutions, n, p=zipf(institutions, 0.7))
    first, woman = r.random(n) < 0.35, r.random(n) < 0.3
    bias = r.normal(0, 0.3, disciplines)[discipline] + r.normal(0, 0.3, 31)[region] + r.normal(0, 0.2, institutions)[institution]
    bias += -0.3 * first - 0.1 * woman + 0.2 * (kind == 2) - 0.1 * (kind == 0)
    groups = {
        "discipline": np.array([f"d{k:03d}" for k in range(disciplines)])[discipline],
        "region": np.array([f"r{k:02d}" for k in range(31)])[region],
        "institution": np.array([f"i{k:04d}" for k in range(institutions)])[institution],
        "type": np.array(["small", "middle", "large"])[kind],
        "leader": np.where(first, "first-time", "known"),
        "gender": np.where(woman, "woman", "man"),
    }
    return cost, groups, kind, bias


def _bands(cost: np.ndarray, discipline: np.ndarray, budget: float, band: float, slack: float) -> Iterator[Spec]:
    """Money of each discipline around its share of the requests."""
    for label in np.unique(discipline):
        fair = budget * float(cost[discipline == label].sum()) / float(cost.sum())
        low, high = max(0.0, fair * (1 - band) - slack), fair * (1 + band) + slack
        yield {"kind": "money", "name": f"discipline {label}", "where": {"discipline": str(label)}, "low": low, "high": high}


def _of_applications(by: str, groups: dict[str, np.ndarray], **limits: float) -> Iterator[Spec]:
    """A share of the applications of each label."""
    for label in np.unique(groups[by]):
        yield {"kind": "share", "of": "applications", "name": f"{by} {label}", "where": {by: str(label)}, **limits}


def matrix(given: Call) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Rows of the rules over binaries, with lower and upper limits; made independently of the library under test."""
    n = len(given.value)
    rows, lower, upper = [], [], []
    for rule in given.rules:
        inside = np.ones(n, dtype=bool)
        for group, label in rule.get("where", {}).items():
            inside &= given.groups[group] == label
        if "rows" in rule:
            inside[:] = False
            inside[rule["rows"]] = True
        low, high = rule.get("low", -np.inf), rule.get("high", np.inf)
        if rule["kind"] == "budget":
            weights, low, high = given.cost, rule["spend"] * rule["limit"], rule["limit"]
        elif rule["kind"] == "money":
            weights = given.cost * inside
        elif rule.get("of") == "funded":
            weights, low = inside - low, 0.0
        elif rule.get("of") == "applications":
            count = int(inside.sum())
            weights, low, high = inside * 1.0, np.ceil(low * count - 1e-9), np.floor(high * count + 1e-9)
        else:
            weights, high = inside * 1.0, 1.0 if rule["kind"] == "exclusive" else high
        rows.append(sparse.csr_matrix(weights, dtype=np.float64))
        lower.append(low)
        upper.append(high)
    return sparse.csr_matrix(sparse.vstack(rows)), np.array(lower, dtype=np.float64), np.array(upper, dtype=np.float64)


def contradictions(given: Call, seed: int) -> dict[str, Call]:
    """The call with rules that cannot hold together, in five ways."""
    r = np.random.default_rng(seed + 99)
    region = str(r.choice(np.unique(given.groups["region"])[:8]))
    inside = given.groups["region"] == region
    cheap = np.sort(given.cost[inside])
    need = max(2, len(cheap) // 4)
    institution = str(np.unique(given.groups["institution"])[int(r.integers(0, 4))])
    named = np.flatnonzero(given.groups["institution"] == institution)
    promised = named[given.groups["type"][named] == "small"]
    band = str(np.unique(given.groups["discipline"])[-1])
    others = [rule for rule in given.rules if rule["kind"] != "exclusive"]
    large = float(given.cost[given.groups["discipline"] == band].min())
    return {
        "region against money": _with(given, given.rules, [
            {"kind": "count", "name": f"{region} at least", "where": {"region": region}, "low": need},
            {"kind": "money", "name": f"{region} money", "where": {"region": region}, "high": 0.9 * float(cheap[:need].sum())},
        ]),
        "promises against a cap": _with(given, others, [
            {"kind": "fixed", "name": "promised", "rows": [int(j) for j in promised[: int(0.35 * len(named)) + 2]]},
        ]),
        "caps by type against use": _with(given, given.rules, [
            {"kind": "count", "name": f"few {label}", "where": {"type": label}, "high": len(given.value) // parts}
            for label, parts in (("middle", 60), ("large", 120))
        ] + [{"kind": "money", "name": "small money", "where": {"type": "small"}, "high": 0.3 * given.rules[0]["limit"]}]),
        "band without a set": _with(given, [rule for rule in given.rules if rule["name"] != f"discipline {band}"], [
            {"kind": "money", "name": f"{band} narrow", "where": {"discipline": band}, "low": 0.5 * large, "high": 0.9 * large},
        ]),
        "budget too small": _with(given, [rule for rule in given.rules if rule["kind"] not in ("budget", "money")], [
            {"kind": "budget", "name": "small budget", "limit": 0.06 * float(given.cost.sum()), "spend": 0.5},
            *({"kind": "share", "of": "applications", "name": f"{label} more", "where": {"region": str(label)}, "low": 0.22}
              for label in np.unique(given.groups["region"])),
        ]),
    }  # fmt: skip


def _with(given: Call, kept: list[Spec], added: list[Spec]) -> Call:
    return Call(given.value, given.cost, given.groups, [*kept, *added], given.name)
