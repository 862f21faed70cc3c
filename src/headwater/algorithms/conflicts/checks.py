"""Checks of the tables; whatever passes here is int32 and in range."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy import sparse

from headwater.algorithms.conflicts.model import RELATIONS, Array, Proposals, Registry, Rules
from headwater.algorithms.conflicts.sides import World
from headwater.algorithms.errors import BadInput

TABLES = (
    ("host", "leader", "group"),
    ("member_proposal", "member_person"),
    ("named_proposal", "named_person"),
    ("declared_proposal", "declared_expert"),
    ("affiliation_person", "affiliation_entity", "affiliation_since", "affiliation_until"),
    ("author_person", "author_paper"),
    ("project_person", "project"),
    ("relation_first", "relation_second", "relation_kind", "relation_until"),
    ("ban_person", "ban_since", "ban_until"),
)
INDEX = {
    "proposals": ("member_proposal", "named_proposal", "declared_proposal"),
    "persons": (
        "expert",
        "member_person",
        "named_person",
        "affiliation_person",
        "author_person",
        "project_person",
        "relation_first",
        "relation_second",
        "ban_person",
    ),
    "entities": ("legal", "affiliation_entity"),
    "experts": ("declared_expert",),
    "papers": ("author_paper",),
    "projects": ("project",),
}
MAY_BE_NONE = {"host": "entities", "leader": "persons", "home": "entities", "group": "", "corporation": ""}


def checked(
    proposals: Proposals, registry: Registry, rules: Rules, candidates: sparse.csr_matrix | None
) -> tuple[World, tuple[Array, Array]]:
    """The input in int32, and candidates as (start, expert), empty when all pairs are asked for."""
    p, r = _int32(proposals), _int32(registry)
    columns: dict[str, Array] = {f.name: getattr(x, f.name) for x in (p, r) for f in fields(x)}
    for table in TABLES:
        sizes = {name: len(columns[name]) for name in table}
        if len(set(sizes.values())) > 1:
            raise BadInput(f"{table[0]}: lengths differ, {sizes}")
    if len(r.corporation) not in (0, len(r.legal)):
        raise BadInput(f"corporation: {len(r.corporation)} rows for {len(r.legal)} entities")
    limits = {
        "proposals": len(p),
        "persons": len(r.home),
        "entities": len(r.legal),
        "experts": len(r.expert),
        "papers": len(r.paper_year),
    }
    limits["projects"] = len(r.project_until)
    for of, names in INDEX.items():
        for name in names:
            _range(name, columns[name], 0, limits[of])
    for name, of in MAY_BE_NONE.items():
        _range(name, columns[name], -1, limits.get(of, 2**31))
    _tables(r)
    return World(p, r, rules), _pairs(candidates, len(p), len(r.expert))


def _tables(r: Registry) -> None:
    _ids, first, count = np.unique(r.expert, return_index=True, return_counts=True)
    if (count > 1).any():
        raise BadInput(f"expert: person {_ids[np.argmax(count > 1)]} twice, first at row {first[np.argmax(count > 1)]}")
    wrong = ~np.isin(r.relation_kind, RELATIONS)
    if wrong.any():
        raise BadInput(f"relation_kind: not a kind of relation at row {int(np.argmax(wrong))}")
    for name in ("affiliation", "ban"):
        wrong = getattr(r, f"{name}_until") < getattr(r, f"{name}_since")
        if wrong.any():
            raise BadInput(f"{name}_until: before its start at row {int(np.argmax(wrong))}")


def _range(name: str, values: Array, low: int, size: int) -> None:
    wrong = (values < low) | (values >= size)
    if wrong.any():
        raise BadInput(f"{name}: not in {low}..{size - 1} at row {int(np.argmax(wrong))}")


def _int32(table: Any) -> Any:
    changed = {}
    for f in fields(table):
        values = np.asarray(getattr(table, f.name))
        if values.ndim != 1 or (len(values) and values.dtype.kind not in "iu"):
            raise BadInput(f"{f.name}: must be one-dimensional integers")
        if len(values) and (int(values.max()) >= 2**31 or int(values.min()) < -(2**31)):
            raise BadInput(f"{f.name}: beyond 32 bits at row {int(np.argmax(np.abs(values.astype(np.float64))))}")
        changed[f.name] = np.ascontiguousarray(values, dtype=np.int32)
    return replace(table, **changed)


def _pairs(candidates: sparse.csr_matrix | None, proposals: int, experts: int) -> tuple[Array, Array]:
    if candidates is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
    if candidates.shape != (proposals, experts):
        raise BadInput(f"candidates: shape {candidates.shape}, there are {proposals} proposals and {experts} experts")
    return candidates.indptr.astype(np.int64), candidates.indices.astype(np.int32)
