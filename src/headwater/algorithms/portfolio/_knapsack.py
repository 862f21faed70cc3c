"""Compiled: many 0-1 knapsacks solved exactly by lists of states that grow outward from the break item (after Pisinger 1997,
"A minimal algorithm for the 0-1 knapsack problem"), here with real weights and, where asked, a floor below the load as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.compiled import loop

STATES = 6_000
"""States kept at once; a harder knapsack falls back to its linear bound."""
HISTORY = 200_000


@loop
def _break(d: Any, w: Any, order: Any, cap: float, floor: float) -> Any:
    """Items taken whole in order of worth per weight, their weight and worth, and the price of weight (0: neither limit binds)."""
    weight, worth = 0.0, 0.0
    for k in range(len(order)):
        j = order[k]
        if d[j] > 0.0:
            if weight + w[j] > cap:
                return k, weight, worth, d[j] / w[j]
        elif weight + w[j] > floor and weight < floor:
            return k, weight, worth, d[j] / w[j]
        elif weight >= floor:
            return k, weight, worth, 0.0
        weight += w[j]
        worth += d[j]
    return len(order), weight, worth, 0.0


@loop
def _ceiling(weight: float, worth: float, cap: float, floor: float, right: float, left: float) -> float:
    """What a state can reach at most: items still out give `right` per weight at best, items still in cost `left` at least."""
    most, least = cap - weight, floor - weight
    change = 0.0
    if right > 0.0 and most > 0.0:
        change = most
    elif left < 0.0 and least < 0.0:
        change = least
    change = min(max(change, least), most)
    if change == 0.0:
        return worth
    rate = right if change > 0.0 else left
    return worth + change * rate if np.isfinite(rate) and np.isfinite(change) else -np.inf


@loop
def _greedy(d: Any, w: Any, order: Any, first: int, weight: float, worth: float, cap: float, x: Any) -> Any:
    """Add to the break solution what still fits."""
    for k in range(first, len(order)):
        j = order[k]
        if d[j] <= 0.0:
            break
        if weight + w[j] <= cap:
            weight += w[j]
            worth += d[j]
            x[j] = 1.0
    return weight, worth


@loop
def _grow(
    old: Any, ids: Any, size: int, new: Any, new_ids: Any, parents: Any, items: Any, count: int, item: int, dw: float, dv: float,
    cap: float, floor: float, right: float, left: float, best: float, best_id: int, slack: float,
) -> Any:  # fmt: skip
    """Merge states with their copies in which `item` is flipped; drop the dominated (without a floor) and the hopeless."""
    p, q, k, last_weight, last_worth = 0, 0, 0, -np.inf, -np.inf
    while p < size or q < size:
        stay = q >= size or (p < size and old[p, 0] <= old[q, 0] + dw)
        if stay:
            weight, worth, source = old[p, 0], old[p, 1], ids[p]
            p += 1
        else:
            weight, worth, source = old[q, 0] + dw, old[q, 1] + dv, ids[q]
            q += 1
        if worth <= last_worth and (floor == -np.inf or weight == last_weight):
            continue
        better = floor <= weight <= cap and worth > best
        if not better and _ceiling(weight, worth, cap, floor, right, left) <= best + slack:
            continue
        if not stay:
            if count >= len(parents):
                return -1, count, best, best_id
            parents[count], items[count] = source, item
            source = count
            count += 1
        if better:
            best, best_id = worth, source
        if k >= len(new):
            return -1, count, best, best_id
        new[k, 0], new[k, 1], new_ids[k] = weight, worth, source
        last_weight, last_worth = weight, worth
        k += 1
    return k, count, best, best_id


@loop
def _expand(
    d: Any, w: Any, ratio: Any, order: Any, first: int, weight: float, worth: float, cap: float, floor: float, slack: float,
    best: float, room: Any,
) -> Any:  # fmt: skip
    """Decide items anew, turn by turn on both sides of the break item. Returns the number of states at the end (-1: too many), the
    best worth and its state (-1: `best` was not beaten)."""
    states, state_ids, parents, items = room
    states[0, 0, 0], states[0, 0, 1], state_ids[0, 0] = weight, worth, 0
    best_id = -1
    if floor <= weight <= cap and worth >= best:
        best, best_id = worth, 0
    n, size, count, now, left_at, right_at, turn = len(d), 1, 1, 0, first - 1, first, 0
    while size > 0 and (left_at >= 0 or right_at < n):
        if (turn == 0 and right_at < n) or left_at < 0:
            item = order[right_at]
            dw, dv = w[item], d[item]
            right_at += 1
        else:
            item = order[left_at]
            dw, dv = -w[item], -d[item]
            left_at -= 1
        turn = 1 - turn
        right = ratio[order[right_at]] if right_at < n else -np.inf
        left = ratio[order[left_at]] if left_at >= 0 else np.inf
        size, count, best, best_id = _grow(
            states[now], state_ids[now], size, states[1 - now], state_ids[1 - now], parents, items, count, item, dw, dv,
            cap, floor, right, left, best, best_id, slack,
        )  # fmt: skip
        now = 1 - now
    return size, best, best_id


@loop
def _one(d: Any, w: Any, cap: float, floor: float, slack: float, x: Any, r: Any, room: Any) -> Any:
    """Maximise d.x with floor <= w.x <= cap, w > 0. Fills x and the reduced worths r; returns (bound, linear bound, exact?).

    The bound is within `slack` of the optimum; -inf says that no choice fits. Without exactness it is the linear bound.
    """
    n = len(d)
    ratio = d / w
    order = np.argsort(-ratio, kind="mergesort")
    first, weight, worth, price = _break(d, w, order, cap, floor)
    linear = worth + price * ((cap if price > 0.0 else floor) - weight) if price != 0.0 else worth
    for j in range(n):
        r[j] = d[j] - price * w[j]
        x[j] = 0.0
    for k in range(first):
        x[order[k]] = 1.0
    if first == n and weight < floor:
        return -np.inf, -np.inf, True
    if price == 0.0 and floor <= weight <= cap:
        return worth, worth, True
    trial = x.copy()
    load, best = _greedy(d, w, order, first, weight, worth, cap, trial)
    if not floor <= load <= cap:
        best = -np.inf
    size, best, best_id = _expand(d, w, ratio, order, first, weight, worth, cap, floor, slack, best, room)
    if best_id < 0:
        x[:] = trial
    parents, items = room[2], room[3]
    while best_id > 0:
        x[items[best_id]] = 1.0 - x[items[best_id]]
        best_id = parents[best_id]
    if size < 0:
        return linear, linear, False
    return min(linear, best + slack), linear, True


@loop
def make_room(states: int, history: int) -> Any:
    return (
        np.empty((2, states, 2)),
        np.empty((2, states), dtype=np.int64),
        np.zeros(history, dtype=np.int64),
        np.empty(history, dtype=np.int64),
    )


@loop
def _load(d: Any, a: Any, at: Any, dd: Any, ww: Any) -> Any:
    """Bring an item list to positive weights: negative ones are replaced by their complements. Returns items, worth and weight moved."""
    n, worth, weight = 0, 0.0, 0.0
    for k in range(len(d)):
        if a[k] == 0.0:
            worth += max(d[k], 0.0)
            continue
        at[n] = k
        dd[n], ww[n] = (d[k], a[k]) if a[k] > 0.0 else (-d[k], -a[k])
        if a[k] < 0.0:
            worth += d[k]
            weight += a[k]
        n += 1
    return n, worth, weight


@loop
def knapsacks(ptr: Any, d: Any, a: Any, cap: Any, floor: Any, slack: float, two_sided: bool, x: Any, r: Any) -> Any:
    """Solve max d.x, floor <= a.x <= cap for each range of `ptr`; x and r are filled. Returns bounds and linear bounds (blocks,).

    The floor is looked at only where the answer without it falls below it (and with `two_sided`).
    """
    blocks = len(cap)
    bound, linear = np.empty(blocks), np.empty(blocks)
    room = make_room(STATES, HISTORY)
    for b in range(blocks):
        s, e = ptr[b], ptr[b + 1]
        at, dd, ww = np.empty(e - s, dtype=np.int64), np.empty(e - s), np.empty(e - s)
        n, worth, weight = _load(d[s:e], a[s:e], at, dd, ww)
        xx, rr, tiny = np.empty(n), np.empty(n), 1e-9 * (1.0 + abs(cap[b]))
        high, low = cap[b] - weight + tiny, floor[b] - weight - tiny
        z, top, _exact = _one(dd[:n], ww[:n], high, -np.inf, slack, xx, rr, room)
        if high < 0.0:
            z = top = -np.inf
        elif two_sided and np.dot(ww[:n], xx) < low:
            other, top, _exact = _one(dd[:n], ww[:n], high, low, slack, xx, rr, room)
            z = min(z, other)
        bound[b], linear[b] = z + worth, top + worth
        for k in range(s, e):
            x[k], r[k] = (1.0 if d[k] > 0.0 else 0.0), d[k]
        for k in range(n):
            turned = a[s + at[k]] < 0.0
            x[s + at[k]] = 1.0 - xx[k] if turned else xx[k]
            r[s + at[k]] = -rr[k] if turned else rr[k]
    return bound, linear


@loop
def flipped(ptr: Any, d: Any, a: Any, cap: Any, slack: float, x: Any, wanted: Any) -> Any:
    """For each wanted entry, a bound of its block once the entry takes the value that it has not in x; elsewhere +inf."""
    out = np.full(len(d), np.inf)
    room = make_room(STATES, HISTORY)
    for b in range(len(cap)):
        s, e = ptr[b], ptr[b + 1]
        at, dd, ww = np.empty(e - s, dtype=np.int64), np.empty(e - s), np.empty(e - s)
        xx, rr, dk, ak = np.empty(e - s), np.empty(e - s), d[s:e].copy(), a[s:e].copy()
        for k in range(e - s):
            if not wanted[s + k]:
                continue
            worth0, weight0 = (0.0, 0.0) if x[s + k] > 0.5 else (dk[k], ak[k])
            kept_d, kept_a = dk[k], ak[k]
            dk[k], ak[k] = 0.0, 0.0
            n, worth, weight = _load(dk, ak, at, dd, ww)
            high = cap[b] - weight0 - weight + 1e-9 * (1.0 + abs(cap[b]))
            z = -np.inf
            if high >= 0.0:
                z, _top, _exact = _one(dd[:n], ww[:n], high, -np.inf, slack, xx[:n], rr[:n], room)
            out[s + k] = z + worth + worth0
            dk[k], ak[k] = kept_d, kept_a
    return out
