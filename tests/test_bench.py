"""The benches are found by their names, and the cases they start in processes of their own exist."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.harness import ROOT, isolated
from headwater.cli.demo import KERNELS, bench, bench_module

SOURCES = sorted((ROOT / "bench").rglob("*.py"))


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_case_that_a_bench_starts_is_a_function() -> None:
    cases = {case for path in SOURCES for case in re.findall(r'"(bench[a-z_.]*):([a-z_]+)"', path.read_text())}
    assert len(cases) > 25
    for module, function in cases:
        assert function in functions(ROOT / f"{module.replace('.', '/')}.py"), (module, function)


@pytest.mark.parametrize("name", KERNELS)
def test_every_name_has_a_bench(name: str) -> None:
    module = bench_module(name)
    assert module is not None
    path = ROOT / f"{module.replace('.', '/')}.py"
    assert "main" in functions(path)
    assert f"./run bench {name}" in (ast.get_docstring(ast.parse(path.read_text())) or "")


def test_a_bench_takes_the_words_after_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [])
    monkeypatch.setattr("sys.path", [*sys.path])
    done = CliRunner().invoke(bench, ["conflicts", "--size", "nowhere"])
    assert done.exit_code == 2
    assert "usage: headwater bench conflicts" in done.stderr
    assert "invalid choice: 'nowhere'" in done.stderr


def test_a_case_runs_in_a_process_of_its_own_and_says_why_it_failed() -> None:
    [row] = isolated("bench.kernels.conflicts.bench:search", size="nowhere", seed=1, mode="count")
    assert row["solver"] == "bench.kernels.conflicts.bench:search"
    assert row["failed"] == "KeyError: 'nowhere'"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.stem == "peers"], ids=lambda p: p.parent.name)
def test_peers_know_nothing_of_headwater(path: Path) -> None:
    """They run in an environment where it is not installed."""
    assert not re.search(r"^\s*(from|import) headwater", path.read_text(), re.M)
