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

import psutil


def peak(process: psutil.Process, stop: threading.Event, found: dict[str, int]) -> None:
    """Watch resident memory: the Python process, and all of PostgreSQL by its unique pages (shared buffers once)."""
    while not stop.wait(0.2):
        try:
            found["python"] = max(found["python"], process.memory_info().rss)
            servers = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"]
            found["postgres"] = max(found["postgres"], sum(p.memory_full_info().uss for p in servers if p.is_running()))
        except psutil.Error:
            continue


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=["tiny", "small", "province"], default="small")
    options.add_argument("--seed", type=int, default=20181001)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    home = tempfile.mkdtemp(prefix="headwater-bench-")
    words = [
        sys.executable,
        "-m",
        "headwater.cli",
        "demo",
        "--no-serve",
        "--json",
        "--scale",
        given.size,
        "--seed",
        str(given.seed),
    ]
    env = {**os.environ, "HEADWATER_HOME": home}
    env.pop("HEADWATER_DATABASE_URL", None)
    started = time.perf_counter()
    child = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    stop, found = threading.Event(), {"python": 0, "postgres": 0}
    watch = threading.Thread(target=peak, args=(psutil.Process(child.pid), stop, found))
    watch.start()
    out, _err = child.communicate()
    stop.set()
    watch.join()
    shutil.rmtree(home, ignore_errors=True)
    result = json.loads(out.splitlines()[-1]) if child.returncode == 0 else {}
    row = {
        "instance": f"demo-{given.size}",
        "solver": "headwater",
        "seconds": round(time.perf_counter() - started, 1),
        "mb": round((found["python"] + found["postgres"]) / 1e6),
        "python_mb": round(found["python"] / 1e6),
        "postgres_mb": round(found["postgres"] / 1e6),
        **{
            k: result.get(k)
            for k in (
                "applications",
                "reviews",
                "awards",
                "events",
                "invariants_failed",
                "conflict_violations",
                "load_violations",
            )
        },
    }
    if given.json:
        print(
            json.dumps(
                {"rows": [row], "machine": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
            )
        )
    else:
        print("\n".join(f"{k}: {v}" for k, v in row.items()))
    sys.exit(child.returncode)


if __name__ == "__main__":
    main()
