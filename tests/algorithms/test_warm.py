"""The kernels' loops are compiled ahead, once for each state of the sources, and not while another process is at it."""

import fcntl
import json
import subprocess
import sys

import pytest

from headwater.algorithms import warm
from headwater.algorithms.compiled import kept_in

MISSES = """
import gc, json
from numba.core.registry import CPUDispatcher
from headwater.algorithms.warm import warm
warm()
loops = [x for x in gc.get_objects() if isinstance(x, CPUDispatcher) and x.py_func.__module__.startswith("headwater.")]
print(json.dumps({
    "modules": sorted({x.py_func.__module__.split(".")[2] for x in loops if x.signatures}),
    "missed": [x.py_func.__name__ for x in loops if sum(x.stats.cache_misses.values())],
}))
"""


def run(*words):
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def warmed():
    warm.warm()


def test_what_was_compiled_is_not_compiled_again(warmed):
    done = run("-c", MISSES)
    assert done.returncode == 0, done.stderr
    kernels = ["assignment", "calibration", "conflicts", "duplicates", "expertise", "portfolio"]
    assert json.loads(done.stdout) == {"modules": kernels, "missed": []}


def test_a_mark_tells_that_all_is_compiled(warmed, tmp_path, monkeypatch):
    assert warm.is_warm()
    monkeypatch.setattr(warm, "kept_in", lambda: tmp_path)
    assert not warm.is_warm()


def test_aside_nothing_is_done_where_all_is_warm_or_another_is_at_it(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(warm, "kept_in", lambda: tmp_path)
    monkeypatch.setattr(warm, "warm", lambda: done.append("warm"))
    monkeypatch.setattr(warm.os, "nice", lambda _more: 0)
    monkeypatch.setattr("sys.argv", ["warm", "--aside"])
    with (tmp_path / "warm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        warm.main()
    assert done == []
    warm.main()
    assert done == ["warm"]
    (tmp_path / "warm").touch()
    warm.main()
    assert done == ["warm"]


def test_other_words_are_answered_with_the_usage():
    done = run("-m", "headwater.algorithms.warm", "--now")
    assert done.returncode == 1
    assert done.stderr.strip() == "usage: python -m headwater.algorithms.warm [--aside [--with-parent]]"


def test_it_ends_with_the_process_that_started_it():
    """The parent of the sleeper is gone at once; the sleeper would stay for a minute."""
    sleeper = "import os, threading, time; from headwater.algorithms import warm; print(os.getpid(), flush=True); warm._end_with_parent(os.getppid())"
    parent = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {sleeper!r}], stdout=subprocess.PIPE, text=True); print(p.stdout.readline())"
    pid = int(run("-c", parent).stdout)
    import psutil

    assert psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)[1] == []


def test_the_machine_code_stands_by_the_state_of_the_sources():
    assert kept_in().name.startswith("numba-") or "numba" in str(kept_in())
