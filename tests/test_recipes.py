"""The recipes of `docs/recipes.md` are done to a copy of the source; a process of its own uses what they added, on a database of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recipes.doing import ROOT, changed, counted, done, recipes

CHECKS = ROOT / "tests/recipes/checks.py"
MOST = {"A type of question": 4, "A rule": 3, "A scheme": 1, "An indicator": 2, "A list page": 4, "A state": 5}
"""So many files at most; who needs more makes the house worse for the next."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return done(tmp_path_factory.mktemp("recipes"))


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    worker = f"recipes_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    env = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTEST_XDIST_WORKER": worker}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=900, check=False)


def test_each_recipe_touches_as_many_files_as_it_says_and_no_more_than_it_may() -> None:
    touched = {recipe.title: len(recipe.files) for recipe in recipes()}
    assert {title: touched[title] <= most for title, most in MOST.items()} == dict.fromkeys(MOST, True)
    assert set(touched) == set(MOST)
    assert {title.lower(): files for title, files in touched.items()} == counted()


def test_what_was_added_works(copy: Path) -> None:
    ran = run(copy, "-m", "pytest", "-p", "no:cacheprovider", "-n0", str(CHECKS))
    assert ran.returncode == 0, ran.stdout[-9000:] + ran.stderr[-2000:]
    checks = re.findall(r"^def test_", CHECKS.read_text(encoding="utf-8"), re.MULTILINE)
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) >= len(checks) > 6


@pytest.mark.parametrize("words", [("-m", "headwater.cli", "region", "check", "nmg"), ("tools/messages.py", "--check")])
def test_the_package_and_the_catalogue_of_the_copy_have_no_mistake(copy: Path, words: tuple[str, ...]) -> None:
    ran = run(copy, str(copy / words[0]) if words[0].endswith(".py") else words[0], *words[1:])
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_rule_is_listed(copy: Path) -> None:
    ran = run(copy, "-m", "headwater.cli", "region", "rules", "nmg")
    assert "award_gap  F11  两项资助的间隔 / Time between two awards" in ran.stdout, ran.stderr
    assert "reads award_gap_months = 6 (im-youth)" in ran.stdout


def test_the_copied_source_passes_the_static_checks(copy: Path) -> None:
    added = sorted({str(copy / path) for r in recipes() for path in r.files if path.endswith(".py")})
    assert len(added) > 8
    ran = run(copy, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), *added)
    assert ran.returncode == 0, ran.stdout


def test_a_change_whose_lines_are_gone_or_doubled_is_found() -> None:
    assert changed("a\nb\n", " a\n+x\n", "f") == "a\nx\nb\n"
    for text in ("b\n", "a\na\n"):
        with pytest.raises(AssertionError, match="times"):
            changed(text, " a\n+x\n", "f")
