"""Good answers: small programs over the proposals in doubt, then over parts of the best answer so far.

The core idea is Balas and Zemel's (1980) for one knapsack, here for any rows: most proposals are decided by their prices, and a
program over the few hundred others finds an answer close to the bound. What is still missing is won by large neighbourhood search
(Shaw 1998): the proposals of a few rows are decided anew while the rest stays.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from headwater.algorithms.portfolio.dual import Relaxed, owners, sharpen
from headwater.algorithms.portfolio.problem import Bools, Floats, Ints
from headwater.algorithms.portfolio.solver import Answer, Tick, Work, solve_whole
from headwater.algorithms.portfolio.task import Task, restrict

CORES = (
    (30, 0, 0, 60, 0),
    (150, 0, 0, 60, 0),
    (60, 3, 0, 150, 6),
    (60, 3, 0, 600, 6),
    (100, 5, 300, 600, 15),
    (150, 10, 1500, 1000, 0),
)
"""Attempts, from small to large: passes that are compared, least proposals per row, proposals nearest to their price, nodes of the
search tree, and neighbourhoods that are tried after it. The time that an attempt needs is very uneven, so short ones come first."""
NODES, SMALL, LARGE = 60, 60.0, 350.0
"""Of a neighbourhood: nodes to try, and least and most proposals."""
NEAR = 25
"""Proposals of one row in a neighbourhood, at most."""
CERTAIN, PEEK = 200, 3500
"""So few proposals in doubt are left to the proof at once; and so few are tried all together after attempt `WHEN`."""
WHEN = 3


@dataclass(frozen=True)
class Stage:
    """One step of a run: what was solved (`columns` in doubt), and the best value and bound after it."""

    name: str
    seconds: float
    columns: int
    value: float | None
    bound: float


@dataclass(eq=False)
class State:
    """What is known of a task so far."""

    task: Task
    gap: float
    seed: int
    tick: Tick
    deadline: float
    work: Work | None
    bound: float = np.inf
    value: float = -np.inf
    x: Floats | None = None
    stages: list[Stage] = field(default_factory=list)
    infeasible: bool = False
    begun: float = field(default_factory=time.perf_counter)

    def offer(self, x: Floats) -> bool:
        """Take an answer if it keeps every row and is the best so far."""
        x = np.clip(x, 0.0, 1.0)
        x[: self.task.size] = np.rint(x[: self.task.size])
        # A proposal that was rounded to refused is paid nothing.
        x[self.task.size :] = np.minimum(x[self.task.size :], owners(self.task, x[: self.task.size]))
        value = self.task.constant + float(self.task.value @ x)
        if value <= self.value or not self.task.keeps(x):
            return False
        self.value, self.x = value, x
        return True

    def note(self, name: str, columns: int) -> None:
        value = None if self.x is None else self.value
        self.stages.append(Stage(name, round(time.perf_counter() - self.begun, 4), columns, value, self.bound))

    @property
    def allowed(self) -> float:
        """The gap in value that is asked for."""
        size = self.bound if self.x is None else self.value
        return self.gap * abs(size) + 1e-9 * max(1.0, abs(size))

    @property
    def proven(self) -> bool:
        return self.x is not None and self.bound - self.value <= self.allowed

    @property
    def threshold(self) -> float:
        """What an answer must be worth more than to matter."""
        return -np.inf if self.x is None else self.value + 0.999 * self.allowed

    @property
    def done(self) -> bool:
        return self.proven or self.infeasible or self.left() <= 0

    def left(self) -> float:
        clock = self.deadline - time.perf_counter()
        return clock if self.work is None else min(clock, self.work.left)

    def solve(
        self, picked: Bools, base: Floats, *, gap: float, nodes: int | None, to_target: bool = True
    ) -> tuple[Answer, float]:
        """A program over the picked columns, the others as in `base`; its best answer is offered. Also the value of the others."""
        task = self.task
        program, columns = restrict(task, picked, base)
        outside = task.constant + float(task.value @ np.where(picked, 0.0, base))
        fits = self.x is not None and bool((np.abs(self.x - base)[~picked] < 1e-9).all())
        answer = solve_whole(
            program,
            absolute_gap=gap * self.allowed,
            target=self.bound - 0.9 * self.allowed - outside if to_target else np.inf,
            nodes=nodes,
            seconds=self.deadline - time.perf_counter(),
            work=self.work,
            start=self.x[columns] if fits and self.x is not None else None,
            seed=self.seed,
            tick=self.tick,
        )
        if answer.x is not None:
            x = base.copy()
            x[columns] = answer.x
            self.offer(x)
        return answer, outside


def search(state: State, relaxed: Relaxed, linear_x: Floats) -> Relaxed:
    """Look for an answer that is close enough to the bound. Returns what is known of each proposal, sharper if it had to be."""
    task = state.task
    picked, parts = np.zeros(task.size, dtype=bool), Neighbourhoods(state)
    last, sharp = (-1, 0), False
    for at, (passes, per_row, nearest, nodes, rounds) in enumerate(CORES):
        if state.done:
            break
        picked |= core(task, relaxed, linear_x, passes=passes, per_row=per_row, nearest=nearest)
        if state.x is not None and not sharp:
            relaxed, sharp = sharpen(relaxed, state.threshold), True
        open_ = relaxed.undecided(state.threshold)
        base = base_columns(task, relaxed, open_)
        now = picked & open_
        if state.x is not None:
            now |= (np.abs(state.x[: task.size] - base[: task.size]) > 0.5) & open_
        size = int(now.sum())
        if size > 0.9 * task.size > CERTAIN or open_.sum() <= 1.1 * size:
            break
        if size != last[0] or (nodes != last[1] and state.x is not None):
            state.solve(with_pieces(task, now, base, relaxed), base, gap=0.1, nodes=nodes)
            state.note("core", size)
        last = size, nodes
        left = int(relaxed.undecided(state.threshold).sum())
        if state.done or left <= CERTAIN:
            break
        if at == WHEN and left <= PEEK:
            settle(state, relaxed, nodes)
        parts.improve(relaxed, rounds)
    return relaxed


def settle(state: State, relaxed: Relaxed, nodes: int | None) -> None:
    """One program over all that the bound does not decide: what it decides could win no more than the gap that is asked for."""
    task, threshold = state.task, state.threshold
    open_ = relaxed.undecided(threshold)
    base = base_columns(task, relaxed, np.zeros(task.size, dtype=bool))
    picked = np.concatenate([open_, np.ones(len(task.owner), dtype=bool)])
    answer, outside = state.solve(picked, base, gap=0.95, nodes=nodes, to_target=False)
    inside = answer.bound + outside if answer.status != "infeasible" else -np.inf
    state.bound = min(state.bound, max(inside, state.value, threshold if not open_.all() else -np.inf))
    state.infeasible = state.x is None and answer.status == "infeasible"
    state.note("proof", int(picked.sum()))


def base_columns(task: Task, relaxed: Relaxed, open_: Bools) -> Floats:
    """The best pass where the bound leaves a proposal undecided, else what the bound says."""
    funded = np.where(open_, relaxed.chosen, relaxed.if_funded >= relaxed.if_refused)
    return np.concatenate([funded, (relaxed.piece > 0) & (owners(task, funded) > 0)]).astype(np.float64)


def core(task: Task, relaxed: Relaxed, linear_x: Floats, *, passes: int, per_row: int, nearest: int) -> Bools:
    """Proposals in doubt: those that change between passes, those cut in two, and those nearest to their price (in all and by row)."""
    seen = relaxed.passes[-passes:]
    picked: Bools = (seen.min(axis=0) != seen.max(axis=0)) | (seen[0] == 2)
    x = linear_x[: task.size]
    picked |= (x > 1e-6) & (x < 1 - 1e-6)
    picked |= relaxed.chosen != (relaxed.reduced > 0)
    distance = np.abs(relaxed.reduced)
    if nearest:
        picked[np.argsort(distance, kind="stable")[:nearest]] = True
    m = task.matrix
    for row in range(m.shape[0] if per_row else 0):
        items = m.indices[m.indptr[row] : m.indptr[row + 1]]
        items = items[items < task.size]
        if len(items) > 2:
            picked[nearest_few(items, distance, per_row)] = True
    return picked


def nearest_few(items: Ints, distance: Floats, count: int) -> Ints:
    """The `count` items with the least distance."""
    return items if len(items) <= count else items[np.argpartition(distance[items], count)[:count]]


def with_pieces(task: Task, picked: Bools, base: Floats, relaxed: Relaxed) -> Bools:
    """Columns of a core: its proposals with their pieces, and the pieces of funded proposals that are nearest to their price."""
    if len(task.value) == task.size:
        return picked
    inside = owners(task, picked.astype(np.float64)) > 0
    inside[task.owner < 0] = False
    near = np.where((owners(task, base[: task.size]) > 0.5) & ~inside, np.abs(relaxed.piece), np.inf)
    few = np.argsort(near, kind="stable")[: 200 + int(picked.sum())]
    inside[few[np.isfinite(near[few])]] = True
    return np.concatenate([picked, inside])


class Neighbourhoods:
    """Parts of the best answer that are decided anew; they grow while they are solved at once, and shrink while they are not."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.random = np.random.default_rng(state.seed)
        self.size = 150.0

    def improve(self, relaxed: Relaxed, rounds: int) -> None:
        state = self.state
        for at in range(rounds):
            if state.done or state.x is None:
                return
            picked, whole = self.draw(relaxed)
            answer, _outside = state.solve(with_pieces(state.task, picked, state.x, relaxed), state.x, gap=0.02, nodes=NODES)
            if answer.nodes >= NODES:
                self.size = max(SMALL, self.size * 0.8)
            elif answer.nodes <= 1:
                self.size = min(LARGE, self.size * 1.25)
            if whole and answer.status == "optimal":
                return
            if at == rounds - 1:
                state.note("neighbourhoods", int(picked.sum()))

    def draw(self, relaxed: Relaxed) -> tuple[Bools, bool]:
        """Proposals in doubt of a few rows, then others near their price; and whether these are all that are in doubt."""
        task = self.state.task
        open_, distance = relaxed.undecided(self.state.value), np.abs(relaxed.reduced)
        length = np.diff(task.matrix.indptr)
        middling = np.flatnonzero((length > 2) & (length < 0.5 * task.size))
        picked = np.zeros(task.size, dtype=bool)
        for row in self.random.permutation(relaxed.blocks.row if len(relaxed.blocks.row) else middling):
            items = task.matrix.indices[task.matrix.indptr[row] : task.matrix.indptr[row + 1]]
            items = items[items < task.size]
            picked[nearest_few(items[open_[items]], distance, NEAR)] = True
            if picked.sum() >= self.size:
                break
        missing = int(self.size - picked.sum())
        if missing > 0:
            picked[nearest_few(np.flatnonzero(open_ & ~picked), distance * self.random.random(task.size), missing)] = True
        return picked, bool(picked.sum() >= open_.sum())
