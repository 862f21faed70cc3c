"""The embedded PostgreSQL: started on demand, shared by the processes of one HEADWATER_HOME."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from headwater.config import Config, ConfigError
from headwater.home import check_server_folder, prepare_home
from headwater.postgres import MINIMUM_VERSION, NotReadyError, Programs, Server, programs_for

STOPPING_SECONDS = 30
WAL_SEGMENT = 16 * 2**20
"""Bytes that PostgreSQL asks for at once when it writes; below this it ends with no word about the disk."""
ROOM = 64 * 2**20
"""Bytes that a new, empty server takes."""
_server: Server | None = None


def ensure_database(config: Config) -> str:
    """Return a database URL, starting the embedded server when none was given.

    The server stops with the last process that holds it. Safe to call again: a server that was killed is started anew.

    Raises:
        ConfigError: the server could not be started; the message says why.
    """
    if config.database_url:
        return config.database_url
    global _server
    import psycopg

    folder = config.home / "postgres"
    prepare_home(config)
    check_server_folder(folder)
    log = folder / "log"
    read = log.stat().st_size if log.exists() else 0
    try:
        _server = _start(folder, _server)
    except (OSError, subprocess.SubprocessError, NotReadyError, psycopg.Error) as error:
        raise ConfigError(f"the embedded PostgreSQL in {folder} did not start: {_reason(folder, error, read)}") from error
    return _server.url("headwater")


def _start(folder: Path, server: Server | None) -> Server:
    """Start the server, and wait for one that is still stopping or recovering."""
    import psycopg

    if server is None or server.folder != folder:
        server = Server(folder, programs_for(folder))
    for second in range(STOPPING_SECONDS + 1):
        try:
            server.start()
            _create_database(server, "headwater")
            return server
        except (NotReadyError, psycopg.OperationalError):  # there is a server, but it is not ready
            if second == STOPPING_SECONDS or room_left(folder.parent) < WAL_SEGMENT:
                raise
            time.sleep(1)
    raise AssertionError("unreachable")


def _create_database(server: Server, name: str) -> None:
    import psycopg

    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not row:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):  # another process was faster
                connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")


def _reason(folder: Path, error: BaseException, read: int) -> str:
    """Tell why the server did not start: the last fatal line after the first `read` bytes of its log, else the error."""
    log = folder / "log"
    if log.exists():
        lines = [x for x in log.read_bytes()[read:].decode(errors="replace").splitlines() if "FATAL" in x or "PANIC" in x]
        if lines:
            return lines[-1].split("FATAL:")[-1].split("PANIC:")[-1].strip()
    if room_left(folder.parent) < ROOM:
        return f"the disk is full: {ROOM // 2**20} MB are needed"
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        return str(error.stderr).removeprefix("initdb: error: ")
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
    """Count the bytes that can still be written where `folder` is; the number is very large where nothing tells it."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return sys.maxsize


def revive(config: Config) -> None:
    """Start the embedded server again when it was killed. While it runs this is cheap: it looks at one process."""
    if _server is None:
        return
    if _server.running() is not None:
        return
    try:
        _server.ensure_running()
    except (OSError, subprocess.SubprocessError, NotReadyError) as error:
        logging.getLogger("headwater").warning(
            "the embedded PostgreSQL does not start: %s", _reason(config.home / "postgres", error, 0)
        )


def programs_in_use(config: Config) -> Programs | None:
    """Name the programs of the embedded server; a database elsewhere has none here."""
    return None if config.database_url else programs_for(config.home / "postgres")
