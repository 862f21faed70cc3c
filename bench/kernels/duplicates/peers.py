"""The peers of the near-duplicate search on the same files: MinHash-LSH by datasketch and by rensa, over sets of five characters.

The corpus is a JSON file: indexed texts, questions by name as (text, row of the source or -1). A peer matches when any document comes out.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.harness import Meter, Row

DROPPED = re.compile(r"[\W_]+")


def shingles(text: str, size: int = 5) -> list[str]:
    plain = DROPPED.sub("", text.lower())
    return [plain[i : i + size] for i in range(max(1, len(plain) - size + 1))]


def load(path: str) -> tuple[list[str], dict[str, list[tuple[str, int]]]]:
    with gzip.open(Path(path), "rt", encoding="utf-8") as file:
        found = json.load(file)
    return found["indexed"], {name: [(t, r) for t, r in rows] for name, rows in found["questions"].items()}


def measured(
    instance: str,
    solver: str,
    path: str,
    insert: Callable[[int, list[str]], Any],
    query: Callable[[list[str]], Iterable[Any]],
    rows: Callable[[Any], int] = int,
) -> Row:
    indexed, questions = load(path)
    with Meter() as meter:
        for number, text in enumerate(indexed):
            insert(number, shingles(text))
    row = meter.row(instance=instance, solver=solver, docs_per_s=round(len(indexed) / meter.seconds))
    started, asked = time.perf_counter(), 0
    for name, pairs in questions.items():
        hits = 0
        for text, source in pairs:
            found = {rows(r) for r in query(shingles(text))}
            hits += bool(found) if source < 0 else source in found
            asked += 1
        row["flags" if name == "held out" else name] = round(hits / len(pairs), 4)
    return row | {"ms_per_query": round((time.perf_counter() - started) / asked * 1e3, 3)}


def datasketch(path: str, instance: str, thresholds: Sequence[float]) -> list[Row]:
    from datasketch import MinHash, MinHashLSH

    def sketch(words: list[str]) -> Any:
        made = MinHash(num_perm=128)
        made.update_batch([w.encode() for w in words])
        return made

    out = []
    for threshold in thresholds:
        lsh = MinHashLSH(threshold=threshold, num_perm=128)

        def insert(number: int, words: list[str], lsh: Any = lsh) -> None:
            lsh.insert(number, sketch(words))

        def query(words: list[str], lsh: Any = lsh) -> Iterable[Any]:
            return list(lsh.query(sketch(words)))

        out.append(measured(instance, f"datasketch LSH {threshold:g}", path, insert, query))
    return out


def rensa(path: str, instance: str, settings: Sequence[Sequence[float]]) -> list[Row]:
    import rensa as library

    def sketch(words: list[str]) -> Any:
        made = library.RMinHash(num_perm=128, seed=42)
        made.update(words)
        return made

    out = []
    for threshold, bands in settings:
        lsh = library.RMinHashLSH(threshold=threshold, num_perm=128, num_bands=int(bands))

        def insert(number: int, words: list[str], lsh: Any = lsh) -> None:
            lsh.insert(number, sketch(words))

        def query(words: list[str], lsh: Any = lsh) -> Iterable[Any]:
            return list(lsh.query(sketch(words)))

        out.append(measured(instance, f"rensa {threshold:g}, {int(bands)} bands", path, insert, query))
    return out
