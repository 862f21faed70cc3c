"""The anchor file: heads of the chain, outside the database, one line each. What the database loses, the file still knows.

Each line is a JSON object with the signature of the seal. The file is only ever added to; a copy of it on another machine, or
the mails to the audit administrator, hold also against whoever owns this one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

TAIL = 65536
"""Bytes from the end of the file in which the newest line of a database is looked for before all of it is read."""


@dataclass(frozen=True)
class Anchor:
    """A seal as it left the database. `retired` says that the database was given up on purpose, so that nobody misses it."""

    database: str
    name: str
    seal: int
    digest: str
    signature: str
    events: int
    """How many events were sealed, up to and with this seal."""
    at: str
    retired: bool = False


def line(anchor: Anchor) -> str:
    return json.dumps(asdict(anchor), ensure_ascii=False)


def append(path: Path, anchor: Anchor) -> None:
    """Add a line and wait until it is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{line(anchor)}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> list[Anchor]:
    """Return all lines of an anchor file; none where there is no file.

    Raises:
        ValueError: a line is no anchor; the message names it.
    """
    if not path.exists():
        return []
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), start=1):
        try:
            lines.append(Anchor(**json.loads(text)))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}:{number} is no anchor") from error
    return lines


def newest(path: Path, database: str) -> int:
    """Return the newest seal of a database that the file holds; 0 for none."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        lines = file.read().decode(errors="replace").splitlines()
    for text in reversed(lines):
        if f'"{database}"' in text and text.startswith("{"):
            return int(json.loads(text)["seal"])
    return max((a.seal for a in read(path) if a.database == database), default=0)
