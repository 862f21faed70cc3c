"""The problem as rows and columns of a mixed-integer program.

Columns: one binary x per proposal, then one t in [0, 1] per piece of a proposal that accepts less than its cost: the part of that
piece which is paid (t <= x). Pieces have falling worth per unit of money, so that an optimum fills them in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from headwater.algorithms.portfolio.problem import Floats, Ints, Portfolio
from headwater.algorithms.portfolio.rules import Budget, CountRule, Exclusive, Fixed, MoneyRule, Requires, Rule, ShareRule

INFINITE = np.inf


@dataclass(frozen=True, eq=False)
class Model:
    """Maximise `value` @ columns with `lower` <= `matrix` @ columns <= `upper`; `rule` (rows,) tells the rule of each row."""

    value: Floats
    matrix: sparse.csr_matrix
    lower: Floats
    upper: Floats
    rule: Ints
    owner: Ints
    """(pieces,) the proposal of each piece, ascending."""
    money: Floats
    """(columns,) money of a column at 1."""

    @property
    def proposals(self) -> int:
        return len(self.value) - len(self.owner)


@dataclass(frozen=True, eq=False)
class Row:
    columns: Ints
    weights: Floats
    lower: float
    upper: float


def limits(rule: CountRule | MoneyRule | ShareRule, scale: float = 1.0) -> tuple[float, float]:
    """The two limits of a rule times `scale`; infinite where there is none."""
    low = -INFINITE if rule.at_least is None else rule.at_least * scale
    return low, INFINITE if rule.at_most is None else rule.at_most * scale


def pieces(p: Portfolio) -> tuple[Ints, Floats, Floats, Floats]:
    """Owner, width (money) and worth of each piece; and (n,) the worth of each proposal at its least amount."""
    if p.least is None:
        nothing = np.empty(0)
        return np.empty(0, dtype=np.int64), nothing, nothing, p.value
    at = np.array(p.curve or ((0.0, 0.0), (1.0, 1.0)))
    low = p.least / p.cost
    starts = np.maximum(at[:-1, 0][None, :], low[:, None])
    widths = np.maximum(0.0, at[1:, 0][None, :] - starts)
    slopes = np.diff(at[:, 1]) / np.diff(at[:, 0])
    owner, piece = np.nonzero(widths > 1e-12)
    width = widths[owner, piece] * p.cost[owner]
    return owner, width, widths[owner, piece] * slopes[piece] * p.value[owner], p.worth(p.least)


class Compiler:
    """Turns rules into rows over the columns of one problem."""

    def __init__(self, problem: Portfolio) -> None:
        self.problem = problem
        self.owner, width, worth, base = pieces(problem)
        self.value = np.concatenate([base, worth])
        self.money = np.concatenate([problem.cost if problem.least is None else problem.least, width])
        self.start = np.searchsorted(self.owner, np.arange(problem.size + 1))

    def with_pieces(self, proposals: Ints) -> Ints:
        """Columns of proposals, their pieces included."""
        if not len(self.owner):
            return proposals
        first, count = self.start[proposals], self.start[proposals + 1] - self.start[proposals]
        offsets = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        return np.concatenate([proposals, self.problem.size + np.repeat(first, count) + offsets])

    def count(self, proposals: Ints, lower: float, upper: float) -> Row:
        # Counts are whole numbers, so that limits can be moved to whole numbers.
        return Row(proposals, np.ones(len(proposals)), np.ceil(lower - 1e-9), np.floor(upper + 1e-9))

    def paid(self, proposals: Ints, lower: float, upper: float) -> Row:
        columns = self.with_pieces(proposals)
        return Row(columns, self.money[columns], lower, upper)

    def share(self, rule: ShareRule) -> Iterator[Row]:
        p = self.problem
        members = p.members(rule.where, rule.name)
        if rule.of == "applications":
            yield self.count(members, *limits(rule, len(members)))
        elif rule.of == "requested":
            yield self.paid(members, *limits(rule, float(p.cost[members].sum())))
        elif rule.of == "budget":
            yield self.paid(members, *limits(rule, next(other.limit for other in p.rules if isinstance(other, Budget))))
        else:
            yield from self.relative(rule, members)

    def relative(self, rule: ShareRule, members: Ints) -> Iterator[Row]:
        """Shares of what is itself decided: sum over `within` of (member? - share) * amount, on one side of 0."""
        within = self.problem.members(rule.within, rule.name)
        columns = within if rule.of == "funded" else self.with_pieces(within)
        proposal = columns.copy()
        late = columns >= self.problem.size
        proposal[late] = self.owner[columns[late] - self.problem.size]
        inside = np.isin(proposal, members)
        amount = np.ones(len(columns)) if rule.of == "funded" else self.money[columns]
        for limit, lower, upper in ((rule.at_least, 0.0, INFINITE), (rule.at_most, -INFINITE, 0.0)):
            if limit is not None:
                yield Row(columns, (inside - limit) * amount, lower, upper)

    def rows(self, rule: Rule) -> Iterator[Row]:
        everyone = np.arange(self.problem.size)
        if isinstance(rule, Budget):
            yield self.paid(everyone, rule.spend * rule.limit if rule.spend else -INFINITE, rule.limit)
        elif isinstance(rule, ShareRule):
            yield from self.share(rule)
        elif isinstance(rule, CountRule | MoneyRule):
            make = self.count if isinstance(rule, CountRule) else self.paid
            yield make(self.problem.members(rule.where, rule.name), *limits(rule))
        elif isinstance(rule, Exclusive):
            yield self.count(np.asarray(rule.proposals, dtype=np.int64), -INFINITE, rule.at_most)
        elif isinstance(rule, Requires):
            yield from self.needs(rule)
        elif isinstance(rule, Fixed):
            named = np.asarray(rule.proposals, dtype=np.int64)
            yield self.count(named, len(named), INFINITE) if rule.funded else self.count(named, -INFINITE, 0.0)

    def needs(self, rule: Requires) -> Iterator[Row]:
        if rule.any_of:
            columns = np.array([rule.proposal, *rule.needs], dtype=np.int64)
            yield Row(columns, np.array([1.0] + [-1.0] * len(rule.needs)), -INFINITE, 0.0)
            return
        for other in rule.needs:
            yield Row(np.array([rule.proposal, other], dtype=np.int64), np.array([1.0, -1.0]), -INFINITE, 0.0)


def compile_model(problem: Portfolio) -> Model:
    """The program of a problem. Memory: about 24 bytes for each (row, member)."""
    compiler = Compiler(problem)
    rows: list[Row] = []
    rule: list[int] = []
    for at, one in enumerate(problem.rules):
        made = list(compiler.rows(one))
        rows += made
        rule += [at] * len(made)
    none = np.empty(0, dtype=np.int64)
    ends = np.cumsum([0] + [len(row.columns) for row in rows])
    matrix = sparse.csr_matrix(
        (
            np.concatenate([np.empty(0)] + [row.weights for row in rows]),
            np.concatenate([none] + [row.columns for row in rows]),
            ends,
        ),
        shape=(len(rows), len(compiler.value)),
    )
    matrix.sort_indices()
    return Model(
        compiler.value,
        matrix,
        np.array([row.lower for row in rows], dtype=np.float64),
        np.array([row.upper for row in rows], dtype=np.float64),
        np.array(rule, dtype=np.int64),
        compiler.owner,
        compiler.money,
    )


def fixed_columns(model: Model, problem: Portfolio) -> tuple[Floats, Floats]:
    """Bounds (columns,) that rules of the kind `Fixed`, and forbidden members of other kinds, leave."""
    low, high = np.zeros(len(model.value)), np.ones(len(model.value))
    for rule in problem.rules:
        if isinstance(rule, Fixed):
            (low if rule.funded else high)[np.asarray(rule.proposals, dtype=np.int64)] = 1.0 if rule.funded else 0.0
    if len(model.owner):
        high[model.proposals :] = high[model.owner]
    return low, high
