"""Draw docs/kernels/assignment.svg: certified and true distance from the optimum against time, for smaller and smaller steps.

Usage: ./run python -m bench.kernels.assignment.figure
"""

from bench.harness import ROOT
from bench.kernels.assignment import recipes
from bench.svg import Chart
from headwater.algorithms.assignment import Problem, assign, assign_exactly

STEPS = (0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002)


def main() -> None:
    problem = Problem.of(*recipes.large(20_000, 7_500, seed=3))
    assign(problem, epsilon=0.02)  # compiles
    exact = assign_exactly(problem)
    runs = [assign(problem, epsilon=step, seed=3) for step in STEPS]
    chart = Chart(
        "20,000 proposals, 7,500 experts, 80 candidates each, five reviews",
        "seconds",
        "distance from the optimum, %",
        (0.1, 10),
        (0.0001, 1),
        log="xy",
    )
    seconds = [run.seconds for run in runs]
    for name, gaps in (
        ("certified by the run", [100 * run.gap for run in runs]),
        ("true", [100 * (1 - run.total / exact.total) for run in runs]),
    ):
        chart.line(seconds, [max(gap, 0.0001) for gap in gaps], name)
        chart.points(seconds, [max(gap, 0.0001) for gap in gaps], colour="#2b2a27")
    chart.line([exact.seconds] * 2, [0.0001, 1], "exact flow (OR-tools)", dash="5 4")
    chart.save(ROOT / "docs" / "kernels" / "assignment.svg")


if __name__ == "__main__":
    main()
