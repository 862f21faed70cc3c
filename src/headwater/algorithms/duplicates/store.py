"""The folder of an index: immutable segment folders of NumPy files and one manifest that names them.

Everything new is written and flushed to disk before the manifest is replaced by renaming, so a crash leaves the last committed state. Folders
that no manifest names are left-overs and are removed at the next commit. One process may write at a time; readers keep what they opened.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.duplicates.characters import Texts, frozen
from headwater.algorithms.duplicates.model import Settings, UnusableIndex
from headwater.algorithms.duplicates.segment import Segment

FORMAT, VERSION = "headwater-duplicates", 1
MANIFEST = "index.json"
KEPT = "state"
WRITTEN_AT_ONCE = 1 << 24
TYPES = {
    "ids": "int64",
    "directory": "uint32",
    "postings": "uint64",
    "frequent": "uint64",
    "frequent_count": "int64",
    "raw": "uint16",
    "part_start": "int64",
    "section": "int8",
    "doc_part": "int64",
    "counts": "uint32",
    "removed": "bool",
}
TEXT_FILES = ("raw", "part_start", "section", "doc_part")
NAME = re.compile(r"(segment|state)-\d+(\.part)?")


@dataclass(frozen=True)
class State:
    """What a manifest says: settings, generation, whether texts are kept, units and the next name; and the arrays it names."""

    settings: Settings
    generation: int
    keep_texts: bool
    units: int
    segments: list[Segment]
    counts: NDArray[np.uint32]
    removed: NDArray[np.bool_]


def write_array(path: Path, array: NDArray[Any]) -> int:
    """Write a .npy file and flush it to disk; returns its check sum."""
    check = 0
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape})
        flat = array.reshape(-1)
        for start in range(0, len(flat), WRITTEN_AT_ONCE):
            block = np.ascontiguousarray(flat[start : start + WRITTEN_AT_ONCE]).view(np.uint8).data
            check = zlib.crc32(block, check)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return check


def sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_arrays(folder: Path, name: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays and a list of their sizes and check sums into a new sub-folder."""
    target, part = folder / name, folder / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    files = {}
    for key, array in arrays.items():
        path = part / f"{key}.npy"
        check = write_array(path, array)
        files[key] = {"bytes": path.stat().st_size, "crc32": check}
    with (part / "files.json").open("w") as file:
        json.dump(files, file)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(part)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    sync_folder(folder)


def read_arrays(folder: Path, name: str, keys: tuple[str, ...], check: bool) -> dict[str, NDArray[Any]]:
    """Map the arrays of a sub-folder into memory, read only.

    Raises:
        UnusableIndex: a file is missing, has another size, type or (with `check`) another check sum.
    """
    place = folder / name
    try:
        files = json.loads((place / "files.json").read_text())
        found = {}
        for key in keys:
            path = place / f"{key}.npy"
            if path.stat().st_size != files[key]["bytes"]:
                raise UnusableIndex(f"{path}: has {path.stat().st_size} bytes instead of {files[key]['bytes']}")
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            if array.dtype != np.dtype(TYPES[key]) or array.ndim != 1:
                raise UnusableIndex(f"{path}: holds {array.dtype} of {array.ndim} dimensions")
            if check and crc(array) != files[key]["crc32"]:
                raise UnusableIndex(f"{path}: the check sum is wrong")
            found[key] = frozen(array)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, UnusableIndex):
            raise
        raise UnusableIndex(f"{place}: {error}") from error
    return found


def crc(array: NDArray[Any]) -> int:
    total = 0
    for start in range(0, len(array), WRITTEN_AT_ONCE):
        total = zlib.crc32(np.ascontiguousarray(array[start : start + WRITTEN_AT_ONCE]).view(np.uint8).data, total)
    return total


def write_segment(folder: Path, segment: Segment, name: str) -> Segment:
    """Write a segment and return the same one, mapped from its files."""
    write_arrays(folder, name, segment.arrays())
    return read_segment(folder, name, segment.first, segment.texts is not None, check=False)


def read_segment(folder: Path, name: str, first: int, keep_texts: bool, *, check: bool) -> Segment:
    keys = ("ids", "directory", "postings", "frequent", "frequent_count")
    a = read_arrays(folder, name, keys + (TEXT_FILES if keep_texts else ()), check)
    buckets, last = len(a["directory"]) - 1, int(a["directory"][-1]) if len(a["directory"]) else -1
    texts = Texts(a["raw"], a["part_start"], a["section"], a["doc_part"]) if keep_texts else None
    fits = buckets >= 256 and not buckets & (buckets - 1) and last == len(a["postings"])
    fits = fits and len(a["frequent"]) == len(a["frequent_count"])
    if texts is not None and fits:
        fits = len(texts) == len(a["ids"]) and len(texts.section) == len(texts.part_start) - 1 == int(texts.doc_part[-1])
        fits = fits and int(texts.part_start[-1]) == len(texts.raw)
    if not fits:
        raise UnusableIndex(f"{folder / name}: its files do not fit together")
    ids, directory, postings, frequent, counts = (a[key] for key in keys)
    return Segment(first, ids, directory, postings, frequent, counts, texts, name)


def write_manifest(folder: Path, state: State, next_name: int) -> None:
    """Replace the manifest, which makes the new state the valid one; then remove what no manifest names."""
    own = f"{KEPT}-{state.generation}"
    write_arrays(folder, own, {"counts": state.counts, "removed": state.removed})
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "generation": state.generation,
        "keep_texts": state.keep_texts,
        "units": state.units,
        "next_name": next_name,
        "settings": asdict(state.settings),
        "segments": [{"name": s.name, "first": s.first, "documents": len(s.ids)} for s in state.segments],
    }
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)
    sync_folder(folder)
    named = {own} | {s.name for s in state.segments}
    for path in folder.iterdir():
        if NAME.fullmatch(path.name) and path.name not in named:
            shutil.rmtree(path, ignore_errors=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder.

    Raises:
        UnusableIndex: there is none, or it is of another program or version.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnusableIndex(f"{folder}: is no index, {MANIFEST} is missing") from None
    except (OSError, ValueError) as error:
        raise UnusableIndex(f"{folder / MANIFEST}: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UnusableIndex(f"{folder / MANIFEST}: was not written by {FORMAT}")
    if manifest.get("version") != VERSION:
        raise UnusableIndex(f"{folder / MANIFEST}: version {manifest.get('version')!r}, this program reads {VERSION}")
    return manifest


def read_state(folder: Path, *, check: bool) -> tuple[State, int]:
    """The state of a folder and the next free name.

    Raises:
        UnusableIndex: see `read_manifest` and `read_arrays`.
    """
    manifest = read_manifest(folder)
    try:
        said = manifest["settings"] | {"templates": tuple(manifest["settings"]["templates"])}
        settings = Settings(**said)
        keep, generation = bool(manifest["keep_texts"]), int(manifest["generation"])
        units, next_name = int(manifest["units"]), int(manifest["next_name"])
        listed = [(str(s["name"]), int(s["first"]), int(s["documents"])) for s in manifest["segments"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableIndex(f"{folder / MANIFEST}: {error}") from error
    segments, at = [], 0
    for name, first, documents in listed:
        segment = read_segment(folder, name, first, keep, check=check)
        if first != at or documents != len(segment.ids):
            raise UnusableIndex(f"{folder / name}: its documents are not those of {MANIFEST}")
        segments.append(segment)
        at = segment.end
    kept = read_arrays(folder, f"{KEPT}-{generation}", ("counts", "removed"), check)
    if len(kept["removed"]) != at or len(kept["counts"]) != 1 << 20:
        raise UnusableIndex(f"{folder}: the counters do not fit {MANIFEST}")
    return State(settings, generation, keep, units, segments, kept["counts"], kept["removed"]), next_name
