"""Full disks, other servers, servers that are too old: one clear line, nothing half done, and on it goes."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from headwater import database
from headwater.calls.models import Application, Attachment
from headwater.config import ConfigError
from headwater.core import blobs, clock
from headwater.core.models import Event, StoredFile
from tests.conftest import database_url
from tests.make import client
from tests.test_commands import run


@pytest.mark.django_db
def test_a_given_server_is_used_instead_of_the_embedded_one(tmp_path: Path) -> None:
    """With the keys of the house that sealed it and its anchors: another house would find that it did not sign these seals."""
    url = database_url(connection.settings_dict["NAME"])
    assert "seals_signed" in run(tmp_path, "verify", HEADWATER_DATABASE_URL=url).stdout
    (tmp_path / "anchors").mkdir(exist_ok=True)
    shutil.copy(settings.ANCHORS, tmp_path / "anchors")
    found = run(tmp_path, "verify", HEADWATER_DATABASE_URL=url, HEADWATER_KEYS=str(settings.CONFIG.keys))
    assert "0 broken" in found.stdout, found.stdout
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("words", [("export", "calls"), ("verify",), ("worker",)])
@pytest.mark.django_db
def test_a_home_without_tables_is_named_with_the_mend(tmp_path: Path, words: tuple[str, ...]) -> None:
    empty = run(tmp_path, *words, HEADWATER_DATABASE_URL=database_url("postgres"))
    assert (empty.returncode, empty.stdout) == (2, "")
    assert re.fullmatch(
        r"headwater: the tables of this home are not up to date \(\d+ migrations wait\): .+ migrate\n", empty.stderr
    )


@pytest.mark.django_db
def test_a_server_that_is_too_old_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    database.check_version(database_url(connection.settings_dict["NAME"]))
    monkeypatch.setattr(database, "MINIMUM_VERSION", 990000)
    with pytest.raises(ConfigError, match=r"^PostgreSQL \d+ is too old: expected 99 or newer$"):
        database.check_version(database_url(connection.settings_dict["NAME"]))


def half_done() -> set[str]:
    """Name the parts of files that are being written in this home, also those of others."""
    folder = blobs.part("")
    return {p.name for p in folder.iterdir() if p.name.startswith("put-")} if folder.is_dir() else set()


@pytest.mark.django_db
def test_upload_on_a_full_disk_says_so_and_keeps_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = Application.objects.filter(state="draft", call__closes_at__gt=clock.now()).select_related("leader__account")[0]

    def no_room(*_args: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(blobs.os, "pwrite", no_room)
    before, parts = (Attachment.objects.count(), StoredFile.objects.count(), Event.objects.count()), half_done()
    file = SimpleUploadedFile("意见.pdf", b"%PDF-1.4\n" + os.urandom(64) + b"\n%%EOF", "application/pdf")
    browser = client(draft.leader.account.username)  # type: ignore[union-attr]
    answer = browser.post(f"/applications/{draft.pk}/attachment/", {"kind": "ethics", "file": file})
    assert answer.status_code == 503
    assert "磁盘已满" in answer.content.decode()
    assert half_done() == parts
    assert (Attachment.objects.count(), StoredFile.objects.count(), Event.objects.count()) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 30 MB of its own; needs root on Linux."""
    disk = tmp_path / "disk"
    disk.mkdir()
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest-"):
            os.chmod(folder, 0o755)
    os.chmod(tmp_path, 0o755)
    words = ["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(disk)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a small file system can be mounted by root on Linux only")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=False)


def test_demo_on_a_full_disk_goes_on_when_there_is_room(small_disk: Path) -> None:
    home, words = small_disk / "home", ("demo", "--no-serve", "--json", "--scale", "tiny")
    first = run(home, *words)
    assert first.returncode != 0
    assert "disk is full" in first.stderr
    subprocess.run(["mount", "-o", "remount,size=62m", str(small_disk)], check=True)
    second = run(home, *words)
    assert second.returncode != 0
    assert "No space left" in second.stderr or "disk is full" in second.stderr
    assert "Traceback" not in first.stderr + second.stderr
    subprocess.run(["mount", "-o", "remount,size=1200m", str(small_disk)], check=True)
    third = run(home, *words)
    assert (third.returncode, '"invariants_failed": 0' in third.stdout) == (0, True), third.stderr


def test_a_killed_demo_leaves_nobody_behind_and_is_built_anew(tmp_path: Path) -> None:
    """The first process is killed while the second is busy: both are gone, and the next run does not meet their rows."""
    words = [sys.executable, "-m", "headwater.cli", "demo", "--no-serve", "--scale", "small", "--seed", "11"]
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest-"):
            os.chmod(folder, 0o755)
    env = {**keep, "HEADWATER_HOME": str(tmp_path)}
    first = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert first.stderr is not None
    for line in first.stderr:
        if "endorsement" in line:
            break
    second = run(tmp_path, "demo", "--no-serve", "--scale", "tiny")
    assert "another command is building the demo" in second.stderr
    children = psutil.Process(first.pid).children(recursive=True)
    python = [p for p in children if "postgres" not in p.name()]
    first.kill()
    first.wait(10)
    assert psutil.wait_procs(python, timeout=5)[1] == []
    third = run(tmp_path, "demo", "--no-serve", "--json", "--scale", "tiny", "--seed", "11")
    assert (third.returncode, '"invariants_failed": 0' in third.stdout) == (0, True), third.stderr
    report = json.loads(third.stdout)
    assert (report["calls"], 48 <= report["applications"] < 150) == (14, True)


def test_processes_that_start_together_share_one_server(tmp_path: Path) -> None:
    """Four commands in an empty home at once: whoever makes the database first, all of them find it."""
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest-"):
            os.chmod(folder, 0o755)
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    ask = (
        "from headwater.config import Config; from headwater.database import ensure_database; ensure_database(Config.from_env())"
    )
    env = {**keep, "HEADWATER_HOME": str(tmp_path)}
    started = [subprocess.Popen([sys.executable, "-c", ask], env=env, stderr=subprocess.PIPE, text=True) for _n in range(4)]
    assert [(p.communicate(timeout=120)[1], p.returncode) for p in started] == [("", 0)] * 4
