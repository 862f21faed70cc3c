"""What the schemes of a region share: pieces of forms that they take by reference (shared.toml), and groups to which parameters apply.

References are followed when the package is read, so that the stored definition of a version needs no other file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FILE = "shared.toml"
KINDS = ("document", "section", "check", "attachment", "flag")
Problem = tuple[str, str]
Pieces = Mapping[tuple[str, str], tuple[int, dict[str, Any]]]
"""By kind and key: the number of the piece in its file, and its table as a scheme would write it."""


def read_pieces(table: Mapping[str, Any], problems: list[Problem]) -> Pieces:
    """Read the pieces of a file; each has a key of its own among those of its kind. Their content is checked where a scheme takes it."""
    pieces: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
    for kind, rows in table.items():
        if kind not in KINDS:
            problems.append((kind, f"schemes share nothing of this kind; known: {', '.join(KINDS)}"))
            continue
        for n, row in enumerate(rows if isinstance(rows, list) else []):
            key = row.get("key") if isinstance(row, dict) else None
            if not isinstance(key, str) or not key:
                problems.append((f"{kind}[{n}].key", "required: the text by which schemes take it"))
            elif (kind, key) in pieces:
                problems.append((f"{kind}[{n}].key", f"{key!r} is used twice"))
            else:
                pieces[kind, key] = (n, {k: v for k, v in row.items() if k != "key"})
    return pieces


def followed(definition: dict[str, Any], pieces: Pieces) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
    """Follow the references of a definition.

    Returns the definition with its pieces, the place in the shared file of each place in it, and the mistakes of the references.
    """
    whole, places, problems = dict(definition), {}, []
    for kind in KINDS:
        rows = definition.get(kind)
        if not isinstance(rows, list):
            continue
        whole[kind] = []
        for n, row in enumerate(rows):
            key = row.get("use") if isinstance(row, dict) else None
            if key is None:
                whole[kind].append(row)
                continue
            if set(row) != {"use"}:
                problems.append((f"{kind}[{n}].use", "expected nothing beside it: what is shared is taken as it is"))
            if (kind, key) not in pieces:
                keys = ", ".join(k for of, k in pieces if of == kind) or f"none, {FILE} has no {kind}"
                problems.append((f"{kind}[{n}].use", f"no shared {kind} {key!r}; known: {keys}"))
                continue
            at, piece = pieces[kind, key]
            places[f"{kind}[{n}]"] = f"{kind}[{at}]"
            whole[kind].append(piece)
    return whole, places, problems


def sorted_out(problems: Sequence[Problem], places: Mapping[str, str]) -> tuple[list[Problem], list[Problem]]:
    """Separate the mistakes of a scheme itself from those of the pieces that it takes, whose keys become those of the shared file."""
    own, shared = [], []
    for key, message in problems:
        head, dot, rest = key.partition(".")
        if head in places:
            shared.append((f"{places[head]}{dot}{rest}", message))
        else:
            own.append((key, message))
    return own, shared


def grouped(table: dict[str, Any], problems: list[Problem]) -> None:
    """Put the schemes of a group (table `groups`) in place of its name wherever a parameter applies to it."""
    groups = table.get("groups", {})
    if not isinstance(groups, dict):
        problems.append(("groups", "expected a table: lists of schemes by the name of the group"))
        return
    for name, codes in groups.items():
        if not isinstance(codes, list) or not all(isinstance(c, str) for c in codes):
            problems.append((f"groups.{name}", "expected a list of schemes"))
            groups[name] = []
    rows = table.get("parameter", [])
    for row in rows if isinstance(rows, list) else []:
        named = row.get("applies_to") if isinstance(row, dict) else None
        if isinstance(named, list):
            row["applies_to"] = [
                code for name in named for code in (groups.get(name, [name]) if isinstance(name, str) else [name])
            ]
