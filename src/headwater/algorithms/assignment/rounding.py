"""Compiled dependent rounding of a fractional flow to a whole one, along cycles of fractional arcs."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.algorithms.compiled import loop


@loop
def round_flow(source: Any, target: Any, flow: Any, parts: int, nodes: int, random: Any) -> None:
    """Make every `flow` a multiple of `parts`, keeping balance at every node and every expectation.

    Every node has whole supply, so that no node has just one fractional arc: a walk along fractional arcs closes a cycle. The flow is
    shifted along it, up or down by what makes one arc whole, with the odds that keep the expectation. `random` holds two numbers in
    [0, 1) for each fractional arc at least.
    """
    start, arcs = _by_node(source, target, flow, parts, nodes)
    at = start[:-1].copy()
    path_arc, path_node = np.empty(nodes + 1, dtype=np.int64), np.empty(nodes + 1, dtype=np.int64)
    position = np.full(nodes, -1, dtype=np.int64)
    drawn = 0
    for root in range(nodes):
        while True:
            length, node, came = 0, root, -1
            path_node[0], position[root] = root, 0
            closed = -1
            while closed < 0:
                a = _next(start, arcs, at, flow, parts, node, came)
                if a < 0:
                    break
                path_arc[length] = a
                node = target[a] if source[a] == node else source[a]
                came = a
                length += 1
                if position[node] >= 0:
                    closed = position[node]
                else:
                    position[node], path_node[length] = length, node
            for n in range(length + 1):
                position[path_node[n] if n < length or closed < 0 else node] = -1
            if closed < 0:
                break
            _shift(source, flow, parts, path_arc, path_node, closed, length, random[drawn])
            drawn += 1


@loop
def _by_node(source: Any, target: Any, flow: Any, parts: int, nodes: int) -> Any:
    """Fractional arcs of each node: `arcs[start[v]:start[v + 1]]`."""
    start = np.zeros(nodes + 1, dtype=np.int64)
    for a in range(flow.shape[0]):
        if flow[a] % parts != 0:
            start[source[a] + 1] += 1
            start[target[a] + 1] += 1
    for v in range(nodes):
        start[v + 1] += start[v]
    arcs, fill = np.empty(start[nodes], dtype=np.int64), start[:-1].copy()
    for a in range(flow.shape[0]):
        if flow[a] % parts != 0:
            arcs[fill[source[a]]] = a
            fill[source[a]] += 1
            arcs[fill[target[a]]] = a
            fill[target[a]] += 1
    return start, arcs


@loop
def _next(start: Any, arcs: Any, at: Any, flow: Any, parts: int, node: int, came: int) -> int:
    """A fractional arc of a node other than the one that led there; whole ones are forgotten for good."""
    while at[node] < start[node + 1] and flow[arcs[at[node]]] % parts == 0:
        at[node] += 1
    for n in range(at[node], start[node + 1]):
        a = arcs[n]
        if a != came and flow[a] % parts != 0:
            return int(a)
    return -1


@loop
def _shift(source: Any, flow: Any, parts: int, path_arc: Any, path_node: Any, first: int, last: int, dice: float) -> None:
    """Shift the flow around the cycle of arcs `first` to `last`, so that one of them becomes whole."""
    up, down = parts, parts
    for n in range(first, last):
        part = flow[path_arc[n]] % parts
        forward = source[path_arc[n]] == path_node[n]
        up = min(up, parts - part if forward else part)
        down = min(down, part if forward else parts - part)
    move = up if dice * (up + down) < down else -down
    for n in range(first, last):
        flow[path_arc[n]] += move if source[path_arc[n]] == path_node[n] else -move
