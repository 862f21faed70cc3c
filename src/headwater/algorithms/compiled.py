"""How the kernels' loops are compiled, and where the machine code is kept.

Numba keeps machine code by the file that a function stands in and does not see that a function it calls in another file has changed;
stale code then writes past the end of arrays. So the folder is named by the state of all files of this package.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from numba import config, njit

HERE = Path(__file__).resolve().parent
KEPT = 7 * 86_400
"""Seconds that machine code of other sources is kept."""


def _folder() -> Path:
    """A folder for this state of the sources: beside them where that can be written, else in the user's cache."""
    state = hashlib.sha256()
    for path in sorted(HERE.rglob("*.py")):
        found = path.stat()
        state.update(f"{path.relative_to(HERE)} {found.st_size} {found.st_mtime_ns}\n".encode())
    name = f"numba-{state.hexdigest()[:16]}"
    for parent in (HERE / "__pycache__", Path.home() / ".cache/headwater"):
        if os.access(parent if parent.exists() else parent.parent, os.W_OK):
            _forget(parent, name)
            return parent / name
    # Not a name that others could have made before us: machine code is loaded from there.
    return Path(tempfile.mkdtemp(prefix=f"headwater-{name}-"))


def _forget(parent: Path, name: str) -> None:
    """Remove the folders of sources of long ago; a process that still runs may write to those of today."""
    for old in parent.glob("numba-*"):
        with suppress(OSError):
            if old.name != name and time.time() - old.stat().st_mtime > KEPT:
                shutil.rmtree(old, ignore_errors=True)


if not config.CACHE_DIR:
    config.CACHE_DIR = str(_folder())


def kept_in() -> Path:
    """The folder of the machine code."""
    return Path(config.CACHE_DIR)


loop = njit(cache=True, nogil=True)
"""For loops of their own that may allocate."""
bare = njit(cache=True, nogil=True, _nrt=False)
"""For loops that call each other millions of times: no reference counts (1.6 times as fast in the auction), so nothing may be
allocated inside."""
numeric = njit(cache=True, nogil=True, error_model="numpy")
"""For loops in which a division by zero gives an infinity, as NumPy's does; no check stands in the way of vector instructions."""
