"""The certificate: what no assignment can exceed at given prices (Lagrangian dual of the loads)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.assignment.kernels import Market, fits, use
from headwater.algorithms.compiled import bare, loop
from headwater.algorithms.threads import in_ranges


@bare
def best_sum(net: Any, width: int, places: int, empty: float, used: Any) -> Any:
    """Sum of the `places` largest of `net[:width]`, each at least `empty`."""
    for n in range(places):
        used[n] = empty
    for c in range(width):
        if net[c] > used[places - 1]:
            at = places - 1
            while at > 0 and used[at - 1] < net[c]:
                used[at] = used[at - 1]
                at -= 1
            used[at] = net[c]
    total = 0.0
    for n in range(places):
        total += used[n]
    return total


@bare
def best_limited(m: Market, first: int, net: Any, width: int, places: int, empty: float, count: Any) -> Any:
    """`best_sum` under the limits, greedily: the best sum there is for one limit (a partition matroid)."""
    total = 0.0
    for done in range(places):
        while True:
            at = -1
            for c in range(width):
                if net[c] > empty and (at < 0 or net[c] > net[at]):
                    at = c
            if at < 0:
                return total + empty * (places - done)
            value, j = net[at], m.column[first + at]
            net[at] = -np.inf
            if fits(m.group, m.most, count, j):
                total += value
                use(m.group, count, j)
                break
    return total


@bare
def proposal_bound(m: Market, i: int, price: Any, empty: float, net: Any, used: Any, count: Any) -> Any:
    """The most that the experts of a proposal can be worth at these prices; an empty place is worth `empty`."""
    total, places = 0.0, m.demand[i]
    first, last = m.indptr[i], m.indptr[i + 1]
    for limit in range(count.shape[0]):
        count[limit, 0] = 0
    for c in range(first, last):
        net[c - first] = -np.inf
        if m.status[c] == 0:
            net[c - first] = np.float64(m.score[c]) * m.weight[i] - np.float64(price[m.column[c]])
        elif m.status[c] == 2:
            total += np.float64(m.score[c]) * m.weight[i]
            places -= 1
            use(m.group, count, m.column[c])
    if places <= 0:
        return total
    if m.group.shape[0] > 0:
        return total + best_limited(m, first, net, last - first, places, empty, count)
    return total + best_sum(net, last - first, places, empty, used)


@loop
def bounds(m: Market, price: Any, empty: float, out: Any, first: int, last: int) -> None:
    widest, deepest = 1, 1
    for i in range(first, last):
        widest = max(widest, m.indptr[i + 1] - m.indptr[i])
        deepest = max(deepest, m.demand[i])
    net, used = np.empty(widest), np.empty(deepest)
    count = np.zeros((m.group.shape[0], deepest + 2), dtype=np.int32)
    for i in range(first, last):
        if m.demand[i] > 0:
            out[i] = proposal_bound(m, i, price, empty, net, used, count)


def upper_bound(m: Market, price: NDArray[np.float32], missing: float, short: int) -> float:
    """No assignment has a higher total score less `missing` for each empty place, whatever the prices (weak duality).

    That is, no assignment of those whose experts lack no more than `short` places to their lower loads in all.

    Limits after the first are left out here, which can only raise the bound.

    A price above zero is paid for every place up to the upper load, one below zero for every place of the lower load.
    """
    single = m._replace(group=m.group[:1], most=m.most[:1])
    out = np.zeros(len(m.demand))
    in_ranges(lambda first, last: bounds(single, price, -missing, out, first, last), len(out), size=20_000)
    p = price.astype(np.float64)
    open_ = m.upper > 0
    loads = np.where(p > 0, p * m.upper, p * m.lower)[open_]
    return float(out.sum() + loads.sum() + _spared(-p[open_], m.lower[open_], short))


def _spared(cost: NDArray[np.float64], lower: NDArray[np.int32], short: int) -> float:
    """The most that `short` places of lower loads can cost, which need not be paid where they are not filled."""
    order = np.argsort(-cost, kind="stable")
    before = np.concatenate([[0], np.cumsum(lower[order], dtype=np.int64)[:-1]])
    return float((np.maximum(cost[order], 0.0) * np.clip(short - before, 0, lower[order])).sum())
