"""Compiled loops over pairs: cosines of a proposal with each work of an expert, and the mean of the nearest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.compiled import loop


class Rows(NamedTuple):
    """A sparse matrix by rows: (rows + 1,) pointer, (entries,) columns and data."""

    pointer: NDArray[np.integer]
    columns: NDArray[np.integer]
    data: NDArray[np.float32]


@loop
def top_mean(values: Any, n: int, top: int) -> float:
    """Mean of the `top` highest of values[:n] (all of them for 0), which are reordered; 0 when there are none."""
    if n == 0:
        return 0.0
    count, total = n if top == 0 else min(n, top), 0.0
    for i in range(count):
        best = i
        for j in range(i + 1, n):
            if values[j] > values[best]:
                best = j
        values[i], values[best] = values[best], values[i]
        total += values[i]
    return total / count


@loop
def _dot(pointer: Any, columns: Any, data: Any, row: int, table: Any) -> float:
    total = 0.0
    for i in range(pointer[row], pointer[row + 1]):
        total += data[i] * table[columns[i]]
    return total


@loop
def _set(pointer: Any, columns: Any, data: Any, row: int, table: Any, on: bool) -> None:
    for i in range(pointer[row], pointer[row + 1]):
        table[columns[i]] = data[i] if on else np.float32(0.0)


@loop
def sparse_pairs(left: Any, right: Any, first: Any, asked: Rows, held: Rows, top: int, out: Any) -> None:
    """Rows 2 i and 2 i + 1 of both matrices are the two languages of work i; first[e]:first[e + 1] are the works of expert e."""
    ask_pointer, ask_columns, ask_data = asked
    pointer, columns, data = held
    width = 1
    for c in ask_columns:
        width = max(width, c + 1)
    for c in columns:
        width = max(width, c + 1)
    tables, current = np.zeros((2, width), np.float32), -1
    longest = 0
    for e in range(len(first) - 1):
        longest = max(longest, first[e + 1] - first[e])
    values = np.empty(longest, np.float64)
    for n in range(len(left)):
        if left[n] != current:
            for side in range(2):
                if current >= 0:
                    _set(ask_pointer, ask_columns, ask_data, 2 * current + side, tables[side], False)
                _set(ask_pointer, ask_columns, ask_data, 2 * left[n] + side, tables[side], True)
            current = left[n]
        low, high = first[right[n]], first[right[n] + 1]
        for w in range(low, high):
            a = _dot(pointer, columns, data, 2 * w, tables[0])
            b = _dot(pointer, columns, data, 2 * w + 1, tables[1])
            values[w - low] = max(a, b)
        out[n] = top_mean(values, high - low, top)


@loop
def dense_pairs(left: Any, right: Any, first: Any, asked: Any, held: Any, top: int, out: Any) -> None:
    """The same with rows of a sentence model; a work or proposal without a text has a row of zeros and counts 0."""
    longest = 0
    for e in range(len(first) - 1):
        longest = max(longest, first[e + 1] - first[e])
    values = np.empty(longest, np.float64)
    for n in range(len(left)):
        low, high = first[right[n]], first[right[n] + 1]
        for w in range(low, high):
            total = 0.0
            for i in range(asked.shape[1]):
                total += asked[left[n], i] * held[w, i]
            values[w - low] = total
        out[n] = top_mean(values, high - low, top)
