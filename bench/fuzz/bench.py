"""Bad forms, imports, files, calls of the API and addresses, as everybody, against the real pages and a real database.

Usage: ./run bench fuzz [--size small|province|nation] [--seed N] [--only forms|imports|files|api|urls] [--case N] [--processes N] [--json]

A home of its own with the demo's tiny year and an open call of every scheme. Cases come in blocks; each block begins with a fresh copy
of that database and plays its cases one after the other, so `--only PART --seed S --case N` plays the same case again, with what went
before it in its block. After every case: no status of 500 or more and nothing raised; what was refused has changed nothing; nothing is
changed by reading; each event names who sent it, and they may; every answer that was acknowledged is in the database as typed, and no
other is changed. Every 100 cases and at the end of each block: all invariants, the chain of events, all answers. Requests go through
Django's test client with all middleware, CSRF checks included. The first case of a defect is printed, reduced to the fields it needs.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from bench.harness import Row, isolated, options, report

MIX = {"forms": 40, "imports": 10, "files": 40, "api": 4, "urls": 6}
SIZES = {"small": 2_000, "province": 20_000, "nation": 100_000}
BLOCK = {"forms": 400, "imports": 500, "files": 4_000, "api": 1_000, "urls": 1_000}
BROKEN = {
    "error_500",
    "lost",
    "not_again",
    "not_shown",
    "invariant",
    "permission",
    "changed",
    "untold",
    "slow",
    "unreadable",
    "count",
    "long",
    "format",
}


def people() -> list[str | None]:
    """The public, the drafters, and one account for each role."""
    from headwater.calls.models import Application
    from headwater.web.entries import entries

    drafters = Application.objects.filter(call__code__startswith="fuzz-", state="draft").values_list(
        "leader__account__username", flat=True
    )
    return [None, *dict.fromkeys([*sorted(set(drafters)), *(e.username for e in entries())])]


def crawl(home: str, seed: int) -> list[Row]:
    """Find the pages that have a form, once for all blocks; in a process of its own."""
    from bench.fuzz import home as house

    house.set_up(home)
    ready()
    from bench.fuzz.places import places
    from bench.fuzz.world import World

    world = World(people(), [])
    found = places(world, Random(seed), each=4)
    Path(home, "places.json").write_text(json.dumps({"people": world.people, "places": found}))
    if world.findings:
        raise RuntimeError(next(iter(world.findings.values())).text)
    return [{"places": len(found)}]


def ready() -> None:
    from django.conf import settings

    from bench.fuzz.world import quiet

    if "bench.fuzz.world.Witness" not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "bench.fuzz.world.Witness"]
    quiet()


def play(world: Any, part: str, seed: int, numbers: range) -> None:
    """Cases one after the other on the current database."""
    from bench.fuzz import files, forms, imports, web

    cases: dict[str, Callable[[Any, Random], None]] = {
        "forms": forms.case,
        "imports": imports.case,
        "files": files.case,
        "api": web.api,
        "urls": web.url,
    }
    for n in numbers:
        world.case = f"--only {part} --seed {seed} --case {n}"
        cases[part](world, Random(f"{seed}:{part}:{n}"))
        if n % 100 == 99 and part != "files":
            world.settle()
    world.settle()


def work(home: str, part: str, seed: int, blocks: list[int], last: int, name: str) -> list[Row]:
    """Blocks of one part in a process of its own; one row with counts, and a row for each finding."""
    from bench.fuzz import home as house

    house.set_up(home)
    ready()
    from bench.fuzz.places import forget
    from bench.fuzz.world import World

    given = json.loads(Path(home, "places.json").read_text())
    began, counts, findings = time.perf_counter(), Counter[str](), {}
    for block in blocks:
        numbers = range(block * BLOCK[part], min((block + 1) * BLOCK[part], last))
        with house.copy_of(house.TEMPLATE, name):
            forget()
            world = World(given["people"], [tuple(p) for p in given["places"]])
            play(world, part, seed, numbers)
            counts += world.played
        counts["cases"] += len(numbers)
        for key, found in world.findings.items():
            if key in findings:
                findings[key].times += found.times
            else:
                findings[key] = found
    rows: list[Row] = [{"part": part, "seconds": time.perf_counter() - began, **counts}]
    return rows + [{"finding": key, **found.__dict__} for key, found in findings.items()]


def totals(part: str, rows: list[Row], seconds: float) -> tuple[Row, dict[str, Row]]:
    findings: dict[str, Row] = {}
    row: Row = {
        "instance": part,
        "solver": "headwater",
        "cases": 0,
        "refused": 0,
        "accepted": 0,
        "errors_500": 0,
        "lost": 0,
        "invariants_broken": 0,
        "other": 0,
    }
    columns = {"error_500": "errors_500", "lost": "lost", "invariant": "invariants_broken"}
    for r in rows:
        if r.get("failed"):
            row["failed"] = r["failed"]
        elif "finding" in r:
            findings.setdefault(r["finding"], r)
            row[columns.get(r["kind"], "other")] += r["times"]
        else:
            for name in ("cases", "refused", "accepted"):
                row[name] += r.get(name, 0)
    row["seconds"] = round(seconds, 1)
    if findings:
        row["failed"] = f"{len(findings)} defects"
    return row, findings


def run(home: str, part: str, given: Any, count: int) -> tuple[Row, dict[str, Row]]:
    begun = time.perf_counter()
    size = BLOCK[part]
    if given.case is not None:
        block = given.case // size
        rows = isolated(
            "bench.fuzz.bench:work", home=home, part=part, seed=given.seed, blocks=[block], last=given.case + 1, name="fuzz_0"
        )
        return totals(part, rows, time.perf_counter() - begun)
    blocks = list(range(-(-count // size)))
    shares = [blocks[n :: given.processes] for n in range(given.processes)]
    with ThreadPoolExecutor(given.processes) as pool:
        tasks = [
            pool.submit(
                isolated,
                "bench.fuzz.bench:work",
                minutes=180,
                home=home,
                part=part,
                seed=given.seed,
                blocks=share,
                last=count,
                name=f"fuzz_{n}",
            )
            for n, share in enumerate(shares)
            if share
        ]
        rows = [row for task in tasks for row in task.result()]
    return totals(part, rows, time.perf_counter() - begun)


def main() -> None:
    given = options(
        __doc__,
        list(SIZES),
        only={"choices": list(MIX)},
        case={"type": int},
        processes={"type": int, "default": 2},
        home={"help": "use and keep this folder instead of a new one"},
    )
    if given.case is not None and not given.only:
        sys.exit("--case needs --only")
    os.environ["PYTHONHASHSEED"] = "0"
    home = os.path.realpath(given.home or tempfile.mkdtemp(prefix="headwater-fuzz-"))
    os.makedirs(home, exist_ok=True)
    os.chmod(home, 0o755)  # noqa: S103 -- PostgreSQL runs as another user when this one is root
    if not Path(home, "places.json").exists():
        for step in ("bench.fuzz.home:prepare", "bench.fuzz.bench:crawl"):
            done = isolated(step, home=home, seed=7)
            if "failed" in done[0]:
                sys.exit(f"{step}: {done[0]['failed']}")
    rows = []
    for part, share in MIX.items():
        if given.only in (None, part):
            row, findings = run(home, part, given, SIZES[given.size] * share // 100)
            rows.append(row)
            for found in findings.values():
                print(
                    f"\n{found['kind']}: {found['key']} ({found['times']} times)\n{found['case']}\n{found['text'][:3000]}",
                    file=sys.stderr,
                )
    if not given.home:
        shutil.rmtree(home, ignore_errors=True)
    report(rows, given, "django", "psycopg", "hypothesis")


if __name__ == "__main__":
    main()
