"""Every page of a demo, as the role to which it is the heaviest: time, statements, processor, bytes. Exit code 1 when a page is over its bar.

Each page is asked for by every role that may open it, with a record of every kind that it shows; the slowest answer is then repeated
`--rounds` times through the whole middleware, in a process that imports what a web process does. `ms` end with the first piece of an answer
that goes out as it is made (`whole ms` with its last); `cpu ms` are those of this process, its database server process and its
solver process together. Bars at p95: 150 ms behind the log-in, 100 ms for everybody, 1 s for papers that are typeset; the process
may hold 200 MB and no kernel.

Usage: HEADWATER_HOME=... ./run bench pages [--size small|province] [--rounds N] [--only WORDS] [--all] [--json]
The home holds the demo of that size: HEADWATER_HOME=... ./run headwater demo --no-serve --json --scale province
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from bench.harness import Row, machine, processor, text

SIZES = {"small": 500, "province": 5_000}
"""Applications that a home of the size has at least."""
MOST_MB = 200
"""What a web process may hold after all pages."""
HEAVY = ("numpy", "numba", "scipy", "ortools", "highspy", "headwater.algorithms", "headwater.solving")


def open_house() -> None:
    """Set up as a web process does."""
    os.environ["HEADWATER_DEMO"] = "1"
    from headwater.cli.main import setup

    setup(migrate=True)
    from django.conf import settings

    import headwater.wsgi  # noqa: F401 -- what a web process imports; kernels answer from a process beside

    settings.LOGGING_CONFIG = None


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    from django.db import connection

    sent: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


def ask(reader: Any, address: str) -> tuple[int, float, float, int]:
    """Status, milliseconds to the first piece and to the last, bytes."""
    started = time.perf_counter()
    answer = reader.browser.get(address)
    if not answer.streaming:
        took = (time.perf_counter() - started) * 1000
        return answer.status_code, took, took, len(answer.content)
    pieces = iter(answer.streaming_content)
    size = len(next(pieces, b""))
    first = (time.perf_counter() - started) * 1000
    size += sum(len(piece) for piece in pieces)
    return answer.status_code, first, (time.perf_counter() - started) * 1000, size


def heaviest(only: str) -> list[tuple[Any, Any]]:
    """For each page the reader and the address whose answer took longest; pages that nobody could open are left out."""
    from bench.pages.cases import cases

    worst: dict[tuple[str, int], tuple[float, Any, Any]] = {}
    for reader, page, tried in cases():
        if only not in page:
            continue
        for n, case in enumerate(tried):
            status, ms, _whole, _size = ask(reader, case.address)
            if status >= 500:
                sys.exit(f"{case.address} answers {status}")
            if status != 200:
                continue
            if n == 0:  # the first one fills what a process keeps
                ms = ask(reader, case.address)[1]
            if ms > worst.get((page, case.bar), (0.0,))[0]:
                worst[page, case.bar] = (ms, reader, case)
    return [(reader, case) for _key, (_ms, reader, case) in sorted(worst.items(), key=lambda item: item[0])]


def measure(reader: Any, case: Any, rounds: int) -> Row:
    ask(reader, case.address)
    with counted() as sent:
        _status, _ms, _whole, size = ask(reader, case.address)
    before, taken, wholes = processor(), [], []
    for _n in range(rounds):
        _status, ms, whole, _size = ask(reader, case.address)
        taken.append(ms)
        wholes.append(whole)
    cpu = (processor() - before) * 1000 / rounds
    p95 = sorted(taken)[max(0, round(0.95 * rounds) - 1)]
    row = {
        "page": case.page,
        "role": case.role,
        "p50": round(statistics.median(taken), 1),
        "p95": round(p95, 1),
        "cpu_ms": round(cpu, 1),
        "statements": len(sent),
        "kb": round(size / 1000, 1),
        "bar": case.bar,
        "over": p95 > case.bar,
    }
    whole = statistics.median(wholes)
    return row | ({"whole_ms": round(whole, 1)} if whole > 1.05 * row["p50"] + 1 else {}) | {"address": case.address}


def memory() -> Row:
    """What this process holds after all pages, in MB (proportional set size), and which heavy libraries it has loaded."""
    info = psutil.Process().memory_full_info()
    return {
        "process": "web process after all pages",
        "pss_mb": round(getattr(info, "pss", info.rss) / 1e6),
        "heavy": [name for name in HEAVY if name in sys.modules],
    }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--size", choices=list(SIZES), default="small")
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--only", default="", help="pages whose route contains this")
    words.add_argument("--all", action="store_true", help="print every page, not only the slow ones")
    words.add_argument("--json", action="store_true")
    given = words.parse_args()
    open_house()
    from headwater.calls.models import Application

    count = Application.objects.count()
    if count < SIZES[given.size]:
        sys.exit(f"the home has {count} applications: build the demo of the size {given.size} in it first")
    rows = [measure(reader, case, given.rounds) for reader, case in heaviest(given.only)]
    held = memory()
    over = [row for row in rows if row["over"]]
    if given.json:
        print(json.dumps({"rows": rows, "memory": held, "applications": count} | machine(["django"]), ensure_ascii=False))
    else:
        show(rows if given.all else [row for row in rows if row["over"] or row["p95"] > row["bar"] / 3])
        print(f"\n{len(rows)} pages, {len(over)} over their bar; {count:,} applications; {held}")
    sys.exit(bool(over or held["pss_mb"] > MOST_MB or held["heavy"]))


def show(rows: list[Row]) -> None:
    names = ["page", "role", "p50", "p95", "cpu_ms", "statements", "kb", "whole_ms", "bar"]
    print("| " + " | ".join(names) + " |\n|" + " --- |" * len(names))
    for row in sorted(rows, key=lambda row: -row["p95"] / row["bar"]):
        print("| " + " | ".join(text(row.get(name)) for name in names) + (" | over" if row["over"] else "") + " |")


if __name__ == "__main__":
    main()
