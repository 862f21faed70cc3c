"""No request loads NumPy or a kernel: what it asks is answered by a process beside, and long work is refused to it."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from headwater.core import solver
from headwater.core.documents import FONTS
from headwater.core.solver import Solver, SolverError, here, solve, typeset
from headwater.review.sets import BUDGET, Balance, Chosen, Contest

RANK = "headwater.solving.ranking:rank"
MARKS = [(n, (n + k) % 9, float((n * 7 + k * 3) % 5 + 1), 3) for n in range(30) for k in range(4)]
HEAVY = (
    *("numpy", "numba", "scipy", "ortools", "highspy", "pandas", "pyarrow", "duckdb", "sklearn", "torch", "typst"),
    *("headwater.algorithms", "headwater.solving"),
)
WEB = f"""
import sys
import headwater.wsgi
from django.urls import get_resolver
def walk(patterns):
    for pattern in patterns:
        walk(getattr(pattern, "url_patterns", ()))
walk(get_resolver().url_patterns)
heavy = {HEAVY!r}
loaded = lambda: [name for name in heavy if name in sys.modules]
from headwater.core.solver import solve
ranked = solve({RANK!r}, {MARKS!r}, None, 0)
print(len(ranked), loaded())
import headwater.solving.ranking
print(loaded())
"""


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[Solver]:
    """This process as a web process."""
    made, typesetter = Solver(), Solver()
    made.apart = True
    monkeypatch.setattr(solver, "_solver", made)
    monkeypatch.setattr(solver, "_typesetter", typesetter)
    yield made
    made.drop()
    typesetter.drop()


def children() -> set[int]:
    """The spawned processes of this one, without their resource tracker."""
    found = set()
    for process in psutil.Process().children():
        with suppress(psutil.Error):  # one of an earlier test may just be ending
            found |= {process.pid} if "spawn_main" in " ".join(process.cmdline()) else set()
    return found


def test_a_web_process_loads_no_kernel_even_when_it_asks_one() -> None:
    done = subprocess.run([sys.executable, "-c", WEB], env=dict(os.environ), capture_output=True, text=True, check=False)
    asked, here = done.stdout.splitlines()
    assert asked == "30 []", done.stderr
    assert {"numpy", "headwater.algorithms", "headwater.solving"} <= set(ast.literal_eval(here)), "the list tells what is loaded"


def test_the_answer_is_the_same_in_this_process_and_in_one_beside(apart: Solver) -> None:
    before = children()
    beside = solve(RANK, MARKS, (500.0, {n: n for n in range(30)}), 3)
    assert len(children() - before) == 1
    apart.apart = False
    assert solve(RANK, MARKS, (500.0, {n: n for n in range(30)}), 3) == beside
    assert [row["rank"] for row in sorted(beside, key=lambda row: -row["calibrated"])] == list(range(1, 31))


def test_papers_are_typeset_alike_and_do_not_wait_for_kernels(apart: Solver, tmp_path: Path) -> None:
    template = tmp_path / "paper.typ"
    template.write_text('#set text(font: "Noto Serif SC")\n#json(bytes(sys.inputs.data)).title')
    paper = (str(template), str(tmp_path), (str(FONTS),), '{"title": "草原"}')
    before = children()
    beside = typeset(*paper)
    first = children() - before
    solve(RANK, MARKS, None, 0)
    assert (len(first), len(children() - before)) == (1, 2)
    apart.apart = False
    assert typeset(*paper) == beside
    assert beside.startswith(b"%PDF")


def test_one_process_answers_until_it_is_idle(apart: Solver, monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    monkeypatch.setattr(solver, "IDLE", 0.2)
    solve(RANK, MARKS, None, 0)
    first = children() - before
    solve(RANK, MARKS, None, 0)
    assert children() - before == first
    end = time.monotonic() + 10
    while children() - before and time.monotonic() < end:
        time.sleep(0.1)
    assert children() - before == set()
    assert len(solve(RANK, MARKS, None, 0)) == 30


def test_a_killed_process_is_replaced(apart: Solver) -> None:
    before = children()
    solve(RANK, MARKS, None, 0)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    assert len(solve(RANK, MARKS, None, 0)) == 30


def test_a_refusal_comes_in_words(apart: Solver) -> None:
    with pytest.raises(SolverError, match=r"^BadInput: "):
        solve(RANK, [(1, 1, float("nan"), 3)], None, 0)


def test_a_generator_comes_as_a_whole(apart: Solver) -> None:
    names = (
        "application",
        "member",
        "avoided",
        "named",
        "expert",
        "twin",
        "home",
        "entity",
        "affiliation",
        "author",
        "relation",
        "ban",
    )
    rules = {
        "today": 1,
        "year": 2020,
        "affiliation_days": 1,
        "coauthor_years": 1,
        "consortium": 9,
        "host": True,
        "coproject_days": 1,
    }
    tables = dict.fromkeys(names, ()) | {
        "application": ((7, 1, 11, "g", "A7"),),
        "expert": ((5, 12),),
        "home": ((11, 1), (12, 1)),
        "entity": ((1, 1, "甲校"),),
    }
    assert solve("headwater.solving.conflicts:search", tables, rules, None) == [([7], [5], ["same_entity"], ["甲校"])]
    assert solve("headwater.solving.conflicts:search", tables, rules, 8) == [([], [], [], [])]


def test_long_work_belongs_in_a_job(apart: Solver) -> None:
    with pytest.raises(RuntimeError, match="runs in a job"):
        here("headwater.solving.likeness:take_in")
    apart.apart = False
    assert here("itertools:pairwise") is pairwise


def test_an_open_board_asks_again_without_solving_again() -> None:
    from headwater.solving import portfolio

    balance = Balance("half", "半数", "Half", "host", "budget", at_most=0.5)
    contest = Contest((90.0, 80.0, 70.0), (10.0, 10.0, 10.0), (("host", ("甲", "甲", "乙")),), 20.0, (), (balance,))
    portfolio._funded.cache_clear()
    chosen = portfolio.choose(contest)
    assert chosen == Chosen(chosen.funded, chosen.refused, chosen.reach, True, ())
    assert chosen.funded == (0, 2)
    assert {r.rule for r in chosen.reach if r.tight} == {BUDGET, "half: 甲", "half: 乙"}
    [compared] = portfolio.compare(contest, [portfolio.Variant("x", without="half")])
    assert (compared.entering, compared.leaving, compared.count) == ((1,), (2,), 2)
    assert portfolio._funded.cache_info().misses == 1


def test_every_kind_of_conflict_that_is_searched_has_a_name_in_the_kernel() -> None:
    from headwater.review.ties import SEARCHED
    from headwater.solving.conflicts import NAMES

    assert sorted(SEARCHED) == sorted(NAMES.values())
