"""What is left to decide once fixed proposals are taken out, and how an answer is put back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from headwater.algorithms.portfolio.model import Model
from headwater.algorithms.portfolio.problem import Bools, Floats, Ints
from headwater.algorithms.portfolio.solver import Program

EPSILON = 1e-7


@dataclass(frozen=True, eq=False)
class Task:
    """Maximise `constant` + `value` @ columns. The first `size` columns are binaries, the others pieces with `owner` among them
    (-1: a proposal that is funded for certain).

    `rows` and `columns` name the kept rows and columns of the model; `fixed` (model columns,) holds the values of the others.
    """

    value: Floats
    matrix: sparse.csr_matrix
    transposed: sparse.csr_matrix
    lower: Floats
    upper: Floats
    owner: Ints
    size: int
    constant: float
    rows: Ints
    columns: Ints
    fixed: Floats
    broken: Ints
    """Model rows that cannot be kept whatever is decided."""

    def whole(self, columns: Floats) -> Floats:
        """The model's columns of an answer."""
        full = self.fixed.copy()
        full[self.columns] = columns
        return full

    def excess(self, columns: Floats) -> Floats:
        """How far each row is outside its limits, relative to their size."""
        load: Floats = self.matrix @ columns
        over = np.maximum(load - self.upper, self.lower - load)
        return np.maximum(0.0, over) / limit_scale(self.lower, self.upper)

    def keeps(self, columns: Floats) -> bool:
        return not self.excess(columns).max(initial=0.0) > EPSILON


def limit_scale(lower: Floats, upper: Floats) -> Floats:
    """(rows,) the size of the finite limits, at least 1."""
    size = np.where(np.isfinite(lower), np.abs(lower), 0.0)
    return np.maximum(1.0, np.maximum(size, np.where(np.isfinite(upper), np.abs(upper), 0.0)))


def make_task(model: Model, low: Floats, high: Floats) -> Task:
    """Take out columns with `low` = `high`, and rows that every choice of the others keeps."""
    n = model.proposals
    free = high > low
    columns = np.flatnonzero(free)
    fixed = np.where(free, 0.0, low)
    matrix = model.matrix[:, columns].tocsr()
    load = model.matrix @ fixed
    lower, upper = model.lower - load, model.upper - load
    positive, negative = matrix.maximum(0), matrix.minimum(0)
    most, least = np.asarray(positive.sum(axis=1)).ravel(), np.asarray(negative.sum(axis=1)).ravel()
    margin = EPSILON * limit_scale(model.lower, model.upper)
    needed = ((least < lower) & (lower > -np.inf)) | ((most > upper) & (upper < np.inf))
    broken = np.flatnonzero((most < lower - margin) | (least > upper + margin))
    rows = np.flatnonzero(needed)
    kept = matrix[rows]
    place = np.where(free[:n], np.cumsum(free[:n]) - 1, -1)
    pieces = columns[columns >= n] - n
    return Task(
        model.value[columns],
        kept,
        kept.T.tocsr(),
        lower[rows],
        upper[rows],
        place[model.owner[pieces]],
        int(free[:n].sum()),
        float(model.value @ fixed),
        rows,
        columns,
        fixed,
        broken,
    )


def relaxation(task: Task) -> Program:
    """The linear program of a task, with the rows t <= x of its pieces at the end."""
    everything = np.ones(len(task.value), dtype=bool)
    return restrict(task, everything, np.zeros(len(task.value)))[0]


def restrict(task: Task, picked: Bools, base: Floats) -> tuple[Program, Ints]:
    """The program over the picked columns, the others as in `base`; also the columns in its order."""
    columns = np.flatnonzero(picked)
    kept = np.where(picked, 0.0, base)
    load = task.matrix @ kept
    matrix = task.matrix[:, columns]
    place = np.full(len(picked), -1)
    place[columns] = np.arange(len(columns))
    pieces = columns[columns >= task.size]
    proposal = task.owner[pieces - task.size]
    owner = np.where(proposal >= 0, place[proposal], -1)
    tied = owner >= 0
    if tied.any():
        count = int(tied.sum())
        at = np.arange(count)
        entries = (np.repeat([1.0, -1.0], count), (np.tile(at, 2), np.concatenate([place[pieces[tied]], owner[tied]])))
        matrix = sparse.vstack([matrix, sparse.csr_matrix(entries, shape=(count, len(columns)))])
    matrix = sparse.csr_matrix(matrix)
    extra = int(tied.sum())
    high = np.ones(len(columns))
    # A piece whose proposal is refused for good cannot be paid.
    lost = pieces[~tied & (proposal >= 0) & (kept[proposal] < 0.5)]
    high[place[lost]] = 0.0
    return (
        Program(
            task.value[columns],
            matrix,
            np.concatenate([task.lower - load, np.full(extra, -np.inf)]),
            np.concatenate([task.upper - load, np.zeros(extra)]),
            np.zeros(len(columns)),
            high,
            columns < task.size,
        ),
        columns,
    )
