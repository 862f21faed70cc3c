"""Solvers that know nothing of the structure, on the same matrix: HiGHS as a whole, SCIP and CP-SAT through OR-tools."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.harness import Meter, Row
from bench.kernels.portfolio.recipes import Call, call, matrix


def row(given: Call, meter: Meter, solver: str, value: float | None, bound: float | None, why: str = "") -> Row:
    gap = None if value is None or bound is None or not value else round((bound - value) / abs(value), 8)
    found = {"value": None if value is None else round(value, 3), "bound": None if bound is None else round(bound, 3), "gap": gap}
    return meter.row(instance=given.name, solver=solver, **found, **({"failed": why} if why else {}))


def highs(size: int, seed: int, gap: float, seconds: float, recipe: dict[str, Any]) -> list[Row]:
    """`scipy.optimize.milp`."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    given = call(size, seed, **recipe)
    rows, lower, upper = matrix(given)
    with Meter() as meter:
        found = milp(
            -given.value,
            constraints=LinearConstraint(rows, lower, upper),
            integrality=np.ones(size),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": gap, "time_limit": seconds},
        )
    if found.x is None:
        return [row(given, meter, "HiGHS (scipy.milp)", None, None, f"no answer in {seconds:g} s")]
    return [row(given, meter, "HiGHS (scipy.milp)", -float(found.fun), -float(found.mip_dual_bound))]


def scip(size: int, seed: int, gap: float, seconds: float, recipe: dict[str, Any]) -> list[Row]:
    """SCIP by the OR-tools wrapper."""
    from ortools.linear_solver import pywraplp

    given = call(size, seed, **recipe)
    rows, lower, upper = matrix(given)
    with Meter() as meter:
        solver = pywraplp.Solver.CreateSolver("SCIP")
        x = [solver.BoolVar("") for _ in range(size)]
        endless = solver.infinity()
        for k in range(rows.shape[0]):
            low, high = max(float(lower[k]), -endless), min(float(upper[k]), endless)
            constraint = solver.Constraint(low, high)
            for at in range(rows.indptr[k], rows.indptr[k + 1]):
                constraint.SetCoefficient(x[rows.indices[at]], float(rows.data[at]))
        objective = solver.Objective()
        objective.SetMaximization()
        for j in range(size):
            objective.SetCoefficient(x[j], float(given.value[j]))
        wanted = pywraplp.MPSolverParameters()
        wanted.SetDoubleParam(wanted.RELATIVE_MIP_GAP, gap)
        solver.set_time_limit(int(1000 * seconds))
        status = solver.Solve(wanted)
    if status not in (solver.OPTIMAL, solver.FEASIBLE):
        return [row(given, meter, "SCIP (OR-tools)", None, None, f"no answer in {seconds:g} s")]
    return [row(given, meter, "SCIP (OR-tools)", float(objective.Value()), float(objective.BestBound()))]


def cp_sat(size: int, seed: int, gap: float, seconds: float, recipe: dict[str, Any]) -> list[Row]:
    """CP-SAT with numbers in thousandths, 2 workers."""
    from ortools.sat.python import cp_model

    given = call(size, seed, **recipe)
    rows, lower, upper = matrix(given)
    with Meter() as meter:
        model = cp_model.CpModel()
        x = np.array([model.NewBoolVar("") for _ in range(size)])
        for k in range(rows.shape[0]):
            at = slice(rows.indptr[k], rows.indptr[k + 1])
            weights = np.rint(1000 * rows.data[at]).astype(int)
            load = cp_model.LinearExpr.WeightedSum(list(x[rows.indices[at]]), weights.tolist())
            if np.isfinite(lower[k]):
                model.Add(load >= int(np.ceil(1000 * lower[k] - 1e-6)))
            if np.isfinite(upper[k]):
                model.Add(load <= int(np.floor(1000 * upper[k] + 1e-6)))
        model.Maximize(cp_model.LinearExpr.WeightedSum(list(x), np.rint(1000 * given.value).astype(int).tolist()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 2
        solver.parameters.relative_gap_limit = gap
        solver.parameters.max_time_in_seconds = seconds
        status = solver.Solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return [row(given, meter, "CP-SAT, 2 workers", None, None, f"no answer in {seconds:g} s")]
    return [row(given, meter, "CP-SAT, 2 workers", solver.ObjectiveValue() / 1000, solver.BestObjectiveBound() / 1000)]
