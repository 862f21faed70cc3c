"""The quick start of docs/kernels runs as written: a wheel, an environment without Django, the loops compiled, the example."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/kernels/README.md").read_text(encoding="utf-8")
PLACE = "/tmp/headwater-kernels"  # noqa: S108 - as the page writes it
ABSENT = ("django", "psycopg", "gunicorn", "click")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not os.environ.get("HEADWATER_TEST_ALONE"), reason="takes minutes; .ci/long asks for it")
def test_the_quick_start_runs_as_written(tmp_path: Path) -> None:
    lines = block("sh").replace(PLACE, str(tmp_path)).splitlines()
    for line in lines:
        done = run("sh", "-c", line)
        if done.returncode and "pip install" in line and re.search("No matching distribution|Connection|resolve", done.stderr):
            pytest.skip(f"no package index and no cache here: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, (line, done.stderr)
    python = str(tmp_path / "env/bin/python")
    done = run(python, "-c", block("python"))
    assert done.returncode == 0, done.stderr
    pairs, correlation = done.stdout.splitlines()
    assert re.fullmatch(r"600 pairs, gap 0\.\d{4}", pairs)
    calibrated, raw = map(float, re.findall(r"-?\d\.\d\d", correlation))
    assert calibrated > raw > 0
    there = run(python, "-c", f"import importlib.util as u; print([n for n in {ABSENT!r} if u.find_spec(n)])")
    assert there.stdout.strip() == "[]"
    command = run(str(tmp_path / "env/bin/headwater"), "doctor")
    assert (command.returncode, "pip install 'headwater[server]'" in command.stderr) == (1, True)


def test_the_command_does_not_hide_an_error_of_its_own() -> None:
    """Only a library that is absent is told as one; a module of ours that is missing is an error."""
    words = "import sys; sys.modules['headwater.cli.main'] = None; from headwater.cli.entry import main; main()"
    done = run(sys.executable, "-c", words)
    assert "ModuleNotFoundError" in done.stderr
