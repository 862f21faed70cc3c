"""Linear and mixed-integer programs by HiGHS, cancellable and with the same answer on any number of cores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from highspy import HighsModelStatus, HighsStatus
from highspy._core import _Highs, cb  # the raw class: the public one prints a banner when it is made
from numpy.typing import NDArray
from scipy import sparse

from headwater.algorithms.portfolio.problem import Bools, Floats

Status = Literal["optimal", "infeasible", "stopped"]
Tick = Callable[[], None]
"""Called about once a second while a program is solved; may raise to stop it."""
MAXIMISE = -1
FEW = 100
"""Rows up to which presolve and Devex pricing pay where only a point, or a proof that there is none, is looked for."""
STOPS = (
    cb.HighsCallbackType.kCallbackSimplexInterrupt,
    cb.HighsCallbackType.kCallbackIpmInterrupt,
    cb.HighsCallbackType.kCallbackMipInterrupt,
)
INFEASIBLE = (HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True, eq=False)
class Program:
    """Maximise `value` @ x, `lower` <= `matrix` @ x <= `upper`, `low` <= x <= `high`, x whole where `whole`."""

    value: Floats
    matrix: sparse.csr_matrix
    lower: Floats
    upper: Floats
    low: Floats
    high: Floats
    whole: Bools


@dataclass(frozen=True, eq=False)
class Answer:
    """`x` is None without a feasible point; `price` (rows,) is the gain of value per unit of a row's limit (linear programs only)."""

    status: Status
    x: Floats | None
    value: float
    bound: float
    price: Floats
    basis: Any = None
    nodes: int = 0


class Work:
    """How much may still be done, counted in steps of the solver and not by the clock: the same on a busy machine as on a quiet one.

    `left` is in seconds of a quiet processor, roughly.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def steps(self, program: Program) -> int:
        """Simplex steps that are left for a program of this size."""
        return int(min(max(0.0, self.left) / _second(program), 2**30))

    def nodes(self, program: Program, most: int | None) -> int:
        """Nodes of a search that are left for it, `most` at the most."""
        some = 1 + int(self.steps(program) / STEPS_OF_NODE)
        return some if most is None else min(some, most)

    def spend(self, program: Program, solver: Any) -> None:
        info = solver.getInfo()
        steps = max(
            0, info.simplex_iteration_count, info.mip_node_count * STEPS_OF_NODE, info.ipm_iteration_count * STEPS_OF_NODE
        )
        self.left -= SETTING_UP + steps * _second(program)


STEPS_OF_NODE, SETTING_UP = 30, 0.002
"""Simplex steps that a node counts for, and seconds that each solve counts for beside its steps."""


def _second(program: Program) -> float:
    """Seconds of a simplex step, by the size of the program."""
    return 2e-5 + 2e-9 * float(program.matrix.nnz + sum(program.matrix.shape))


def idle() -> None:
    """The tick of nobody."""


def run(program: Program, options: dict[str, Any], tick: Tick, *, start: Floats | None = None, basis: Any = None) -> Any:
    """Solve in a thread of its own: HiGHS keeps its pool of workers by thread, and a pool of one makes the path reproducible."""
    solver = _Highs()
    settings = {"output_flag": False, "threads": 1, "mip_feasibility_tolerance": 1e-7, **options}
    for name, value in settings.items():
        if solver.setOptionValue(name, value) == HighsStatus.kError:
            raise ValueError(f"HiGHS refuses the option {name}={value}")
    a = program.matrix
    whole = np.asarray(program.whole, dtype=np.int32)
    solver.passModel(
        len(program.value), a.shape[0], a.nnz, 2, MAXIMISE, 0.0, program.value, program.low, program.high,
        program.lower, program.upper, a.indptr[:-1], a.indices, a.data, whole if whole.any() else whole[:0],
    )  # fmt: skip
    if start is not None:
        solver.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    if basis is not None:
        solver.setBasis(basis)
    stop = threading.Event()

    def watch(kind: Any, message: str, out: Any, into: Any, data: Any) -> None:
        if into is not None and stop.is_set():
            into.user_interrupt = True

    solver.setCallback(watch, None)
    for kind in STOPS:
        solver.startCallback(kind)
    _wait(solver, stop, tick)
    return solver


def _wait(solver: Any, stop: threading.Event, tick: Tick) -> None:
    worker = threading.Thread(target=solver.run, name="highs", daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(1.0)
            if worker.is_alive():
                tick()
    except BaseException:
        stop.set()
        worker.join()
        raise
    finally:
        solver.setCallback(None, None)


def status_of(solver: Any) -> Status:
    found = solver.getModelStatus()
    if found in (HighsModelStatus.kOptimal, HighsModelStatus.kModelEmpty):
        return "optimal"
    return "infeasible" if found in INFEASIBLE else "stopped"


def empty_answer(program: Program) -> Answer:
    """The answer of a program without columns."""
    kept = bool((program.lower <= 1e-9).all() and (program.upper >= -1e-9).all())
    price = np.zeros(len(program.lower))
    return Answer("optimal", np.empty(0), 0.0, 0.0, price) if kept else Answer("infeasible", None, -np.inf, -np.inf, price)


def solve_linear(
    program: Program,
    *,
    tick: Tick = idle,
    basis: Any = None,
    method: str = "simplex",
    seconds: float = np.inf,
    work: Work | None = None,
) -> Answer:
    """The linear relaxation, until the time or the work is used up. `method`: simplex, or ipm (with crossover), which is faster from about
    20,000 columns on without a basis.
    """
    if not len(program.value):
        return empty_answer(program)
    relaxed = Program(
        program.value,
        program.matrix,
        program.lower,
        program.upper,
        program.low,
        program.high,
        np.zeros(len(program.value), dtype=bool),
    )
    options = {"solver": "simplex" if basis is not None else method} | ({"time_limit": seconds} if seconds < np.inf else {})
    if work is not None:
        options["simplex_iteration_limit"] = work.steps(program)
    solver = run(relaxed, options, tick, basis=basis)
    if work is not None:
        work.spend(program, solver)
    status, info = status_of(solver), solver.getInfo()
    solution = solver.getSolution()
    nothing = np.zeros(len(program.lower))
    if status != "optimal":
        return Answer(status, None, -np.inf, -np.inf if status == "infeasible" else np.inf, nothing)
    price = np.array(solution.row_dual) if len(program.lower) else nothing
    best = float(info.objective_function_value)
    return Answer(status, np.array(solution.col_value), best, best, price, solver.getBasis())


def solve_whole(
    program: Program,
    *,
    absolute_gap: float = 0.0,
    relative_gap: float = 0.0,
    target: float = np.inf,
    nodes: int | None = None,
    seconds: float = np.inf,
    work: Work | None = None,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
    tick: Tick = idle,
) -> Answer:
    """The mixed-integer program, until the gap, the value `target`, the nodes, the time or the work is reached."""
    if not len(program.value):
        return empty_answer(program)
    # A restart at the root costs more here than its smaller program wins.
    options: dict[str, Any] = {
        "mip_allow_restart": False,
        "mip_rel_gap": relative_gap,
        "mip_abs_gap": max(absolute_gap, 1e-9),
        "random_seed": seed % 2**31,
    }
    if target < np.inf:
        options["objective_target"] = target
    if work is not None:
        nodes = work.nodes(program, nodes)
    if nodes is not None:
        options["mip_max_nodes"] = nodes
    if seconds < np.inf:
        options["time_limit"] = max(0.01, seconds)
    solver = run(program, options, tick, start=start)
    if work is not None:
        work.spend(program, solver)
    status, info = status_of(solver), solver.getInfo()
    price = np.zeros(len(program.lower))
    found = info.primal_solution_status == 2
    if status == "infeasible":
        return Answer(status, None, -np.inf, -np.inf, price)
    x = np.clip(np.array(solver.getSolution().col_value), program.low, program.high) if found else None
    value = float(info.objective_function_value) if found else -np.inf
    if x is not None and start is not None and abs(float(program.value @ x) - value) > 1e-6 * max(1.0, abs(value)):
        # HiGHS 1.16 may return the start as its solution beside the value of a better one when presolve decides everything.
        return solve_whole(
            program, absolute_gap=absolute_gap, relative_gap=relative_gap, target=target, nodes=nodes, seconds=seconds, work=work,
            seed=seed, tick=tick,
        )  # fmt: skip
    bound = max(value, float(info.mip_dual_bound))
    return Answer(status, x, value, bound, price, nodes=int(info.mip_node_count))


def narrowed(program: Program, keep: Bools, x: Floats) -> Program:
    """The program over the kept columns, the others fixed as in x."""
    load = program.matrix @ np.where(keep, 0.0, x)
    return Program(
        program.value[keep],
        sparse.csr_matrix(program.matrix[:, np.flatnonzero(keep)]),
        program.lower - load,
        program.upper - load,
        program.low[keep],
        program.high[keep],
        program.whole[keep],
    )


def refute(program: Program, *, work: Work | None = None, tick: Tick = idle) -> Floats | None:
    """(rows,) multipliers, none negative, of upper limits of rows that no x keeps together, whole or not; None if none are found.

    For programs whose rows have no lower limits. The multipliers are checked: whatever x is, the sum of the rows is above that of the limits.
    """
    if not program.matrix.nnz or (work is not None and work.left <= 0):
        return None
    free = replace(program, value=np.zeros(len(program.value)), whole=np.zeros(len(program.value), dtype=bool))
    # Without an objective the dual simplex method begins feasible and only repairs rows: far faster than minimising what is broken.
    few = {"presolve": "on", "simplex_dual_edge_weight_strategy": 1}
    options: dict[str, Any] = {"solver": "simplex"} | (few if len(program.upper) < FEW else {"presolve": "off"})
    if work is not None:
        options["simplex_iteration_limit"] = work.steps(program)
    solver = run(free, options, tick)
    if work is not None:
        work.spend(program, solver)
    if status_of(solver) != "infeasible":
        return None
    _status, found, ray = solver.getDualRay()
    factor = np.maximum(0.0, -np.array(ray)) if found else np.zeros(len(program.upper))
    factor[factor < 1e-9 * factor.max(initial=0.0)] = 0.0
    column, limit = program.matrix.T @ factor, factor * np.where(factor > 0, program.upper, 0.0)
    least = float(np.where(column > 0, program.low, program.high) @ column)
    return factor if least > float(limit.sum()) + 1e-7 * float(np.abs(limit).sum()) + 1e-12 else None
