"""The gold standard of expertise (Stelmakh, Wieting, Xi, Neubig, Shah: A Gold Standard Dataset for the Reviewer Assignment Problem, TMLR
2025): reader of its files, its loss, and the run of this kernel on it. The data are not part of this project.

Layout: evaluations.csv (tab-separated: ParticipantID, Paper1..10, Expertise1..10) in the folder or its "data", and the folders d_20_1 ..
d_20_10 in it or its "evaluation_datasets": archives/~<participant>.jsonl, one {"id", "content": {"title", "abstract"}} a line, and
submissions.json, {paper: {"content": {...}}}.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise.encoder import Encoder
from headwater.algorithms.expertise.papers import Expert, Work
from headwater.algorithms.expertise.similarity import Aggregate, Weights, similarity

Scores = Mapping[str, Mapping[str, float]]
"""Reviewer -> paper -> score."""


@dataclass(frozen=True)
class Dataset:
    """One draw of profiles of 20 papers for each reviewer, and the papers to be judged."""

    experts: dict[str, Expert]
    papers: dict[str, Work]


def loss(predicted: Scores, true: Scores) -> float:
    """The official loss: 0 for a perfect order, 0.5 for coins, 1 for a reversed one.

    Each pair of papers of a reviewer that is ordered wrongly costs the difference of the true scores, a tie half of it; the sum is divided
    by what all pairs would cost.

    Raises:
        BadInput: a reviewer or paper without a prediction, or nothing to compare.
    """
    cost = most = 0.0
    for reviewer, papers in true.items():
        scores = _of(predicted, reviewer, papers)
        for a, b in combinations(papers, 2):
            gap = papers[a] - papers[b]
            agreement = (scores[a] - scores[b]) * gap
            most += abs(gap)
            cost += abs(gap) if agreement < 0 else abs(gap) / 2 if agreement == 0 else 0.0
    if most == 0.0:
        raise BadInput("true: no reviewer has two papers with different scores")
    return cost / most


def accuracy(predicted: Scores, true: Scores, *, hard: bool) -> float:
    """Share of pairs in the right order: easy ones (one paper 4 or more, one 2 or less) or hard ones (both 4 or more, not equal).

    Raises:
        BadInput: a reviewer or paper without a prediction, or no such pair.
    """
    right = total = 0
    for reviewer, papers in true.items():
        scores = _of(predicted, reviewer, papers)
        for a, b in combinations(papers, 2):
            low, high = sorted((papers[a], papers[b]))
            if low == high or high < 4 or (low < 4 if hard else low > 2):
                continue
            total += 1
            right += (scores[a] - scores[b]) * (papers[a] - papers[b]) > 0
    if not total:
        raise BadInput("true: no pair of that kind")
    return right / total


def _of(predicted: Scores, reviewer: str, papers: Mapping[str, float]) -> Mapping[str, float]:
    if reviewer not in predicted:
        raise BadInput(f"predicted: no scores of reviewer {reviewer}")
    scores = predicted[reviewer]
    for paper in papers:
        if paper not in scores or scores[paper] != scores[paper]:
            raise BadInput(f"predicted: no score of reviewer {reviewer} for paper {paper}")
    return scores


def read_evaluations(folder: Path) -> dict[str, dict[str, float]]:
    """True expertise, 1..5, by participant and paper.

    Raises:
        BadInput: no evaluations.csv, or a row that cannot be read.
    """
    path = next((p for p in (folder / "evaluations.csv", folder / "data" / "evaluations.csv") if p.is_file()), None)
    if path is None:
        raise BadInput(f"gold: no evaluations.csv in {folder} or its data folder")
    found: dict[str, dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row, values in enumerate(csv.DictReader(lines, delimiter="\t")):
            try:
                pairs = [(values[f"Paper{n}"].strip(), values[f"Expertise{n}"].strip()) for n in range(1, 11)]
                found[values["ParticipantID"].strip()] = {paper: float(score) for paper, score in pairs if paper and score}
            except (KeyError, ValueError, AttributeError) as error:
                raise BadInput(f"evaluations.csv: row {row} cannot be read: {error}") from error
    return found


def read_dataset(folder: Path) -> Dataset:
    """One of the folders d_20_1 .. d_20_10.

    Raises:
        BadInput: files are missing or broken.
    """
    try:
        submissions = json.loads((folder / "submissions.json").read_text(encoding="utf-8"))
        papers = {str(paper): _work(entry) for paper, entry in submissions.items()}
        experts = {}
        for path in sorted((folder / "archives").glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            experts[path.stem.removeprefix("~")] = Expert(tuple(_work(json.loads(line)) for line in lines if line.strip()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"gold: {folder.name} cannot be read: {error}") from error
    if not experts or not papers:
        raise BadInput(f"gold: {folder.name} has no archives or no submissions")
    return Dataset(experts, papers)


def _work(entry: dict[str, Any]) -> Work:
    return Work(title=entry["content"].get("title") or "", abstract=entry["content"].get("abstract") or "")


def datasets(folder: Path) -> list[Path]:
    """The folders d_20_1, d_20_2 ... of the data, in order."""
    found = [p for base in (folder, folder / "evaluation_datasets") for p in base.glob("d_20_*") if p.is_dir()]
    return sorted(found, key=lambda p: int(p.name.rsplit("_", 1)[1]))


def predict(
    dataset: Dataset, *, aggregate: Aggregate = "top5", encoder: Encoder | None = None, weights: Weights | None = None
) -> dict[str, dict[str, float]]:
    """Scores of this kernel for every reviewer and paper of a data set."""
    experts, papers = list(dataset.experts), list(dataset.papers)
    found = similarity(
        [dataset.papers[p] for p in papers],
        [dataset.experts[e] for e in experts],
        aggregate=aggregate,
        encoder=encoder,
        weights=weights,
    ).total
    return {e: {p: float(found[row, column]) for row, p in enumerate(papers)} for column, e in enumerate(experts)}
