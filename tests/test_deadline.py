"""The deadline bench: who acts in which part, what is told of a mixed run, and that every part of the server is killed."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from bench.deadline import bench as deadline


def test_a_national_run_has_fewer_who_act_than_drafts_and_nobody_acts_twice() -> None:
    groups = deadline.shares(list(range(20_000)), "all")
    assert {name: len(these) for name, these in groups.items()} == {"kill": 3_000, "steps": 6_000, "mixed": 6_000}
    assert len({user for these in groups.values() for user in these}) == 15_000
    assert [len(these) for these in deadline.shares(list(range(800)), "all").values()] == [160, 320, 320]
    assert deadline.shares(list(range(800)), "load")["kill"] == []


def test_who_submits_has_sent_files_before(monkeypatch: pytest.MonkeyPatch) -> None:
    users: dict[str, list[Any]] = {}

    def drive(_house: Any, task: dict[str, Any], name: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
        users[name] = task["users"]
        return [{"step": "end", "seconds": 1.0, "cpu": 0.0, "done": 0, "failures": 0, "failed": []}], {}

    monkeypatch.setattr(deadline, "drive", drive)
    deadline.load(SimpleNamespace(), {}, deadline.shares(list(range(800)), "all"), 16)  # type: ignore[arg-type]
    assert users["submit"] == users["upload"] == users["save"] != []
    assert not set(users["submit"]) & set(users["mixed"])


def test_every_step_of_a_mixed_run_is_told_with_its_rate_and_its_times() -> None:
    lines = [{"step": step, "ms": float(n), "status": 200} for step in ("save", "submit") for n in range(1, 101)]
    end = {"step": "end", "seconds": 10.0, "cpu": 1.0, "done": 100, "failures": 0, "failed": []}
    rows = {row["instance"]: row for row in deadline.rows_of("mixed", [*lines, end], {"web": 2.0})}
    for step in ("mixed: save", "mixed: submit"):
        told = {name: rows[step][name] for name in ("n", "per_second", "p50_ms", "p95_ms", "p99_ms")}
        assert told == {"n": 100, "per_second": 10.0, "p50_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0}
    assert rows["mixed: all of one applicant"]["per_second"] == 10.0


def test_a_short_run_has_every_part_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    now, killed = [0.0], []

    class Client:
        """Lives for ten seconds of a clock that only its waits move."""

        def poll(self) -> int | None:
            return None if now[0] < 10 else 0

        def wait(self, seconds: float) -> None:
            now[0] += seconds
            if self.poll() is None:
                raise subprocess.TimeoutExpired("client", seconds)

    def kill(_family: Any, kind: str, _random: Any) -> int:
        killed.append(kind)
        return int(killed.count(kind) > 1 or kind != "parent")  # the first time there is none yet

    monkeypatch.setattr(deadline, "kill", kill)
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    during, counts = deadline.killer(SimpleNamespace(family=dict), 1, 120)  # type: ignore[arg-type]
    during(Client())
    assert killed[:3] == ["parent", "parent", "web"]
    assert {kind: bool(n) for kind, n in counts.items()} == dict.fromkeys(set(deadline.KINDS), True)
