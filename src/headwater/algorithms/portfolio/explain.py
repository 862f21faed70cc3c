"""Why a proposal is not funded: what it would cost to fund it, which rules ask that price, and what it would push out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.algorithms.errors import BadInput, Infeasible
from headwater.algorithms.portfolio.fund import Funded, fund, prices
from headwater.algorithms.portfolio.problem import Floats, Ints
from headwater.algorithms.portfolio.rules import Fixed
from headwater.algorithms.progress import Progress, silent

FORCED = "must be funded (the question)"
LEAST = 1e-9


@dataclass(frozen=True)
class Charge:
    """What one rule asks of a proposal at the prices of the linear program (below 0: the rule speaks for it)."""

    rule: str
    price: float


@dataclass(frozen=True, eq=False)
class Refusals:
    """All refused proposals in one pass.

    `gain` is value less all charges at the prices of the linear program (the nearer to 0, the nearer to a grant). `loss` is a lower
    bound on what the total loses against the funded set if the proposal must be funded; 0 where it may win. `charges` (refused, rules) in the order
    of `rules`, the names of the rules that charge anything.
    """

    proposal: Ints
    gain: Floats
    loss: Floats
    charges: Floats
    rules: tuple[str, ...]

    def loudest(self, at: int) -> tuple[Charge, ...]:
        """The rules that charge the proposal at place `at`, the highest price first."""
        order = np.argsort(-np.abs(self.charges[at]), kind="stable")
        return tuple(Charge(self.rules[k], float(self.charges[at, k])) for k in order if abs(self.charges[at, k]) > LEAST)


@dataclass(frozen=True)
class Refusal:
    """Why one proposal is refused.

    `loss` is what the best set with it is worth less than the best set without it is at most: between `loss_at_least` and
    `loss_at_most`. `displaced` are funded proposals that would go, `entering` others that would come in with it. If the rules forbid it, `reasons` names
    the limits that do, and the losses are infinite.
    """

    proposal: int
    value: float
    cost: float
    gain: float
    charges: tuple[Charge, ...]
    loss_at_least: float
    loss_at_most: float
    displaced: tuple[int, ...]
    entering: tuple[int, ...]
    reasons: tuple[str, ...]


def charges_of(result: Funded, proposals: Ints) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Charges (proposals, rules), gains (proposals,), and the names of the rules with a price."""
    model, price = result.inside.model, prices(result.inside)
    priced = np.flatnonzero(np.abs(price) > LEAST)
    value, n = model.value, model.proposals
    d = value - model.matrix[priced].T @ price[priced]
    paid = np.concatenate([np.ones(n), d[n:] > 0])
    rules, at = np.unique(model.rule[priced], return_inverse=True)
    part = model.matrix[priced].multiply(price[priced][:, None]).multiply(paid[None, :]).tocsc()
    charges = np.zeros((len(proposals), len(rules)))
    place = np.full(n, -1)
    place[proposals] = np.arange(len(proposals))
    entries = part.tocoo()
    owner = np.concatenate([np.arange(n), model.owner])[entries.col]
    wanted = place[owner] >= 0
    np.add.at(charges, (place[owner[wanted]], at[entries.row[wanted]]), entries.data[wanted])
    gain = d[:n] + np.bincount(model.owner, np.maximum(d[n:], 0.0), n)
    return charges, gain[proposals], tuple(result.problem.rules[k].name for k in rules)


def refusals(result: Funded) -> Refusals:
    """Gains, charges and least losses of all refused proposals. Memory: 8 bytes for each (refused proposal, priced rule)."""
    refused = np.flatnonzero(~result.funded)
    charges, gain, names = charges_of(result, refused)
    return Refusals(refused, gain, np.maximum(0.0, result.value - upper_bounds(result)[0][refused]), charges, names)


def upper_bounds(result: Funded) -> tuple[Floats, Floats]:
    """(n,) bounds of the value of sets that fund, and that refuse, each proposal; -inf where a fixed proposal does not let them."""
    task, relaxed = result.inside.task, result.inside.found.relaxed
    n = result.problem.size
    fixed = result.inside.task.fixed[:n]
    free = task.columns[task.columns < n]
    held = np.ones(n, dtype=bool)
    held[free] = False
    if_funded = np.where(held & (fixed < 0.5), -np.inf, result.bound)
    if_refused = np.where(held & (fixed > 0.5), -np.inf, result.bound)
    if relaxed is not None:
        if_funded[free] = np.minimum(result.bound, relaxed.if_funded)
        if_refused[free] = np.minimum(result.bound, relaxed.if_refused)
    return if_funded, if_refused


def why_not(result: Funded, proposal: int, *, gap: float | None = None, progress: Progress = silent) -> Refusal:
    """Solve again with the proposal funded, and say what that changes.

    Args:
        gap: relative gap of the second run; None: that of the first.

    Raises:
        BadInput: no such proposal, or it is funded.
    """
    problem = result.problem
    if not 0 <= proposal < problem.size:
        raise BadInput(f"proposal: no proposal {proposal}")
    if result.funded[proposal]:
        raise BadInput(f"proposal: {proposal} is funded")
    charges, gain, names = charges_of(result, np.array([proposal]))
    order = np.argsort(-np.abs(charges[0]), kind="stable")
    told = tuple(Charge(names[k], float(charges[0, k])) for k in order if abs(charges[0, k]) > LEAST)
    about = (proposal, float(problem.value[proposal]), float(problem.cost[proposal]), float(gain[0]), told)
    forced = problem.with_rules([*problem.rules, Fixed(FORCED, (proposal,), True)])
    record = result.record
    try:
        other = fund(forced, gap=record.gap if gap is None else gap, seed=record.seed, warm=result, progress=progress)
    except Infeasible as none:
        reasons = tuple(reason for reason in none.reasons if not reason.startswith(FORCED))
        return Refusal(*about, np.inf, np.inf, (), (), reasons)
    left, come = np.flatnonzero(result.funded & ~other.funded), np.flatnonzero(other.funded & ~result.funded)
    return Refusal(
        *about,
        max(0.0, result.value - other.bound),
        max(0.0, result.bound - other.value),
        tuple(int(k) for k in left),
        tuple(int(k) for k in come if k != proposal),
        (),
    )
