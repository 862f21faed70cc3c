"""Chunks of a large job in several processes: what they take with them, and what ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection
from django.utils import translation

from headwater.core import clock
from headwater.core.processes import WORTH, spread

several = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor: all is done by one process")
MOMENT = datetime(2025, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The database of this worker, outside of any transaction."""
    with django_db_blocker.unblock():
        yield str(connection.settings_dict["NAME"])
        connection.close()


def look(chunk: list[int]) -> tuple[int, int, str, datetime, str | None]:
    if 13 in chunk:
        raise ValueError("thirteen")
    time.sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        return sum(chunk), os.getpid(), cursor.fetchone()[0], clock.now(), translation.get_language()


@several
def test_chunks_are_done_elsewhere_in_order_with_clock_and_language(database: str) -> None:
    with clock.at(MOMENT), translation.override("en"):
        found = list(spread(look, [[n, 10] for n in range(2 * WORTH)]))
    assert [f[0] for f in found] == [n + 10 for n in range(2 * WORTH)]
    assert os.getpid() not in {f[1] for f in found}
    assert {f[2:] for f in found} == {(database, MOMENT, "en")}


@several
def test_first_error_ends_the_work(database: str) -> None:
    done: list[int] = []
    with pytest.raises(ValueError, match="thirteen"):
        done.extend(found[0] for found in spread(look, [[1], [2], [13], *([n] for n in range(20, 60))]))
    assert done == [1, 2]
    assert [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())] == []


@pytest.mark.django_db
def test_inside_a_transaction_all_is_done_here() -> None:
    assert {f[1] for f in spread(look, [[n] for n in range(WORTH + 1)])} == {os.getpid()}


PARENT = """
import sys, time
from headwater.core.processes import spread

if __name__ == "__main__":
    import django
    django.setup()
    print("ready", flush=True)
    list(spread(time.sleep, [60] * 8))
"""


@several
def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env={**os.environ}, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    helpers: list[psutil.Process] = []
    deadline = time.monotonic() + 30
    while len(helpers) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        helpers = [p for p in psutil.Process(parent.pid).children() if "spawn_main" in " ".join(p.cmdline())]
    assert len(helpers) >= 2
    time.sleep(2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _gone, alive = psutil.wait_procs(helpers, timeout=20)
    assert alive == []
