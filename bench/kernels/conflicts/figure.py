"""The figure of docs/kernels/conflicts.md: seconds of a search by the number of edges, beside the plain loop over pairs.

Usage: ./run python -m bench.kernels.conflicts.figure
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.harness import ROOT
from bench.kernels.conflicts.bench import RULES, candidates, edges_of, plain, registry
from bench.kernels.conflicts.peers import pair_loop
from bench.svg import Chart
from headwater.algorithms.conflicts import find_conflicts

STEPS = (
    (300, 200, 40_000),
    (900, 600, 100_000),
    (3_000, 2_000, 300_000),
    (10_000, 6_000, 1_000_000),
    (30_000, 15_000, 3_000_000),
)
LOOP_UP_TO = 100_000
BLUE, ORANGE, GREY = "#0f6e6e", "#c77d1e", "#7a7468"


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    find_conflicts(*registry(1, 20, 20, 1000), RULES)
    sizes, few, every, loops = [], [], [], []
    for proposals, experts, edges in STEPS:
        call, people = registry(1, proposals, experts, edges)
        pairs = candidates(1, call, people)
        sizes.append(float(edges_of(call, people)))
        few.append(min(seconds(lambda c=call, p=people, k=pairs: find_conflicts(c, p, RULES, candidates=k)) for _ in range(3)))
        every.append(seconds(lambda c=call, p=people: find_conflicts(c, p, RULES)))
        if edges <= LOOP_UP_TO:
            values = plain(call, people)
            loops.append(seconds(lambda v=values: pair_loop(**v)))
    top = max(every + loops) * 1.5
    chart = Chart("Conflicts: seconds by edges (2 cores)", "edges", "seconds", (3e4, 6e6), (0.005, max(top, 12.0)), log="xy")
    lines = (("80 candidates a proposal", few, BLUE), ("all pairs", every, ORANGE), ("loop over pairs (Python)", loops, GREY))
    for name, values, colour in lines:
        chart.line(sizes[: len(values)], values, name, colour=colour)
        chart.points(sizes[: len(values)], values, colour=colour)
    chart.save(ROOT / "docs" / "kernels" / "conflicts.svg")


if __name__ == "__main__":
    main()
