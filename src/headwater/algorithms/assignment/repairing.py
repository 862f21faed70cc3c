"""Compiled loops that put a stored assignment back into a market and take pairs out of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.assignment.kernels import Book, Market, blur, drop, push, take
from headwater.algorithms.assignment.paths import leave, where
from headwater.algorithms.compiled import bare


@bare
def sit(m: Market, b: Book, proposals: Any, experts: Any) -> None:
    """Give places back to pairs at the expert's present price, as far as demand and loads allow."""
    for n in range(proposals.shape[0]):
        i, j = proposals[n], experts[n]
        full = b.held[b.place[i + 1] - 1] >= 0 if m.demand[i] > 0 else True
        if full or b.size[j] >= m.upper[j]:
            continue
        push(b.level, b.holder, b.stall[j], b.size[j], b.price[j], i)
        b.size[j] += 1
        take(b.place, b.held, i, j)


@bare
def release(b: Book, proposals: Any, experts: Any) -> None:
    """Take pairs out of the market where they are held."""
    for n in range(proposals.shape[0]):
        i, j = proposals[n], experts[n]
        if where(b, i, j) >= 0:
            drop(b.place, b.held, i, j)
            leave(b, i, j)


@bare
def sits(b: Book, i: int, j: int) -> bool:
    """Whether an expert has accepted a bid of a proposal (a locked pair is held without one)."""
    found = False
    for n in range(b.size[j]):
        found = found or b.holder[b.stall[j] + n] == i
    return found


@bare
def reweigh(m: Market, b: Book, proposals: Any, noise: float, salt: Any) -> None:
    """Give proposals the values of their new weights and take their experts back, but locked ones."""
    for n in range(proposals.shape[0]):
        i = proposals[n]
        blur(m.score, m.weight, m.indptr, noise, salt, m.value, i, i + 1)
        b.bound[i] = np.inf
        for at in range(b.place[i], b.place[i + 1]):
            j = b.held[at]
            if j >= 0 and sits(b, i, j):
                b.held[at] = -1
                leave(b, i, j)
