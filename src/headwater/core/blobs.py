"""Contents of files on disk, each under its SHA-256: written beside, synced, then put in its place under its name.

A power cut or a kill leaves either the whole file or none. Whoever refers to a content does so in the transaction in which
it was put, so that `remove_orphans` (which waits for those transactions) never takes away what is about to be referred to.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection, transaction

PARTS = "parts"
ORPHAN_LOCK = 4_801_003
ORPHAN_AGE = 24 * 3600.0
"""Seconds that a file without a row stays: a backup that was taken meanwhile finds it."""


def root() -> Path:
    return Path(default_storage.location)  # type: ignore[attr-defined]


def place(digest: str) -> Path:
    return root() / digest[:2] / digest


def part(token: str) -> Path:
    return root() / PARTS / token


def read(digest: str) -> bytes:
    return place(digest).read_bytes()


def put(content: bytes) -> str:
    """Keep a content and return its digest. Call inside the transaction that refers to it."""
    ready = prepare(content)
    ready.adopt()
    return ready.digest


@dataclass(frozen=True)
class Ready:
    """A content that is on the disk, beside its place. Who does not adopt it leaves it to the nightly job."""

    path: Path
    digest: str
    size: int

    def adopt(self) -> None:
        adopt(self.path, self.digest, self.size)


def prepare(content: bytes) -> Ready:
    fresh = part(f"put-{secrets.token_hex(8)}")
    write_part(fresh, 0, content)
    return Ready(fresh, hashlib.sha256(content).hexdigest(), len(content))


def write_part(path: Path, offset: int, data: bytes) -> None:
    """Write at an offset and return only when it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        view, at = memoryview(data), offset
        while view:
            count = os.pwrite(descriptor, view, at)
            view, at = view[count:], at + count
        getattr(os, "fdatasync", os.fsync)(descriptor)  # macOS has only the latter
    except OSError:
        if offset == 0:
            path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def whole(digest: str, size: int) -> bool:
    """Return whether a content is in its place; contents are put there in one piece, so its length tells."""
    try:
        return place(digest).stat().st_size == size
    except FileNotFoundError:
        return False


def adopt(path: Path, digest: str, size: int) -> None:
    """Move a complete, synced part to the place of its content; a whole one that is there already stays."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ORPHAN_LOCK])
    goal = place(digest)
    if whole(digest, size):
        path.unlink()
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, goal)
    sync_folder(goal.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut; where folders cannot be synced, there is nothing to do."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, AttributeError):
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest_of(path: Path, size: int) -> str:
    """Return the digest of the first `size` bytes; what a broken line left behind them is cut off."""
    os.truncate(path, size)
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def remove_orphans(*, older: float = ORPHAN_AGE) -> int:
    """Remove contents that no row refers to, and parts that no upload continues. Safe beside uploads; returns how many."""
    count = 0
    limit = time.time() - older
    for folder in sorted(p for p in root().glob("*") if p.is_dir() and (len(p.name) == 2 or p.name == PARTS)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORPHAN_LOCK])
            old = {p.name: p for p in _files(folder) if p.stat().st_mtime < limit}
            cursor.execute(
                """SELECT sha256 FROM core_storedfile WHERE sha256 = ANY(%(names)s)
                UNION ALL SELECT unnest(ARRAY[token, sha256]) FROM core_upload
                    WHERE file_id IS NULL AND (token = ANY(%(names)s) OR sha256 = ANY(%(names)s))""",
                {"names": list(old)},
            )
            for (name,) in cursor.fetchall():
                old.pop(name, None)
            for path in old.values():
                path.unlink(missing_ok=True)
                count += 1
    return count


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in folder.iterdir() if p.is_file())
