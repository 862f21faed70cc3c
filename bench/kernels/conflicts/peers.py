"""Conflicts without our kernel: a loop over pairs in Python, and joins by data frames and by SQL."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.harness import Meter, Row

OPEN = 2**31 - 1


def pair_loop(**t: Any) -> list[tuple[int, int, int]]:
    """(proposal, expert, kind) by asking every kind of every pair of a proposal and an expert."""
    facts = _facts(t)
    found = []
    for a in range(len(t["host"])):
        people = {t["leader"][a], *facts["members"].get(a, ())}
        for e, x in enumerate(t["expert"]):
            found += [(a, e, kind) for kind in _kinds(t, facts, a, people, e, x)]
    return found


def _grouped(keys: list[int], values: list[Any]) -> dict[int, set[Any]]:
    table: dict[int, set[Any]] = {}
    for key, value in zip(keys, values, strict=True):
        table.setdefault(key, set()).add(value)
    return table


def _facts(t: dict[str, Any]) -> dict[str, Any]:
    rules = t["rules"]
    legal = [t["legal"][h] for h in t["home"]]
    recent = [k for k, until in enumerate(t["affiliation_until"]) if until >= rules["today"] - rules["window"]]
    size = np.bincount(t["author_paper"], minlength=len(t["paper_year"]))
    written = [
        k
        for k, p in enumerate(t["author_paper"])
        if t["paper_year"][p] >= rules["year"] - rules["years"] and size[p] <= rules["consortium"]
    ]
    run = [k for k, p in enumerate(t["project"]) if t["project_until"][p] >= rules["today"] - rules["window"]]
    ties: dict[int, set[tuple[int, int]]] = {}
    for one, two, kind, until in zip(
        t["relation_first"], t["relation_second"], t["relation_kind"], t["relation_until"], strict=True
    ):
        if kind != 9 or until >= rules["today"] - rules["window"]:
            ties.setdefault(one, set()).add((two, kind))
            ties.setdefault(two, set()).add((one, kind))
    return {
        "home": legal,
        "members": _grouped(t["member_proposal"], t["member_person"]),
        "past": _grouped([t["affiliation_person"][k] for k in recent], [t["legal"][t["affiliation_entity"][k]] for k in recent]),
        "papers": _grouped([t["author_person"][k] for k in written], [t["author_paper"][k] for k in written]),
        "projects": _grouped([t["project_person"][k] for k in run], [t["project"][k] for k in run]),
        "ties": ties,
        "leads": _grouped(t["leader"], t["group"]),
        "named": _grouped(t["named_proposal"], t["named_person"]),
        "declared": _grouped(t["declared_proposal"], t["declared_expert"]),
        "banned": {
            p
            for p, since, until in zip(t["ban_person"], t["ban_since"], t["ban_until"], strict=True)
            if since <= rules["today"] and (until == OPEN or until > rules["today"])
        },
    }


def _kinds(t: dict[str, Any], f: dict[str, Any], a: int, people: set[int], e: int, x: int) -> set[int]:
    home, nothing = f["home"], set()
    here = {home[y] for y in people}
    standing = here | {t["legal"][t["host"][a]]}
    groups = {t["corporation"][s] for s in standing if s != home[x]} - {-1}
    kinds = {kind for y in people for other, kind in f["ties"].get(y, nothing) if other == x}
    tests = (
        (0, home[x] in standing),
        (1, bool((f["past"].get(x, nothing) - {home[x]}) & here)),
        (1, any(home[x] in f["past"].get(y, nothing) and home[y] != home[x] for y in people)),
        (2, t["corporation"][home[x]] in groups),
        (3, x in people),
        (4, t["group"][a] in f["leads"].get(x, nothing)),
        (5, any(f["papers"].get(y, nothing) & f["papers"].get(x, nothing) for y in people if y != x)),
        (6, any(f["projects"].get(y, nothing) & f["projects"].get(x, nothing) for y in people if y != x)),
        (11, x in f["named"].get(a, nothing)),
        (12, e in f["declared"].get(a, nothing)),
        (13, x in f["banned"]),
    )
    return kinds | {kind for kind, holds in tests if holds}


SQL = """SELECT count(*) FROM (SELECT DISTINCT c.proposal, c.expert FROM candidates c JOIN people p ON p.proposal = c.proposal
    JOIN experts x ON x.expert = c.expert JOIN authors a ON a.person = p.person JOIN authors b ON b.paper = a.paper
    AND b.person = x.person AND b.person <> a.person)"""


def coauthors(solver: str, path: str, size: str) -> list[Row]:
    """Candidate pairs with a common paper in the window, papers of consortia left out."""
    import duckdb
    import pandas as pd
    import polars as pl

    t = np.load(path)
    count = np.bincount(t["author_paper"], minlength=len(t["paper_year"]))
    keep = ((t["paper_year"] >= 2026 - 5) & (count <= 50))[t["author_paper"]]
    own = np.arange(len(t["leader"]))
    tables: dict[str, dict[str, Any]] = {
        "candidates": {"proposal": t["candidate_proposal"].astype(np.int64), "expert": t["candidate_expert"].astype(np.int64)},
        "people": {
            "proposal": np.concatenate([own, t["member_proposal"]]),
            "person": np.concatenate([t["leader"], t["member_person"]]),
        },
        "experts": {"expert": np.arange(len(t["expert"])), "person": t["expert"]},
        "authors": {"person": t["author_person"][keep], "paper": t["author_paper"][keep].astype(np.int64)},
    }
    if solver == "polars":
        frames = {name: pl.DataFrame(columns) for name, columns in tables.items()}
        with Meter() as meter:
            mine = frames["people"].join(frames["authors"], on="person").rename({"person": "mine"})
            theirs = frames["experts"].join(frames["authors"], on="person")
            met = mine.join(theirs, on="paper").filter(pl.col("mine") != pl.col("person")).select("proposal", "expert").unique()
            found = met.join(frames["candidates"], on=["proposal", "expert"]).height
    elif solver == "pandas":
        tabled = {name: pd.DataFrame(columns) for name, columns in tables.items()}
        with Meter() as meter:
            mine = tabled["people"].merge(tabled["authors"], on="person").rename(columns={"person": "mine"})
            theirs = tabled["experts"].merge(tabled["authors"], on="person")
            met = mine.merge(theirs, on="paper")
            met = met[met["mine"] != met["person"]][["proposal", "expert"]].drop_duplicates()
            found = len(met.merge(tabled["candidates"], on=["proposal", "expert"]))
    else:
        base = duckdb.connect()
        for name, columns in tables.items():
            base.from_df(pd.DataFrame(columns)).create(name)
        with Meter() as meter:
            found = base.execute(SQL).fetchall()[0][0]
    return [meter.row(instance=f"{size}, co-authors of candidates", solver=solver, found=int(found))]
