"""Near-duplicates: recall on planted edits of real Chinese abstracts, flags on unrelated ones, and indexes of national size.

`planted`: real abstracts less the held-out ones, filled up with word-Markov texts; 500 sources are edited in eleven ways
(edits.py). A cell is the share of edited texts whose source comes out; `flags` is the share of held-out real abstracts with
any match at all (some do share sentences), `flags_leave_one_out` the same for each of all against the others. `scale`: Markov texts
made in a stream outside the clock, indexed into a folder and committed (flushed to disk); 300 real sources with 30 % of their
sentences kept and 15 % of the words replaced are searched in it. `seconds` is the time of adding and committing, `mb` the peak of
the process with its mapped files, `bytes_per_doc` of which `of_it_texts` are the texts. Loops are compiled before the clock
starts. Without the real abstracts the scale cases use invented words and `planted` is left out.

Usage: ./run bench duplicates [--size small|province|nation] [--seed N] [--peers] [--json]
"""

from __future__ import annotations

import gzip
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness import Meter, Peers, Row, isolated, options, report
from bench.kernels.duplicates.edits import Markov, abstracts, invented, planted, replaced, vocabulary
from headwater.algorithms.duplicates import Index, compare

SIZES = ("small", "province", "nation")
PLANTED = {"small": [(30_000, 500), (0, 500)], "province": [(100_000, 700)], "nation": []}
"""Documents in the index (0: the real ones only) and held-out abstracts."""
SCALE = {
    "small": [("20,000 abstracts", 20_000, 225)],
    "province": [("1M abstracts", 1_000_000, 225)],
    "nation": [("5M abstracts", 5_000_000, 225), ("100,000 full texts", 100_000, 12_000)],
}
BATCH_CHARACTERS = 22_500_000
SOURCES, SINGLE, LIMIT = 500, 300, 50


def compiled() -> None:
    """Have every loop compiled, for texts in memory and in a folder."""
    text = "".join(chr(0x4E00 + n * 37 % 3000) for n in range(200))
    with tempfile.TemporaryDirectory() as folder:
        index = Index.create(Path(folder) / "index")
        index.add([1], [text])
        index.search(text)
        index.add([2], [text[50:]])
        index.commit()
        index.search(text)
    compare(text, text)


def bytes_for_each(index: Index) -> dict[str, int]:
    size = index.size()
    documents = len(index)
    return {"bytes_per_doc": sum(size.values()) // documents, "of_it_texts": size["raw"] // documents}


def asked(index: Index, questions: dict[str, list[tuple[str, int]]]) -> Row:
    """Share of the texts whose source (a negative one: anything) is found, and the time of a search, several threads together."""
    row: Row = {}
    started, count = time.perf_counter(), 0
    for name, pairs in questions.items():
        found = index.search_many([text for text, _source in pairs], limit=LIMIT)
        hits = [
            bool(ms) if source < 0 else any(m.id == source for m in ms) for ms, (_t, source) in zip(found, pairs, strict=True)
        ]
        row[name] = round(sum(hits) / len(hits), 4)
        count += len(pairs)
    return row | {"ms_per_query": round((time.perf_counter() - started) / count * 1e3, 3)}


def corpus(documents: int, held_out: int, seed: int) -> tuple[list[str], dict[str, list[tuple[str, int]]]]:
    plan = planted(abstracts(), seed, held_out=held_out, sources=SOURCES)
    rest = documents - len(plan.indexed)
    indexed = plan.indexed + (Markov(plan.indexed).texts(seed, rest) if rest > 0 else [])
    return indexed, {"flags": [(text, -1) for text in plan.held_out]} | plan.edits


def name_of(documents: int, held_out: int) -> str:
    return f"planted, {documents:,} indexed, {held_out} held out" if documents else f"planted, real only, {held_out} held out"


def planted_case(documents: int, held_out: int, seed: int) -> list[Row]:
    """Recall by edit, flags, and the cost of an index of this size."""
    compiled()
    indexed, questions = corpus(documents, held_out, seed)
    index = Index.create()
    with Meter() as meter:
        index.add(np.arange(len(indexed)), indexed)
        index.view()
    row = meter.row(instance=name_of(documents, held_out), solver="headwater", docs_per_s=round(len(indexed) / meter.seconds))
    row |= asked(index, questions) | bytes_for_each(index)
    return [row if documents else row | {"flags_leave_one_out": leave_one_out()}]


def leave_one_out() -> float:
    """The share of all real abstracts that find another one."""
    texts = abstracts()
    index, ids = Index.create(), np.arange(len(texts))
    index.add(ids, texts)
    return round(float(np.mean([bool(found) for found in index.search_many(texts, exclude=ids)])), 4)


def questions_for(base: Sequence[str], length: int, seed: int) -> tuple[list[str], list[tuple[str, int]], list[str]]:
    """Sources to index, questions (text, place of the source) and, for abstracts, unrelated texts."""
    if length < 1000:
        plan = planted(base, seed, held_out=len(base) // 4, sources=SINGLE)
        return plan.indexed, plan.edits["mosaic30+swap15"], plan.held_out
    dice, words = random.Random(seed), vocabulary(base)
    cut = len(base) // 2
    old = Markov(base[:cut]).texts(seed, 100, mean=length, spread=length / 10)
    new = Markov(base[cut:]).texts(seed + 1, 100, mean=length * 0.7, spread=length / 10)
    mixed = [
        b[: len(b) // 2] + replaced(a[1000 : 1000 + int(length * 0.3)], 0.15, words, dice) + b[len(b) // 2 :]
        for a, b in zip(old, new, strict=True)
    ]
    return old, [(text, n) for n, text in enumerate(mixed)], []


def scale_case(instance: str, documents: int, length: int, seed: int) -> list[Row]:
    """An index of so many texts in a folder: time and memory of building it, of searching it, and its size."""
    compiled()
    base = abstracts() or invented(seed)
    sources, questions, held_out = questions_for(base, length, seed)
    source = Markov(sources if length < 1000 else base)
    seconds, mb, batch = 0.0, 0, max(1, BATCH_CHARACTERS // length)
    with tempfile.TemporaryDirectory(prefix="headwater-duplicates-") as folder:
        index = Index.create(Path(folder) / "index")
        index.add(np.arange(len(sources)), sources)
        for start in range(len(sources), documents, batch):
            count = min(batch, documents - start)
            texts = source.texts(seed + start, count, mean=length, spread=length / 4)
            with Meter() as meter:
                index.add(np.arange(start, start + count), texts)
            seconds, mb = seconds + meter.seconds, max(mb, meter.mb)
            del texts
        with Meter() as meter:
            index.commit()
        seconds, mb = seconds + meter.seconds, max(mb, meter.mb)
        row: Row = {"instance": instance, "solver": "headwater", "seconds": round(seconds, 1), "mb": mb}
        with Meter() as meter:
            reopened = Index.open(Path(folder) / "index")
            row |= searched(reopened, questions, held_out)
        return [row | {"docs_per_s": round(documents / seconds), "mb_searching": meter.mb} | bytes_for_each(reopened)]


def searched(index: Index, questions: list[tuple[str, int]], held_out: list[str]) -> dict[str, Any]:
    groups = {"mosaic30+swap15": questions} | ({"flags": [(text, -1) for text in held_out]} if held_out else {})
    index.search_many([text for text, _n in questions[:20]])
    row = asked(index, groups)
    times = []
    for text, _source in questions:
        started = time.perf_counter()
        index.search(text)
        times.append(time.perf_counter() - started)
    return row | {
        "ms_single": round(float(np.mean(times)) * 1e3, 3),
        "ms_single_p95": round(float(np.quantile(times, 0.95)) * 1e3, 3),
    }


def peers(documents: int, held_out: int, seed: int) -> list[Row]:
    """The peers on the same texts."""
    indexed, questions = corpus(documents, held_out, seed)
    held = questions.pop("flags")
    instance = name_of(documents, held_out)
    with tempfile.TemporaryDirectory() as folder, Peers("datasketch", "rensa") as others:
        path = Path(folder) / "corpus.json.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            json.dump({"indexed": indexed, "questions": {"held out": held} | questions}, file, ensure_ascii=False)
        given = {"path": str(path), "instance": instance}
        rows = others.run("bench.kernels.duplicates.peers:datasketch", minutes=20, thresholds=[0.3, 0.5], **given)
        return rows + others.run("bench.kernels.duplicates.peers:rensa", minutes=20, settings=[[0.3, 64], [0.5, 32]], **given)


def main() -> None:
    given = options(__doc__, SIZES)
    rows: list[Row] = []
    upto = SIZES[: SIZES.index(given.size) + 1]
    cases = [case for size in upto for case in PLANTED[size]]
    if abstracts():
        for documents, held_out in cases:
            rows += isolated(
                "bench.kernels.duplicates.bench:planted_case", documents=documents, held_out=held_out, seed=given.seed
            )
        if given.peers:
            rows += peers(*cases[0], given.seed)
    else:
        rows.append({"instance": "planted", "solver": "skipped", "seconds": None, "mb": None, "why": "no real abstracts here"})
    for size in upto:
        for instance, documents, length in SCALE[size]:
            rows += isolated(
                "bench.kernels.duplicates.bench:scale_case",
                instance=instance,
                documents=documents,
                length=length,
                seed=given.seed,
                minutes=60,
            )
    report(rows, given)


if __name__ == "__main__":
    main()
