"""What the benches share: cases in a process of their own, peers in an environment of their own, one way to print.

A case is a function of a bench module that takes JSON values and returns rows. It runs in a fresh process, so that memory is its own.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MARK = "@@rows "
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SHARED = ROOT.parent / "shared" / "data"
"""Real data that may stand beside the checkout; a bench that needs it says so and skips where it is absent."""


class Meter:
    """Seconds, seconds of all cores, and the peak of resident memory (MB, whole process, inputs included) of a block.

    What came before the block does not count. With `helpers` the processes that the block starts and ends count too: their seconds, and
    the sum of what all hold, looked at five times a second (pages that two processes share count twice).
    """

    seconds = 0.0
    cpu = 0.0
    mb = 0

    def __init__(self, *, helpers: bool = False) -> None:
        self.watch = Watch() if helpers else None

    def __enter__(self) -> Meter:
        with contextlib.suppress(OSError):  # elsewhere the peak of the process is all there is
            Path("/proc/self/clear_refs").write_text("5")
        if self.watch:
            self.watch.start()
        self.start, self.cpu_start = time.perf_counter(), cpu_seconds()
        return self

    def __exit__(self, *_raised: object) -> None:
        self.seconds, self.cpu = time.perf_counter() - self.start, cpu_seconds() - self.cpu_start
        self.mb = max(peak_mb(), self.watch.stop() if self.watch else 0)

    def row(self, **values: Any) -> Row:
        return {"seconds": round(self.seconds, 3), "cpu": round(self.cpu, 3), "mb": self.mb} | values


def cpu_seconds() -> float:
    """Of this process and of those it started that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def processor() -> float:
    """Seconds of processor of this process, of the server process of its database connection, and of the processes beside it."""
    import psutil
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        others = [psutil.Process(cursor.fetchone()[0]), *psutil.Process().children()]
    spent = time.process_time()
    for process in others:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            spent += times.user + times.system
    return spent


class Watch(threading.Thread):
    """Looks at the resident memory of this process and its children until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over, self.most = threading.Event(), 0

    def run(self) -> None:
        import psutil

        own = psutil.Process()
        while not self.over.wait(0.2):
            held = 0
            for process in (own, *own.children()):
                with contextlib.suppress(psutil.Error):
                    held += process.memory_info().rss
            self.most = max(self.most, held // 1024**2)

    def stop(self) -> int:
        self.over.set()
        self.join()
        return self.most


def peak_mb() -> int:
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most / 1024 / (1024 if sys.platform == "darwin" else 1))


def options(text: str | None, sizes: Sequence[str], **extra: dict[str, Any]) -> argparse.Namespace:
    """The words that every bench takes; `extra` adds options by name."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=list(sizes), default=sizes[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", action="store_true", help="run the peers too, from PyPI in a throw-away environment")
    parser.add_argument("--json", action="store_true")
    for name, settings in extra.items():
        parser.add_argument(f"--{name}", **settings)
    return parser.parse_args()


def isolated(function: str, *, python: str = sys.executable, minutes: float = 30, **arguments: Any) -> list[Row]:
    """Run `module:function` with these arguments in a process of its own. A case that fails becomes a row that says why."""
    command = [python, "-m", "bench.harness", function, json.dumps(arguments)]
    environment = {k: v for k, v in os.environ.items() if k not in {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60 * minutes, check=False
        )
    except subprocess.TimeoutExpired:
        return [failed(function, f"stopped after {minutes:g} minutes")]
    for line in reversed(done.stdout.splitlines()):
        if line.startswith(MARK):
            return list(json.loads(line[len(MARK) :]))
    last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
    return [failed(function, last[:300])]


def failed(function: str, why: str) -> Row:
    return {"instance": "", "solver": function, "seconds": None, "mb": None, "failed": why}


class Peers:
    """A throw-away environment with packages from PyPI; removed at the end."""

    def __init__(self, *packages: str) -> None:
        self.packages, self.folder, self.why = packages, "", ""

    def __enter__(self) -> Peers:
        self.folder = tempfile.mkdtemp(prefix="headwater-peers-")
        steps = (
            [sys.executable, "-m", "venv", self.folder],
            [f"{self.folder}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *self.packages],
        )
        for step in steps:
            done = subprocess.run(step, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                self.why = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:300]
                break
        return self

    def __exit__(self, *_raised: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, function: str, *, minutes: float = 30, **arguments: Any) -> list[Row]:
        """Run `module:function` (the module imports nothing of ours but this harness) with the peers' Python."""
        if self.why:
            return [failed(function, f"could not install {' '.join(self.packages)}: {self.why}")]
        return isolated(function, python=f"{self.folder}/bin/python", minutes=minutes, **arguments)


def with_ratios(rows: Sequence[Row]) -> list[Row]:
    """Add to a row of another solver how many times our seconds it took on the same instance, those of the row "headwater" if there is one."""
    plain_last = sorted(rows, key=lambda r: r["solver"] == "headwater")
    ours = {r["instance"]: r["seconds"] for r in plain_last if r["solver"].startswith("headwater") and r.get("seconds")}
    return [
        r | {"ratio": round(r["seconds"] / ours[r["instance"]], 2)}
        if r.get("seconds") and r["instance"] in ours and not r["solver"].startswith("headwater")
        else r
        for r in rows
    ]


def machine(packages: Sequence[str]) -> Row:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"machine": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version(), "versions": found}


def report(rows: Sequence[Row], given: argparse.Namespace, *packages: str) -> None:
    """Print rows as one JSON object (`--json`) or as a table in Markdown."""
    rows = with_ratios(rows)
    where = machine(["numpy", "scipy", "numba", *packages])
    if given.json:
        print(json.dumps({"rows": rows, "size": given.size, "seed": given.seed} | where, ensure_ascii=False))
    else:
        names = list(dict.fromkeys(name for row in rows for name in row))
        print("| " + " | ".join(names) + " |\n|" + " --- |" * len(names))
        for row in rows:
            print("| " + " | ".join(text(row.get(name)) for name in names) + " |")
    if any("failed" in row and row["solver"].startswith("headwater") for row in rows):
        sys.exit(1)


def text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def digest(*arrays: Any) -> str:
    """A short name for an input, so that two runs can be told to have had the same one."""
    mixed = hashlib.sha256()
    for array in arrays:
        mixed.update(array.tobytes())
    return mixed.hexdigest()[:12]


def main() -> None:
    module, function = sys.argv[1].split(":")
    rows = getattr(importlib.import_module(module), function)(**json.loads(sys.argv[2]))
    print(MARK + json.dumps(rows, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
