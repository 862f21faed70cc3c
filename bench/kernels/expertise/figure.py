"""The figure of docs/kernels/expertise.md: recall of the exact 80 best by time and length of the shortlist, beside the exact product.

Usage: ./run python -m bench.kernels.expertise.figure
"""

from __future__ import annotations

import sys
import time

import numpy as np

from bench.harness import ROOT
from bench.kernels.expertise import recipes
from bench.svg import Chart
from headwater.algorithms.expertise import build, fit, search

PROPOSALS, PROFILES, CHARACTERS, KEEP = 1_000, 30_000, 900, 80
SHORT = (80, 100, 120, 150, 180, 240, 360, 720)
DEFAULT = 180
KINDS = {"topical": "#0f6e6e", "plain": "#c77d1e"}


def exact(asked: list[str], held: list[str]) -> tuple[list[np.ndarray], float]:
    """The exact best of each proposal by SciPy's product of the same vectors, and milliseconds of one core a proposal."""
    space = fit(held)
    rows, turned, best = space.vectors(asked), space.vectors(held).T.tocsr(), []
    started = time.process_time()
    for first in range(0, len(asked), 50):
        scores = (rows[first : first + 50] @ turned).toarray()
        best += [np.argpartition(-row, KEEP)[:KEEP] for row in scores]
    return best, (time.process_time() - started) / len(asked) * 1e3


def curve(kind: str) -> tuple[list[float], list[float], float]:
    """Milliseconds a proposal and recall for each shortlist, and the milliseconds of the product."""
    texts, _codes = recipes.texts(kind, PROFILES + PROPOSALS, CHARACTERS, 1)
    held, asked = texts[:PROFILES], texts[PROFILES:]
    best, product = exact(asked, held)
    index = build(held)
    search(index, asked[:50], keep=KEEP, workers=1)
    milliseconds, recall = [], []
    for short in SHORT:
        times = []
        for _ in range(3):
            started = time.process_time()
            found = search(index, asked, keep=KEEP, short=short, workers=1)
            times.append(time.process_time() - started)
        milliseconds.append(min(times) / len(asked) * 1e3)
        rows = np.split(found.indices, found.indptr[1:-1])
        recall.append(float(np.mean([len(np.intersect1d(a, b)) / KEEP for a, b in zip(rows, best, strict=True)])))
        print(f"{kind}, shortlist {short}: {milliseconds[-1]:.2f} ms, recall {recall[-1]:.4f}")
    print(f"{kind}, exact product: {product:.2f} ms")
    return milliseconds, recall, product


def main() -> None:
    if not recipes.CSL.is_file():
        sys.exit("the papers that make the texts are not beside this checkout")
    chart = Chart(
        f"The 80 best of {PROFILES:,} profiles by shortlists of {SHORT[0]} to {SHORT[-1]}",
        "milliseconds of one core a proposal",
        "share of the exact 80 best",
        (0.1, 100),
        (0.8, 1),
        log="x",
    )
    for kind, colour in KINDS.items():
        milliseconds, recall, product = curve(kind)
        chart.line(milliseconds, recall, f"{kind} texts", colour=colour)
        chart.points(milliseconds, recall, colour=colour)
        at = SHORT.index(DEFAULT)
        chart.points(milliseconds[at : at + 1], recall[at : at + 1], colour=colour, radius=5)
        chart.line([product] * 2, [0.8, 1.0], f"exact product, {kind}", colour=colour, dash="4 4")
    chart.save(ROOT / "docs" / "kernels" / "expertise.svg")


if __name__ == "__main__":
    main()
