"""Compiled loops of the auction: proposals bid for the experts that are worth most to them after the price."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.compiled import bare

LISTED = 14
"""Candidates that a proposal remembers from its last full look."""
LOWEST = np.float32(-3e38)
SERVED, BIDS, HEAD = 0, 1, 2


class Market(NamedTuple):
    """What does not change in a run. `value` is the score as the auction sees it: weighted, with noise that breaks ties. `lower` and `upper` are loads less locked
    pairs; `group` and `most` are (limits, ...).
    """

    indptr: NDArray[np.int64]
    column: NDArray[np.int32]
    score: NDArray[np.float32]
    value: NDArray[np.float32]
    status: NDArray[np.uint8]
    demand: NDArray[np.int32]
    lower: NDArray[np.int32]
    upper: NDArray[np.int32]
    group: NDArray[np.int32]
    most: NDArray[np.int32]
    weight: NDArray[np.float32]


class Book(NamedTuple):
    """What changes: prices, who holds what, what each proposal remembers, and the queue of proposals with empty places.

    `price` is the lowest accepted bid of a full expert and the reserve of any other. `held` has `demand` experts for each proposal
    from `place[i]` on, -1 for an empty place; each expert's accepted bids are a heap from `stall[j]` on. `near` and `worth` are the
    best candidates of a proposal at its last full look, `bound` the net of the best one left out.
    """

    price: NDArray[np.float32]
    place: NDArray[np.int64]
    held: NDArray[np.int32]
    stall: NDArray[np.int64]
    size: NDArray[np.int32]
    level: NDArray[np.float32]
    holder: NDArray[np.int32]
    near: NDArray[np.int32]
    worth: NDArray[np.float32]
    bound: NDArray[np.float32]
    queue: NDArray[np.int32]
    queued: NDArray[np.uint8]
    tally: NDArray[np.int64]


class Desk(NamedTuple):
    """Room to work for one thread."""

    taken: NDArray[np.int32]
    values: NDArray[np.float32]
    others: NDArray[np.float32]
    groups: NDArray[np.int32]
    net: NDArray[np.float32]
    near: NDArray[np.int32]
    worth: NDArray[np.float32]


def desk(m: Market) -> Desk:
    """A desk that is large enough for every proposal."""
    deepest = max(1, int(m.demand.max(initial=0)))
    widest = max(1, int(np.diff(m.indptr).max(initial=0)))
    return Desk(
        np.empty(deepest, dtype=np.int32),
        np.empty(deepest, dtype=np.float32),
        np.empty(deepest, dtype=np.float32),
        np.zeros((len(m.group), deepest + 2), dtype=np.int32),
        np.empty(LISTED, dtype=np.float32),
        np.empty((1, widest + 1), dtype=np.int32),
        np.empty((1, widest + 1), dtype=np.float32),
    )


@bare
def blur(score: Any, weight: Any, indptr: Any, noise: float, salt: Any, out: Any, first: int, last: int) -> None:
    """Values of the candidates of proposals `first` to `last`: score times weight plus a small noise from the seed."""
    size = np.float32(noise) * np.float32(5.9604645e-08)
    for i in range(first, last):
        for c in range(indptr[i], indptr[i + 1]):
            h = (np.uint64(c) + salt) * np.uint64(0x9E3779B97F4A7C15)
            h ^= h >> np.uint64(29)
            h *= np.uint64(0xBF58476D1CE4E5B9)
            out[c] = score[c] * weight[i] + size * np.float32(h >> np.uint64(40))


@bare
def fits(group: Any, most: Any, count: Any, expert: int) -> bool:
    """Whether one more of this expert's groups is allowed; `count[limit]` is a length and the groups in use."""
    for limit in range(group.shape[0]):
        g = group[limit, expert]
        if g < 0:
            continue
        used = 0
        for n in range(1, count[limit, 0] + 1):
            if count[limit, n] == g:
                used += 1
        if used >= most[limit, g]:
            return False
    return True


@bare
def use(group: Any, count: Any, expert: int) -> None:
    for limit in range(group.shape[0]):
        g = group[limit, expert]
        if g >= 0:
            count[limit, 0] += 1
            count[limit, count[limit, 0]] = g


@bare
def forget(group: Any, count: Any, expert: int) -> None:
    for limit in range(group.shape[0]):
        g = group[limit, expert]
        if g < 0:
            continue
        for n in range(1, count[limit, 0] + 1):
            if count[limit, n] == g:
                count[limit, n] = count[limit, count[limit, 0]]
                count[limit, 0] -= 1
                break


@bare
def sift_down(level: Any, holder: Any, base: int, size: int) -> None:
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and level[base + child + 1] < level[base + child]:
            child += 1
        if level[base + child] >= level[base + at]:
            return
        level[base + at], level[base + child] = level[base + child], level[base + at]
        holder[base + at], holder[base + child] = holder[base + child], holder[base + at]
        at = child


@bare
def push(level: Any, holder: Any, base: int, size: int, value: float, who: int) -> None:
    at = size
    level[base + at], holder[base + at] = value, who
    while at > 0:
        up = (at - 1) // 2
        if level[base + up] <= level[base + at]:
            return
        level[base + at], level[base + up] = level[base + up], level[base + at]
        holder[base + at], holder[base + up] = holder[base + up], holder[base + at]
        at = up


@bare
def look(m: Market, b: Book, d: Desk, i: int) -> None:
    """Remember the best candidates of a proposal by value less price, and the most that any other is worth."""
    size, worst = 0, 0
    least, beyond = LOWEST, LOWEST
    for c in range(m.indptr[i], m.indptr[i + 1]):
        j = m.column[c]
        net = m.value[c] - b.price[j]
        if size == LISTED:
            if net <= least:
                beyond = max(beyond, net) if m.status[c] == 0 else beyond
                continue
            if m.status[c] != 0:
                continue
            beyond, at = max(beyond, least), worst
        elif m.status[c] != 0:
            continue
        else:
            at = size
            size += 1
        b.near[i, at], b.worth[i, at], d.net[at] = j, m.value[c], net
        if size == LISTED:
            worst = 0
            for n in range(1, LISTED):
                if d.net[n] < d.net[worst]:
                    worst = n
            least = d.net[worst]
    for n in range(size, LISTED):
        b.near[i, n] = -1
    b.bound[i] = beyond


@bare
def best_two(m: Market, price: Any, near: Any, worth: Any, i: int, taken: Any, many: int, count: Any) -> Any:
    """(best expert, its worth, its net, second best net) of row `i` of a list: of those who fit and are not in `taken`."""
    limited = m.group.shape[0] > 0
    best = -1
    value, first, second = LOWEST, LOWEST, LOWEST
    for n in range(near.shape[1]):
        j = near[i, n]
        if j < 0:
            break
        net = worth[i, n] - price[j]
        if net <= second:
            continue
        again = False
        for t in range(many):
            if taken[t] == j:
                again = True
                break
        if again or (limited and not fits(m.group, m.most, count, j)):
            continue
        if net > first:
            second = first
            best, first, value = j, net, worth[i, n]
        else:
            second = net
    return best, value, first, second


@bare
def best_of_row(m: Market, b: Book, d: Desk, i: int, many: int) -> Any:
    """`best_two` over all candidates of a proposal, for one whose remembered list is too short under its limits."""
    n = 0
    for c in range(m.indptr[i], m.indptr[i + 1]):
        if m.status[c] == 0:
            d.near[0, n], d.worth[0, n] = m.column[c], m.value[c]
            n += 1
    d.near[0, n] = -1
    return best_two(m, b.price, d.near, d.worth, 0, d.taken, many, d.groups)


@bare
def wish(m: Market, b: Book, d: Desk, i: int, many: int) -> Any:
    """Best and second best expert of a proposal now, from memory where memory is enough."""
    for again in range(2):
        found = best_two(m, b.price, b.near, b.worth, i, d.taken, many, d.groups)
        if found[3] >= b.bound[i]:
            return found
        if again == 0:
            look(m, b, d, i)
    return best_of_row(m, b, d, i, many)


@bare
def accept(m: Market, b: Book, i: int, j: int, offer: float, eps: float) -> int:
    """Give an expert's place to a bid; returns the proposal that lost it, or -1. Prices only rise.

    An expert below the lower load is open at a negative reserve; its further places open once all its bids are above zero.
    """
    base, size = b.stall[j], b.size[j]
    full = size == m.upper[j] or (m.lower[j] > 0 and size == m.lower[j] and b.level[base] < 0)
    loser = -1
    if full:
        loser = b.holder[base]
        b.level[base], b.holder[base] = max(offer, b.level[base] + eps), i
        sift_down(b.level, b.holder, base, size)
        drop(b.place, b.held, loser, j)
    else:
        push(b.level, b.holder, base, size, offer, i)
        size += 1
        b.size[j] = size
    root = b.level[base]
    if size == m.upper[j]:
        b.price[j] = max(b.price[j], root)
    elif size >= m.lower[j] and b.price[j] < 0:
        b.price[j] = min(root, np.float32(0.0))
    return loser


@bare
def drop(place: Any, held: Any, i: int, j: int) -> None:
    """Empty the place of a proposal that an expert had."""
    for n in range(place[i], place[i + 1]):
        if held[n] == j:
            held[n] = -1
            return


@bare
def take(place: Any, held: Any, i: int, j: int) -> None:
    """Put an expert into the first empty place of a proposal."""
    for n in range(place[i], place[i + 1]):
        if held[n] < 0:
            held[n] = j
            return


@bare
def choose(m: Market, b: Book, d: Desk, i: int, least: float) -> Any:
    """What a proposal bids for: `taken[had:many]` with their worth and the net of the best other for each; `taken[:had]` it holds."""
    many = 0
    for limit in range(d.groups.shape[0]):
        d.groups[limit, 0] = 0
    for n in range(b.place[i], b.place[i + 1]):
        if b.held[n] >= 0:
            d.taken[many] = b.held[n]
            many += 1
            use(m.group, d.groups, b.held[n])
    had, need = many, m.demand[i]
    while many < need:
        j, value, net, second = wish(m, b, d, i, many)
        if j < 0 or net < least:
            break
        d.taken[many], d.values[many], d.others[many] = j, value, second
        many += 1
        use(m.group, d.groups, j)
    if many - had > 1:
        for n in range(had, many):
            forget(m.group, d.groups, d.taken[n])
            d.others[n] = wish(m, b, d, i, many)[2]
            use(m.group, d.groups, d.taken[n])
    return had, many


@bare
def enqueue(queue: Any, queued: Any, tally: Any, i: int) -> None:
    if queued[i] == 0:
        queued[i] = 1
        queue[tally[HEAD]] = i
        tally[HEAD] += 1


@bare
def serve(m: Market, b: Book, d: Desk, eps: float, floor: float, budget: int) -> Any:
    """Let queued proposals bid until the queue is empty or `budget` were served; returns what is left in the queue.

    A bid goes as far as the best other candidate would be worth; one worth less than `floor` after the price is not bid for.
    """
    step, least = np.float32(eps), np.float32(floor)
    for _ in range(budget):
        if b.tally[HEAD] == 0:
            return 0
        b.tally[HEAD] -= 1
        i = b.queue[b.tally[HEAD]]
        b.queued[i] = 0
        b.tally[SERVED] += 1
        had, many = choose(m, b, d, i, least)
        for n in range(had, many):
            b.tally[BIDS] += 1
            loser = accept(m, b, i, d.taken[n], d.values[n] - max(d.others[n], least) + step, step)
            take(b.place, b.held, i, d.taken[n])
            if loser >= 0:
                enqueue(b.queue, b.queued, b.tally, loser)
    return b.tally[HEAD]
