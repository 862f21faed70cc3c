"""What if: the same call under other rules, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from headwater.algorithms.errors import BadInput, Infeasible, Reasons
from headwater.algorithms.portfolio.fund import Funded, fund
from headwater.algorithms.portfolio.problem import Portfolio
from headwater.algorithms.portfolio.rules import Budget, CountRule, MoneyRule, Rule, ShareRule
from headwater.algorithms.progress import Progress, silent


@dataclass(frozen=True)
class Change:
    """One variant of the rules: `scale` multiplies the limits of rules by name, `drop` leaves rules out, `put` adds rules (or replaces
    those of the same name).
    """

    name: str
    scale: Mapping[str, float] = field(default_factory=dict)
    drop: Sequence[str] = ()
    put: Sequence[Rule] = ()

    def apply(self, problem: Portfolio) -> Portfolio:
        """Raises `BadInput` for a rule that is not there or has no limit to scale."""
        known = {rule.name for rule in problem.rules}
        for name in (*self.scale, *self.drop):
            if name not in known:
                raise BadInput(f"change {self.name!r}: no rule {name!r}")
        new = {rule.name: rule for rule in self.put}
        rules = [
            new.pop(rule.name) if rule.name in new else scaled(rule, self.scale.get(rule.name, 1.0), self.name)
            for rule in problem.rules
            if rule.name not in set(self.drop)
        ]
        return problem.with_rules([*rules, *new.values()])


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a change comes to against the base. `result` is None where the rules cannot be kept (`reasons`, which say whether that is proven).

    `gain` of total value lies between `gain_at_least` and `gain_at_most` (both answers are proven only to their gaps).
    """

    name: str
    result: Funded | None
    reasons: Reasons
    gain: float
    gain_at_least: float
    gain_at_most: float
    money: float
    entering: tuple[int, ...]
    leaving: tuple[int, ...]


def scaled(rule: Rule, factor: float, change: str) -> Rule:
    if factor == 1.0:
        return rule
    if isinstance(rule, Budget):
        return replace(rule, limit=rule.limit * factor)
    if isinstance(rule, CountRule | MoneyRule | ShareRule):
        low = None if rule.at_least is None else rule.at_least * factor
        return replace(rule, at_least=low, at_most=None if rule.at_most is None else rule.at_most * factor)
    raise BadInput(f"change {change!r}: rule {rule.name!r} has no limit to scale")


def scenarios(
    base: Funded, changes: Sequence[Change], *, gap: float | None = None, progress: Progress = silent
) -> tuple[Outcome, ...]:
    """Solve each change from the base's answer and set it beside the base. `gap` as in `fund`; None: the base's.

    Raises:
        BadInput: a change that names an unknown rule, two changes of one name.
    """
    if len({change.name for change in changes}) < len(changes):
        raise BadInput("changes: a name is used twice")
    problems = [change.apply(base.problem) for change in changes]
    outcomes: list[Outcome] = []
    for at, (change, problem) in enumerate(zip(changes, problems, strict=True)):
        progress(at, len(changes))
        outcomes.append(_outcome(base, change.name, problem, base.record.gap if gap is None else gap, at, len(changes), progress))
    progress(len(changes), len(changes))
    return tuple(outcomes)


def _outcome(base: Funded, name: str, problem: Portfolio, gap: float, at: int, total: int, progress: Progress) -> Outcome:
    try:
        found = fund(problem, gap=gap, seed=base.record.seed, warm=base, progress=lambda done, steps: progress(at, total))
    except Infeasible as none:
        return Outcome(name, None, none.reasons, -np.inf, -np.inf, -np.inf, 0.0, (), ())
    return Outcome(
        name,
        found,
        Reasons((), proven=True),
        found.value - base.value,
        found.value - base.bound,
        found.bound - base.value,
        found.money - base.money,
        tuple(int(k) for k in np.flatnonzero(found.funded & ~base.funded)),
        tuple(int(k) for k in np.flatnonzero(base.funded & ~found.funded)),
    )
