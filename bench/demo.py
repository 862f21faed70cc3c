"""How long the demo year takes and how much memory it needs: the whole year by the real commands, in a home of its own.

Usage: ./run bench demo [--size small|province] [--seed N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import psutil

COUNTS = ("applications", "reviews", "awards", "events", "invariants_failed", "conflict_violations", "load_violations")


def proportional(processes: list[psutil.Process]) -> int:
    """Memory of processes in bytes, each shared page counted once (proportional set size; resident size where there is none)."""
    total = 0
    for process in processes:
        try:
            info = process.memory_full_info()
            total += getattr(info, "pss", info.rss)
        except psutil.Error:
            continue
    return total


def servers(home: str) -> list[psutil.Process]:
    """The processes of the PostgreSQL that keeps its data in `home`."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd().startswith(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


def watch(process: psutil.Process, home: str, stop: threading.Event, peak: dict[str, int]) -> None:
    """Keep the largest sum of Python's and PostgreSQL's memory, four times a second."""
    while not stop.wait(0.25):
        try:
            family = [process, *process.children(recursive=True)]
        except psutil.Error:
            continue
        python = proportional([p for p in family if p.is_running() and p.name() != "postgres"])
        database = proportional(servers(home))
        if python + database > peak["python"] + peak["postgres"]:
            peak.update(python=python, postgres=database)


def measure(size: str, seed: int) -> tuple[dict[str, Any], int]:
    """Build the demo once; returns the row of the result and the exit code."""
    home = os.path.realpath(tempfile.mkdtemp(prefix="headwater-bench-"))
    words = [sys.executable, "-m", "headwater.cli", "demo", "--no-serve", "--json", "--scale", size, "--seed", str(seed)]
    env = {**os.environ, "HEADWATER_HOME": home}
    env.pop("HEADWATER_DATABASE_URL", None)
    started = time.perf_counter()
    child = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    stop, peak = threading.Event(), {"python": 0, "postgres": 0}
    watcher = threading.Thread(target=watch, args=(psutil.Process(child.pid), home, stop, peak))
    watcher.start()
    out, _err = child.communicate()
    stop.set()
    watcher.join()
    shutil.rmtree(home, ignore_errors=True)
    found = json.loads(out.splitlines()[-1]) if child.returncode == 0 else {}
    row = {
        "instance": f"demo-{size}",
        "solver": "headwater",
        "seconds": round(time.perf_counter() - started, 1),
        "mb": round(sum(peak.values()) / 1e6),
        **{f"{name}_mb": round(value / 1e6) for name, value in peak.items()},
        **{name: found.get(name) for name in COUNTS},
    }
    return row, child.returncode


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=["tiny", "small", "province"], default="small")
    options.add_argument("--seed", type=int, default=20181001)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    row, code = measure(given.size, given.seed)
    if given.json:
        machine = {"machine": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
        print(json.dumps({"rows": [row], **machine}))
    else:
        print("\n".join(f"{k}: {v}" for k, v in row.items()))
    sys.exit(code)


if __name__ == "__main__":
    main()
