"""Conflicts of a call from 20 million edges, with candidates (what an assignment needs) and for all pairs.

The registry is synthetic: institutions by Zipf, people with one to three periods, papers of Zipf-sized teams from near institutions,
projects, ties. small is checked against the plain loop over pairs in Python that the peers' rows time too. Compiled before the clock.

Usage: ./run bench conflicts [--size small|province|nation] [--seed N] [--peers] [--json]
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse

from bench.harness import Meter, Peers, Row, digest, isolated, options, report
from bench.kernels.conflicts.peers import pair_loop
from headwater.algorithms.conflicts import OPEN, Kind, Proposals, Registry, Rules, count_conflicts, find_conflicts

SIZES = {"small": (300, 200, 40_000), "province": (8_000, 6_000, 600_000), "nation": (470_000, 150_000, 20_000_000)}
"""Proposals, experts, edges."""
RULES = Rules(today=20_000, year=2026)
KEEP = 80


def skewed(random: np.random.Generator, size: int, count: int, power: float) -> np.ndarray:
    """`count` draws from 0..size-1, more often low numbers: the density falls with the power."""
    return np.minimum((size * random.random(count) ** power).astype(np.int32), size - 1)


def teams(random: np.random.Generator, persons: int, things: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Persons and things of `count` memberships: each thing has a middle, its people are near."""
    thing = np.concatenate([np.arange(things), skewed(random, things, count - things, 1.3)]).astype(np.int32)
    middle = random.integers(0, persons, things)
    near = middle[thing] + np.rint(random.standard_t(1.5, count) * 8).astype(np.int64)
    return np.abs(near).astype(np.int64) % persons, thing


def periods(random: np.random.Generator, persons: int, count: int) -> dict[str, np.ndarray]:
    """Who was somewhere from when to when, and whether that was away from home."""
    since = random.integers(8_000, 19_900, count)
    until = np.where(random.random(count) < 0.4, OPEN, np.minimum(since + random.integers(100, 4_000, count), 19_999))
    return {"since": since, "until": until, "person": random.integers(0, persons, count), "away": random.random(count) < 0.5}


def registry(seed: int, proposals: int, experts: int, edges: int) -> tuple[Proposals, Registry]:
    """People of one institution write together; the edges are 55 % authorships, 20 % periods, 15 % memberships, 10 % ties."""
    random = np.random.default_rng(seed)
    persons, entities = max(2 * experts, edges // 15), max(20, experts // 40)
    home = np.sort(skewed(random, entities, persons, 1.6))
    written = teams(random, persons, max(1, edges * 55 // 400), edges * 55 // 100)
    common = teams(random, persons, max(1, edges * 15 // 600), edges * 15 // 100)
    work = periods(random, persons, edges * 20 // 100)
    first = random.integers(0, persons, edges * 10 // 100)
    leader = random.integers(0, persons, proposals)
    of = np.repeat(np.arange(proposals), 4)
    near = (leader[of] + np.rint(random.standard_t(1.5, len(of)) * 20).astype(np.int64)) % persons
    people = register(random, home, entities, experts, written, common, work, first)
    call = Proposals(
        host=home[leader],
        leader=leader,
        group=random.integers(0, max(1, proposals // 150), proposals),
        member_proposal=of,
        member_person=np.abs(near),
        named_proposal=random.integers(0, proposals, proposals // 5),
        named_person=random.integers(0, persons, proposals // 5),
        declared_proposal=random.integers(0, proposals, proposals // 20),
        declared_expert=random.integers(0, experts, proposals // 20),
    )
    return narrow(call), narrow(people)


def register(
    random: np.random.Generator,
    home: np.ndarray,
    entities: int,
    experts: int,
    written: tuple[np.ndarray, np.ndarray],
    common: tuple[np.ndarray, np.ndarray],
    work: dict[str, np.ndarray],
    first: np.ndarray,
) -> Registry:
    """Papers `written` and projects in `common` (by person and thing), periods of `work`, ties from `first` to people below."""
    persons, ties, bans = len(home), len(first), len(home) // 2000
    papers, projects = (int(thing.max()) + 1 for _person, thing in (written, common))
    legal = np.arange(entities)
    legal[entities // 2 :: 7] //= 3  # campuses and institutes without a legal person of their own
    kinds = np.array([Kind.SUPERVISOR, Kind.KIN, Kind.TIED_PROJECT, Kind.TIED])
    return Registry(
        home=home,
        expert=random.permutation(persons)[:experts],
        legal=legal,
        corporation=np.where(random.random(entities) < 0.1, random.integers(0, max(1, entities // 20), entities), -1),
        affiliation_person=work["person"],
        affiliation_entity=np.where(work["away"], skewed(random, entities, len(work["away"]), 1.6), home[work["person"]]),
        affiliation_since=work["since"],
        affiliation_until=work["until"],
        author_person=written[0],
        author_paper=written[1],
        paper_year=random.integers(2005, 2027, papers),
        project_person=common[0],
        project=common[1],
        project_until=np.where(random.random(projects) < 0.3, OPEN, random.integers(12_000, 20_000, projects)),
        relation_first=first,
        relation_second=(first + 1 + skewed(random, persons - 1, ties, 3.0)) % persons,
        relation_kind=kinds[random.integers(0, 4, ties)],
        relation_until=np.where(random.random(ties) < 0.5, OPEN, random.integers(15_000, 20_000, ties)),
        ban_person=random.integers(0, persons, bans),
        ban_since=np.full(bans, 19_000),
        ban_until=np.where(random.random(bans) < 0.5, OPEN, 21_000),
    )


def narrow(table: Any) -> Any:
    """The same table in int32, which the kernel takes without a copy."""
    return dataclasses.replace(
        table, **{f.name: np.asarray(getattr(table, f.name), dtype=np.int32) for f in dataclasses.fields(table)}
    )


def candidates(seed: int, call: Proposals, people: Registry) -> sparse.csr_matrix:
    """KEEP distinct experts for each proposal, a third of them from around its leader, as a search by topic would find them."""
    random = np.random.default_rng(seed + 1)
    n, experts = len(call), len(people.expert)
    keep = min(KEEP, experts // 2)
    by_person = np.argsort(people.expert)
    place = np.searchsorted(people.expert[by_person], call.leader)
    columns = random.integers(0, experts, (n, keep)).astype(np.int32)
    third = keep // 3
    near = (place[:, None] + np.rint(random.standard_t(1.5, (n, third)) * 15).astype(np.int64)) % experts
    columns[:, :third] = by_person[near]
    matrix = sparse.csr_matrix(
        (np.ones(n * keep, dtype=np.float32), columns.ravel(), np.arange(0, n * keep + 1, keep)), shape=(n, experts)
    )
    matrix.sum_duplicates()
    return matrix


def edges_of(call: Proposals, people: Registry) -> int:
    tables = (people.author_person, people.affiliation_person, people.project_person, people.relation_first, people.ban_person)
    return sum(len(t) for t in tables) + len(call.member_person) + len(call.named_person) + len(call.declared_expert)


def search(size: str, seed: int, mode: str) -> list[Row]:
    """One search: of candidates, of all pairs, or only the number of all pairs."""
    find_conflicts(*registry(1, 20, 20, 1000), RULES)
    tiny = registry(1, 20, 20, 1000)
    find_conflicts(*tiny, RULES, candidates=candidates(1, *tiny))
    call, people = registry(seed, *SIZES[size])
    pairs = candidates(seed, call, people) if mode == "candidates" else None
    name = f"{len(call):,} x {len(people.expert):,}, {edges_of(call, people):,} edges, {mode}"
    with Meter() as meter:
        if mode == "count":
            counts = count_conflicts(call, people, RULES)
            row: Row = {"found": sum(counts.values())}
        else:
            found = find_conflicts(call, people, RULES, candidates=pairs, limit=400_000_000)
            counts = found.counts()
            row = {"found": len(found), "pairs": int(found.mask().nnz) if len(found) < 50_000_000 else None}
    row |= {kind.name.lower(): number for kind, number in counts.items()}
    if size == "small" and mode == "all pairs":
        wrong = set(pair_loop(**plain(call, people))) ^ set(zip(*triples(found), strict=True))
        row |= {"wrong": len(wrong), "input": digest(people.author_person, call.leader)}
    return [meter.row(instance=name, solver="headwater", **row)]


def triples(found: Any) -> tuple[list[int], list[int], list[int]]:
    return found.proposal.tolist(), found.expert.tolist(), found.kind.tolist()


def plain(call: Proposals, people: Registry) -> dict[str, Any]:
    """Tables as lists, and the rules, for solvers that do not know ours."""
    tables = {f.name: np.asarray(getattr(t, f.name)).tolist() for t in (call, people) for f in dataclasses.fields(t)}
    rules = {"today": RULES.today, "year": RULES.year, "window": 3 * 365, "years": 5, "consortium": RULES.consortium}
    return tables | {"rules": rules}


def saved(size: str, seed: int, path: str) -> list[Row]:
    """Write an instance for the peers."""
    call, people = registry(seed, *SIZES[size])
    pairs = candidates(seed, call, people).tocoo()
    tables = {f.name: np.asarray(getattr(t, f.name)) for t in (call, people) for f in dataclasses.fields(t)}
    np.savez(path, candidate_proposal=pairs.row, candidate_expert=pairs.col, **tables)
    return []


def loop(seed: int) -> list[Row]:
    """The plain loop over pairs."""
    call, people = registry(seed, *SIZES["small"])
    values = plain(call, people)
    with Meter() as meter:
        found = pair_loop(**values)
    name = f"{len(call):,} x {len(people.expert):,}, {edges_of(call, people):,} edges, all pairs"
    return [meter.row(instance=name, solver="loop over pairs (Python)", found=len(found))]


def main() -> None:
    given = options(__doc__, list(SIZES))
    rows: list[Row] = []
    sizes = [size for size in SIZES if list(SIZES).index(size) <= list(SIZES).index(given.size)]
    for size in sizes:
        for mode in ("candidates", "count", "all pairs"):
            rows += isolated("bench.kernels.conflicts.bench:search", size=size, seed=given.seed, mode=mode)
    rows += isolated("bench.kernels.conflicts.bench:loop", seed=given.seed)
    if given.peers:
        rows += peers(given.seed, [size for size in sizes if size != "nation"])
    report(rows, given, "pandas", "polars", "duckdb")


def peers(seed: int, sizes: list[str]) -> list[Row]:
    """Joins of the co-authors of the candidates, the largest of the kinds, by pandas, polars and DuckDB."""
    rows: list[Row] = []
    with Peers("numpy", "pandas", "polars", "duckdb", "pyarrow") as there:
        for size in sizes:
            path = f"{there.folder}/{size}.npz"
            isolated("bench.kernels.conflicts.bench:saved", size=size, seed=seed, path=path)
            rows += isolated("bench.kernels.conflicts.bench:coauthors", size=size, seed=seed)
            for solver in ("pandas", "polars", "duckdb"):
                rows += there.run("bench.kernels.conflicts.peers:coauthors", minutes=10, solver=solver, path=path, size=size)
    return rows


def coauthors(size: str, seed: int) -> list[Row]:
    """Ours on the job of the peers."""
    call, people = registry(seed, *SIZES[size])
    pairs = candidates(seed, call, people)
    find_conflicts(*registry(1, 20, 20, 1000), RULES)
    find_conflicts(call, people, RULES, candidates=pairs, kinds=(Kind.NAMED,))
    with Meter() as meter:
        found = find_conflicts(call, people, RULES, candidates=pairs, kinds=(Kind.COAUTHOR,))
    return [meter.row(instance=f"{size}, co-authors of candidates", solver="headwater", found=len(found))]


if __name__ == "__main__":
    main()
