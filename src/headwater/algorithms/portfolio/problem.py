"""The problem: proposals with values, costs and labels, and the rules over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headwater.algorithms.errors import BadInput
from headwater.algorithms.portfolio.rules import Budget, CountRule, Exclusive, Fixed, MoneyRule, Requires, Rule, ShareRule, Where

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Portfolio:
    """What is to be decided.

    Args:
        value: (n,) what a fully funded proposal is worth; finite, not negative.
        cost: (n,) money requested; finite, above 0, in any unit that the rules share.
        rules: see `rules`; their names must differ.
        groups: label arrays (n,) by name: discipline, region, institution, gender ...
        least: (n,) the smallest amount that a proposal accepts, above 0 and at most its cost; None: all or nothing.
        curve: worth of a reduced amount as (share of the cost, share of the value) points, the same for all proposals. Shares rise to
            (1, 1), worth does not fall, and the line through the points is concave. None: worth is proportional to the amount.

    Raises:
        BadInput: wrong shapes or numbers, unknown groups, labels or proposals, rules without a limit; names the first offender.
    """

    value: Floats
    cost: Floats
    rules: tuple[Rule, ...] = ()
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    least: Floats | None = None
    curve: tuple[tuple[float, float], ...] | None = None

    def __init__(
        self,
        value: ArrayLike,
        cost: ArrayLike,
        rules: Sequence[Rule] = (),
        *,
        groups: Mapping[str, ArrayLike] | None = None,
        least: ArrayLike | None = None,
        curve: Sequence[tuple[float, float]] | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "value", numbers("value", value, None))
        put(self, "cost", numbers("cost", cost, len(self.value)))
        put(self, "rules", tuple(rules))
        put(self, "groups", {name: np.asarray(labels) for name, labels in (groups or {}).items()})
        put(self, "least", None if least is None else numbers("least", least, len(self.value)))
        put(self, "curve", None if curve is None else tuple((float(s), float(w)) for s, w in curve))
        _check_proposals(self)
        _check_rules(self)

    @property
    def size(self) -> int:
        return len(self.value)

    def with_rules(self, rules: Sequence[Rule]) -> Portfolio:
        return Portfolio(self.value, self.cost, rules, groups=self.groups, least=self.least, curve=self.curve)

    def with_value(self, value: ArrayLike) -> Portfolio:
        return Portfolio(value, self.cost, self.rules, groups=self.groups, least=self.least, curve=self.curve)

    @cached_property
    def by_label(self) -> dict[str, dict[Any, Ints]]:
        """Proposals of each label of each group, ascending."""
        found = {}
        for name, labels in self.groups.items():
            distinct, at = np.unique(labels, return_inverse=True)
            order = np.argsort(at, kind="stable")
            parts = np.split(order, np.cumsum(np.bincount(at, minlength=len(distinct)))[:-1])
            found[name] = {
                label.item() if hasattr(label, "item") else label: part for label, part in zip(distinct, parts, strict=True)
            }
        return found

    def members(self, where: Where, rule: str = "") -> Ints:
        """Proposals that carry the labels, ascending."""
        chosen: Ints | None = None
        for name, wanted in where.items():
            if name not in self.by_label:
                raise BadInput(f"rule {rule!r}: no group {name!r}")
            parts = []
            for label in wanted if isinstance(wanted, tuple) else (wanted,):
                if label not in self.by_label[name]:
                    raise BadInput(f"rule {rule!r}: no proposal has {name} {label!r}")
                parts.append(self.by_label[name][label])
            found = np.sort(np.concatenate([*parts, np.empty(0, dtype=np.int64)]))
            chosen = found if chosen is None else np.intersect1d(chosen, found, assume_unique=True)
        return np.arange(self.size) if chosen is None else chosen

    def worth(self, amount: Floats) -> Floats:
        """Value of each proposal at an amount (0: refused)."""
        share = amount / self.cost
        if self.curve is None:
            return self.value * share
        at, worth = np.array(self.curve).T
        return np.where(amount > 0, self.value * np.interp(share, at, worth), 0.0)


def numbers(name: str, given: ArrayLike, length: int | None) -> Floats:
    array = np.array(given, dtype=np.float64)
    if array.ndim != 1 or (length is not None and len(array) != length):
        raise BadInput(f"{name}: expected shape ({'n' if length is None else length},), found {array.shape}")
    wrong = ~np.isfinite(array) | (array < 0)
    if wrong.any():
        raise BadInput(f"{name}: not finite or negative at row {int(np.argmax(wrong))}")
    array.setflags(write=False)
    return array


def _check_proposals(p: Portfolio) -> None:
    if not p.size:
        raise BadInput("value: no proposal")
    if (p.cost <= 0).any():
        raise BadInput(f"cost: not above 0 at row {int(np.argmax(p.cost <= 0))}")
    if p.least is not None:
        wrong = (p.least <= 0) | (p.least > p.cost)
        if wrong.any():
            raise BadInput(f"least: not above 0 and at most the cost at row {int(np.argmax(wrong))}")
    for name, labels in p.groups.items():
        if labels.shape != (p.size,):
            raise BadInput(f"groups[{name!r}]: expected shape ({p.size},), found {labels.shape}")
        if labels.dtype.kind == "f" and not np.isfinite(labels).all():
            raise BadInput(f"groups[{name!r}]: not finite at row {int(np.argmax(~np.isfinite(labels)))}")
    if p.curve is not None:
        _check_curve(p)


def _check_curve(p: Portfolio) -> None:
    if p.least is None:
        raise BadInput("curve: given without `least`")
    at, worth = np.array(p.curve).reshape(-1, 2).T
    if len(at) < 2 or not np.isfinite([at, worth]).all() or at[-1] != 1 or worth[-1] != 1 or worth[0] < 0 or at[0] < 0:
        raise BadInput("curve: needs two or more points, none negative, the last (1, 1)")
    step, rise = np.diff(at), np.diff(worth)
    if (step <= 0).any() or (rise < 0).any() or (np.diff(rise / np.where(step > 0, step, 1)) > 1e-12).any():
        raise BadInput("curve: shares must rise, worth must not fall, and the line must be concave")
    early = p.least < at[0] * p.cost - 1e-12
    if early.any():
        raise BadInput(f"curve: begins above the least amount of row {int(np.argmax(early))}")


def _check_rules(p: Portfolio) -> None:
    seen: set[str] = set()
    budgets = sum(isinstance(rule, Budget) for rule in p.rules)
    for rule in p.rules:
        if not rule.name or rule.name in seen:
            raise BadInput(f"rules: a name is empty or used twice: {rule.name!r}")
        seen.add(rule.name)
        if isinstance(rule, ShareRule) and rule.of == "budget" and budgets != 1:
            raise BadInput(f"rule {rule.name!r}: a share of the budget needs exactly one budget rule, found {budgets}")
        _check_limits(rule)
        _check_members(rule, p.size)


def _check_limits(rule: Rule) -> None:
    if isinstance(rule, Budget):
        if not (np.isfinite(rule.limit) and rule.limit >= 0 and 0 <= rule.spend <= 1):
            raise BadInput(f"rule {rule.name!r}: the limit must be finite and not negative, `spend` a share from 0 to 1")
    elif isinstance(rule, CountRule | MoneyRule | ShareRule):
        limits = [limit for limit in (rule.at_least, rule.at_most) if limit is not None]
        if not limits:
            raise BadInput(f"rule {rule.name!r}: neither at_least nor at_most is given")
        if not np.isfinite(limits).all() or min(limits) < 0:
            raise BadInput(f"rule {rule.name!r}: a limit is not finite or negative")
        if isinstance(rule, ShareRule) and max(limits) > 1:
            raise BadInput(f"rule {rule.name!r}: a share is above 1")
    elif isinstance(rule, Exclusive) and rule.at_most < 0:
        raise BadInput(f"rule {rule.name!r}: at_most is negative")


def _check_members(rule: Rule, size: int) -> None:
    if isinstance(rule, Requires):
        named: Iterable[int] = [rule.proposal, *rule.needs]
    elif isinstance(rule, Exclusive | Fixed):
        named = rule.proposals
    else:
        return
    listed = np.asarray(list(named))
    if not len(listed) or listed.dtype.kind not in "iu" or (isinstance(rule, Requires) and len(listed) < 2):
        raise BadInput(f"rule {rule.name!r}: needs proposals by their row")
    outside = (listed < 0) | (listed >= size)
    if outside.any():
        raise BadInput(f"rule {rule.name!r}: no proposal {int(listed[np.argmax(outside)])}")
    if len(np.unique(listed)) != len(listed):
        raise BadInput(f"rule {rule.name!r}: a proposal is named twice")


def changed(p: Portfolio, old: str, new: Rule | None) -> Portfolio:
    """The problem with one rule replaced or, with None, dropped."""
    if old not in {rule.name for rule in p.rules}:
        raise BadInput(f"rules: no rule {old!r}")
    return p.with_rules([r for rule in p.rules if (r := new if rule.name == old else rule) is not None])
