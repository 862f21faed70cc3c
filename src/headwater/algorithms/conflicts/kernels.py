"""Compiled joins of the conflicts: proposals and experts meet where they hold the same token."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from headwater.algorithms.compiled import bare, loop


class Sides(NamedTuple):
    """The two sides of a join, int32 but for the starts (int64).

    Proposal p holds tokens p_token[p_start[p]:p_start[p + 1]], ascending, with evidence p_left. Token t is held by experts
    t_expert[t_start[t]:...] with evidence t_right; expert e holds e_token[e_start[e]:...] with evidence e_right. `who` is the
    person of an evidence row of both sides: a person meets only others; empty when that does not matter.
    """

    p_start: Any
    p_token: Any
    p_left: Any
    t_start: Any
    t_expert: Any
    t_right: Any
    e_start: Any
    e_token: Any
    e_right: Any
    who: Any


class Out(NamedTuple):
    """Where hits go: expert, left and right evidence (empty arrays to only count), and the first place of each proposal."""

    start: Any
    expert: Any
    left: Any
    right: Any


@loop
def order_by(key: Any, size: int) -> Any:
    """Stable counting sort: start of each key (size + 1) and the rows in order."""
    start = np.zeros(size + 1, dtype=np.int64)
    for k in key:
        start[k + 1] += 1
    for k in range(size):
        start[k + 1] += start[k]
    free = start[:-1].copy()
    order = np.empty(key.shape[0], dtype=np.int32)
    for row in range(key.shape[0]):
        order[free[key[row]]] = row
        free[key[row]] += 1
    return start, order


@loop
def spread(person: Any, start: Any, rows: Any) -> Any:
    """For each holder's person all rows of that person: holder and row."""
    total = 0
    for h in range(person.shape[0]):
        if person[h] >= 0:
            total += start[person[h] + 1] - start[person[h]]
    holder, row = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    at = 0
    for h in range(person.shape[0]):
        if person[h] >= 0:
            for k in range(start[person[h]], start[person[h] + 1]):
                holder[at], row[at] = h, rows[k]
                at += 1
    return holder, row


@bare
def put(
    who: Any,
    out_expert: Any,
    out_left: Any,
    out_right: Any,
    stamp: Any,
    slot: Any,
    p: int,
    e: int,
    left: int,
    right: int,
    at: int,
) -> int:
    """Take one hit; of several of a pair the one with the smallest evidence stays when there are slots (one reason is asked for)."""
    if who.shape[0] == 0 or who[left] != who[right]:
        fill = out_expert.shape[0] > 0
        if slot.shape[0] and stamp[e] == p:
            s = slot[e]
            if fill and (left < out_left[s] or (left == out_left[s] and right < out_right[s])):
                out_left[s], out_right[s] = left, right
        else:
            if slot.shape[0]:
                stamp[e], slot[e] = p, at
            if fill:
                out_expert[at], out_left[at], out_right[at] = e, left, right
            at += 1
    return at


@bare
def by_tokens(sides: Any, out: Any, stamp: Any, slot: Any, wanted: Any, p: int, at: int) -> int:
    """From the tokens of a proposal to the experts that hold them (only wanted ones, where wanted is given)."""
    # Arrays are taken out of the tuples once: each access in the loop would count references, which threads do in turn.
    t_start, t_expert, t_right, who = sides.t_start, sides.t_expert, sides.t_right, sides.who
    p_token, p_left, out_expert, out_left, out_right = sides.p_token, sides.p_left, out.expert, out.left, out.right
    every = wanted.shape[0] == 0
    for i in range(sides.p_start[p], sides.p_start[p + 1]):
        t, left = p_token[i], p_left[i]
        for k in range(t_start[t], t_start[t + 1]):
            e = t_expert[k]
            if every or wanted[e] == p:
                at = put(who, out_expert, out_left, out_right, stamp, slot, p, e, left, t_right[k], at)
    return at


@bare
def by_candidates(sides: Any, out: Any, stamp: Any, slot: Any, among: Any, p: int, at: int) -> int:
    """From the tokens of each candidate to those of the proposal, by binary search."""
    e_start, e_token, e_right, who = sides.e_start, sides.e_token, sides.e_right, sides.who
    p_token, p_left, out_expert, out_left, out_right = sides.p_token, sides.p_left, out.expert, out.left, out.right
    begin, end = sides.p_start[p], sides.p_start[p + 1]
    for e in among:
        for k in range(e_start[e], e_start[e + 1]):
            t, low, high = e_token[k], begin, end
            while low < high:
                middle = (low + high) // 2
                if p_token[middle] < t:
                    low = middle + 1
                else:
                    high = middle
            while low < end and p_token[low] == t:
                at = put(who, out_expert, out_left, out_right, stamp, slot, p, e, p_left[low], e_right[k], at)
                low += 1
    return at


@loop
def arrange(out: Any, one: bool, start: int, end: int) -> None:
    """Sort the hits of a proposal by expert, then evidence; with `one` each expert is there once."""
    expert, left, right = out.expert[start:end].copy(), out.left[start:end].copy(), out.right[start:end].copy()
    if one:
        order = np.argsort(expert)
    else:
        order = np.argsort(right, kind="mergesort")
        order = order[np.argsort(left[order], kind="mergesort")]
        order = order[np.argsort(expert[order], kind="mergesort")]
    for k in range(end - start):
        out.expert[start + k], out.left[start + k], out.right[start + k] = expert[order[k]], left[order[k]], right[order[k]]


@bare
def cheaper_backward(sides: Any, among: Any, p: int) -> Any:
    """Whether to start from the candidates of a proposal rather than from its tokens."""
    backward, forward = 0, among.shape[0]
    e_start, t_start, p_token = sides.e_start, sides.t_start, sides.p_token
    for e in among:
        backward += e_start[e + 1] - e_start[e]
    for i in range(sides.p_start[p], sides.p_start[p + 1]):
        forward += t_start[p_token[i] + 1] - t_start[p_token[i]]
    return backward * 3 < forward


@loop
def join(sides: Any, c_start: Any, c_expert: Any, out: Any, count: Any, one: bool, first: int, end: int) -> None:
    """Hits of the proposals first..end: counted into `count`, and written when `out` has room.

    With candidates (c_start not empty) each proposal goes the cheaper way.
    """
    experts, some, fill = sides.e_start.shape[0] - 1, c_start.shape[0] > 0, out.expert.shape[0] > 0
    stamp, slot = np.full(experts, -1, dtype=np.int32), np.zeros(experts if one else 0, dtype=np.int64)
    wanted = np.full(experts if some else 0, -1, dtype=np.int32)
    for p in range(first, end):
        begin = out.start[p] if fill else 0
        at = begin
        if sides.p_start[p] < sides.p_start[p + 1]:
            among = c_expert[c_start[p] : c_start[p + 1]] if some else c_expert[:0]
            if some and cheaper_backward(sides, among, p):
                at = by_candidates(sides, out, stamp, slot, among, p, at)
            else:
                for e in among:
                    wanted[e] = p
                at = by_tokens(sides, out, stamp, slot, wanted, p, at)
        count[p] = at - begin
        if fill and at - begin > 1:
            arrange(out, one, begin, at)


@loop
def blocked(p_start: Any, order: Any, expert: Any, c_start: Any, c_expert: Any, experts: int) -> Any:
    """Which candidates are in conflict; conflicts by proposal through `order`."""
    marked, wrong = np.full(experts, -1, dtype=np.int32), np.zeros(c_expert.shape[0], dtype=np.bool_)
    for p in range(c_start.shape[0] - 1):
        for k in range(p_start[p], p_start[p + 1]):
            marked[expert[order[k]]] = p
        for k in range(c_start[p], c_start[p + 1]):
            wrong[k] = marked[c_expert[k]] == p
    return wrong
