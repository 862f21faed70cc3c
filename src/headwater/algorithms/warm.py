"""Compile the kernels' loops ahead of the first use: `python -m headwater.algorithms.warm`, once for each state of the sources.

Each kernel answers one small question as the product asks it, so that Numba compiles its loops for these types and keeps the machine code.
"""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from scipy import sparse

from headwater.algorithms.compiled import kept_in

Random = np.random.Generator


def is_warm() -> bool:
    """Whether the loops of these sources were compiled on this machine."""
    return _mark().exists()


def warm(say: Callable[[str], None] = lambda _line: None) -> None:
    """Compile all loops and put a mark beside their machine code. What is there already is loaded, which takes a second or two."""
    random = np.random.default_rng(0)
    for kernel in (_expertise, _assignment, _conflicts, _duplicates, _calibration, _portfolio):
        start = time.perf_counter()
        kernel(random)
        say(f"{kernel.__name__.lstrip('_')}: {time.perf_counter() - start:.1f} s")
    _mark().parent.mkdir(parents=True, exist_ok=True)
    _mark().touch()


def _mark() -> Path:
    return kept_in() / "warm"


def _texts(random: Random, count: int, length: int) -> list[str]:
    letters = random.integers(0x4E00, 0x4E00 + 600, (count, length))
    return ["".join(map(chr, row)) for row in letters.tolist()]


def _expertise(random: Random) -> None:
    """More profiles than are scored one by one, and a small register; text and codes, forbidden pairs; an explanation."""
    from headwater.algorithms.expertise import Expert, Work, candidates, explain

    codes = ["A0101", "B0203", "C0304", ""]
    for experts in (1200, 30):
        profiles, proposals = _texts(random, experts, 60), _texts(random, 24, 120)
        barred = sparse.csr_matrix(([1.0], ([0], [1])), shape=(24, experts))
        mine, theirs = [codes[n % 4] for n in range(24)], [[codes[n % 3]] for n in range(experts)]
        candidates(proposals, profiles, mine, theirs, keep=8, forbidden=barred)
        candidates(proposals, profiles, keep=8)
    works = tuple(Work(title=text, abstract=text * 2, keywords=(text[:3],)) for text in _texts(random, 4, 20))
    explain(works[0], Expert(works[1:], ("A0101",), ("甲",)))


def _assignment(random: Random) -> None:
    """One problem for the auction, which large calls take, and a small one: limits, settled pairs, empty places, fairness, a repair."""
    from headwater.algorithms.assignment import Limit, Problem, assign, assign_fairly, repair, shortages

    for proposals, experts, keep in ((2600, 1500, 60), (12, 40, 20)):
        column = np.sort(np.argpartition(random.random((proposals, experts)), keep, axis=1)[:, :keep], axis=1)
        score = random.random((proposals, keep)).astype(np.float32)
        start = np.arange(0, proposals * keep + 1, keep)
        matrix = sparse.csr_matrix((score.ravel(), column.astype(np.int32).ravel(), start), shape=(proposals, experts))
        limit = Limit("institution", random.integers(0, experts // 3, experts).astype(np.int32))
        settled = np.array([[0, column[0, 0]]], dtype=np.int64)
        demand, room = np.full(proposals, 3), np.full(experts, max(1, 3 * proposals // experts))
        problem = Problem.of(matrix, demand, room, limits=[limit], locked=settled)
        done = assign(problem)
        shortages(problem, done)
        repair(problem, done, declined=np.column_stack([done.proposals[-2:], done.experts[-2:]]))
    assign_fairly(problem)


def _conflicts(random: Random) -> None:
    """A registry with a few rows of each kind."""
    from headwater.algorithms.conflicts import OPEN, Proposals, Registry, Rules, find_conflicts, stream_conflicts
    from headwater.algorithms.conflicts.model import RELATIONS

    def rows(below: int, count: int = 40) -> np.ndarray:
        return random.integers(0, below, count)

    proposals = Proposals(
        host=rows(9, 12), leader=rows(30, 12), group=rows(3, 12), member_proposal=rows(12), member_person=rows(30),
        named_proposal=rows(12, 5), named_person=rows(30, 5),
    )  # fmt: skip
    registry = Registry(
        home=rows(9, 30), expert=np.arange(10, 22), legal=np.arange(9), affiliation_person=rows(30), affiliation_entity=rows(9),
        affiliation_since=rows(50), affiliation_until=np.full(40, OPEN), author_person=rows(30), author_paper=rows(9), paper_year=np.full(9, 20),
        relation_first=rows(30), relation_second=rows(30), relation_kind=np.resize(sorted(RELATIONS), 40), relation_until=np.full(40, OPEN),
        ban_person=rows(30, 4), ban_since=np.zeros(4, np.int64), ban_until=np.full(4, OPEN),
    )  # fmt: skip
    rules = Rules(today=100, year=20)
    list(stream_conflicts(proposals, registry, rules, size=8))
    find_conflicts(proposals, registry, rules, candidates=sparse.csr_matrix(np.ones((12, 12))), every_reason=True)


def _duplicates(random: Random) -> None:
    """An index that grows, loses a document and is asked about what it holds and about a new text."""
    from headwater.algorithms.duplicates import Index, pairs

    texts = _texts(random, 80, 200)
    texts[1] = texts[0][:150] + texts[2][:50]
    with tempfile.TemporaryDirectory() as folder:
        index = Index.create(Path(folder) / "index")
        for start in (0, 40):
            index.add(np.arange(start, start + 40), [f"{text[:90]}。{text[90:]}" for text in texts[start : start + 40]])
            index.commit()
        index.remove(np.array([5]))
        pairs(index, [0, 1, 2])
        index.search(texts[3])
        index.compact()


def _calibration(random: Random) -> None:
    from headwater.algorithms.calibration import calibrate, funding_chances

    proposal = np.repeat(np.arange(60), 5)
    reviewer = (3 * proposal + 8 * np.tile(np.arange(5), 60)) % 40
    quality, leniency = random.normal(size=60), random.normal(size=40)
    marks = np.clip(np.rint(3 + quality[proposal] + leniency[reviewer] + 0.5 * random.normal(size=300)), 1, 5)
    found = calibrate(proposal, reviewer, marks)
    funding_chances(found, budget=20.0, costs=np.ones(60), across=True)


def _portfolio(random: Random) -> None:
    """Budget, shares and an exclusion; reasons, and another budget."""
    from headwater.algorithms.portfolio import (
        Budget,
        Change,
        Exclusive,
        Portfolio,
        Rule,
        ShareRule,
        each,
        fund,
        refusals,
        scenarios,
    )

    size = 300
    cost, hosts = random.integers(20, 60, size).astype(np.float64), random.integers(0, 12, size).tolist()
    rules: list[Rule] = [
        Budget("budget", limit=float(cost.sum()) / 4),
        *each(ShareRule("host", of="budget", at_most=0.15), "host", hosts),
        ShareRule("young", of="funded", at_least=0.3, where={"young": True}),
        Exclusive("pair", [0, 1]),
    ]
    young = (random.random(size) < 0.4).tolist()
    result = fund(Portfolio(random.random(size) * cost, cost, rules, groups={"host": hosts, "young": young}))
    refusals(result)
    scenarios(result, [Change("less", scale={"budget": 0.9})])


def main() -> None:
    """`--aside`: give way to other processes, and do nothing where another is at it or all is warm; `--with-parent`: end with it, too."""
    words = set(sys.argv[1:])
    if words - {"--aside", "--with-parent"}:
        sys.exit("usage: python -m headwater.algorithms.warm [--aside [--with-parent]]")
    if "--with-parent" in words:
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    if "--aside" not in words:
        warm(lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201 - the words of a command
        return
    os.nice(10)
    kept_in().mkdir(parents=True, exist_ok=True)
    with (kept_in() / "warm.lock").open("w") as lock, suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not is_warm():
            warm()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
