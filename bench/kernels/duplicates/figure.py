"""The figure of docs/kernels/duplicates.md: what is found and what is flagged, by the least evidence that counts as a match.

Usage: ./run python -m bench.kernels.duplicates.figure
"""

from __future__ import annotations

import sys

import numpy as np

from bench.harness import ROOT
from bench.kernels.duplicates.edits import Markov, abstracts, planted
from bench.svg import Chart
from headwater.algorithms.duplicates import Index, Settings

EDITS = ("mosaic50+swap15", "mosaic30", "mosaic30+swap15", "swap30")
SEEDS = range(1, 6)
DOCUMENTS, HELD_OUT, SOURCES = 30_000, 500, 300
LEVELS = np.arange(0.5, 40.1, 0.5)


def evidences(seed: int) -> dict[str, np.ndarray]:
    """Evidence of the source of each edit, and the best of any document for the held-out abstracts ("unrelated")."""
    plan = planted(abstracts(), seed, held_out=HELD_OUT, sources=SOURCES)
    index = Index.create()
    fill = Markov(plan.indexed).texts(seed, DOCUMENTS - len(plan.indexed))
    index.add(np.arange(DOCUMENTS), plan.indexed + fill)
    found = index.search_many(plan.held_out, limit=1, evidence=0.0)
    out = {"unrelated": np.array([matches[0].evidence if matches else 0.0 for matches in found])}
    for name in EDITS:
        rows = index.search_many([text for text, _row in plan.edits[name]], limit=50, evidence=0.0)
        sources = [row for _text, row in plan.edits[name]]
        out[name] = np.array(
            [max([m.evidence for m in ms if m.id == s], default=0.0) for ms, s in zip(rows, sources, strict=True)]
        )
    return out


def main() -> None:
    if not abstracts():
        sys.exit("the real abstracts are not beside this checkout")
    runs = [evidences(seed) for seed in SEEDS]
    chart = Chart(
        "Planted edits found and unrelated abstracts flagged (30,000 indexed, five seeds)",
        "least evidence of a match, in distinctive characters",
        "share",
        (0, 40),
        (0, 1),
    )
    for name in (*EDITS, "unrelated"):
        pooled = np.concatenate([run[name] for run in runs])
        chart.line(LEVELS.tolist(), [float((pooled >= level).mean()) for level in LEVELS], name)
    chart.line([Settings().evidence] * 2, [0.0, 1.0], "default", colour="#2b2a27", dash="4 4")
    chart.save(ROOT / "docs" / "kernels" / "duplicates.svg")


if __name__ == "__main__":
    main()
