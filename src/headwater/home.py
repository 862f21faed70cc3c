"""The folder of the house's files: closed to every other account of the machine, and never half handed over to one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from headwater.config import Config, ConfigError

SERVER_ACCOUNT = "pgserver"
"""Under root the embedded PostgreSQL runs as this account, since PostgreSQL refuses to be root."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO
PASS, PASSING, ROOT = stat.S_IXGRP, stat.S_IXGRP | stat.S_IXOTH, 0
"""The server keeps root's group: that group alone may pass through the home, to the server's folder, and list or read nothing."""


def prepare_home(config: Config) -> None:
    """Make the home, close it to others, and let everything that this process and its children write be closed from the start.

    Raises:
        ConfigError: the folder cannot be made, or belongs to another account.
    """
    os.umask(0o077)
    home = config.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = home.stat().st_uid
        if _account() not in {0, owner}:
            raise ConfigError(
                f"HEADWATER_HOME={home}: belongs to {_name(owner)}; run as {_name(owner)}, "
                f"or hand it over while nothing runs: chown -R {_name(_account())} {home}"
            )
        _close(home)
    except OSError as error:
        raise ConfigError(f"HEADWATER_HOME={home}: cannot be written ({error.strerror}); name another folder") from error


def check_server_folder(folder: Path) -> None:
    """Refuse the database of another account before anything in it is changed.

    Raises:
        ConfigError: names the owner and the command that mends it.
    """
    try:
        owner = (folder / "PG_VERSION").stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError:
        owner = folder.stat().st_uid
    if owner == server_account():
        return
    hand_over = f"chown -R {SERVER_ACCOUNT if _account() == 0 else _name(_account())} {folder}"
    raise ConfigError(
        f"{folder} belongs to {_name(owner)}; run as {_name(owner)}, or hand it over while nothing runs: {hand_over}"
    )


def server_account() -> int | None:
    """Return the number of the account that runs the embedded PostgreSQL; None before there is one."""
    if _account() != 0:
        return _account()
    import pwd

    try:
        return pwd.getpwnam(SERVER_ACCOUNT).pw_uid
    except KeyError:
        return None


def let_server_through(folder: Path, home: Path) -> None:
    """Let the server's account reach a folder: its group opens the home, other folders let it pass but not list."""
    for above in folder.parents:
        mode = stat.S_IMODE(above.stat().st_mode)
        if above == home:
            os.chown(above, -1, ROOT)
            above.chmod(0o700 | PASS)
        elif mode & PASSING != PASSING:
            above.chmod(mode | PASSING)


def open_to_others(config: Config) -> Iterator[Path]:
    """List the house's folders and files that other accounts may read, change or enter. PostgreSQL guards its own folder."""
    for top in (config.home, config.keys):
        if top.exists() and _mode(top) & OTHERS & ~_allowed(top):
            yield top
        for folder, folders, files in os.walk(top):
            here = Path(folder)
            if here == config.home:
                folders[:] = [x for x in folders if x not in {"postgres", config.keys.name}]
            yield from (p for p in (here / x for x in [*folders, *files]) if not p.is_symlink() and _mode(p) & OTHERS)


def _close(folder: Path) -> None:
    mode = _mode(folder)
    if mode & OTHERS & ~_allowed(folder):
        folder.chmod(mode & ~OTHERS)


def _allowed(folder: Path) -> int:
    return PASS if folder.stat().st_gid == ROOT else 0


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _account() -> int:
    return os.geteuid()


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account {uid}"
