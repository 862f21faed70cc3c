"""The rows of an assignment: an application, or one of the two disciplines of an application, each with the experts it may have.

An application with a second discipline has two rows, so that experts of both are found (policy article 3). Every institution stands in one
of the two only, where its best expert fits better: what holds for each row on institutions then holds for the application.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headwater.calls.models import Application
from headwater.review.models import Expert
from headwater.review.services.pairing import shared_characters


@dataclass(frozen=True)
class Rows:
    """`application` is the index of each row's application, `code` its discipline, `twin` the row of the other discipline or -1."""

    application: NDArray[np.int64]
    code: list[str]
    twin: NDArray[np.int64]

    @property
    def seconds(self) -> list[int]:
        """The rows of second disciplines: they come after all others."""
        return [n for n, twin in enumerate(self.twin.tolist()) if 0 <= twin < n]


def rows_of(applications: Sequence[Application]) -> Rows:
    """One row for each application, and after them one for each second discipline."""
    both = [n for n, a in enumerate(applications) if a.second_discipline_id and a.second_discipline_id != a.discipline_id]
    count = len(applications)
    twin = np.full(count + len(both), -1, dtype=np.int64)
    for k, n in enumerate(both):
        twin[n], twin[count + k] = count + k, n
    codes = [a.discipline.code if a.discipline else "" for a in applications]
    codes += [str(applications[n].second_discipline.code) for n in both]  # type: ignore[union-attr]
    return Rows(np.array([*range(count), *both], dtype=np.int64), codes, twin)


def demand_of(rows: Rows, opinions: int, settled: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the `opinions` each row wants, of whom it has `settled`: all, or a half for each of two disciplines, the greater one for the first."""
    demand = np.maximum(opinions, settled)
    for second in rows.seconds:
        first = rows.twin[second]
        demand[first] = max(opinions - opinions // 2, settled[first])
        demand[second] = max(opinions - demand[first], settled[second], 0)
    return demand


def parted(
    scores: sparse.csr_matrix, rows: Rows, experts: Sequence[Expert], settled: Sequence[tuple[int, int]], *, inside: bool
) -> sparse.csr_matrix:
    """Scores in which the two rows of an application share no institution, also none of the `settled` (row, expert) of the other row;
    with `inside` the second takes experts of other regions only, as the number of those from inside is counted in the first.
    """
    if not rows.seconds:
        return scores
    table: Any = scores.tolil()
    place = np.array([e.person.organisation_id or -n - 1 for n, e in enumerate(experts)], dtype=np.int64)
    external = np.array([e.is_external for e in experts])
    for second in rows.seconds:
        first = int(rows.twin[second])
        one, two = scores[first].toarray().ravel(), scores[second].toarray().ravel()
        if inside:
            two = np.where(external, two, 0.0)
        _ids, group = np.unique(place, return_inverse=True)
        best_one, best_two = np.zeros(group.max() + 1), np.zeros(group.max() + 1)
        np.maximum.at(best_one, group, one)
        np.maximum.at(best_two, group, two)
        to_second = (best_two > best_one)[group]
        table[first], table[second] = np.where(to_second, 0.0, one), np.where(to_second, two, 0.0)
    for row, expert in settled:
        if rows.twin[row] >= 0:
            table[rows.twin[row], np.flatnonzero(place == place[expert])] = 0.0
    result = sparse.csr_matrix(table, dtype=np.float32)
    result.eliminate_zeros()
    return result


def row_of(rows: Rows, application: int, codes: Sequence[str]) -> int:
    """The row in which an expert with these codes reviews an application."""
    second = int(rows.twin[application])
    if second < 0:
        return application
    return (
        second if shared_characters(rows.code[second], codes) > shared_characters(rows.code[application], codes) else application
    )
